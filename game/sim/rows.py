"""Rows: the characters' states as flat rows of one table, the form that PyBullet and the controller work on."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from game.sim.packing import Packing

Array = NDArray[np.float64]

MAX_SPEED = 99.0
"""m/s; beyond it a state is absurd and its character is put back on its feet. Bullet holds every coordinate's speed
at 100, so this is what an exploding state looks like."""
_VELOCITY = 7
"""first column of root_vel"""


class Rows:
    """A table (N, 13 + Q + V) and its columns; `Character.read` writes rows of it as bytes."""

    def __init__(self, n: int, packing: Packing) -> None:
        ends = np.cumsum([0, 3, 4, 3, 3, packing.num_q, packing.num_v])
        self.table: Array = np.zeros((n, ends[-1]))
        self.buffer: Any = self.table.reshape(-1).view(np.uint8)
        columns = [self.table[:, a:b] for a, b in pairwise(ends)]
        self.root_pos, self.root_rot, self.root_vel, self.root_ang_vel, self.q, self.qd = columns

    def absurd(self) -> list[int]:
        """Rows that are not finite, or whose root is over MAX_SPEED."""
        if _plausible(self.table):
            return []
        return [n for n in range(len(self.table)) if not _plausible(self.table[n : n + 1])]


@njit(cache=True)
def _plausible(table: Array) -> bool:
    """No fastmath here: it swallows NaN."""
    for n in range(len(table)):
        for k in range(table.shape[1]):
            if not np.isfinite(table[n, k]):
                return False
        x, y, z = table[n, _VELOCITY], table[n, _VELOCITY + 1], table[n, _VELOCITY + 2]
        if x * x + y * y + z * z > MAX_SPEED * MAX_SPEED:
            return False
    return True
