"""Character states as flat rows, which can be stored, stacked, sent between ranks and drawn from."""

from __future__ import annotations

import math
from dataclasses import fields, replace

import numpy as np
from numpy.typing import NDArray

from game.play.initial_state import moving
from game.sim import rotation
from game.sim.motion import MotionClip
from game.sim.state import CharacterState

Array = NDArray[np.float64]
NAMES = tuple(f.name for f in fields(CharacterState))


def pack(state: CharacterState) -> Array:
    """A state of batch (M,) -> (M, width)."""
    return np.concatenate([getattr(state, name).reshape(len(state.root_pos), -1) for name in NAMES], axis=1)


def unpack(rows: Array, num_joints: int) -> CharacterState:
    """(M, width) -> a state of batch (M,)."""
    shapes = ((3,), (4,), (num_joints, 4), (3,), (3,), (num_joints, 3))
    parts, at = [], 0
    for shape in shapes:
        width = math.prod(shape)
        parts.append(rows[:, at : at + width].reshape(-1, *shape).copy())
        at += width
    return CharacterState(*parts)


class ClipRows:
    """A clip's states at the physics rate, linear between them: sampling them costs a tenth of MotionClip.sample."""

    def __init__(self, clip: MotionClip, hz: int, *, as_played: bool = False) -> None:
        """as_played: with the velocities of the game's starts, which are constant between two frames.

        Otherwise velocities are central differences of frames, interpolated.
        """
        self.as_played = as_played
        self.duration, self.joints = clip.duration, clip.joint_rot.shape[1]
        self.last = max(1, round(clip.duration * hz))
        times = np.arange(self.last + 1) * (clip.duration / self.last)
        h = 0.5 / hz
        # the end of this cycle, not the next one's beginning
        times[-1] = clip.duration - 2.0 * h if as_played else clip.duration * (1.0 - 1e-9)
        state = clip.sample(times)
        if as_played:
            later = clip.sample(times + h)
            poses = [(s.root_pos, s.root_rot, s.joint_rot) for s in (state, later)]
            state = moving(poses[0], poses[1], h)
        turns = {name: rotation.continuous(getattr(state, name)) for name in ("root_rot", "joint_rot")}
        self.table = pack(replace(state, **turns))
        self.width = self.table.shape[1]

    def __call__(self, time: Array) -> Array:
        """Rows (M, width) at times (M,), 0..duration, held outside."""
        row = np.clip(time * (self.last / self.duration), 0.0, self.last)
        first = np.minimum(row.astype(np.int64), self.last - 1)
        before = self.table[first]
        found: Array = before + (row - first)[:, None] * (self.table[first + 1] - before)
        turns = found[:, 3 : 7 + 4 * self.joints].reshape(len(found), -1, 4)  # the root's, then the joints'
        turns /= np.sqrt((turns * turns).sum(-1, keepdims=True))
        found[:, 3 : 7 + 4 * self.joints] = turns.reshape(len(found), -1)
        if self.as_played:
            found[:, 7 + 4 * self.joints :] = before[:, 7 + 4 * self.joints :]
        return found
