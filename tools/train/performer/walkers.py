"""Walkers: references of characters who are steered, by the game's own `Performance`, for a crowd."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from game.play.clip_library import ClipLibrary
from game.play.performance import Performance
from game.sim import rotation
from game.sim.kinematics import BodyPoses
from game.sim.state import CharacterState
from tools.train.performer.motion_table import Floats, derived
from tools.train.performer.performer_inputs import AHEAD, LEAD

Array = NDArray[np.float64]
BESIDE = 0.25
"""ticks before and after the next one, between which its velocities are taken"""
TIMES = np.array([*AHEAD, LEAD, 1.0 - BESIDE, 1.0 + BESIDE])
"""ticks from now at which poses are looked up"""
NEXT, EARLIER, LATER = AHEAD.index(1), len(AHEAD) + 1, len(AHEAD) + 2


@dataclass(frozen=True, eq=False)
class Steered:
    """Where a stick points, tick by tick."""

    command: Array
    """(T, 2) m/s, world; (0, 0) is to stand. The last one stays"""


@dataclass(frozen=True, eq=False)
class Shown:
    """What the references of M characters show at a tick."""

    ahead: Floats
    """(M, K, pose) at AHEAD"""
    lead: Floats
    """(M, pose) that the action corrects"""
    next: Floats
    """(M, width) a tick from now, with all that is compared with it"""


class Walkers:
    """Keeps a `Performance` of every character who walks."""

    def __init__(self, clips: ClipLibrary) -> None:
        self._clips = clips
        self._performances: dict[int, Performance] = {}
        self._walks: dict[int, Steered] = {}

    def begin(self, n: int, walk: Steered, state: CharacterState) -> None:
        """Let character n walk from a state (no batch) on."""
        self._walks[n] = walk
        self._performances[n] = Performance(self._clips, state, tuple(walk.command[0].tolist()))

    def forget(self, n: int) -> None:
        """Character n does something else."""
        self._walks.pop(n, None)
        self._performances.pop(n, None)

    def among(self, indices: NDArray[np.int64]) -> NDArray[np.int64]:
        """Those of characters (M,) who walk."""
        return np.array([n for n in indices if n in self._walks], np.int64)

    def advance(
        self, indices: NDArray[np.int64], ticks: NDArray[np.int64], state: CharacterState, bodies: BodyPoses
    ) -> Shown:
        """Go on by a tick.

        Args:
            indices: (M,) characters who walk
            ticks: (M,) of their episodes
            state, bodies: of batch (M,), as they are now
        """
        model, count = self._clips.model, len(TIMES)
        pos, rot = np.empty((len(indices), count, 3)), np.empty((len(indices), count, 4))
        joints, ahead = np.empty((len(indices), count, model.num_joints, 4)), TIMES / model.control_hz
        for k, n in enumerate(indices):
            performance, command = self._performances[n], self._walks[n].command
            tick, last, own = int(ticks[k]), len(command) - 1, state[k]
            now = command[min(tick, last)]
            if tick and np.any(now != command[min(tick - 1, last)]):
                performance.steer(now, own)
            performance.advance(own, BodyPoses(bodies.pos[k], bodies.rot[k]))
            pos[k], rot[k], joints[k] = performance.poses(ahead)
        poses = np.concatenate([pos, rot, joints.reshape(len(indices), count, -1)], axis=-1).astype(np.float32)
        return Shown(poses[:, : len(AHEAD)], poses[:, len(AHEAD)], self._next(pos, rot, joints))

    def _next(self, pos: Array, rot: Array, joints: Array) -> Floats:
        """Rows (M, width) of the next tick, of poses (M, K, ...) at TIMES."""
        model = self._clips.model
        rate, count = model.control_hz / (2.0 * BESIDE), len(pos)
        turn = rotation.multiply(rot[:, LATER], rotation.conjugate(rot[:, EARLIER]))
        state = CharacterState(
            pos[:, NEXT], rot[:, NEXT], joints[:, NEXT], rate * (pos[:, LATER] - pos[:, EARLIER]),
            rate * rotation.to_rotvec(turn), rate * rotation.difference(joints[:, EARLIER], joints[:, LATER]),
        )  # fmt: skip
        return derived(model, state, np.zeros(count), np.zeros((count, 3)))
