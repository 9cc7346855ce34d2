"""Exposure: what one picture of a film sees of time and of the lens: moments of the shutter, points of the aperture."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import panda3d.core as p3d
from numpy.typing import NDArray

from game.camera.camera_pose import CameraPose
from game.view.camera_node import place

Array = NDArray[np.float64]

SENSOR = 0.024
"""m, shorter side of the sensor that f-numbers are meant for: 35 mm film's"""
GOLDEN = math.pi * (3.0 - math.sqrt(5.0))


@dataclass(frozen=True)
class Exposure:
    """How a picture is exposed. `moments` pictures are drawn for each, and averaged as light."""

    shutter: float = 0.0
    """degrees of 360, of the time from one picture to the next: 180 is usual in films, 0 freezes everything"""
    f_number: float = 0.0
    """of the lens, for 35 mm film: 1.4 blurs what is not in focus, 16 hardly; 0: everything is sharp"""
    focus: float | None = None
    """m from the camera to what is sharp; None follows him"""
    moments: int = 1

    @property
    def single(self) -> bool:
        """Whether one drawing is enough."""
        return self.moments == 1


AT_ONCE = Exposure()
"""one moment, everything sharp"""


def aperture_point(number: int, count: int) -> tuple[float, float]:
    """The number-th of `count` points that cover the unit disc evenly, in an order that jumps about in it."""
    k = (number * 7) % count if count % 7 else number  # neighbours in time are not neighbours in the lens
    radius, angle = math.sqrt((k + 0.5) / count), GOLDEN * k
    return radius * math.cos(angle), radius * math.sin(angle)


def through(pose: CameraPose, point: tuple[float, float], f_number: float, focus: float, camera: p3d.NodePath,
            lens: p3d.Lens) -> None:  # fmt: skip
    """Puts a camera at a point of the aperture, looking so that what is at the distance `focus` stays where it is.

    Args:
        pose: of the middle of the lens.
        point: of the unit disc, right and up.
        f_number: above 0.
        focus: m along the line of sight.
        camera: a child of the scene's root.
        lens: the camera's, with its aspect ratio; it keeps `pose`'s field of view.
    """
    radius = 0.5 * (0.5 * SENSOR / math.tan(0.5 * pose.fov)) / f_number
    right, up = radius * point[0], radius * point[1]
    place(replace(pose, position=pose.position - right * pose.left + up * pose.up), camera, lens)
    lens.set_film_offset(-right * lens.focal_length / focus, -up * lens.focal_length / focus)


def distance_along(pose: CameraPose, target: Array) -> float:
    """m along the line of sight to the plane of a target (3,); at least 0.1."""
    return max(float((target - pose.position) @ pose.forward), 0.1)


class LightSum:
    """The mean of pictures, as light: sRGB values are not averaged as they are."""

    _TO_LIGHT = np.asarray((np.arange(256) / 255.0) ** 2.2, np.float32)

    def __init__(self) -> None:
        self._sum: NDArray[np.float32] | None = None
        self._count = 0

    def add(self, picture: NDArray[np.uint8]) -> None:
        """Adds (height, width, 4) BGRA."""
        light = self._TO_LIGHT[picture[..., :3]]
        self._sum = light if self._sum is None else self._sum + light
        self._count += 1

    def mean(self) -> NDArray[np.uint8]:
        """(height, width, 4) BGRA of all that were added. Raises ValueError where none were."""
        if self._sum is None:
            raise ValueError("no picture was added")
        shown = np.round(255.0 * (self._sum / self._count) ** (1.0 / 2.2)).astype(np.uint8)
        return np.dstack([shown, np.full(shown.shape[:2], 255, np.uint8)])
