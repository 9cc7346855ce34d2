"""StateTable: the states of all characters as one table, a row each, as the engine and the controller use them."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from game.sim.joint_layout import JointLayout

Array = NDArray[np.float64]

MAX_SPEED = 99.0
"""m/s of the root; a faster character is put back on its feet. Bullet holds every coordinate's speed at 100, so this is
what an exploding state looks like."""
_VELOCITY = 7
"""first column of root_vel"""


class StateTable(NamedTuple):
    """A table (N, 13 + Q + V) and its columns."""

    table: Array
    root_pos: Array
    root_rot: Array
    root_vel: Array
    root_ang_vel: Array
    q: Array
    qd: Array

    @staticmethod
    def of(n: int, joint_layout: JointLayout) -> StateTable:
        """Zeros for n characters."""
        ends = np.cumsum([0, 3, 4, 3, 3, joint_layout.num_q, joint_layout.num_v])
        table = np.zeros((n, ends[-1]))
        return StateTable(table, *(table[:, a:b] for a, b in pairwise(ends)))

    def implausible(self) -> list[int]:
        """Indices of the characters whose state is not `plausible`."""
        return [n for n in range(len(self.table)) if not plausible(self.table[n : n + 1])]


@njit(cache=True)
def plausible(table: Array) -> bool:
    """Whether all rows of a table are finite and no root is faster than MAX_SPEED. No fastmath: it ignores NaN."""
    for n in range(len(table)):
        for k in range(table.shape[1]):
            if not np.isfinite(table[n, k]):
                return False
        x, y, z = table[n, _VELOCITY], table[n, _VELOCITY + 1], table[n, _VELOCITY + 2]
        if x * x + y * y + z * z > MAX_SPEED * MAX_SPEED:
            return False
    return True
