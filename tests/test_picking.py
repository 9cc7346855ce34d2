"""Rays against shapes, by hand; and against a standing person and his furniture."""

from dataclasses import replace

import numpy as np
import pytest

from game.input.picking import TOUCH_RADIUS, Ray, meet, pick, pick_top
from game.scene.set_spec import ItemSpec, PartSpec
from game.sim.bullet import open_world
from game.sim.model import CharacterModel
from game.sim.snapshot import PropPoses, Snapshot


def ray(*numbers: float) -> Ray:
    way = np.array(numbers[3:])
    return Ray(np.array(numbers[:3]), way / np.linalg.norm(way))


@pytest.mark.parametrize(
    ("shape", "size", "sight", "distance"),
    [
        ("sphere", (0.5,), ray(-3, 0, 0, 1, 0, 0), 2.5),
        ("sphere", (0.5,), ray(-3, 0.3, 0, 1, 0, 0), 2.6),  # 0.3, 0.4, 0.5
        ("sphere", (0.5,), ray(-3, 0.6, 0, 1, 0, 0), None),
        ("sphere", (0.5,), ray(3, 0, 0, 1, 0, 0), None),  # behind
        ("sphere", (0.5,), ray(0.1, 0, 0, 1, 0, 0), 0.0),  # inside
        ("box", (2.0, 1.0, 4.0), ray(-3, 0.4, 1.9, 1, 0, 0), 2.0),
        ("box", (2.0, 1.0, 4.0), ray(0, 0, 5, 0, 0, -1), 3.0),
        ("box", (2.0, 1.0, 4.0), ray(-3, 0.6, 0, 1, 0, 0), None),
        ("box", (2.0, 2.0, 2.0), ray(-2, -2, 0, 1, 1, 0), 2.0**0.5),  # onto the edge
        ("capsule", (0.5, 2.0), ray(-3, 0, 0.9, 1, 0, 0), 2.5),  # its side
        ("capsule", (0.5, 2.0), ray(0, 0, 5, 0, 0, -1), 3.5),  # its cap
        ("capsule", (0.5, 2.0), ray(-3, 0, 1.3, 1, 0, 0), 2.6),  # round the cap's shoulder
        ("capsule", (0.5, 2.0), ray(-3, 0, 1.6, 1, 0, 0), None),
        ("cylinder", (0.5, 2.0), ray(-3, 0, 0.9, 1, 0, 0), 2.5),
        ("cylinder", (0.5, 2.0), ray(0.2, 0, 5, 0, 0, -1), 4.0),  # its lid
        ("cylinder", (0.5, 2.0), ray(-3, 0, 1.3, 1, 0, 0), None),
        ("cylinder", (0.5, 2.0), ray(0.6, 0, 5, 0, 0, -1), None),
    ],
)
def test_shapes(shape: str, size: tuple[float, ...], sight: Ray, distance: float | None) -> None:
    assert meet(sight, shape, size) == (None if distance is None else pytest.approx(distance, abs=1e-9))


def test_an_unknown_shape_is_refused() -> None:
    with pytest.raises(ValueError, match="'torus', expected sphere"):
        meet(ray(0, 0, 0, 1, 0, 0), "torus", (1.0,))


@pytest.fixture(scope="module")
def standing() -> Snapshot:
    """Somebody at the origin who faces +x, and a turned box 2 m to his left."""
    world = open_world(CharacterModel.load())
    world.add_character()
    snapshot = world.snapshot()
    world.close()
    quarter = np.array([[0.0, 0.0, np.sqrt(0.5), np.sqrt(0.5)]])
    return replace(snapshot, props=PropPoses((7,), np.array([[0.0, 2.0, 0.5]]), quarter))


ITEMS = {7: ItemSpec("box", mass=2.0, parts=(PartSpec("box", (0.4, 1.0, 1.0), position=(0.1, 0.0, 0.0)),))}


def test_a_face_is_hit_from_the_front(standing: Snapshot) -> None:
    head = standing.model.body("head")
    center = standing.body_pos[0, head] + [0.0, 0.0, 0.175]  # the sphere of 0.1025 m about it
    hit = pick(Ray(np.add(center, [3.0, 0.0, 0.0]), np.array([-1.0, 0.0, 0.0])), standing, ITEMS)
    assert hit is not None
    assert (hit.character, hit.body, hit.prop, hit.is_floor) == (0, head, None, False)
    radius = 0.1025 + TOUCH_RADIUS
    assert hit.distance == pytest.approx(3.0 - radius)
    assert hit.point_b == pytest.approx([radius, 0.0, 0.175])


def test_a_turned_prop_is_hit_in_its_own_frame(standing: Snapshot) -> None:
    """The quarter turn takes the box's x to the world's y: its part lies at y 2.1, 0.4 m wide along y."""
    hit = pick(ray(0.3, -3.0, 0.6, 0, 1, 0), standing, ITEMS)
    assert hit is not None
    assert (hit.prop, hit.character) == (7, -1)
    assert hit.distance == pytest.approx(3.0 + 2.1 - 0.2)
    assert hit.point_b == pytest.approx([-0.1, -0.3, 0.1])


def test_what_stands_fast_is_looked_through(standing: Snapshot) -> None:
    fixed = {7: replace(ITEMS[7], mass=0.0)}
    assert pick(ray(0.3, -3.0, 0.6, 0, 1, 0), standing, fixed) is None
    through = pick(ray(0.0, 5.0, 1.3, 0, -1, 0), standing, fixed)
    assert through is not None
    assert through.character == 0


def test_the_floor_and_the_sky(standing: Snapshot) -> None:
    hit = pick_top(ray(5.0, 0.0, 1.0, 3, 0, -1), standing, ITEMS)
    assert hit is not None
    assert hit.is_floor
    assert hit.point == pytest.approx([8.0, 0.0, 0.0])
    assert pick_top(ray(5.0, 0.0, 1.0, 1, 0, 0.1), standing, ITEMS) is None


def test_things_are_put_on_top_and_not_on_a_side(standing: Snapshot) -> None:
    """The box's top is at z 1; past its side comes the floor behind it."""
    top = pick_top(ray(0.0, 2.0, 3.0, 0, 0.1, -2), standing, ITEMS)
    assert top is not None
    assert top.prop == 7
    assert top.point[2] == pytest.approx(1.0)
    side = pick_top(ray(0.0, 0.0, 1.0, 0, 4, -1), standing, ITEMS)  # meets its side at y 1.9, z 0.525
    assert side is not None
    assert side.is_floor
    assert side.point == pytest.approx([0.0, 4.0, 0.0])
