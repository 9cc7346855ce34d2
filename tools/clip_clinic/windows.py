"""Sliding windows over a clip's frames: a Gaussian, weighted means, and smooth upper envelopes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from game.sim import rotation
from game.sim.motion import MotionClip

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


def windowed(values: Array, window: Array, clip: MotionClip) -> Array:
    """Means (F, K) of values (F, K) under a window; round the seam of a loop, else from and to nothing."""
    reach = len(window) // 2
    padded = np.pad(values, ((reach, reach), (0, 0)))
    if clip.loop:
        # the last frame of a loop is the first one, turned by as much as the cycle turns
        at = np.arange(-reach, clip.num_frames + reach)
        cycle, frame = np.divmod(at, clip.num_frames - 1)
        padded = values[frame]
        if values.shape[-1] == 2:
            turn = rotation.from_heading(cycle * clip.cycle_turn)
            padded = rotation.rotate(turn, np.pad(padded, ((0, 0), (0, 1))))[:, :2]
    return means(padded, window)
