"""The bar at the window's foot: where a click means what, what it shows."""

import panda3d.core as p3d
import pytest

from game.record.replay import Replay, ReplayFrame
from game.sim.bullet import open_world
from game.sim.model import CharacterModel
from game.view.scrub_bar import BOTTOM, REACH, ScrubBar


@pytest.mark.parametrize(("x", "fraction"), [(-1.0, 0.0), (-REACH, 0.0), (0.0, 0.5), (REACH / 2, 0.75), (REACH, 1.0)])
def test_along_the_bar(x: float, fraction: float) -> None:
    assert ScrubBar.fraction(x) == pytest.approx(fraction)


def test_beside_the_bar() -> None:
    assert ScrubBar.covers(0.0, BOTTOM)
    assert not ScrubBar.covers(0.0, 0.0)
    assert not ScrubBar.covers(0.99, BOTTOM)


def test_it_shows_where_a_replay_is_and_the_marks_in_it() -> None:
    world = open_world(CharacterModel.load())
    world.add_character()
    frames = []
    for _ in range(31):
        frames.append(ReplayFrame(world.snapshot(), cut=False))
        world.step(world.state.joint_rot)
    world.close()
    replay = Replay(tuple(frames), {}, 30)
    window = p3d.NodePath("window")
    bar = ScrubBar(window)
    root = window.find("scrub")
    assert root.is_hidden()
    replay.seek(15.0)
    bar.show(replay, [0.5, 0.75, 9.0], 30)  # the last one is not in it
    assert not root.is_hidden()
    _ground, done, head, *marks = root.get_children()
    bounds = done.get_tight_bounds(root)
    assert bounds is not None
    low, high = bounds
    assert [low.x, high.x] == pytest.approx([-REACH, 0.0], abs=1e-6)
    assert head.get_x() == pytest.approx(0.0, abs=1e-6)
    assert [mark.get_x() for mark in marks] == pytest.approx([0.0, REACH / 2], abs=1e-6)
    bar.show(None, [], 30)
    assert root.is_hidden()
    bar.close()
    assert window.get_num_children() == 0
