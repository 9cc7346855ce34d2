"""Fitted: what the whole-clip fit finds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tools.capture.first_guess import Start

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Fitted:
    """The fitted clip, in the axes of the camera in its first frame. F frames."""

    fps: float
    """frames a second of life"""
    body: Start
    scale: Array
    """(8,) of skeleton.GROUPS"""
    up: Array
    """(3,) against gravity"""
    floor: float
    """m along `up`"""
    gravity: float
    """m/s2 as it looks with the humanoid's size and the video's clock"""
    flying: NDArray[np.bool_]
    """(F,)"""
    markers: Array
    """(F, M, 3) the landmarks on the body"""
    image_error: Array
    """(F, M) m, beside the line of sight"""
    eye: Array
    """(F, 3) m, where the camera stands"""
    camera_rot: Array
    """(F, 3, 3) from the axes of that frame's camera"""

    real_time: bool
    """Whether gravity is near enough to 9.8"""
    doubtful: float | None = None
    """times slower than life that a parabola looks which is not believed, if there is one"""
    slow_motion: float = 1.0
    """times slower than life that the video was taken to play"""

    def tangents(self) -> Array:
        """(F, M, 2) of the lines of sight to the markers, in each frame's camera."""
        local = (self.markers - self.eye[:, None]) @ self.camera_rot
        return np.asarray(local[..., 1:] / local[..., :1])

    @property
    def video_fps(self) -> float:
        """Fitted frames a second of the video."""
        return self.fps / self.slow_motion

    @property
    def tilt(self) -> float:
        """Angle between the camera's upright and the world's, rad."""
        return float(np.arccos(np.clip(self.up[2], -1.0, 1.0)))
