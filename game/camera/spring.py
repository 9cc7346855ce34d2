"""Spring: follows a goal with a lag, in the same way at any frame rate."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

CUT = 1.5
"""m: a goal that moves farther than this in one update was put somewhere else; the spring jumps there"""


class Spring:
    """A damped spring that pulls a point (3,) to a goal. It is solved exactly over each step, so any frame rate works.

    Args:
        rate: rad/s, its natural frequency.
        damping: 1 never overshoots, less does.
    """

    def __init__(self, rate: float, damping: float = 1.0) -> None:
        self.rate, self.damping = rate, damping
        self.value: Array | None = None
        self._velocity = np.zeros(3)

    def to(self, goal: Array, seconds: float) -> Array:
        """Moves towards the goal and returns where it is (3,), m; the first time, and beyond CUT, that is the goal."""
        if self.value is None or np.linalg.norm(goal - self.value) > CUT:
            self.value, self._velocity = goal.copy(), np.zeros(3)
            return self.value
        w, z = self.rate, min(self.damping, 0.9999)
        decay, turn = math.exp(-z * w * seconds), w * math.sqrt(1.0 - z * z)
        sine, cosine = math.sin(turn * seconds), math.cos(turn * seconds)
        away, speed = self.value - goal, self._velocity
        swing = (speed + z * w * away) / turn
        self._velocity = decay * (speed * cosine - (z * w * speed + w * w * away) / turn * sine)
        self.value = goal + decay * (away * cosine + swing * sine)
        return self.value
