"""The force of a stream of air on what stands in it."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from game.scene.mechanism import WindSpec
from game.scene.set_spec import ItemSpec
from game.sim import rotation
from game.sim.model import CharacterModel

Array = NDArray[np.float64]

AIR_DENSITY = 1.2
"""kg/m3"""
DRAG = 1.1
"""drag coefficient of a body of any shape"""
WIDENING = 0.25
"""m of radius a metre"""
LEAST = 0.05
"""N: less is left out"""


def wind_force(wind: WindSpec, rot: Array, origin: Array, pos: Array, vel: Array, area: Array) -> Array:
    """(K, 3) N, on K things in a stream that blows along the x axis of a frame.

    Args:
        wind: the stream.
        rot: (4,) of the frame.
        origin: (3,) m.
        pos, vel: (K, 3) m, m/s, world, of the things.
        area: (K,) m2, across the stream.
    """
    ahead = rotation.rotate(rot, np.array([1.0, 0.0, 0.0]))
    along = (pos - origin) @ ahead
    beside = np.linalg.norm(pos - origin - along[:, None] * ahead, axis=1)
    radius = wind.radius + WIDENING * np.maximum(along, 0.0)
    # full in the middle, nothing at the rim; slower with the distance
    share = np.clip(1.0 - (beside / radius) ** 2, 0.0, 1.0) * np.clip(1.0 - along / wind.reach, 0.0, 1.0)
    share = np.where(along > 0.0, share, 0.0)
    relative = (wind.speed * share)[:, None] * ahead - np.where(share[:, None] > 0.0, vel, 0.0)
    strength = 0.5 * AIR_DENSITY * DRAG * area * np.linalg.norm(relative, axis=1)
    return np.asarray(strength[:, None] * relative * (share > 0.0)[:, None])


def body_areas(model: CharacterModel) -> Array:
    """(B,) m2, the area that each body has across a stream, about."""
    return np.array([_area(shape.kind, shape.size) for shape in model.shapes])


def item_area(item: ItemSpec) -> float:
    """m2, the largest part's."""
    return max((_area(part.shape, part.size) for part in item.parts), default=0.0)


def _area(kind: str, size: tuple[float, ...]) -> float:
    if kind == "sphere":
        return math.pi * size[0] ** 2
    if kind == "box":
        a, b, _ = sorted(size, reverse=True)
        return a * b
    radius, length = size
    return 2.0 * radius * length + (math.pi * radius**2 if kind == "capsule" else 0.0)
