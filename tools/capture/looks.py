"""What people wear: colours of trunk and thighs, by which they are told apart."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from tools.capture.pose import Image, Reading

Array = NDArray[np.float64]

ALIKE = 0.35
"""Up to this difference two looks may be one person's in another light"""
UNLIKE = 1.2
"""From this difference on they are two people's in any light"""
_UNIT = 35.0
"""Distance of colours (CIE Lab, lightness halved) that counts as 1"""
_SHOULDER = 11
_PARTS = (((11, 23), (12, 24)), ((23, 25), (24, 26)))


def look(image: Image, reading: Reading) -> Array:
    """(6,) median colour of the trunk, then of the thighs: lightness halved, and both colour axes."""
    height, width = image.shape[:2]
    colours = []
    steps = np.linspace(0.2, 0.8, 6)[:, None]
    for (a, b), (c, d) in _PARTS:
        right, left = (reading.xy[p] + steps * (reading.xy[q] - reading.xy[p]) for p, q in ((a, b), (c, d)))
        points = np.concatenate([right, left, 0.5 * (right + left)] if a == _SHOULDER else [right, left])
        x = np.clip(points[:, 0].round().astype(int), 0, width - 1)
        y = np.clip(points[:, 1].round().astype(int), 0, height - 1)
        lab = np.asarray(cv2.cvtColor(image[y, x][None], cv2.COLOR_RGB2LAB), float)[0]
        colours.append(np.median(lab, axis=0) * [0.5, 1.0, 1.0])
    return np.concatenate(colours)


def difference(a: Array | None, b: Array | None) -> float:
    """Of two looks; 0 where one is not known."""
    return 0.0 if a is None or b is None else float(np.linalg.norm(a - b) / _UNIT)
