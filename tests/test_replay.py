"""The last seconds again: what is kept, where a replay is, what lies between two ticks."""

from dataclasses import replace

import numpy as np
import pytest

from game.record.replay import RecentFrames, Replay
from game.scene.set_spec import ItemSpec
from game.sim.bullet import open_world
from game.sim.model import CharacterModel
from game.sim.snapshot import Snapshot

MODEL = CharacterModel.load()
BALL = ItemSpec("ball")


@pytest.fixture(scope="module")
def start() -> Snapshot:
    world = open_world(MODEL)
    world.add_character()
    snapshot = world.snapshot()
    world.close()
    return snapshot


def at(start: Snapshot, tick: int) -> Snapshot:
    """He is `tick` metres along x."""
    state = replace(start.state, root_pos=np.add(start.state.root_pos, [float(tick), 0.0, 0.0]))
    return replace(start, tick=tick, state=state)


def filled(start: Snapshot, last: int, cut: int = -1) -> RecentFrames:
    recent = RecentFrames(30, seconds=1.0)
    for tick in range(1, last + 1):
        recent.add(at(start, tick), {0: BALL} if tick < 10 else {}, cut=tick == cut)
    return recent


def replayed(recent: RecentFrames) -> Replay:
    replay = recent.replay()
    assert replay is not None
    return replay


def x(snapshot: Snapshot) -> float:
    return float(snapshot.state.root_pos[0, 0])


def test_only_the_last_seconds_are_kept(start: Snapshot) -> None:
    recent = filled(start, 100)
    assert (len(recent), recent.first_tick) == (31, 70)
    assert RecentFrames(30).replay() is None
    recent.clear()
    assert recent.replay() is None
    assert recent.first_tick == 0


def test_things_that_are_gone_are_known(start: Snapshot) -> None:
    assert replayed(filled(start, 40)).items == {0: BALL}


def test_it_lies_between_ticks(start: Snapshot) -> None:
    replay = replayed(filled(start, 31))
    replay.seek(10.25)
    assert x(replay.shown()) == pytest.approx(11.25)
    assert replay.time == pytest.approx(11.25 / 30)
    replay.seek_fraction(0.5)
    assert (replay.position, replay.fraction) == (15.0, 0.5)
    replay.seek(-5)
    assert x(replay.shown()) == 1.0
    replay.seek(99)
    assert x(replay.shown()) == 31.0
    assert replay.seconds_left == 0.0


def test_nobody_flies_across_a_cut(start: Snapshot) -> None:
    replay = replayed(filled(start, 31, cut=12))
    replay.seek(10.9)  # between ticks 11 and 12
    assert x(replay.shown()) == 11.0
    replay.seek(11.0)
    assert x(replay.shown()) == 12.0


def test_it_plays_as_fast_as_it_is_told(start: Snapshot) -> None:
    replay = replayed(filled(start, 31))
    replay.seek(0.0)
    replay.set_speed(0.25)
    assert [s.tick for s in replay.advance(0.4)] == [2, 3, 4]  # 0.4 s at a quarter are three ticks
    assert replay.position == pytest.approx(3.0)
    replay.set_speed(100.0)
    assert replay.speed == 4.0
    assert [s.tick for s in replay.advance(10.0)] == list(range(5, 32))
    assert replay.advance(1.0) == []  # at the end it stays


def test_it_begins_shortly_before_the_end(start: Snapshot) -> None:
    recent = RecentFrames(30)
    for tick in range(600):
        recent.add(at(start, tick), {})
    replay = replayed(recent)
    assert len(replay.frames) == 451
    assert replay.seconds_left == pytest.approx(5.0)


def test_pause_step_and_again(start: Snapshot) -> None:
    replay = replayed(filled(start, 31))
    replay.seek(3.4)
    replay.step(-1)
    assert (replay.position, replay.paused) == (2.0, True)
    assert replay.advance(1.0) == []
    replay.toggle_pause()
    assert [s.tick for s in replay.advance(1.0 / 30.0 + 1e-9)] == [4]
    replay.seek(99)
    replay.toggle_pause()  # at the end: once more
    assert (replay.position, replay.paused) == (0.0, False)
    assert np.array_equal(replay.shown().state.root_pos, replay.frames[0].snapshot.state.root_pos)
