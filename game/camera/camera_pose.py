"""CameraPose: where a camera is, which way it looks and how wide. Numbers only."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from game.sim import rotation

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class CameraPose:
    """A camera looks along its x axis, y to its left, z up in the picture."""

    position: Array
    """(3,) m, world"""
    rotation: Array
    """(4,) camera to world"""
    fov: float
    """rad, of the picture's smaller side"""

    @property
    def forward(self) -> Array:
        """(3,) unit, world: where it looks."""
        return rotation.rotate(self.rotation, np.array([1.0, 0.0, 0.0]))

    @property
    def left(self) -> Array:
        """(3,) unit, world: to the left in the picture."""
        return rotation.rotate(self.rotation, np.array([0.0, 1.0, 0.0]))

    @property
    def up(self) -> Array:
        """(3,) unit, world: up in the picture."""
        return rotation.rotate(self.rotation, np.array([0.0, 0.0, 1.0]))

    @staticmethod
    def look(position: ArrayLike, target: ArrayLike, fov: float, roll: float = 0.0) -> CameraPose:
        """From a position (3,) to a target (3,), z up.

        Args:
            position: m, world.
            target: m, world; straight above or below the position it looks along +x first.
            fov: rad, of the picture's smaller side.
            roll: rad about the line of sight, the camera's left side up.
        """
        eye = np.asarray(position, float)
        way = np.asarray(target, float) - eye
        flat = math.hypot(way[0], way[1])
        yaw = math.atan2(way[1], way[0]) if flat > 1e-9 else 0.0
        pitch = math.atan2(way[2], flat)
        turn = rotation.multiply(rotation.from_heading(yaw), rotation.from_axis_angle((0.0, 1.0, 0.0), -pitch))
        if roll:
            turn = rotation.multiply(turn, rotation.from_axis_angle((1.0, 0.0, 0.0), roll))
        return CameraPose(eye, turn, fov)


def blend(a: CameraPose, b: CameraPose, fraction: float) -> CameraPose:
    """What lies between two poses, fraction in [0, 1]."""
    return CameraPose(
        a.position + fraction * (b.position - a.position),
        rotation.slerp(a.rotation, b.rotation, np.float64(fraction)),  # type: ignore[arg-type]
        a.fov + fraction * (b.fov - a.fov),
    )
