"""The clinic finds exactly the fault that was put into a clip, and mends it."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import ArrayLike

from game.sim import rotation
from game.sim.kinematics import body_poses, center_of_mass, lowest_point
from game.sim.model import CharacterModel
from game.sim.motion import ClipError, MotionClip
from tools.clip_clinic.__main__ import main
from tools.clip_clinic.balance import imbalance, lean
from tools.clip_clinic.ballistics import mend_flights, spun, stone
from tools.clip_clinic.checks import Check, ClipReport, examine, hinge_angle
from tools.clip_clinic.edit import cut, resampled, with_beginning
from tools.clip_clinic.feet import planted, runs, slip, sole_corners
from tools.clip_clinic.fixes import limit_hinges, mend, remove_spikes, smooth_root
from tools.clip_clinic.flight import angular_momentum, flights, poses_of
from tools.clip_clinic.freezes import freezes, thaw
from tools.clip_clinic.ground_contact import set_down, stand_on_floor
from tools.clip_clinic.legs import move_ankles, shortest_arc
from tools.clip_clinic.loops import looped

MODEL = CharacterModel.load()
STAND_HEIGHT = 0.421546 + 0.40987 + 0.05
"""Root over the floor with straight legs: thigh, shin, and the sole under the ankle (0.0225 + 0.0275)."""


def standing(num_frames: int = 60, fps: float = 60.0, loop: bool = False) -> MotionClip:
    """Somebody who does nothing, on the floor."""
    still = np.broadcast_to(rotation.IDENTITY, (num_frames, MODEL.num_joints, 4))
    root = np.tile([0.0, 0.0, STAND_HEIGHT], (num_frames, 1))
    return MotionClip("standing", fps, loop, root, np.array(still[:, 0]), np.array(still))


def moved(clip: MotionClip, x: ArrayLike = 0.0, z: ArrayLike = 0.0) -> MotionClip:
    """Shifted by x and z, numbers or (F,)."""
    shift = np.zeros((clip.num_frames, 3))
    shift[:, 0], shift[:, 2] = np.asarray(x), np.asarray(z)
    return replace(clip, root_pos=clip.root_pos + shift)


def thrown(gravity: float, fps: float = 60.0) -> MotionClip:
    """Stands, flies up at 3 m/s under some gravity, stands again."""
    up = np.arange(0.0, 6.0 / gravity, 1.0 / fps)
    height = np.concatenate([np.zeros(20), 3.0 * up - 0.5 * gravity * up**2, np.zeros(20)])
    return moved(standing(len(height), fps), z=np.maximum(height, 0.0))


def test_standing_still_is_perfect() -> None:
    report = examine(standing(loop=True))
    assert report.verdict == "green"
    assert {c.name for c in report.checks} >= {"penetration", "foot slip", "joint limits", "seam pose"}
    assert all(c.value == pytest.approx(0.0, abs=1e-6) for c in report.checks)


@pytest.mark.parametrize(
    ("clip", "name", "value", "verdict"),
    [
        (moved(standing(), z=-0.03), "penetration", 3.0, "amber"),
        (moved(standing(), z=-0.07), "penetration", 7.0, "red"),
        (moved(standing(), z=0.03), "hover", 3.0, "amber"),
        (moved(standing(), x=0.3 * np.arange(60) / 60.0), "foot slip", 0.3, "amber"),
        (moved(standing(), x=7.0 * np.arange(60) / 60.0), "root speed", 7.0, "amber"),
    ],
)
def test_a_fault_of_known_size_is_measured(clip: MotionClip, name: str, value: float, verdict: str) -> None:
    check = examine(clip)[name]
    assert check.value == pytest.approx(value, rel=1e-3)
    assert check.verdict == verdict


def test_joint_limits_and_speed() -> None:
    clip = standing(61)
    turn = np.linspace(0.0, 0.5, 61)
    bent = clip.joint_rot.copy()
    bent[:, MODEL.joint("left_knee")] = rotation.from_axis_angle((0.0, 1.0, 0.0), -turn)
    report = examine(replace(clip, joint_rot=bent))
    assert report["joint limits"].value == pytest.approx(np.degrees(0.5))
    assert (report["joint limits"].note, report["joint limits"].frame) == ("left_knee", 60)
    assert report["joint speed"].value == pytest.approx(0.5)
    mended, said = limit_hinges(replace(clip, joint_rot=bent))
    assert examine(mended)["joint limits"].value == 0.0
    assert "28.6 degrees" in said[0]


def test_a_hinge_that_turns_about_a_wrong_axis() -> None:
    clip = standing()
    joint_rot = clip.joint_rot.copy()
    joint_rot[:, MODEL.joint("right_elbow")] = rotation.from_axis_angle((1.0, 0.0, 0.0), 0.2)
    assert examine(replace(clip, joint_rot=joint_rot))["joint limits"].value == pytest.approx(np.degrees(0.2))


@given(st.floats(-3.1, 3.1))
@settings(max_examples=30, deadline=None)
def test_hinge_angle(angle: float) -> None:
    assert hinge_angle(rotation.from_axis_angle((0.0, 1.0, 0.0), angle)) == pytest.approx(angle)
    assert hinge_angle(-rotation.from_axis_angle((0.0, 1.0, 0.0), angle)) == pytest.approx(angle)


def test_gravity_of_a_flight_is_measured() -> None:
    (moon,) = flights(thrown(1.62))
    assert moon.gravity == pytest.approx(1.62, rel=1e-6)
    assert examine(thrown(1.62))["flight gravity"].verdict == "red"
    assert examine(thrown(9.8))["flight arc"].value == pytest.approx(0.0, abs=1e-6)


def test_angular_momentum_of_a_rigid_spin() -> None:
    """A stiff body turning about x: its inertia times its rate, by the parallel axis theorem."""
    rate, clip = 2.0, standing(40)
    turn = rotation.from_axis_angle((1.0, 0.0, 0.0), rate * np.arange(40) / clip.fps)
    spinning = replace(clip, root_rot=turn)
    poses = poses_of(clip)
    com = center_of_mass(MODEL, poses)[0]
    arms = poses.pos[0] + MODEL.com - com
    inertia = MODEL.inertia[:, 0].sum() + (MODEL.mass * (arms[:, 1] ** 2 + arms[:, 2] ** 2)).sum()
    found = angular_momentum(MODEL, poses_of(spinning), clip.fps)[1:-1]
    # central differences shorten a turning arm by a part in a thousand
    assert found[:, 0] == pytest.approx(np.full(38, rate * inertia), rel=1e-3)


def test_a_rolling_foot_does_not_slip() -> None:
    """The heel comes up while the toes stay: the ankle moves, nothing slips."""
    clip, pitch = standing(61), np.linspace(0.0, 0.6, 61)
    poses = poses_of(clip)
    toe = np.array([0.045 + 0.0885, 0.0, -0.05])
    turn = rotation.from_axis_angle((0.0, 1.0, 0.0), pitch)
    rolled_rot, rolled_pos = poses.rot.copy(), poses.pos.copy()
    for foot in MODEL.feet:
        rolled_pos[:, foot] += toe - rotation.rotate(turn, np.broadcast_to(toe, (61, 3)))
        rolled_rot[:, foot] = turn
    feet = slip(sole_corners(MODEL, poses._replace(pos=rolled_pos, rot=rolled_rot)))
    late = slice(20, None)  # before that the heel is low enough to count, too
    assert feet.touching[late].all()
    assert np.abs(feet.step[late]).max() < 1e-9


def test_one_spike_is_found_and_taken_out() -> None:
    clip = cut(MotionClip.load("walk"), 0.0, 1.0)
    joint_rot = clip.joint_rot.copy()
    spike = rotation.from_axis_angle((1.0, 0.0, 0.0), 1.2)
    neck = MODEL.joint("neck")
    joint_rot[15, neck] = rotation.multiply(joint_rot[15, neck], spike)
    broken = replace(clip, joint_rot=joint_rot)
    assert examine(broken)["spikes"].frame == 15
    mended, said = remove_spikes(broken)
    assert rotation.angle_between(mended.joint_rot, clip.joint_rot).max() < 0.05
    assert said == ("smoothed spikes in 1 frame(s)",)


def turning(frozen: int, still: int = 20, num_frames: int = 60, *, loop: bool = True) -> MotionClip:
    """The neck nods on by 0.3 rad a frame; frame `still` is shown for `frozen` frames more, then the rest follows."""
    clip, turned = standing(num_frames, loop=loop), np.arange(num_frames)
    turned[still : still + frozen + 1] = still
    joint_rot = clip.joint_rot.copy()
    joint_rot[:, MODEL.joint("neck")] = rotation.from_axis_angle((0.0, 1.0, 0.0), 0.3 * turned)
    return moved(replace(clip, joint_rot=joint_rot), x=0.01 * turned)


@pytest.mark.parametrize("still", [0, 20])
def test_a_freeze_is_found_and_let_go_of(still: int) -> None:
    """Four frames stand still: what comes in the fifth, 1.5 rad and 5 cm, is spread over eight; nothing else moves."""
    broken = turning(4, still)
    assert freezes(broken) == [(still, still + 4)]
    check = examine(broken)["freezes"]
    assert check.value == pytest.approx(60.0 / 59.0)
    assert (check.frame, check.verdict) == (still, "amber")
    mended, said = thaw(broken)
    assert said == ("let go of 1 freeze(s), 4 frame(s) long",)
    assert freezes(mended) == []
    assert mended.root_pos[:, 0] == pytest.approx(0.01 * np.arange(60))
    assert rotation.angle_between(mended.joint_rot, turning(0).joint_rot).max() < 1e-6
    assert thaw(mended) == (mended, ())


@pytest.mark.parametrize(
    "clip",
    [turning(7), turning(4, 0, loop=False), turning(4, 55, loop=False), standing(), MotionClip.load("walk")],
    ids=["a pause", "a start from rest", "an end at rest", "nobody moves", "walk"],
)
def test_who_means_to_stand_still_may(clip: MotionClip) -> None:
    assert thaw(clip) == (clip, ())


def test_slipping_feet_are_held() -> None:
    """Feet glide forward under a body that leans back on them: they stay, the rest does not change."""
    clip = moved(standing(90), z=-0.05)
    knees = move_ankles(MODEL, clip.root_pos, clip.root_rot, clip.joint_rot, np.tile([0.0, 0.0, 0.05], (90, 2, 1)))
    gliding = moved(replace(clip, joint_rot=knees), x=0.15 * np.arange(90) / 90.0)
    assert examine(gliding)["foot slip"].value == pytest.approx(0.1, rel=1e-3)
    mended, said = stand_on_floor(gliding)
    assert examine(mended)["foot slip"].value < 0.005
    assert mended.root_pos == pytest.approx(gliding.root_pos, abs=1e-9)
    assert "moved feet by up to 7.4 cm" in said[0]


@given(st.lists(st.floats(-0.15, 0.15), min_size=6, max_size=6))
@settings(max_examples=30, deadline=None)
def test_ankles_go_where_they_are_sent(shift: list[float]) -> None:
    clip = moved(standing(2), z=-0.2)
    up = np.tile([0.0, 0.0, 0.2], (2, 2, 1))
    crouched = move_ankles(MODEL, clip.root_pos, clip.root_rot, clip.joint_rot, up)
    sent = np.tile(np.array(shift).reshape(2, 3) * [1.0, 0.5, 0.5], (2, 1, 1))
    joint_rot = move_ankles(MODEL, clip.root_pos, clip.root_rot, crouched, sent)
    before = body_poses(MODEL, clip.root_pos, clip.root_rot, crouched)
    after = body_poses(MODEL, clip.root_pos, clip.root_rot, joint_rot)
    feet = list(MODEL.feet)
    assert after.pos[:, feet] == pytest.approx(before.pos[:, feet] + sent, abs=1e-6)
    assert rotation.angle_between(after.rot[:, feet], before.rot[:, feet]) == pytest.approx(0.0, abs=1e-6)
    assert hinge_angle(joint_rot[:, MODEL.joint("left_knee")]).min() >= 0.0


@given(st.lists(st.floats(-1.0, 1.0), min_size=3, max_size=3), st.lists(st.floats(-1.0, 1.0), min_size=3, max_size=3))
@example([1.0, 0.0, 0.0], [-0.5, 0.0, 7.7e-07])
@example([1.0, 0.0, 0.0], [-1.0, 1e-7, 0.0])
@settings(max_examples=60, deadline=None)
def test_shortest_arc(a: list[float], b: list[float]) -> None:
    start, end = np.array(a), np.array(b)
    if min(np.linalg.norm(start), np.linalg.norm(end)) < 1e-3:
        return
    turned = rotation.rotate(shortest_arc(start, end), start / np.linalg.norm(start))
    assert turned == pytest.approx(end / np.linalg.norm(end), abs=1e-6)
    assert rotation.rotate(shortest_arc(start, -start), start) == pytest.approx(-start, abs=1e-9)


def test_a_flight_is_bent_to_the_arc_and_no_further() -> None:
    wobbly = thrown(9.8)
    (flight,) = flights(wobbly)
    middle = np.zeros(wobbly.num_frames)
    middle[flight.first : flight.past] = 0.04 * np.sin(np.linspace(0.0, np.pi, flight.past - flight.first))
    mended, said = mend_flights(moved(wobbly, z=middle))
    assert examine(mended)["flight arc"].value < 0.5
    assert "bent the flight" in said[0]
    moon = thrown(1.62)
    same, said = mend_flights(moon)
    assert same.root_pos == pytest.approx(moon.root_pos)
    assert "gravity is 1.6 m/s2; were it slow motion, real speed would be 2.46 times as fast" in said[0]


def test_a_stone() -> None:
    arc = stone(np.array([0.0, 0.0, 1.0]), np.array([1.0, 0.0, 1.0]), 61, 60.0)
    assert arc[30] == pytest.approx([0.5, 0.0, 1.0 + 9.8 / 8.0])
    assert np.diff(arc[:, 2], 2) * 3600.0 == pytest.approx(np.full(59, -9.8))


def test_a_stiff_body_in_free_fall_about_a_main_axis_turns_evenly() -> None:
    """Somersaults about y: the body is the same left and right, so that y is an axis of its inertia."""
    turn = rotation.from_axis_angle((0.0, 1.0, 0.0), np.linspace(0.0, -2.5, 31))
    still = standing(31).joint_rot
    found = spun(MODEL, turn[[0, -1]], still, 60.0, np.array([0.5, -40.0, 0.5]))
    assert found is not None
    assert rotation.angle_between(found, turn) == pytest.approx(0.0, abs=1e-5)


def test_who_tucks_turns_faster() -> None:
    """Knees and hips bend in the middle of a somersault; the momentum stays, measured by another formula."""
    clip = moved(standing(41), z=2.0)
    tuck = 1.6 * np.sin(np.linspace(0.0, np.pi, 41)) ** 2
    joint_rot = clip.joint_rot.copy()
    for name, way in (("left_hip", -1.0), ("right_hip", -1.0), ("left_knee", 1.0), ("right_knee", 1.0)):
        joint_rot[:, MODEL.joint(name)] = rotation.from_axis_angle((0.0, 1.0, 0.0), way * tuck)
    ends = rotation.from_axis_angle((0.0, 1.0, 0.0), [0.0, -3.0])
    root_rot = spun(MODEL, ends, joint_rot, clip.fps, np.array([0.0, -30.0, 0.0]))
    assert root_rot is not None
    np.testing.assert_array_equal(root_rot[[0, -1]], ends)
    flown = replace(clip, root_rot=root_rot, joint_rot=joint_rot)
    momentum = angular_momentum(MODEL, poses_of(flown), clip.fps)[1:-1]
    assert momentum[:, 1] == pytest.approx(np.full(39, momentum[:, 1].mean()), rel=0.01)
    speed = rotation.angle_between(root_rot[1:], root_rot[:-1])
    assert speed[18:22].min() > 1.3 * speed[[0, -1]].max()


def test_a_flight_that_spins_unevenly_is_turned_and_one_that_hovers_is_not() -> None:
    clip = thrown(9.8)
    (flight,) = flights(clip)
    part, share = slice(flight.first - 1, flight.past + 1), np.linspace(0.0, 1.0, flight.past - flight.first + 2)
    turn = -2.0 * np.pi * (share - 0.08 * np.sin(2.0 * np.pi * share))
    root_rot = clip.root_rot.copy()
    root_rot[part] = rotation.from_axis_angle((0.0, 1.0, 0.0), turn)
    uneven = replace(clip, root_rot=root_rot)
    assert examine(uneven)["flight spin"].value > 25.0
    mended, said = mend_flights(uneven)
    assert examine(mended)["flight spin"].value < 1.0
    assert examine(mended)["flight arc"].value < 0.5
    assert said[0].startswith("turned the body by up to 29 degrees")
    np.testing.assert_array_equal(mended.joint_rot, uneven.joint_rot)
    slow = thrown(3.0)
    slow = replace(
        slow, root_rot=rotation.from_axis_angle((0.0, 1.0, 0.0), np.linspace(0.0, 3.0, slow.num_frames) ** 2)
    )
    np.testing.assert_array_equal(mend_flights(slow)[0].root_rot, slow.root_rot)


def test_a_pelvis_that_jerks_is_smoothed() -> None:
    """He glides to the side and jumps 5 cm ahead in one frame, which would take 180 m/s2."""
    steady = 0.5 * np.arange(90) / 60.0
    jerky = moved(standing(90), x=steady + 0.05 * (np.arange(90) >= 45))
    check = examine(jerky)["com acceleration"]
    assert check.value == pytest.approx(180.0)
    assert check.verdict == "red"
    mended, said = smooth_root(jerky)
    assert examine(mended)["com acceleration"].verdict == "green"
    assert np.abs(mended.root_pos - jerky.root_pos).max() < 0.03
    assert mended.root_pos[:30] == pytest.approx(jerky.root_pos[:30])
    assert said[0].startswith("smoothed the pelvis' way by up to 2.")
    assert smooth_root(moved(standing(90), x=steady))[1] == ()


def test_a_jerk_in_a_clip_shorter_than_the_window_stays() -> None:
    short = moved(standing(5), x=0.05 * (np.arange(5) >= 2))
    assert examine(short)["com acceleration"].verdict == "red"
    assert smooth_root(short) == (short, ())
    assert np.isfinite(imbalance(short)).all()


def test_a_jerk_at_a_loops_seam_is_smoothed_across_it() -> None:
    """Round after round he goes 1 m on, a tenth of it between the last frame and the first."""
    way = np.concatenate([np.linspace(0.0, 0.9, 60), [1.0]])
    mended, _ = smooth_root(moved(standing(61, loop=True), x=way))
    assert examine(mended)["com acceleration"].verdict == "green"
    assert mended.cycle_shift == pytest.approx([1.0, 0.0, 0.0], abs=0.02)


def test_who_hovers_is_set_down_and_who_flies_is_not() -> None:
    height = 0.05 * np.clip(1.5 * np.sin(np.linspace(0.0, np.pi, 90)), 0.0, 1.0)
    down, said = set_down(moved(standing(90), z=height))
    assert down.root_pos[40:50, 2] == pytest.approx(np.full(10, STAND_HEIGHT), abs=1e-3)
    assert down.root_pos[:, 2].max() < STAND_HEIGHT + 0.025
    assert down.root_pos[:, 2].min() >= STAND_HEIGHT - 1e-9
    assert said == ("set him down by up to 5.0 cm where he hovered",)
    flying = thrown(9.8)
    assert set_down(flying) == (flying, ())


def sliding(acceleration: float, num_frames: int = 120, *, loop: bool = False) -> MotionClip:
    """Upright, he speeds up along x."""
    return moved(standing(num_frames, loop=loop), x=0.5 * acceleration * (np.arange(num_frames) / 60.0) ** 2)


def tipped(degrees: float, num_frames: int = 180) -> MotionClip:
    """Stiff and still, he leans forward on the front edge of his feet."""
    clip = standing(num_frames)
    turn = rotation.from_axis_angle((0.0, 1.0, 0.0), np.full(num_frames, np.radians(degrees)))
    clip = replace(clip, root_rot=turn, root_pos=rotation.rotate(turn, clip.root_pos))
    return moved(clip, z=-lowest_point(MODEL, poses_of(clip)))


def test_the_zero_moment_point_by_hand() -> None:
    """Speeding up by a, the point lies h a / g behind; a stiff body, tipped, has it under its centre of mass."""
    poses = poses_of(standing())
    height, x = center_of_mass(MODEL, poses)[0, [2, 0]]
    heel = sole_corners(MODEL, poses)[0, ..., 0].min()
    assert not imbalance(standing()).any()
    off = imbalance(sliding(4.0))[20:-20]
    assert off == pytest.approx(np.tile([x - height * 4.0 / 9.81 - heel, 0.0], (80, 1)), abs=2e-3)
    still = tipped(15.0)
    poses = poses_of(still)
    toe = sole_corners(MODEL, poses)[0, ..., :].reshape(-1, 3)
    over = center_of_mass(MODEL, poses)[0, 0] - toe[toe[:, 2] < 0.035, 0].max()
    assert imbalance(still) == pytest.approx(np.tile([over, 0.0], (180, 1)), abs=1e-6)
    assert examine(still)["balance"].value == pytest.approx(100.0 * over)


def test_who_flies_or_lies_is_in_balance() -> None:
    assert not imbalance(thrown(9.8))[25:50].any()
    lying = standing()
    turn = rotation.from_axis_angle((0.0, 1.0, 0.0), np.full(60, np.pi / 2.0))
    lying = replace(lying, root_rot=turn, root_pos=lying.root_pos * [1.0, 1.0, 0.0])
    assert not imbalance(moved(lying, z=-lowest_point(MODEL, poses_of(lying)))).any()


def test_a_lean_brings_him_over_his_feet_which_stay() -> None:
    falling = tipped(12.0)
    upright, said = lean(falling)
    middle = slice(60, 120)
    off = np.linalg.norm(imbalance(falling)[middle], axis=-1).mean()
    assert off > 0.05
    assert np.linalg.norm(imbalance(upright)[middle], axis=-1).max() < 0.03
    feet = list(MODEL.feet)
    before, after = poses_of(falling).pos[:, feet], poses_of(upright).pos[:, feet]
    assert np.abs(after - before).max() < 0.01
    assert said[0].startswith("leaned him by up to ")
    assert lean(standing())[1] == ()


def test_he_leans_before_he_must() -> None:
    """He glides, is stopped dead within a tenth of a second, and stands: he leans back before, and after."""
    speed = np.clip((1.2 - np.arange(150) / 60.0) / 0.1, 0.0, 1.0)
    clip = moved(standing(150), x=np.cumsum(speed) / 60.0)
    leaned, _ = lean(clip)
    back = rotation.to_rotvec(leaned.root_rot)[:, 1]
    assert back.argmin() == pytest.approx(69, abs=6)
    assert back[55] < back[40] < back[20] < -1e-4
    assert back[85] < back[100] < back[120] < -1e-4
    assert np.linalg.norm(imbalance(leaned), axis=-1).sum() < 0.5 * np.linalg.norm(imbalance(clip), axis=-1).sum()


@pytest.mark.parametrize("name", ["cartwheel", "dance_a", "kick", "run", "spinkick", "walk"])
def test_real_motion_gains_and_goes_on_round_its_seam(name: str) -> None:
    clip, _ = mend(MotionClip.load(name))
    leaned, _ = lean(clip)
    before, after = (np.linalg.norm(imbalance(c), axis=-1).mean() for c in (clip, leaned))
    assert after < 0.65 * before
    for check in ("seam pose", "seam height"):
        seam = {c.name: c for c in examine(leaned).checks}.get(check)
        assert seam is None or seam.verdict == "green", (check, seam)


def test_more_frames_are_the_same_motion() -> None:
    """A clip of 16 frames a second keeps its frames; between them lies a curve without kinks."""
    clip = MotionClip.load("backflip")
    more = resampled(clip, 64.0)
    assert (more.num_frames, more.fps, more.duration) == (4 * 28 + 1, 64.0, clip.duration)
    assert more.root_pos[::4] == pytest.approx(clip.root_pos, abs=1e-9)
    assert rotation.angle_between(more.joint_rot[::4], clip.joint_rot).max() < 1e-6
    assert rotation.angle_between(more.root_rot[::4], clip.root_rot).max() < 1e-6
    # as fast just before a frame as just after it, where straight lines would turn a corner
    fine = resampled(clip, 960.0)
    rate = rotation.difference(fine.root_rot[:-1], fine.root_rot[1:]) * fine.fps
    assert np.linalg.norm(np.diff(rate, axis=0)[59::60], axis=-1).max() < 0.4
    even = resampled(standing(5), 90.0)
    assert even.root_pos == pytest.approx(np.tile([0.0, 0.0, STAND_HEIGHT], (even.num_frames, 1)))


def test_mending_makes_no_check_worse_in_any_clip() -> None:
    folder = Path(__file__).parents[1] / "models" / "clips"
    for path in sorted(folder.glob("*.json")):
        clip = MotionClip.load(path)
        mended, _ = mend(clip)
        before, after = examine(clip), examine(mended)
        for name in ("penetration", "foot slip", "joint limits", "spikes", "seam pose", "seam height"):
            old, new = ({c.name: c for c in r.checks}.get(name) for r in (before, after))
            if old and new:
                assert new.value <= max(old.value, new.good), (clip.name, name, old.value, new.value)
        assert after["penetration"].verdict == "green"
        # nobody is thrown about: the pelvis stays within a lift, or within a turn about the centre of mass
        there = mended.sample(np.arange(clip.num_frames) / clip.fps).root_pos
        assert np.abs(there - clip.root_pos)[:-1].max() < 0.25, clip.name


def test_mending_is_done_once() -> None:
    once, _ = mend(MotionClip.load("dance_a"))
    twice, _ = mend(once)
    assert np.abs(twice.root_pos - once.root_pos).max() < 0.02


def test_verdicts() -> None:
    values = [Check("a", v, "m", 1.0, 2.0) for v in (1.0, 1.5, 2.5)]
    assert [c.verdict for c in values] == ["green", "amber", "red"]
    assert ClipReport("x", tuple(values[:2])).verdict == "amber"
    assert ClipReport("x", tuple(values)).as_dict()["checks"][2]["verdict"] == "red"


def test_runs() -> None:
    assert runs(np.array([True, False, True, True])) == [(0, 1), (2, 4)]
    assert runs(np.zeros(3, np.bool_)) == []
    feet = slip(sole_corners(MODEL, poses_of(standing(5))))
    assert planted(feet, 60.0).all()


def test_two_frames_are_enough() -> None:
    report = examine(standing(2, loop=True))
    assert report.verdict == "green"
    mended, done = mend(standing(2, loop=True))
    assert done == ()
    assert mended.num_frames == 2
    for loop in (False, True):
        assert lean(standing(2, loop=loop))[1] == ()


def test_the_part_that_repeats_is_cut_out() -> None:
    # 2.5 rounds of the walk (38 frames each), as a video would show them
    walk = MotionClip.load("walk")
    state = walk.sample(np.arange(96) / 30.0)
    seen = MotionClip("seen", 30.0, False, state.root_pos, state.root_rot, state.joint_rot)
    part, seam = looped(seen)
    assert seam.last - seam.first == 38
    assert seam.gap < np.radians(2.0)
    assert part.loop
    assert part.duration == pytest.approx(38 / 30)
    assert part.cycle_shift[0] == pytest.approx(walk.cycle_shift[0], rel=0.02)
    np.testing.assert_allclose(part.root_pos[0, :2], 0.0, atol=1e-9)
    with pytest.raises(ClipError, match=r"getup_faceup: nothing in its 3\.77 s repeats: .* expected at most 30"):
        looped(MotionClip.load("getup_faceup"), 2.5)
    with pytest.raises(ClipError, match=r"lasts 1\.27 s, a loop takes at least 5 s"):
        looped(walk, 5.0)


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = ["spinkick", "--fix", "--out", tmp_path / "a" / "b.json", "--plot", tmp_path / "p.svg"]
    assert main([*map(str, told), "--json", str(tmp_path / "r.json")]) == 0
    assert "before and after" in capsys.readouterr().out
    mended = MotionClip.load(tmp_path / "a" / "b.json")
    assert (mended.name, mended.num_frames) == ("b", MotionClip.load("spinkick").num_frames)
    assert json.loads((tmp_path / "r.json").read_text())[0]["verdict"] == "red"
    assert "<svg" in (tmp_path / "p.svg").read_text()
    assert main(["walk", "jump", "--markdown"]) == 0
    assert "| walk |" in capsys.readouterr().out
    assert main(["walk", "jump", "--fix"]) == 1
    assert main(["kick", "--fix", "--balance", "--out", str(tmp_path / "e.json")]) == 0
    assert "leaned him by up to " in capsys.readouterr().out
    assert main(["kick", "--balance"]) == 1
    assert "--balance is a part of --fix" in capsys.readouterr().err
    assert main(["spin", "--loop", "4", "--out", str(tmp_path / "c.json")]) == 0
    assert "spin repeats from 0." in capsys.readouterr().out
    assert MotionClip.load(tmp_path / "c.json").notes["loop_of"]["to"] > 4.0
    assert main(["jump", "--cut", "0.5", "1.0", "--out", str(tmp_path / "d.json")]) == 0
    part = MotionClip.load(tmp_path / "d.json")
    assert (part.num_frames, part.loop) == (30, False)  # a little under 60 a second
    np.testing.assert_allclose(part.root_pos[0, :2], 0.0, atol=1e-6)
    assert main(["nobody"]) == 1
    assert "no clip at nobody; there are backflip" in capsys.readouterr().err


def test_a_cut_outside_the_clip_says_how_long_it_is() -> None:
    with pytest.raises(ClipError, match=r"nothing between 9 and 10 s; it lasts 1.27 s"):
        cut(MotionClip.load("walk"), 9.0, 10.0)


def test_a_loop_may_begin_elsewhere_and_is_the_same_loop(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    walk = MotionClip.load("walk")
    later = with_beginning(walk, 0.5)
    assert (later.num_frames, later.loop) == (walk.num_frames, True)
    shift = round(0.5 * walk.fps) / walk.fps
    times = np.array([0.0, 0.3, 0.9])  # the last is in the walk's next cycle
    here, there = later.sample(times), walk.sample(times + shift)
    np.testing.assert_allclose(here.root_pos[:, 2], there.root_pos[:, 2], atol=1e-9)
    np.testing.assert_allclose(np.diff(here.root_pos[:, 0]), np.diff(there.root_pos[:, 0]), atol=0.02)
    assert rotation.angle_between(here.joint_rot, there.joint_rot).max() < 1e-6
    assert main(["walk", "--begin", "0.5", "--out", str(tmp_path / "walk.json")]) == 0
    np.testing.assert_allclose(MotionClip.load(tmp_path / "walk.json").joint_rot, later.joint_rot, atol=1e-6)
    assert main(["punch", "--begin", "0.5"]) == 1
    assert "punch does not loop" in capsys.readouterr().err
    with pytest.raises(ClipError, match=r"cannot begin at 9 s; it lasts 1.27 s"):
        with_beginning(walk, 9.0)
