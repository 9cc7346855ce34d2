"""Readout: what can be read of the characters after a tick, computed from their `StateTable` in one compiled pass."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from game.sim.joint_layout import JointLayout, unpack_joints
from game.sim.kinematics import BodyPoses, BodyVelocities, fill_poses, fill_velocities
from game.sim.model import CharacterModel
from game.sim.state import CharacterState

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]


class Readout(NamedTuple):
    """Of N characters; its arrays are never written to again."""

    state: CharacterState
    """batch (N,)"""
    state_bytes: bytes
    """the state's fields, one after the other"""
    poses: BodyPoses
    """(N, B, ...), world"""
    velocities: BodyVelocities
    """(N, B, ...), world"""
    torque_share: Array
    """(N, J) largest share of its limit that each joint used in the last substep, 0..1"""
    fallen: Flags
    """(N,) a body other than a foot touched the floor in the last tick"""


class ReadoutBuilder:
    """Computes `Readout` for characters of one model."""

    def __init__(self, model: CharacterModel, joint_layout: JointLayout) -> None:
        joints, bodies = model.num_joints, model.num_bodies
        self._shapes: dict[str, tuple[int, ...]] = {
            "root_pos": (3,), "root_rot": (4,), "joint_rot": (joints, 4),
            "root_vel": (3,), "root_ang_vel": (3,), "joint_vel": (joints, 3),
        }  # fmt: skip
        self._extra: dict[str, tuple[int, ...]] = {
            "pos": (bodies, 3), "rot": (bodies, 4), "vel": (bodies, 3), "ang_vel": (bodies, 3), "share": (joints,),
        }  # fmt: skip
        self._layout = self._layout_for(0)
        tree = joint_layout.tree
        self._constants = (
            tree.hinge, tree.q_index, tree.v_index, joint_layout.num_q, model.body_parent,
            model.body_joint, model.body_offset, joint_layout.per_axis(model.torque_limit),
            np.array([b in model.feet for b in range(bodies)]),
        )  # fmt: skip

    def of(self, table: Array, torque: Array, floor_touch: Flags) -> Readout:
        """Compute a readout.

        Args:
            table: (N, 13 + Q + V), see `StateTable`
            torque: (N, V) N m, of the last substep
            floor_touch: (N, B) bodies that touched the floor in the last tick
        """
        n = len(table)
        if self._layout["fallen"].shape != (n,):
            self._layout = self._layout_for(n)
        block = np.empty((), self._layout)
        state = block["state"]
        root_pos, root_rot, joint_rot, root_vel, root_ang_vel, joint_vel = [state[name] for name in self._shapes]
        pos, rot, vel, ang_vel, share = [block[name] for name in self._extra]
        fallen = block["fallen"]
        _fill(
            self._constants, table, torque, floor_touch,
            (root_pos, root_rot, joint_rot, root_vel, root_ang_vel, joint_vel),
            (pos, rot, vel, ang_vel, share), fallen,
        )  # fmt: skip
        return Readout(
            CharacterState(root_pos, root_rot, joint_rot, root_vel, root_ang_vel, joint_vel), state.tobytes(),
            BodyPoses(pos, rot), BodyVelocities(vel, ang_vel), share, fallen,
        )  # fmt: skip

    def _layout_for(self, n: int) -> np.dtype[np.void]:
        """A record type with every array of n characters, so that one allocation makes them all."""
        state = [(name, np.float64, (n, *shape)) for name, shape in self._shapes.items()]
        extra = [(name, np.float64, (n, *shape)) for name, shape in self._extra.items()]
        return np.dtype([("state", state), *extra, ("fallen", np.bool_, (n,))])


@njit(cache=True)
def _fill(constants, table, torque, floor_touch, state, extra, fallen):  # type: ignore[no-untyped-def]
    hinge, q_index, v_index, num_q, body_parent, body_joint, body_offset, limit, is_foot = constants
    root_pos, root_rot, joint_rot, root_vel, root_ang_vel, joint_vel = state
    pos, rot, vel, ang_vel, share = extra
    root_pos[:], root_rot[:] = table[:, :3], table[:, 3:7]
    root_vel[:], root_ang_vel[:] = table[:, 7:10], table[:, 10:13]
    unpack_joints(hinge, q_index, v_index, table[:, 13 : 13 + num_q], table[:, 13 + num_q :], joint_rot, joint_vel)
    fill_poses(body_parent, body_joint, body_offset, root_pos, root_rot, joint_rot, pos, rot)
    fill_velocities(body_parent, body_joint, pos, rot, root_vel, root_ang_vel, joint_vel, vel, ang_vel)
    for n in range(len(table)):
        for j in range(share.shape[1]):
            largest = 0.0
            for k in range(v_index[j + 1], v_index[j + 1] + (1 if hinge[j + 1] else 3)):
                largest = max(largest, abs(torque[n, k]) / limit[k])
            share[n, j] = largest
        fallen[n] = False
        for b in range(floor_touch.shape[1]):
            if floor_touch[n, b] and not is_foot[b]:
                fallen[n] = True
