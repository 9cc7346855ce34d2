"""The idle of somebody who stands: an idle clip, made so calm that a policy that balances takes it for standing."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from game.sim import rotation
from game.sim.motion import MotionClip
from game.sim.state import CharacterState

Array = NDArray[np.float64]

CALM = 0.02
"""rad, the most that the joints turn within CALM_TICKS, mean over the joints; a policy that balances on what it
is shown takes more for a step"""
CALM_TICKS = 8


class Idle(NamedTuple):
    """A loop of F frames, on the spot."""

    rots: Array
    """(F, 1 + J, 4) of root and joints"""
    root_pos: Array
    """(F, 3) m, with a mean of 0 in x and y"""
    seconds: float


def calm_idle(clip: MotionClip, stand: CharacterState, hz: int) -> Idle:
    """A clip's motion about the standing state (without batch), scaled down to CALM; hz: control ticks a second."""
    placed = clip.placed()
    frames = max(2, round(placed.duration * hz))
    state = placed.sample(np.arange(frames) / hz)
    still = np.concatenate([stand.root_rot[None], stand.joint_rot])
    turns = rotation.difference(still, np.concatenate([state.root_rot[:, None], state.joint_rot], axis=1))
    later = np.roll(state.joint_rot, -CALM_TICKS, axis=0)
    share = min(1.0, CALM / float(rotation.angle_between(state.joint_rot, later).mean(axis=1).max()))
    pos = state.root_pos.copy()
    pos[:, :2] = share * (pos[:, :2] - pos[:, :2].mean(axis=0))
    pos[:, 2] = stand.root_pos[2] + share * (pos[:, 2] - stand.root_pos[2])
    rots = rotation.multiply(still, rotation.from_rotvec(share * turns))
    return Idle(np.ascontiguousarray(rots), pos, placed.duration)
