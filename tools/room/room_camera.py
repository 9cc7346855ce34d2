"""RoomCamera: how a photograph was taken, and what lies where in it. The room's axes are x right, y away, z up."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class RoomCamera:
    """A pinhole camera above the room's point (0, 0, 0), its optical axis through the picture's middle.

    Its own axes are those of `game.camera.camera_pose`: x along the line of sight, y to the left, z up.
    """

    size: tuple[int, int]
    """px, width and height of the picture"""
    focal: float
    """px"""
    rotation: Array
    """(3, 3) camera to room"""
    height: float = 1.5
    """m above the floor"""

    @property
    def field_of_view(self) -> float:
        """rad, horizontal"""
        return 2.0 * math.atan(0.5 * self.size[0] / self.focal)

    @property
    def position(self) -> Array:
        """(3,) m"""
        return np.array([0.0, 0.0, self.height])

    def rays(self, pixels: ArrayLike) -> Array:
        """(..., 3) directions in the room of pixels (..., 2), u right and v down from the upper left corner."""
        return np.asarray(camera_rays(pixels, self.size, self.focal) @ self.rotation.T)

    def project(self, points: ArrayLike) -> Array:
        """(..., 2) pixels of points (..., 3), m; NaN for what lies behind the camera."""
        p = (np.asarray(points, float) - self.position) @ self.rotation
        ahead = np.where(p[..., 0] > 1e-6, p[..., 0], np.nan)
        middle = 0.5 * np.array(self.size)
        return np.stack([middle[0] - self.focal * p[..., 1] / ahead, middle[1] - self.focal * p[..., 2] / ahead], -1)

    def on_floor(self, pixels: ArrayLike, height: float = 0.0) -> Array:
        """(..., 3) where pixels lie on the floor, or on a level `height` m above it; NaN where they never meet it."""
        ray = self.rays(pixels)
        rise = height - self.height
        with np.errstate(divide="ignore", invalid="ignore"):
            t = rise / ray[..., 2]
        t = np.where(np.isfinite(t) & (t > 0), t, np.nan)
        return np.asarray(self.position + t[..., None] * ray)

    def view(self) -> tuple[Array, Array, float]:
        """Position (3,), m, a target (3,) 4 m ahead, and the roll, rad, of `CameraPose.look`."""
        forward, left = self.rotation[:, 0], self.rotation[:, 1]
        level = np.cross([0.0, 0.0, 1.0], forward)
        level /= np.linalg.norm(level)
        roll = math.atan2(float(left[2]), float(left @ level))
        return self.position, self.position + 4.0 * forward, roll


def camera_rays(pixels: ArrayLike, size: tuple[int, int], focal: float) -> Array:
    """(..., 3) directions in the camera's axes of pixels (..., 2)."""
    p = np.asarray(pixels, float)
    return np.stack(
        [np.ones(p.shape[:-1]), (0.5 * size[0] - p[..., 0]) / focal, (0.5 * size[1] - p[..., 1]) / focal], -1
    )
