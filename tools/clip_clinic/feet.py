"""Feet on the floor: the corners of the soles, when they touch, how far they slip."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from game.sim import rotation
from game.sim.kinematics import BodyPoses
from game.sim.model import CharacterModel

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]

TOUCH_HEIGHT = 0.025
"""m; a corner below it counts as touching: in mocap, feet hover by that much"""
PLANT_SPEED = 0.6
"""m/s; a foot that moves faster slides on purpose or makes a step"""


class Slip(NamedTuple):
    """What the feet do on the floor between frames. F frames, 2 feet (right, left)."""

    touching: Flags
    """(F - 1, 2) a corner is low in both frames of the interval"""
    step: Array
    """(F - 1, 2, 2) how far the low corners move over the floor, m; 0 where none is low"""


def sole_corners(model: CharacterModel, poses: BodyPoses) -> Array:
    """Corners of the soles, (F, 2, 4, 3): right and left foot."""
    corners = []
    for foot in model.feet:
        shape = model.shapes[foot]
        x, y, z = (0.5 * s for s in shape.size)
        local = np.array(shape.center) + np.array([(sx * x, sy * y, -z) for sx in (-1, 1) for sy in (-1, 1)])
        turn = poses.rot[..., foot, None, :]
        corners.append(poses.pos[..., foot, None, :] + rotation.rotate(turn, local))
    return np.stack(corners, axis=-3)


def slip(corners: Array) -> Slip:
    """Slip of soles (F, 2, 4, 3). A rolling foot does not slip: its contact passes from corner to corner."""
    low = corners[..., 2] < TOUCH_HEIGHT
    both = low[1:] & low[:-1]
    moved = corners[1:, ..., :2] - corners[:-1, ..., :2]
    count = both.sum(axis=-1)
    mean = (moved * both[..., None]).sum(axis=-2) / np.maximum(count, 1)[..., None]
    return Slip(count > 0, mean)


def planted(feet: Slip, fps: float) -> Flags:
    """(F - 1, 2) intervals in which a foot stands, or slips where it should stand."""
    return np.asarray(feet.touching & (np.linalg.norm(feet.step, axis=-1) * fps < PLANT_SPEED))


def runs(flags: Flags) -> list[tuple[int, int]]:
    """(first, past the last) of each run of True in (F,)."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(np.int8)))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]
