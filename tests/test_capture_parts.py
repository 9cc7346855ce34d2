"""Good parts, causes in seconds, ranges of ball joints, lying videos: from made-up tracks with known values."""

import math
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from game.sim import rotation
from game.sim.model import CharacterModel
from game.sim.motion import MotionClip
from game.sim.roles import BodyPart
from tools.capture.ball_limits import BallLimits, check_balls
from tools.capture.body_motion import BodyMotion
from tools.capture.causes import find_causes
from tools.capture.choose import Chosen
from tools.capture.first_guess import Start
from tools.capture.orientation import standing_way, upright_turn
from tools.capture.parts import search
from tools.capture.pose import BlazePose, Reading, Square
from tools.capture.scan import Scan
from tools.clip_clinic.checks import Check, ClipReport

Array = NDArray[np.float64]
MODEL = CharacterModel.load("humanoid")
SQUARE = Square(50.0, 50.0, 100.0, 0.0)


def judged_by(badness: Array) -> Any:
    """A judge of parts whose one check is the worst frame's badness: over 1 amber, over 2 red."""

    def judge(first: int, end: int) -> ClipReport:
        worst = first + int(badness[first:end].argmax())
        return ClipReport("x", (Check("bad", float(badness[worst]), "", 1.0, 2.0, worst),))

    return judge


def test_the_longest_good_part_is_found_between_bad_frames() -> None:
    badness = np.zeros(150)
    badness[[20, 100, 110]] = 3.0
    judge = judged_by(badness)
    part = search(150, judge(0, 150), judge, 21)
    assert part is not None
    # two frames on either side of a bad one are left out, too
    assert (part.first, part.end, part.report.verdict) == (23, 98, "green")


def test_an_amber_part_is_better_than_a_red_whole() -> None:
    badness = np.full(100, 1.5)
    badness[30] = 3.0
    part = search(100, judged_by(badness)(0, 100), judged_by(badness), 21)
    assert part is not None
    assert (part.first, part.end, part.report.verdict) == (33, 100, "amber")
    # nothing is better than an amber whole of amber frames, or long enough between red ones
    assert search(100, judged_by(np.full(100, 1.5))(0, 100), judged_by(np.full(100, 1.5)), 21) is None
    red = np.where(np.arange(100) % 20 == 0, 3.0, 0.0)
    assert search(100, judged_by(red)(0, 100), judged_by(red), 21) is None


def test_a_green_whole_needs_no_part() -> None:
    judge = judged_by(np.zeros(60))
    assert search(60, judge(0, 60), judge, 21) is None


def standing(turn: float = 0.0, *, arms: str = "down", quality: float = 0.9) -> Reading:
    """Somebody of 80 px who stands upright around (50, 50), then turned clockwise by `turn` rad."""
    place = {
        11: (40, 30), 12: (60, 30), 23: (42, 55), 24: (58, 55), 25: (42, 72), 26: (58, 72), 27: (42, 90), 28: (58, 90),
        29: (41, 92), 30: (59, 92), 31: (44, 93), 32: (60, 93),
    }  # fmt: skip
    wrists = {"down": 58, "beyond": 2, "across": 30, "bent": 38}[arms]
    sideways = 30 if arms == "across" else 0
    xy = np.tile([50.0, 15.0], (33, 1))
    for k, point in (place | {15: (38 + sideways, wrists), 16: (62 + sideways, wrists)}).items():
        xy[k] = point
    matrix = np.array([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]])
    return Reading((xy - 50.0) @ matrix.T + 50.0, np.zeros((33, 3)), np.ones(33), quality, SQUARE, SQUARE)


@pytest.mark.parametrize("quarter", [0, 1, 2, 3])
def test_the_head_of_who_stands_says_how_a_video_lies(quarter: int) -> None:
    assert standing_way(standing(quarter * math.pi / 2)) == quarter
    assert standing_way(standing(quarter * math.pi / 2, arms="across")) is None  # a push-up
    assert standing_way(standing(quarter * math.pi / 2, arms="bent")) is None  # its lowest point
    assert standing_way(standing(quarter * math.pi / 2, arms="beyond")) is None  # a handstand
    assert standing_way(standing(quarter * math.pi / 2, quality=0.3)) is None


class _Reader:
    """In the place of the networks: every picture's first pixel says how somebody stands in it."""

    def detect(self, _image: Any, *, inside: Square, most: int) -> list[Square]:
        return [inside] * most

    def read(self, image: NDArray[np.uint8], _square: Square) -> Reading:
        way = int(image[0, 0, 0])
        return standing(way * math.pi / 2, arms="down" if way < 4 else "across")


def test_lying_videos_are_turned_upright_if_most_frames_agree() -> None:
    def turn(*quarters: int) -> tuple[int, bool]:
        return upright_turn([np.full((4, 4, 3), q, np.uint8) for q in quarters], cast(BlazePose, _Reader()))

    # the head points to the right: a quarter back, which is three quarters clockwise
    assert turn(1, 1, 1, 1, 1) == (270, True)
    assert turn(2, 2, 2, 2, 2) == (180, True)
    assert turn(3, 3, 3, 3, 3) == (90, True)
    assert turn(0, 0, 0, 0, 0) == (0, True)
    assert turn(0, 0, 2, 2, 0, 0) == (0, True)  # a flip
    assert turn(2, 2) == (0, True)  # too few to say
    # push-ups: only at times somebody seems to stand
    assert turn(3, 3, 3, 3, 9, 9, 9, 9) == (90, False)
    assert turn(2, 2, 2, 2, 9, 9, 9, 9) == (180, True)


