"""A hand takes hold of what is under the cursor and moves it in the plane of the picture."""

from dataclasses import replace

import numpy as np
import pytest

from game.input.mouse_drag import MouseDrag
from game.input.picking import Ray
from game.play.events import Drag, Event, Grab, Release
from game.scene.set_spec import ItemSpec, PartSpec
from game.sim.bullet import open_world
from game.sim.model import CharacterModel
from game.sim.snapshot import PropPoses, Snapshot

BOX = ItemSpec("box", mass=2.0, parts=(PartSpec("box", (0.4, 0.4, 0.4)),))
EYE = np.array([4.0, 0.0, 1.0])
FORWARD = np.array([-1.0, 0.0, 0.0])


def towards(*point: float) -> Ray:
    way = np.array(point) - EYE
    return Ray(EYE, way / np.linalg.norm(way))


@pytest.fixture(scope="module")
def scene() -> Snapshot:
    """Somebody at the origin and a box 2 m to his left."""
    world = open_world(CharacterModel.load())
    world.add_character()
    snapshot = world.snapshot()
    world.close()
    return replace(snapshot, props=PropPoses((3,), np.array([[0.0, 2.0, 0.5]]), np.array([[0.0, 0.0, 0.0, 1.0]])))


def test_pulling_a_box(scene: Snapshot) -> None:
    posted: list[Event] = []
    hand = MouseDrag(posted.append)
    assert hand.grab(towards(0.2, 2.0, 0.5), FORWARD, scene, {3: BOX})
    (grab,) = posted
    assert isinstance(grab, Grab)
    assert grab.prop == 3
    assert grab.point == pytest.approx((0.2, 0.0, 0.0))  # its near side
    hand.move(towards(0.2, 1.0, 1.5), FORWARD)
    drag = posted[1]
    assert isinstance(drag, Drag)
    assert drag.target == pytest.approx((0.2, 1.0, 1.5))  # in the plane through the point that it holds
    hand.move(towards(0.2, 1.0, 1.5), FORWARD)
    assert len(posted) == 2  # it did not move
    hand.move(towards(0.2, 1.0, -1.0), FORWARD)
    assert isinstance(posted[2], Drag)
    assert posted[2].target[2] == 0.0  # not into the floor
    line = hand.line(scene)
    assert line is not None
    assert line[0] == pytest.approx([0.2, 2.0, 0.5])
    hand.release()
    hand.release()
    assert posted[3:] == [Release()]
    assert not hand.holds
    assert hand.line(scene) is None


def test_holding_a_head(scene: Snapshot) -> None:
    posted: list[Event] = []
    hand = MouseDrag(posted.append)
    head = scene.body_pos[0, scene.model.body("head")] + [0.0, 0.0, 0.175]
    assert hand.grab(towards(*head.tolist()), FORWARD, scene, {3: BOX})
    assert isinstance(posted[0], Grab)
    assert (posted[0].body, posted[0].character, posted[0].prop) == ("head", 0, None)
    assert hand.line(replace(scene, body_pos=scene.body_pos[:0])) is None  # he is gone


def test_air_and_what_stands_fast_is_not_held(scene: Snapshot) -> None:
    posted: list[Event] = []
    hand = MouseDrag(posted.append)
    assert not hand.grab(towards(0.2, 2.0, 0.5), FORWARD, scene, {3: replace(BOX, mass=0.0)})
    assert not hand.grab(towards(0.0, -3.0, 1.0), FORWARD, scene, {3: BOX})
    assert posted == []
