"""The lamp's light goes where its item goes, and flickers when that is hit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from game.scene.set_spec import ItemSpec, LightSpec, PartSpec, SetSpec
from game.sim import rotation
from game.sim.bullet import open_world
from game.sim.contact import Contact
from game.sim.snapshot import PropPoses, Snapshot
from game.view.lamp import DIM, FALLEN_BRIGHTNESS, Lamp
from tests.support.small_policy import MODEL

ITEM = ItemSpec("reading lamp", position=(1.0, 2.0, 0.8), mass=1.0, parts=(PartSpec("sphere", (0.1,)),))
SPEC = SetSpec("room", light=LightSpec(lamp_position=(1.0, 2.0, 1.1), lamp_item="reading lamp"), items=(ITEM,))


def seen(pos: tuple[float, float, float], rot: np.ndarray, tick: int = 0, impulse: float = 0.0) -> Snapshot:
    with open_world(MODEL) as world:
        snapshot = world.snapshot()
    contact = Contact(0, 1, "prop", 7, -1, pos, (0.0, 0.0, 1.0), impulse, 30.0 * impulse)
    return replace(
        snapshot, tick=tick, props=PropPoses((7,), np.array([pos]), rot[None]), contacts=(contact,) if impulse else ()
    )


def test_the_light_goes_with_its_item() -> None:
    lamp, upright = Lamp(SPEC), np.array([0.0, 0.0, 0.0, 1.0])
    position, bright = lamp.state(seen((1.0, 2.0, 0.8), upright), {7: ITEM})
    np.testing.assert_allclose(position, [1.0, 2.0, 1.1])
    assert bright == 1.0
    lying = rotation.from_axis_angle([0.0, 1.0, 0.0], np.pi / 2)
    position, bright = lamp.state(seen((3.0, 2.0, 0.1), lying, tick=1), {7: ITEM})
    np.testing.assert_allclose(position, [3.3, 2.0, 0.1], atol=1e-9)
    assert bright in (FALLEN_BRIGHTNESS, 0.4)


def test_a_hit_makes_it_flicker_for_a_while() -> None:
    lamp, upright = Lamp(SPEC), np.array([0.0, 0.0, 0.0, 1.0])
    lamp.state(seen((1.0, 2.0, 0.8), upright, impulse=5.0), {7: ITEM})
    levels = [lamp.state(seen((1.0, 2.0, 0.8), upright, tick), {7: ITEM})[1] for tick in range(1, 60)]
    assert 5 < sum(level == DIM for level in levels[:42]) < 37
    assert set(levels[43:]) == {1.0}


def test_a_lamp_without_an_item_stays() -> None:
    spec = replace(SPEC, light=replace(SPEC.light, lamp_item=""))
    position, bright = Lamp(spec).state(seen((9.0, 9.0, 9.0), np.array([0.0, 0.0, 0.0, 1.0])), {7: ITEM})
    np.testing.assert_allclose(position, [1.0, 2.0, 1.1])
    assert bright == 1.0