def scan(count: int, light: Array, fps: float = 30.0) -> Scan:
    times = np.arange(count) / fps
    found = SimpleNamespace(used=np.arange(count), used_times=times, size=(100, 100), scale=1.0, light=light, fps=fps)
    return cast(Scan, found)


def test_causes_are_named_in_seconds() -> None:
    readings: list[Reading | None] = [standing() for _ in range(90)]
    for k in range(30, 45):  # 1.0 to 1.47 s: lower, so that the feet are below the picture
        reading = standing()
        readings[k] = Reading(
            reading.xy + np.array([0.0, 12.0]), reading.world, reading.visibility, 0.9, SQUARE, SQUARE
        )
    for k in range(60, 70):
        readings[k] = None
    light = np.full(90, 0.5)
    light[80:] = 0.05
    for k in range(80, 90):
        readings[k] = standing(quality=0.5)
    chosen = Chosen(readings, np.zeros(90, bool), (0, 90))
    causes = find_causes(scan(90, light), chosen, [(75, "two people cross")])
    found = [(cause.what, round(cause.start, 2), round(cause.end, 2)) for cause in causes if "tall" not in cause.what]
    assert found == [
        ("the feet are out of the picture", 1.0, 1.47),
        ("he is not seen: hidden, blurred or cut off", 2.0, 2.3),
        ("two people cross", 2.5, 2.97),
        ("it is too dark to see him", 2.67, 2.97),
    ]
    feet = next(cause for cause in causes if "feet" in cause.what)
    assert str(feet).startswith("1.00 to 1.47 s: the feet are out of the picture: film all of the body")
    # of frames that do not end in the clip nothing is said
    assert not [c for c in find_causes(scan(90, light), chosen.within(0, 28)) if "tall" not in c.what]
    few = find_causes(scan(90, np.full(90, 0.5), 10.0), Chosen([standing()] * 90, np.zeros(90, bool), (0, 90)))
    assert [cause.what for cause in few] == ["he is only 78 px tall", "10 pictures a second"]


def turned_joint(part: BodyPart, side: str, axis: tuple[float, float, float], degrees: float) -> tuple[Array, int]:
    """(1, J, 3, 3) the rest pose with one joint turned, and the joint."""
    joint = int(MODEL.body_joint[MODEL.roles.find(part, side)])
    joints = np.tile(np.eye(3), (1, MODEL.num_joints, 1, 1))
    joints[0, joint] = rotation.to_matrix(rotation.from_axis_angle(axis, np.array(math.radians(degrees))))
    return joints, joint


@pytest.mark.parametrize(
    ("part", "side", "axis", "degrees", "past"),
    [
        # about y, positive turns swing what hangs down backwards and what rises forwards
        (BodyPart.THIGH, "left", (0.0, 1.0, 0.0), 60.0, 25.0),
        (BodyPart.THIGH, "left", (0.0, 1.0, 0.0), -120.0, 0.0),
        (BodyPart.TORSO, "", (0.0, 1.0, 0.0), 80.0, 0.0),
        (BodyPart.TORSO, "", (0.0, 1.0, 0.0), -75.0, 15.0),
        (BodyPart.HEAD, "", (0.0, 0.0, 1.0), 100.0, 15.0),
        # about x, a left leg swings outwards, a right one inwards
        (BodyPart.THIGH, "left", (1.0, 0.0, 0.0), 60.0, 0.0),
        (BodyPart.THIGH, "right", (1.0, 0.0, 0.0), 60.0, 20.0),
        (BodyPart.UPPER_ARM, "right", (0.0, 1.0, 0.0), 85.0, 13.0),
        (BodyPart.UPPER_ARM, "right", (0.0, 1.0, 0.0), -170.0, 0.0),
    ],
)
def test_ball_joints_have_ranges(part: BodyPart, side: str, axis: Any, degrees: float, past: float) -> None:
    joints, joint = turned_joint(part, side, axis, degrees)
    limits = BallLimits(MODEL)
    found = limits.excess(torch.tensor(joints, dtype=torch.float32)).numpy()[0]
    k = limits.joints.index(joint)
    assert math.degrees(found[k]) == pytest.approx(past, abs=0.5)
    assert np.delete(found, k) == pytest.approx(0.0, abs=1e-3)


def test_mocap_clips_are_within_the_ranges() -> None:
    for name in ("backflip", "cartwheel", "spinkick", "dance_a"):
        assert check_balls(MotionClip.load(name)).value < 1.0


def test_a_hip_that_is_bent_too_far_backwards_is_pushed_back() -> None:
    joints, hip = turned_joint(BodyPart.THIGH, "left", (0.0, 1.0, 0.0), 80.0)
    motion = BodyMotion.of(Start(np.zeros((1, 3)), np.eye(3)[None], joints, np.array([[0.5, -0.5, 0.5, -0.5]])))
    cost = motion.limits(motion.rotations()[1])
    cost.backward()  # type: ignore[no-untyped-call]
    assert motion.columns.grad is not None
    assert int(motion.columns.grad[0, 1:].norm(dim=-1).argmax()) == hip
    expected = (math.radians(45.0) / 0.1) ** 2 / len(BallLimits(MODEL).joints)
    assert float(cost.detach()) == pytest.approx(expected, rel=0.02)
