"""ClipSampler: a clip's poses at any time, placed in the world. Compiled by numba, as it runs every tick."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from game.sim import rotation
from game.sim.compiled_rotation import slerp_into, turn_into
from game.sim.motion import MotionClip

Array = NDArray[np.float64]


class ReferencePoses(NamedTuple):
    """A reference's poses at K times, in the world."""

    root_pos: Array
    """(K, 3) m"""
    root_rot: Array
    """(K, 4)"""
    joint_rot: Array
    """(K, J, 4), each joint's child body in its parent's frame"""


class Placement(NamedTuple):
    """Where a clip's own frame lies in the world."""

    x: float
    """m"""
    y: float
    """m"""
    heading: float
    """rad about z"""


class ClipSampler:
    """Samples a clip's poses like `MotionClip.sample`, without velocities.

    In the clip's own frame the root starts above the origin; a `Placement` says where that frame lies in the world.
    """

    def __init__(self, clip: MotionClip) -> None:
        self.clip = placed = clip.placed()
        self._rots = np.ascontiguousarray(placed.rotations)
        self._root = np.ascontiguousarray(placed.root_pos)
        center, shift = np.zeros(3), placed.cycle_shift
        if placed.cycle_turn != 0.0:
            # a cycle that turns moves the clip by a rotation about one fixed point of the floor: `center`
            turn = rotation.from_heading(placed.cycle_turn)
            flat = np.array([1.0, 1.0, 0.0])
            step = placed.root_pos[-1] * flat - rotation.rotate(turn, placed.root_pos[0] * flat)
            center[:2] = np.linalg.solve(np.eye(2) - rotation.to_matrix(turn)[:2, :2], step[:2])
            shift = np.zeros(3)
        self._cycle = (placed.duration, placed.loop, placed.cycle_turn, center, shift)

    @property
    def duration(self) -> float:
        """Seconds of a cycle."""
        return self.clip.duration

    @property
    def loop(self) -> bool:
        """Whether the clip repeats."""
        return self.clip.loop

    def poses(self, times: Array, placement: Placement) -> ReferencePoses:
        """The poses at times (K,), s since the clip's beginning (later cycles included), as `placement` puts it."""
        pos, rot = np.empty((len(times), 3)), np.empty((len(times), *self._rots.shape[1:]))
        _sample(self._root, self._rots, *self._cycle, np.asarray(times, float), np.array(placement), pos, rot)
        return ReferencePoses(pos, rot[:, 0], rot[:, 1:])


@njit(cache=True)
def _sample(root, rots, duration, loop, turn, center, shift, times, frame, out_pos, out_rot):  # type: ignore[no-untyped-def]
    steps = len(root) - 1
    for k in range(len(times)):
        cycle = np.floor(times[k] / duration) if loop else 0.0
        phase = min(max(times[k] / duration - cycle, 0.0), 1.0)
        first = min(int(phase * steps), steps - 1)
        part = phase * steps - first
        for i in range(rots.shape[1]):
            slerp_into(rots[first, i], rots[first + 1, i], part, out_rot[k, i])
        x, y, z = root[first] + part * (root[first + 1] - root[first])
        # move on by the cycles that are over, then from the clip's frame into the world
        c, s = np.cos(cycle * turn), np.sin(cycle * turn)
        x, y = x - center[0], y - center[1]
        x, y = center[0] + c * x - s * y + cycle * shift[0], center[1] + s * x + c * y + cycle * shift[1]
        heading = frame[2] + cycle * turn
        c, s = np.cos(frame[2]), np.sin(frame[2])
        out_pos[k, 0], out_pos[k, 1], out_pos[k, 2] = frame[0] + c * x - s * y, frame[1] + s * x + c * y, z
        turn_into(heading, out_rot[k, 0])
