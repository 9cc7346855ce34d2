"""Verdicts on falls that are written by hand, tick by tick."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from game.play.fall_counter import FallCounter, touches_of
from game.session.attempts import RETRY_SECONDS, VERDICT_SECONDS, Attempts, Verdict
from game.sim import rotation
from game.sim.bullet import open_world
from game.sim.contact import FLOOR, Contact
from game.sim.model import CharacterModel
from game.sim.snapshot import Snapshot

MODEL = CharacterModel.load()
HARMFUL = np.array([body not in MODEL.feet for body in range(MODEL.num_bodies)])
FEET = ("left_foot", "right_foot")
LOOKS = {
    "upright": (0.0, 0.0, 0.0),
    "prone": (0.0, 0.5 * math.pi, 0.0),  # a quarter turn forwards: his front is below
    "supine": (0.0, -0.5 * math.pi, 0.0),
    "side": (0.5 * math.pi, 0.0, 0.0),
    "headlong": (0.0, math.pi, 0.0),
}


@pytest.fixture(scope="module")
def standing() -> Snapshot:
    world = open_world(MODEL)
    world.add_character()
    snapshot = world.snapshot()
    world.close()
    return snapshot


class Story:
    """Ticks, one after the other."""

    def __init__(self, start: Snapshot) -> None:
        self.attempts = Attempts()
        self.counter = FallCounter()
        self.now = start
        self.cycle = 0

    def tick(self, bodies: Sequence[str] = FEET, look: str = "upright", count: int = 1, *, rate: float = 0.0,
             kind: str = "floor", normal: tuple[float, float, float] = (0.0, 0.0, 1.0)) -> Verdict | None:  # fmt: skip
        """So many ticks in which these bodies touch, all turned alike; `rate` rad/s about the root's y."""
        turn = rotation.from_rotvec(np.array(LOOKS[look]))
        contacts = tuple(
            Contact(0, MODEL.body(b), kind, FLOOR, -1, (0.0, 0.0, 0.0), normal, 10.0, 300.0) for b in bodies
        )
        verdict = None
        for _ in range(count):
            self.now = replace(
                self.now,
                tick=self.now.tick + 1,
                contacts=contacts,
                body_rot=np.broadcast_to(turn, self.now.body_rot.shape),
                state=replace(self.now.state, root_ang_vel=np.array([[0.0, rate, 0.0]])),
            )
            [touches] = touches_of(contacts, [HARMFUL], MODEL.feet)
            self.counter.add(touches, rate, 1.0 / MODEL.control_hz)
            verdict = self.attempts.add(self.now, 0, self.cycle, HARMFUL, self.counter) or verdict
        return verdict


@pytest.fixture
def story(standing: Snapshot) -> Story:
    return Story(standing)


@pytest.mark.parametrize(
    ("falls", "words"),
    [
        ([(["left_hand", "right_hand"], "upright")], "landed on his hands"),
        ([(["left_shin", "right_shin"], "upright")], "landed on his knees"),
        ([(["left_shin"], "upright"), (["left_hand"], "prone")], "landed on all fours"),
        ([(["pelvis"], "upright"), (["torso", "head"], "supine")], "sat down"),
        ([(["torso"], "supine"), (["head"], "supine")], "landed on his back"),
        ([(["torso"], "prone")], "belly-flopped"),
        ([(["torso"], "side")], "landed on his side"),
        ([(["left_shin"], "upright"), (["torso", "head"], "prone")], "face-planted"),
        ([(["head"], "headlong"), (["torso"], "supine")], "landed on his head"),
    ],
)
def test_falls(story: Story, falls: list[tuple[list[str], str]], words: str) -> None:
    story.tick(count=10)
    for bodies, look in falls:
        assert story.tick(bodies, look) is None
    verdict = story.tick([], falls[-1][1], count=30)
    assert verdict is not None
    assert (verdict.words, verdict.landed) == (words, False)
    assert str(verdict) == f"Attempt 1: {words}."
    assert verdict.seconds == pytest.approx(10 / 30)  # ten ticks: the first one begins it


