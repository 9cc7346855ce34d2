"""Sliding windows over a clip's frames: a Gaussian, weighted means, and smooth upper envelopes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def bell(frames: float) -> Array:
    """A Gaussian window (2 R + 1,) with a standard deviation in frames, cut off at three standard deviations."""
    reach = max(1, round(3.0 * frames))
    return np.asarray(np.exp(-0.5 * (np.arange(-reach, reach + 1) / frames) ** 2))


def means(values: Array, window: Array) -> Array:
    """Means (F, K) of values (F + 2 R, K), weighted by a window (2 R + 1,)."""
    return np.stack([np.convolve(v, window / window.sum(), mode="valid") for v in values.T], axis=-1)


def envelope(values: Array, reach: int, loop: bool) -> Array:
    """A smooth curve (F,) that is nowhere below the values (F,); `reach` in frames; periodic for a loop."""
    reach = min(reach, len(values) - 2)

    def padded(v: Array) -> Array:
        # the last frame of a loop is the first one
        return np.pad(v[:-1], (reach, reach + 1), mode="wrap") if loop else np.pad(v, reach, mode="edge")

    highest = np.lib.stride_tricks.sliding_window_view(padded(values), 2 * reach + 1).max(axis=-1)
    return means(padded(highest)[:, None], np.hanning(2 * reach + 3)[1:-1])[:, 0]
