"""What sets and props do to whoever falls on them, simulated."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from game.scene.set_file import load_prop, load_set
from game.sim.bullet import open_world
from game.sim.model import CharacterModel
from game.sim.rotation import from_axis_angle, rotate
from game.sim.world import World


@pytest.fixture
def world() -> Iterator[World]:
    with open_world(CharacterModel.load()) as made:
        yield made


def fall(world: World, prop: str | None, ticks: int = 45) -> tuple[float, np.ndarray]:
    """Drops a limp person flat on his back from 1.6 m; returns the hardest force (N) and his torso's heights (m)."""
    if prop:
        world.spawn(load_prop(prop))
    world.add_character()
    lying = replace(
        world.standing((0.0, 0.0)),
        root_pos=np.array([0.3, 0.0, 1.6]),
        root_rot=from_axis_angle(np.array([0.0, 1.0, 0.0]), -np.pi / 2),
    )[None]
    world.reset([0], lying)
    world.strength[:] = 0.02
    torso, heights, hardest = world.model.body("torso"), [], 0.0
    for _ in range(ticks):
        world.step(lying.joint_rot)
        hardest = max([hardest] + [c.peak for c in world.contacts if c.character == 0])
        heights.append(float(world.body_poses.pos[0, torso, 2]))
    return hardest, np.array(heights)


def test_a_mattress_takes_the_sting_out(world: World) -> None:
    with open_world(world.model) as bare:
        on_the_floor, _ = fall(bare, None)
    on_the_mattress, heights = fall(world, "mattress")
    assert on_the_mattress < 0.2 * on_the_floor
    assert 0.1 < heights.min() < 0.36  # it gives, but not down to the floor


def test_a_trampoline_throws_back(world: World) -> None:
    _, heights = fall(world, "trampoline")
    lowest = int(heights.argmin())
    assert heights[lowest:].max() > heights[lowest] + 0.4


def test_an_empty_cardboard_box_does_not_hold_him(world: World) -> None:
    assert fall(world, "cardboard_box")[1][-1] < 0.4


def test_the_living_room_stays_as_it_is_and_its_lamp_topples(world: World) -> None:
    items = {item.name: item for item in load_set("living_room").items if item.parts}
    ids = {name: world.spawn(item) for name, item in items.items()}
    nobody = np.zeros((0, world.model.num_joints, 4))
    for _ in range(45):
        world.step(nobody)
    props = world.snapshot().props
    for name, item in items.items():
        assert np.linalg.norm(props.pos[props.ids.index(ids[name])] - item.position) < 0.05, name
    lamp = items["lamp"].position
    pull = world.forces.grab_prop(ids["lamp"], [0.0, 0.0, 0.1], np.array(lamp) + np.array([0.5, -0.4, 0.2]))
    for _ in range(20):
        world.step(nobody)
    world.forces.release(pull)
    for _ in range(30):
        world.step(nobody)
    props = world.snapshot().props
    fallen = props.ids.index(ids["lamp"])
    assert props.pos[fallen, 2] < lamp[2] - 0.2
    assert rotate(props.rot[fallen], np.array([0.0, 0.0, 1.0]))[2] < 0.7
