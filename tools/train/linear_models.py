"""Linear models of how errors from a motion go on from tick to tick, and the feedback that is best by them.

e[t+1] = A[t] e[t] + B[t] u[t] + c[t], with e the error of the whole state and u the turns of the joint targets; c is
what goes wrong where nothing is done: gravity, and whatever of the motion no physics allows.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Ints = NDArray[np.int64]

AROUND = 2.0
"""ticks, standard deviation of the window over which A and B are fitted: they change little from one to the next"""
RIDGE = 3e-3
"""share of a deviation's own variance that is added, so that little data means little change"""
STEADY = 300
"""steps back in time after which the feedback of a stand does not change any more"""
CYCLES = 4
"""of a loop, gone through backwards until its feedback repeats itself"""


class Excursion(NamedTuple):
    """Errors on excursions from the motion, M steps of one tick."""

    tick: Ints
    """(M,)"""
    before: Array
    """(M, X)"""
    turns: Array
    """(M, U) rad"""
    after: Array
    """(M, X) one tick later"""


class LinearModels(NamedTuple):
    """N ticks, X errors, U turns."""

    a: Array
    """(N, X, X)"""
    b: Array
    """(N, X, U)"""
    c: Array
    """(N, X)"""


class LinearFeedback(NamedTuple):
    """u = gain e + offset."""

    gain: Array
    """(N, U, X)"""
    offset: Array
    """(N, U)"""


def fitted(data: Excursion, num_ticks: int, loop: bool, expected: Array) -> LinearModels:
    """Ridge regression towards an expected A (X, X), with a window over ticks; the mean of each tick is its own."""
    width, both = data.before.shape[1], np.concatenate([data.before, data.turns], axis=1)
    size = both.shape[1]
    change = data.after - data.before @ expected.T
    means, offsets = np.zeros((num_ticks, size)), np.zeros((num_ticks, width))
    squares, products = np.zeros((num_ticks, size, size)), np.zeros((num_ticks, size, width))
    count = np.zeros(num_ticks)
    order = np.argsort(data.tick, kind="stable")
    bounds = np.searchsorted(data.tick[order], np.arange(num_ticks + 1))
    for tick in range(num_ticks):
        rows = order[bounds[tick] : bounds[tick + 1]]
        if len(rows):
            means[tick], offsets[tick], count[tick] = both[rows].mean(axis=0), change[rows].mean(axis=0), len(rows)
            apart = both[rows] - means[tick]
            squares[tick], products[tick] = apart.T @ apart, apart.T @ (change[rows] - offsets[tick])
    deviation = np.sqrt(np.einsum("tii->i", squares) / max(1.0, count.sum())) + 1e-6
    squares /= np.outer(deviation, deviation)
    products /= deviation[:, None]
    reach = int(3 * AROUND)
    a, b, c = np.zeros((num_ticks, width, width)), np.zeros((num_ticks, width, size - width)), np.zeros_like(offsets)
    for tick in range(num_ticks):
        near = tick + np.arange(-reach, reach + 1)
        weight = np.exp(-0.5 * ((near - tick) / AROUND) ** 2)
        if loop:
            near %= num_ticks
        else:
            weight, near = weight[(near >= 0) & (near < num_ticks)], near[(near >= 0) & (near < num_ticks)]
        square = np.einsum("t,tij->ij", weight, squares[near])
        square += (RIDGE * float(weight @ count[near]) + 1e-9) * np.eye(size)
        found = np.linalg.solve(square, np.einsum("t,tij->ij", weight, products[near])) / deviation[:, None]
        a[tick], b[tick] = expected + found[:width].T, found[width:].T
        c[tick] = offsets[tick] - found.T @ means[tick]
    return LinearModels(a, b, c)


def regulator(models: LinearModels, state_cost: Array, turn_cost: float, loop: bool, forgiven: Ints) -> LinearFeedback:
    """The feedback of least cost, e' Q e + r u' u over all time: a linear quadratic regulator, by Riccati's recursion.

    Args:
        models: by tick.
        state_cost: Q, (N, X, X).
        turn_cost: r.
        loop: whether the first tick follows the last; else the last one goes on for ever.
        forgiven: errors (K,) that are none any more at the beginning of each cycle.
    """
    num_ticks, width = models.c.shape
    square, line = np.zeros((width, width)), np.zeros(width)
    gain, offset = np.zeros((num_ticks, models.b.shape[2], width)), np.zeros((num_ticks, models.b.shape[2]))
    keep = np.ones(width)
    keep[forgiven] = 0.0

    def back(tick: int) -> None:
        nonlocal square, line
        a, b, c = models.a[tick], models.b[tick], models.c[tick]
        weight = turn_cost * np.eye(b.shape[1]) + b.T @ square @ b
        gain[tick] = -np.linalg.solve(weight, b.T @ square @ a)
        offset[tick] = -np.linalg.solve(weight, b.T @ (square @ c + line))
        line = a.T @ (square @ (c + b @ offset[tick]) + line)
        square = state_cost[tick] + a.T @ square @ (a + b @ gain[tick])
        square = 0.5 * (square + square.T)

    for _ in range(0 if loop else STEADY):
        back(num_ticks - 1)
    for _ in range(CYCLES if loop else 1):
        if loop:
            square, line = square * np.outer(keep, keep), line * keep
        for tick in range(num_ticks - 1, -1, -1):
            back(tick)
    return LinearFeedback(gain, offset)
