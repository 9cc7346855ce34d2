"""Paints furniture out of a photograph: what is behind it is guessed from around it, for each wall by itself."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
Array = NDArray[np.float64]


def painted_out(picture: Picture, hidden: NDArray[np.bool_], face: NDArray[np.int64]) -> Picture:
    """The picture with smooth colours in the hidden pixels.

    Args:
        picture: (height, width, 3) RGB.
        hidden: (height, width) the pixels to replace.
        face: (height, width) what each pixel would show without furniture: colours go from wall to wall, floor to floor
            only, so that the edges of the room stay sharp.
    """
    result = picture.astype(float)
    for number in np.unique(face[hidden]):
        here = face == number
        known = here & ~hidden
        wanted = here & hidden
        if not known.any():
            known = ~hidden
        if known.any():
            result[wanted] = _spread(picture.astype(float), known)[wanted]
    return np.asarray(np.round(np.clip(result, 0, 255)), np.uint8)


def _spread(color: Array, known: NDArray[np.bool_]) -> Array:
    """Pull and push (Gortler et al. 1996): means of ever larger squares of known pixels fill those that have none."""
    levels = [(np.where(known[..., None], color, 0.0), known.astype(float))]
    while max(levels[-1][1].shape) > 1:
        total, weight = levels[-1]
        pad = [(0, n % 2) for n in weight.shape]
        total, weight = np.pad(total, [*pad, (0, 0)]), np.pad(weight, pad)
        h, w = weight.shape[0] // 2, weight.shape[1] // 2
        total = total.reshape(h, 2, w, 2, 3).sum((1, 3))
        weight = weight.reshape(h, 2, w, 2).sum((1, 3))
        share = np.minimum(1.0 / np.maximum(weight, 1e-9), 1.0)  # full squares count once
        levels.append((total * share[..., None], weight * share))
    total, weight = levels.pop()
    filled = total / np.maximum(weight, 1e-9)[..., None]
    while levels:
        total, weight = levels.pop()
        h, w = weight.shape
        coarse = _enlarged(filled)[:h, :w]
        filled = total + (1.0 - np.minimum(weight, 1.0))[..., None] * coarse
    return np.asarray(filled)


def _enlarged(color: Array) -> Array:
    """Twice as large in both directions, linear in between."""
    for axis in (0, 1):
        before = np.take(color, np.maximum(np.arange(color.shape[axis]) - 1, 0), axis)
        after = np.take(color, np.minimum(np.arange(color.shape[axis]) + 1, color.shape[axis] - 1), axis)
        pair = np.stack([0.75 * color + 0.25 * before, 0.75 * color + 0.25 * after], axis + 1)
        shape = list(color.shape)
        shape[axis] *= 2
        color = pair.reshape(shape)
    return color
