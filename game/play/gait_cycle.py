"""GaitCycle: one cycle of a walk or run as tables, with the place of its feet under the root and when they stand."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from game.sim import kinematics, rotation
from game.sim.model import CharacterModel
from game.sim.motion import MotionClip
from game.sim.state import CharacterState

Array = NDArray[np.float64]

STANDING_SPEED = 0.3
"""of the gait's pace: a foot slower than this over the floor stands"""


@dataclass(frozen=True, eq=False)
class GaitCycle:
    """F frames of a cycle, without its place on the floor. Legs in the order of `CharacterModel.legs`."""

    rots: Array
    """(F, 1 + J, 4) of root and joints"""
    height: Array
    """(F,) m, of the root"""
    velocity: Array
    """(F, 2) m/s of the root, forward and left"""
    feet: Array
    """(F, 2, 3) m, of the feet's frames: level from the root, and above the floor"""
    feet_rot: Array
    """(F, 2, 4)"""
    travel: Array
    """(F, 2) m that the root has moved forward since the middle of the foot's stance; in the swing it runs back"""
    clock: Array
    """(F, 2) s since the middle of the foot's stance; in the swing it runs back"""
    middle: Array
    """(2,) phase 0..1 in the middle of the foot's stance"""
    seconds: float
    """of the cycle"""

    @property
    def pace(self) -> float:
        """mean speed, m/s"""
        return float(np.linalg.norm(self.velocity.mean(axis=0)))


def gait_cycle(model: CharacterModel, clip: MotionClip, hz: int, smoothing: float = 0.0) -> GaitCycle:
    """A clip's cycle in frames of 1/hz s; smoothing: standard deviation, s, of a Gaussian that rounds off its jumps."""
    placed = clip.placed()
    frames = max(2, round(placed.duration * hz))
    state = placed.sample(np.arange(frames) / frames * placed.duration)
    state = _rounded(state, smoothing / placed.duration)
    bodies = kinematics.body_poses(model, state.root_pos, state.root_rot, state.joint_rot)
    which = model.legs[:, 2]
    feet = bodies.pos[:, which] - state.root_pos[:, None] * np.array([1.0, 1.0, 0.0])
    dt = placed.duration / frames
    way = np.concatenate([[0.0], np.cumsum(state.root_vel[:, 0] * dt)])
    pace = float(np.linalg.norm(state.root_vel[:, :2].mean(axis=0)))
    place = feet[..., :2] + np.cumsum(state.root_vel[:, None, :2] * dt, axis=0) - state.root_vel[:, None, :2] * dt
    ends = np.concatenate([place, place[:1] + way[-1] * np.array([1.0, 0.0])])
    stands = np.linalg.norm(np.diff(ends, axis=0), axis=-1) / dt < STANDING_SPEED * pace
    travel, clock, middle = np.empty((frames, 2)), np.empty((frames, 2)), np.empty(2)
    for leg in range(2):
        first, count = _longest(stands[:, leg])
        travel[:, leg], clock[:, leg] = _since_middle(way, first, count, dt)
        middle[leg] = (first + 0.5 * count) / frames % 1.0
    rots = np.concatenate([state.root_rot[:, None], state.joint_rot], axis=1)
    return GaitCycle(
        np.ascontiguousarray(rots), np.ascontiguousarray(state.root_pos[:, 2]),
        np.ascontiguousarray(state.root_vel[:, :2]), np.ascontiguousarray(feet),
        np.ascontiguousarray(rotation.continuous(bodies.rot[:, which])), travel, clock, middle, placed.duration,
    )  # fmt: skip


def _rounded(state: CharacterState, spread: float) -> CharacterState:
    """A cycle of states (F,) after a Gaussian of a standard deviation in cycles; the joints' velocities stay."""

    def smooth(values: Array) -> Array:
        harmonics = np.fft.rfft(values, axis=0)
        keep = np.exp(-0.5 * (2.0 * np.pi * spread * np.arange(len(harmonics))) ** 2)
        return np.fft.irfft(harmonics * keep.reshape(-1, *[1] * (values.ndim - 1)), len(values), axis=0)

    if not spread:
        return state
    level = smooth(state.root_pos[:, 2])
    return replace(
        state, root_pos=np.concatenate([state.root_pos[:, :2], level[:, None]], axis=1),
        root_rot=rotation.normalize(smooth(rotation.continuous(state.root_rot))),
        joint_rot=rotation.normalize(smooth(rotation.continuous(state.joint_rot))), root_vel=smooth(state.root_vel),
    )  # fmt: skip


def _longest(stands: NDArray[np.bool_]) -> tuple[int, int]:
    """First frame and length of the longest stance in a cycle (F,) that comes round."""
    count = len(stands)
    best, length, run = 0, 1, 0
    for k in range(2 * count):
        run = min(run + 1, count - 1) if stands[k % count] else 0
        if run > length:
            best, length = (k - run + 1) % count, run
    return best, length


def _since_middle(way: Array, first: int, count: int, dt: float) -> tuple[Array, Array]:
    """Travel and clock (F,) of a foot that stands for `count` frames from `first` on; way (F + 1,) of the root."""
    frames, cycle = len(way) - 1, way[-1]
    along = np.concatenate([way[:-1], way[:-1] + cycle, [2.0 * cycle]])
    middle = np.interp(first + 0.5 * count, np.arange(len(along)), along)
    since = along[first : first + frames + 1] - middle
    steps = np.arange(frames + 1.0)
    clock = (steps - 0.5 * count) * dt
    found = np.empty((2, frames))
    for row, values in zip(found, (since, clock), strict=True):
        period = values[-1] - values[0]
        swing = frames - count
        part = (steps[count:] - count) / swing
        # a cubic that leaves as the stance ends and arrives as the next one begins, which is a cycle later
        slope = period / frames * swing
        a, b = values[count], values[-1] - period
        row[:] = values[:-1]
        row[count:] = (_hermite(part, a, b, slope))[:-1]
    return np.roll(found[0], first), np.roll(found[1], first)


def _hermite(part: Array, a: float, b: float, slope: float) -> Array:
    """From a to b with the same slope at both ends; part (P,) 0..1."""
    square, cube = part**2, part**3
    return (2 * cube - 3 * square + 1) * a + (3 * square - 2 * cube) * b + (2 * cube - 3 * square + part) * slope
