"""Rows: character states as flat rows, to keep, stack, send and draw from."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
from numpy.typing import NDArray

from game.sim.state import CharacterState

Array = NDArray[np.float64]
NAMES = tuple(f.name for f in fields(CharacterState))


def pack(state: CharacterState) -> Array:
    """A state of batch (M,) -> (M, width)."""
    return np.concatenate([getattr(state, name).reshape(len(state.root_pos), -1) for name in NAMES], axis=1)


def unpack(rows: Array, num_joints: int) -> CharacterState:
    """(M, width) -> a state of batch (M,)."""
    shapes = ((3,), (4,), (num_joints, 4), (3,), (3,), (num_joints, 3))
    ends = np.cumsum([int(np.prod(shape)) for shape in shapes])
    parts = np.split(rows, ends[:-1], axis=1)
    return CharacterState(*(p.reshape(-1, *shape).copy() for p, shape in zip(parts, shapes, strict=True)))
