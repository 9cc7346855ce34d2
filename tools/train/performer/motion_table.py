"""Motions as dense tables: four rows a tick, with all that reward and network ask for, so that a plan is a slice."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from game.sim import kinematics, rotation
from game.sim.model import CharacterModel
from game.sim.motion import MotionClip
from game.sim.state import CharacterState

Array = NDArray[np.float64]
Floats = NDArray[np.float32]

QUARTERS = 4
"""rows a tick"""
LEAD_ROWS = 7
"""rows that the corrected pose is ahead: LEAD ticks"""


class Columns(NamedTuple):
    """Where a row has what."""

    root_pos: slice
    root_rot: slice
    joint_rot: slice
    root_vel: slice
    root_ang_vel: slice
    joint_vel: slice
    body_pos: slice
    com: slice
    cycle: slice
    """1: the number of the cycle"""
    origin: slice
    """3: x, y and heading of the cycle's own frame"""

    @property
    def pose(self) -> slice:
        """Root and joints, which come first."""
        return slice(0, self.joint_rot.stop)

    @property
    def width(self) -> int:
        """Of a row."""
        return int(self.origin.stop)


def columns(model: CharacterModel) -> Columns:
    """Of one body's rows."""
    joints, bodies = model.num_joints, model.num_bodies
    widths = (3, 4, 4 * joints, 3, 3, 3 * joints, 3 * bodies, 3, 1, 3)
    ends = np.cumsum(widths).tolist()
    return Columns(*(slice(end - width, end) for end, width in zip(ends, widths, strict=True)))


@dataclass(frozen=True, eq=False)
class MotionTable:
    """One motion in a frame of its own, R rows at QUARTERS a tick."""

    name: str
    rows: Floats
    """(R, width)"""
    starts: int
    """rows from the first on in which an episode may begin"""
    cycle_rows: float
    """rows of a cycle; of a motion that does not come round, all that it has"""
    loop: bool
    allowed: NDArray[np.bool_]
    """(B,) bodies that may touch the floor"""
    duration: float = 0.0
    """s of the clip's cycle"""

    def slice(self, row: int, ticks: int) -> Floats:
        """(ticks, width) from a row on, the last one held."""
        index = np.minimum(row + QUARTERS * np.arange(ticks), len(self.rows) - 1)
        return self.rows[index]


def clip_table(
    clip: MotionClip, model: CharacterModel, allowed: NDArray[np.bool_], seconds: float, *, name: str = ""
) -> MotionTable:
    """A clip's table: of a loop a cycle and `seconds` more, of another one `seconds` of its last pose after its end."""
    placed = clip.placed()
    hz = QUARTERS * model.control_hz
    count = int(np.ceil((placed.duration + seconds) * hz)) + LEAD_ROWS
    times = np.arange(count) / hz
    state = placed.sample(times)
    cycle = np.floor(times / placed.duration + 1e-4) if placed.loop else np.zeros(count)
    origin = np.zeros((count, 3))
    if placed.loop:
        # where the cycle's first pose is
        begin = placed.carried(_at_rest(placed, count), cycle)
        origin[:, :2] = begin.root_pos[:, :2]
        origin[:, 2] = cycle * placed.cycle_turn
    rows = derived(model, state, cycle, origin)
    starts = int(np.floor(placed.duration * hz * (1.0 if placed.loop else 0.9)))
    return MotionTable(
        name or clip.name, rows, max(1, starts), placed.duration * hz if placed.loop else float(count), placed.loop,
        allowed, placed.duration,
    )  # fmt: skip


def _at_rest(placed: MotionClip, count: int) -> CharacterState:
    still, joints = np.zeros((count, 3)), np.repeat(placed.joint_rot[:1], count, 0)
    return CharacterState(
        np.repeat(placed.root_pos[:1], count, 0), np.repeat(placed.root_rot[:1], count, 0), joints, still, still,
        np.zeros(joints[..., :3].shape),
    )  # fmt: skip


def derived(model: CharacterModel, state: CharacterState, cycle: Array, origin: Array) -> Floats:
    """Rows (R, width) of states (R,)."""
    poses = kinematics.body_poses(model, state.root_pos, state.root_rot, state.joint_rot)
    parts = [
        state.root_pos, rotation.continuous(state.root_rot), rotation.continuous(state.joint_rot), state.root_vel,
        state.root_ang_vel, state.joint_vel, poses.pos, kinematics.center_of_mass(model, poses), cycle, origin,
    ]  # fmt: skip
    return np.concatenate([np.reshape(p, (len(cycle), -1)) for p in parts], axis=1).astype(np.float32)


def moving_state(root_pos: Array, root_rot: Array, joint_rot: Array, hz: float) -> CharacterState:
    """Poses (R, ...) at a rate, with the velocities of their central differences."""
    ends = np.arange(len(root_pos))
    before, after = np.maximum(ends - 1, 0), np.minimum(ends + 1, len(ends) - 1)
    rate = hz / (after - before)
    turn = rotation.to_rotvec(rotation.multiply(root_rot[after], rotation.conjugate(root_rot[before])))
    return CharacterState(
        root_pos, root_rot, joint_rot, (root_pos[after] - root_pos[before]) * rate[:, None], turn * rate[:, None],
        rotation.difference(joint_rot[before], joint_rot[after]) * rate[:, None, None],
    )  # fmt: skip


def state_of(rows: Array | Floats, model: CharacterModel) -> CharacterState:
    """The states (M,) that rows (M, width) tell."""
    cols, m = columns(model), len(rows)
    part = rows.astype(np.float64)
    return CharacterState(
        part[:, cols.root_pos], rotation.normalize(part[:, cols.root_rot]),
        rotation.normalize(part[:, cols.joint_rot].reshape(m, -1, 4)), part[:, cols.root_vel],
        part[:, cols.root_ang_vel], part[:, cols.joint_vel].reshape(m, -1, 3),
    )  # fmt: skip


def stand_table(model: CharacterModel, standing: CharacterState, seconds: float) -> MotionTable:
    """Standing still in the default pose."""
    count = int(seconds * QUARTERS * model.control_hz)
    state = CharacterState(*(np.repeat(getattr(standing, n)[None], count, 0) for n in standing.__dataclass_fields__))
    state = replace(state, root_pos=state.root_pos * np.array([0.0, 0.0, 1.0]))
    allowed = np.zeros(model.num_bodies, bool)
    allowed[list(model.feet)] = True
    rows = derived(model, state, np.zeros(count), np.zeros((count, 3)))
    return MotionTable("stand", rows, 1, float(count), False, allowed, seconds)