def test_the_moment_after_a_fall(story: Story) -> None:
    story.tick(count=3)
    story.tick(["torso"], "prone")
    fell = story.now.tick
    assert story.tick(["torso"], "prone", round(VERDICT_SECONDS * 30) - 1) is None
    assert story.tick(["torso"], "prone") is not None
    assert not story.attempts.is_over(0, fell + round(RETRY_SECONDS * 30) - 1)
    assert story.attempts.is_over(0, fell + round(RETRY_SECONDS * 30))
    assert story.tick(["head"], "prone", 60) is None  # told once
    story.attempts.begin(0)
    assert not story.attempts.is_over(0, story.now.tick)
    assert story.attempts.number == 2


def fly(story: Story, turns: float, ticks: int = 15) -> None:
    story.tick(count=5)
    story.tick([], count=ticks, rate=-turns * 2.0 * math.pi * 30 / ticks)


def test_a_flip_that_lands(story: Story) -> None:
    fly(story, 1.0)
    story.tick(count=10)
    story.cycle = 1
    assert story.tick() == Verdict(1, "landed", True, pytest.approx(30 / 30))  # type: ignore[arg-type]
    assert (story.attempts.landed, story.attempts.number, story.attempts.line()) == (1, 2, "attempt 2   landed 1")


def test_who_is_still_up_has_not_landed(story: Story) -> None:
    fly(story, 1.0)
    story.cycle = 1
    assert story.tick([], count=5) is None
    verdict = story.tick()
    assert verdict is not None
    assert verdict.words == "landed"


def test_a_step_after_the_landing(story: Story) -> None:
    fly(story, 1.0)
    story.tick()
    moved = story.now.body_pos.copy()
    moved[0, MODEL.body("left_foot"), 0] += 0.35
    story.now = replace(story.now, body_pos=moved)
    story.tick(count=5)
    story.cycle = 1
    verdict = story.tick()
    assert verdict is not None
    assert (verdict.words, verdict.landed) == ("landed, stepped out", True)


@pytest.mark.parametrize(
    ("turns", "words"),
    [(1.4, "over-rotated, sat down"), (0.6, "under-rotated, sat down"), (1.05, "sat down"), (0.3, "sat down")],
)
def test_rotation(story: Story, turns: float, words: str) -> None:
    """0.4 turns too many are 2.5 rad, 0.4 too few as much; a twentieth is nothing."""
    fly(story, turns)
    story.tick(["pelvis"])
    verdict = story.tick([], count=30)
    assert verdict is not None
    assert verdict.words == words


def test_a_walk_goes_on_until_he_falls(story: Story) -> None:
    for cycle in range(8):
        story.cycle = cycle
        assert story.tick(count=30) is None
    story.tick(["head"], "prone")
    verdict = story.tick([], "prone", 30)
    assert verdict is not None
    assert verdict.words == "face-planted after 8 s"
    assert story.attempts.counts == {"face-planted": 1}


def test_a_ball_in_the_face_is_no_fall_but_a_sofa_is(story: Story) -> None:
    story.tick(["head"], count=20, kind="prop", normal=(1.0, 0.0, 0.0))
    story.tick(["head"], count=3, kind="prop")
    assert story.tick(count=40) is None
    story.tick(["pelvis"], count=6, kind="prop")
    verdict = story.tick(["pelvis"], count=30, kind="prop")
    assert verdict is not None
    assert verdict.words == "sat down"


def test_who_floats_away_is_gone(story: Story) -> None:
    story.tick()
    state = story.now.state
    story.now = replace(story.now, state=replace(state, root_pos=np.add(state.root_pos, [0.0, 0.0, 9.0])))
    verdict = story.tick([], count=30)
    assert verdict is not None
    assert verdict.words == "left the building"
