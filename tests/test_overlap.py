"""Solids inside each other, against distances worked out by hand."""

import numpy as np
import pytest

from game.sim import rotation
from game.sim.overlap import Solid, overlap

UPRIGHT = np.eye(3)


def solid(shape: str, size: tuple[float, ...], pos: tuple[float, float, float], axes: np.ndarray = UPRIGHT) -> Solid:
    return Solid(shape, size, np.array(pos), axes)


@pytest.mark.parametrize(
    ("other", "apart"),
    [
        (("sphere", (0.5,)), 1.0),
        (("box", (1.0, 1.0, 1.0)), 1.0),
        (("capsule", (0.2, 3.0)), 0.7),
        (("cylinder", (0.3, 1.0)), 0.8),
    ],
)
def test_a_box_and_another_shape_beside_it(other: tuple[str, tuple[float, ...]], apart: float) -> None:
    box = solid("box", (1.0, 1.0, 1.0), (0.0, 0.0, 0.0))
    for angle in np.linspace(0.0, 2.0, 5):
        turn = rotation.to_matrix(rotation.from_heading(angle))
        axes = UPRIGHT if other[0] == "box" else turn
        assert overlap(box, solid(*other, (apart - 0.01, 0.0, 0.0), axes))
        assert not overlap(box, solid(*other, (apart + 0.01, 0.0, 0.0), axes))
        assert not overlap(solid(*other, (apart + 0.01, 0.0, 0.0), axes), box)


def test_a_turned_box_reaches_farther() -> None:
    box = solid("box", (1.0, 1.0, 1.0), (0.0, 0.0, 0.0))
    turned = rotation.to_matrix(rotation.from_heading(np.pi / 4))
    reach = 0.5 + 0.5 * np.sqrt(2.0)
    assert overlap(box, solid("box", (1.0, 1.0, 1.0), (reach - 0.01, 0.1, 0.0), turned))
    assert not overlap(box, solid("box", (1.0, 1.0, 1.0), (reach + 0.01, 0.1, 0.0), turned))


def test_random_balls_against_random_capsules() -> None:
    random = np.random.default_rng(1)
    for _ in range(300):
        ball, capsule = random.uniform(-1.0, 1.0, (2, 3))
        turn = rotation.to_matrix(rotation.normalize(random.normal(size=4)))
        along = np.clip((ball - capsule) @ turn[:, 2], -0.4, 0.4)
        distance = np.linalg.norm(ball - capsule - along * turn[:, 2]) - 0.5
        if abs(distance) > 0.005:
            a, b = solid("sphere", (0.3,), tuple(ball)), Solid("capsule", (0.2, 0.8), capsule, turn)
            assert overlap(a, b) == (distance < 0.0), distance
