"""Things inside each other: a few are physics, a hundred are refused."""

import time
from dataclasses import replace

import numpy as np
import pytest

from game.play.events import Crowd, EventError, Push, Spawn, from_json
from game.play.runtime import Runtime
from game.policy.library import PolicyLibrary
from game.scene.set_file import load_prop
from game.scene.set_spec import ItemSpec, PartSpec
from game.sim.bullet import open_world
from game.sim.contents import WorldError
from game.sim.crowding import MAX_INSIDE, num_inside
from game.sim.model import CharacterModel

MODEL = CharacterModel.load()
BOX = ItemSpec("box", mass=1.0, parts=(PartSpec("box", (0.2, 0.2, 0.2)),))


def test_only_what_is_deep_inside_counts() -> None:
    turned = ItemSpec("far", mass=1.0, parts=(PartSpec("sphere", (0.1,), (1.0, 0.0, 0.0)),))
    poses = np.array([
        [0.0, 0.0, 0.0, 0, 0, 0, 1],  # here
        [0.5, 0.0, 0.0, 0, 0, 0, 1],  # beside it
        [0.0, -1.0, 0.0, 0, 0, np.sqrt(0.5), np.sqrt(0.5)],  # its ball is at (1, 0, 0) of its frame: here
    ])  # fmt: skip
    assert num_inside(BOX, [BOX, BOX, turned], poses) == 2
    wall = replace(BOX, mass=0.0)
    assert num_inside(wall, [wall], poses[:1]) == 0  # what never moves does not collide with its like


def test_a_hundred_anvils_inside_him_slow_the_game_and_do_not_hang_it() -> None:
    runtime = Runtime(PolicyLibrary(MODEL, []))
    runtime.tick()
    anvil = load_prop("anvil")
    events = [Spawn(replace(anvil, position=(0.005 * (n % 10), 0.005 * (n // 10), 0.6))) for n in range(100)]
    start = time.process_time()
    messages = runtime.tick(events).messages
    assert time.process_time() - start < 10.0
    assert MAX_INSIDE <= len(runtime.world.props) < 30
    assert len(messages) + len(runtime.world.props) == 100
    assert messages[-1] == "12 things are in that place already: there is no room for one more"
    runtime.close()


def test_props_have_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("game.sim.world.MAX_PROPS", 3)
    with open_world(MODEL) as world:
        for n in range(3):
            world.spawn(replace(BOX, position=(float(n), 3.0, 0.1)))
        with pytest.raises(WorldError, match="there are 3 things already, as many as there can be"):
            world.spawn(BOX)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"mass": 1e9}, "'mass' should be between 0 and 2000"),
        ({"quaternion": (0.0, 0.0, 0.0, 0.0)}, "a quaternion of length 0, expected 1"),
        ({"position": (1e30, 0.0, 0.0)}, "'position' should be between -10000 and 10000"),
        ({"parts": (PartSpec("cone", (1.0,)),)}, "shape 'cone', expected one of box, sphere, capsule, cylinder"),
        ({"parts": (PartSpec("box", (1.0,)),)}, "a box has a size of 3 numbers, found 1"),
        ({"parts": (PartSpec("sphere", (1e9,)),)}, "'size' should be between 0.001 and 1000"),
        ({"parts": BOX.parts * 54}, "54 parts, expected at most 16"),
        ({"parts": ()}, "no solid parts"),
        ({"contact_stiffness": 5.0}, "come together or not at all"),
    ],
)
def test_spawn_events_go_through_the_limits_of_sets(changes: dict[str, object], reason: str) -> None:
    runtime = Runtime(PolicyLibrary(MODEL, []))
    [message] = runtime.tick([Spawn(replace(BOX, **changes))]).messages  # type: ignore[arg-type]
    assert reason in message
    assert runtime.world.props == {}
    assert runtime.log == []
    [message] = runtime.tick([Spawn(BOX, (2e3, 0.0, 0.0))]).messages
    assert "velocity" in message
    runtime.close()


def test_a_type_that_is_no_word_is_an_event_error() -> None:
    with pytest.raises(EventError, match=r"type \['push'\]; there are play"):
        from_json({"tick": 0, "type": ["push"]})
    with pytest.raises(EventError, match="event at tick 0"):
        from_json({"tick": 0, "type": "push", "force": [1.0]})
    assert from_json({"tick": 0, "type": "crowd", "count": 2}).event == Crowd(2)
    assert from_json({"tick": 0, "type": "push", "force": [1, 2, 3]}).event == Push((1.0, 2.0, 3.0))
