"""Derived: what is told of characters, computed from the flat rows in one compiled pass into one block of memory."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from game.sim.kinematics import BodyPoses, BodyVelocities, fill_poses, fill_velocities
from game.sim.model import CharacterModel
from game.sim.packing import Packing, unpack_rows
from game.sim.state import CharacterState

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]


class Told(NamedTuple):
    """Of N characters; nobody writes to it again."""

    state: CharacterState
    """batch (N,)"""
    state_bytes: bytes
    """the state's fields, one behind the other"""
    poses: BodyPoses
    """(N, B, ...), world"""
    velocities: BodyVelocities
    """(N, B, ...), world"""
    torque_share: Array
    """(N, J) largest share of its limit that each joint used in the last substep, 0..1"""
    fallen: Flags
    """(N,) a body other than a foot touched the floor in the last tick"""
    on_feet: Flags
    """(N,) a foot touched it"""


class Derived:
    """Computes `Told` for characters of one model."""

    def __init__(self, model: CharacterModel, packing: Packing) -> None:
        joints, bodies = model.num_joints, model.num_bodies
        self._shapes: tuple[tuple[int, ...], ...] = (
            (3,), (4,), (joints, 4), (3,), (3,), (joints, 3),
            (bodies, 3), (bodies, 4), (bodies, 3), (bodies, 3), (joints,),
        )  # fmt: skip
        self._widths = np.array([math.prod(shape) for shape in self._shapes])
        self._state_width = int(self._widths[:6].sum())
        self._constants = (
            packing.tree.hinge, packing.tree.q_index, packing.tree.v_index, packing.num_q, model.body_parent,
            model.body_joint, model.body_offset, packing.per_axis(model.torque_limit),
            np.array([b in model.feet for b in range(bodies)]),
        )  # fmt: skip

    def of(self, table: Array, torque: Array, floor_touch: Flags) -> Told:
        """Compute it all.

        Args:
            table: (N, 13 + Q + V), see `Rows`
            torque: (N, V) N m, of the last substep
            floor_touch: (N, B) bodies that touched the floor in the last tick
        """
        n = len(table)
        ends = np.cumsum(n * self._widths).tolist()
        block, flags = np.empty(ends[-1]), np.zeros((2, n), np.bool_)
        parts: list[Any] = [
            block[a:b].reshape(n, *shape) for a, b, shape in zip([0, *ends], ends, self._shapes, strict=False)
        ]
        _fill(self._constants, table, torque, floor_touch, tuple(parts), flags)
        return Told(
            state=CharacterState(*parts[:6]),
            state_bytes=block[: n * self._state_width].tobytes(),
            poses=BodyPoses(parts[6], parts[7]),
            velocities=BodyVelocities(parts[8], parts[9]),
            torque_share=parts[10],
            fallen=flags[0],
            on_feet=flags[1],
        )


@njit(cache=True)
def _fill(constants, table, torque, floor_touch, parts, flags):  # type: ignore[no-untyped-def]
    hinge, q_index, v_index, num_q, body_parent, body_joint, body_offset, limit, is_foot = constants
    root_pos, root_rot, joint_rot, root_vel, root_ang_vel, joint_vel, pos, rot, vel, ang_vel, share = parts
    root_pos[:], root_rot[:] = table[:, :3], table[:, 3:7]
    root_vel[:], root_ang_vel[:] = table[:, 7:10], table[:, 10:13]
    unpack_rows(hinge, q_index, v_index, table[:, 13 : 13 + num_q], table[:, 13 + num_q :], joint_rot, joint_vel)
    fill_poses(body_parent, body_joint, body_offset, root_pos, root_rot, joint_rot, pos, rot)
    fill_velocities(body_parent, body_joint, pos, rot, root_vel, root_ang_vel, joint_vel, vel, ang_vel)
    for n in range(len(table)):
        for j in range(share.shape[1]):
            most = 0.0
            for k in range(v_index[j + 1], v_index[j + 1] + (1 if hinge[j + 1] else 3)):
                most = max(most, abs(torque[n, k]) / limit[k])
            share[n, j] = most
        for b in range(floor_touch.shape[1]):
            if floor_touch[n, b]:
                flags[1 if is_foot[b] else 0, n] = True
