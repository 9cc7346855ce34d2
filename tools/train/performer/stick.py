"""Random sticks: what somebody who plays steers a walker by."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
SHARP = np.pi
"""rad that the stick turns by at most, at the hardest"""
FAST_TURN = 1.6
"""rad/s of a stick that goes round, at the hardest"""
SLOWEST = 0.35
"""m/s"""
WAYS = ("walk", "slow", "start", "run")
"""how it begins: walking, walking slowly and then on the spot, standing, or running"""


def random_stick(
    rng: np.random.Generator, seconds: float, hz: int, paces: tuple[float, float], way: str, hard: float = 1.0
) -> tuple[Array, Array]:
    """Speed, m/s, and direction, rad, (R,) each.

    Args:
        hz: rows a second
        paces: of walk and run, m/s
        way: one of WAYS
        hard: 0 to 1. At 0 it points straight on at the walk's pace; with more come other speeds and directions, and
            from a half on it stops, starts, walks and runs as it comes.
    """
    count, walk = int(seconds * hz), paces[0]
    speed, direction = np.empty(count), np.empty(count)
    wild = max(0.0, 2.0 * hard - 1.0)
    k, toward, running = 0, 0.0, way == "run"
    if way == "start":
        k = int(rng.uniform(0.1, 0.8) * hz)
        speed[:k] = direction[:k] = 0.0
    while k < count:
        span = max(1, int(rng.uniform(0.6, 3.0) * hz))
        if k and rng.random() < 0.25 * wild:
            running = not running
        now = _speed(rng, paces, hard, running=running)
        if way == "slow" and wild == 0.0:
            # the lower, the harder; and a half of what is hard stays easy
            now = walk * max(0.03, 1.0 - 2.0 * hard * (1.0 if rng.random() < 0.5 else rng.random()))
        if k and rng.random() < 0.2 * wild:
            now, span = 0.0, span if rng.random() < 0.5 else max(1, int(rng.uniform(0.2, 0.6) * hz))
        turning = 0.0
        if rng.random() < 0.5:
            toward += rng.uniform(-1.0, 1.0) * hard * SHARP
        elif rng.random() < 0.4:
            turning = rng.uniform(-1.0, 1.0) * hard * FAST_TURN
        stop = min(k + span, count)
        speed[k:stop] = now
        direction[k:stop] = toward + turning * np.arange(stop - k) / hz
        k, toward = stop, float(direction[stop - 1])
    return speed, direction


def _speed(rng: np.random.Generator, paces: tuple[float, float], hard: float, *, running: bool) -> float:
    """What the stick asks for, m/s."""
    walk, run = paces
    if rng.random() < 0.4:
        return run if running else walk
    if running:
        return float(run - hard * rng.random() * (run - walk))
    return float(walk + hard * rng.uniform(SLOWEST - walk, 0.35 * walk))
