"""Videos that lie on their side or stand on their head: by how people stand in them."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tools.capture.pose import BlazePose, Image, Reading, Square

Array = NDArray[np.float64]

SURE, FEWEST = 0.8, 4
"""Share of the frames with somebody who stands that must agree on the way, and how many there must be"""
STANDS = 0.6
"""Share of all frames in which somebody must stand for a video to lie on its side"""
_QUALITY = 0.6
_HANGING = 0.5
"""Trunk lengths from the shoulders down to the wrists from which on arms hang"""
_STRAIGHT = 0.7
"""Cosine of the angle between trunk and legs from which on somebody is straight"""


def upright_turn(samples: Sequence[Image], pose: BlazePose) -> tuple[int, bool]:
    """deg clockwise by which pictures must be turned so that people stand in them, and whether that is sure.

    Who lies, or does push-ups, looks at times like somebody who stands in a picture that lies on its side: that is sure
    only where somebody stands in most frames. Nobody is on the head for a third of a video with hanging arms.
    """
    ways = [way for image in samples if (way := standing_way(_best(image, pose))) is not None]
    if len(ways) < max(FEWEST, len(samples) / 3):
        return 0, True
    quarter = max(set(ways), key=ways.count)
    if ways.count(quarter) < SURE * len(ways):
        return 0, True
    return (360 - 90 * quarter) % 360, quarter in (0, 2) or len(ways) >= STANDS * len(samples)


def _best(image: Image, pose: BlazePose) -> Reading | None:
    """The surest reading of anybody, with the picture turned by quarters."""
    height, width = image.shape[:2]
    readings = []
    for quarter in range(4):
        area = Square(width / 2, height / 2, float(max(height, width)), quarter * math.pi / 2)
        readings += [pose.read(image, square) for square in pose.detect(image, inside=area, most=1)]
    return max(readings, key=lambda reading: reading.quality, default=None)


def standing_way(reading: Reading | None) -> int | None:
    """Where the head of somebody who stands points: 0 up, 1 right, 2 down, 3 left; None for who does not stand.

    Standing means here: straight, with hanging arms. In a push-up they point to the floor, across the body, or the
    hands are beside the shoulders; in a handstand they lie beyond the head.
    """
    if reading is None or reading.quality < _QUALITY:
        return None
    shoulders, hips, knees, ankles, wrists = (
        reading.xy[[k, k + 1]].mean(axis=0) for k in (11, 23, 25, 27, 15)
    )  # fmt: skip
    trunk = shoulders - hips
    length = float(np.linalg.norm(trunk))
    if length < 1.0:
        return None
    up = trunk / length
    for leg in (hips - knees, knees - ankles):
        if float(leg @ up) < _STRAIGHT * float(np.linalg.norm(leg)):
            return None
    arms = wrists - shoulders
    hanging, across = -float(arms @ up), float(arms @ [-up[1], up[0]])
    if hanging < _HANGING * length or abs(across) > hanging:
        return None
    return round(math.atan2(up[0], -up[1]) / (math.pi / 2)) % 4
