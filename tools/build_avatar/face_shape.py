"""FaceShape: how the face is modelled: large-eyed as drawn, or quieter, so that a portrait can lie on it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from tools.build_avatar.rest_pose import EYE_CENTER, EYE_RADIUS
from tools.build_avatar.sdf import Array


@dataclass(frozen=True, eq=False)
class FaceShape:
    """Places are in the head's frame, m; of the nose about the head's centre."""

    eye_center: Array = field(default_factory=lambda: np.array(EYE_CENTER))
    """of the left eye"""
    eye_radius: float = EYE_RADIUS
    nose: tuple[tuple[float, float, float], ...] = (
        (0.101, 0.020, 0.007),
        (0.117, -0.008, 0.0125),
        (0.127, -0.024, 0.0185),
    )
    """x, z and radius from its root to its tip"""
    nostrils: tuple[float, float, float] = (0.113, -0.029, 0.0095)
    """x, z and radius"""
    iris: float = 0.545
    """rad about the eye's axis; the pupil is half as wide"""
    drawn: bool = True
    """brows and blush are of our own, and the shut mouth is a line"""


DRAWN = FaceShape()
PORTRAIT = FaceShape(
    eye_center=np.array([0.0815, 0.0375, 0.2035]),
    eye_radius=0.0170,
    nose=((0.101, 0.016, 0.007), (0.114, -0.012, 0.0105), (0.121, -0.034, 0.0155)),
    nostrils=(0.108, -0.040, 0.0085),
    iris=0.45,
    drawn=False,
)
