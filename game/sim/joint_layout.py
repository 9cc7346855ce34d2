"""JointLayout: where each joint of a model lies in the flat vectors that the controller and the engine work on.

q: per joint a quaternion (4) or a hinge's angle (1); qd and torque: per joint a vector (3) or a hinge's rate (1).
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from game.sim.model import CharacterModel
from game.sim.stable_pd import Tree, tree_of

Array = NDArray[np.float64]


class JointLayout:
    """Converts between rotations per joint (N, J, 4), velocities (N, J, 3) and flat vectors q (N, Q), qd (N, V)."""

    def __init__(self, model: CharacterModel) -> None:
        self.tree: Tree = tree_of(model)
        hinge = self.tree.hinge[1:]
        self.num_joints = model.num_joints
        self.num_q = int(np.where(hinge, 1, 4).sum())
        self._widths = np.where(hinge, 1, 3)
        self.num_v = int(self._widths.sum())
        starts_q, starts_v = self.tree.q_index[1:].tolist(), self.tree.v_index[1:].tolist()
        self.q_slices = [slice(a, a + (1 if h else 4)) for a, h in zip(starts_q, hinge, strict=True)]
        self.v_slices = [slice(a, a + (1 if h else 3)) for a, h in zip(starts_v, hinge, strict=True)]

    def pack_rotations(self, joint_rot: Array, hinge_angle: Array | None = None) -> Array:
        """(N, J, 4) -> (N, Q); of a hinge's rotation only its twist about y counts, -pi..pi.

        hinge_angle: (N, H) rad, of any number of turns, which replaces that twist where it is not nan.
        """
        q = np.empty((len(joint_rot), self.num_q))
        angle = np.empty((len(joint_rot), 0)) if hinge_angle is None else hinge_angle
        tree = self.tree
        _pack_rotations(tree.hinge, tree.q_index, np.ascontiguousarray(joint_rot, dtype=np.float64), angle, q)
        return q

    def pack_velocities(self, joint_vel: Array) -> Array:
        """(N, J, 3) -> (N, V); of a hinge's velocity only the part about y counts."""
        qd = np.empty((len(joint_vel), self.num_v))
        _pack_velocities(self.tree, np.ascontiguousarray(joint_vel, dtype=np.float64), qd)
        return qd

    def per_axis(self, per_joint: Array) -> Array:
        """(..., J) -> (..., V): each joint's number, repeated for each of its axes."""
        return np.repeat(per_joint, self._widths, axis=-1)

    def unpack(self, q: Array, qd: Array) -> tuple[Array, Array]:
        """(N, Q), (N, V) -> (N, J, 4), (N, J, 3)."""
        rot, vel = np.empty((len(q), self.num_joints, 4)), np.empty((len(q), self.num_joints, 3))
        unpack_joints(self.tree.hinge, self.tree.q_index, self.tree.v_index, q, qd, rot, vel)
        return rot, vel


@njit(cache=True)
def _pack_rotations(hinge, q_index, joint_rot, hinge_angle, q):  # type: ignore[no-untyped-def]
    for n in range(len(q)):
        h = 0
        for i in range(1, len(hinge)):
            a, r = q_index[i], joint_rot[n, i - 1]
            if hinge[i]:
                if h < hinge_angle.shape[1] and not np.isnan(hinge_angle[n, h]):
                    q[n, a] = hinge_angle[n, h]
                else:
                    # twist about y; atan2 keeps it in (-pi, pi] whatever the quaternion's sign
                    sign = -1.0 if r[3] < 0.0 else 1.0
                    q[n, a] = 2.0 * np.arctan2(sign * r[1], sign * r[3])
                h += 1
            else:
                norm = np.sqrt(r[0] * r[0] + r[1] * r[1] + r[2] * r[2] + r[3] * r[3])
                for k in range(4):
                    q[n, a + k] = r[k] / norm


@njit(cache=True)
def _pack_velocities(tree, joint_vel, qd):  # type: ignore[no-untyped-def]
    for n in range(len(qd)):
        for i in range(1, len(tree.parent)):
            v = tree.v_index[i]
            if tree.hinge[i]:
                qd[n, v] = joint_vel[n, i - 1, 1]
            else:
                for k in range(3):
                    qd[n, v + k] = joint_vel[n, i - 1, k]


@njit(cache=True)
def unpack_joints(hinge, q_index, v_index, q, qd, rot, vel):  # type: ignore[no-untyped-def]
    """Fill rot (N, J, 4) and vel (N, J, 3) from q (N, Q) and qd (N, V); the first three are the tree's."""
    for n in range(len(q)):
        for i in range(1, len(hinge)):
            a, v = q_index[i], v_index[i]
            rot[n, i - 1], vel[n, i - 1] = 0.0, 0.0
            if hinge[i]:
                rot[n, i - 1, 1], rot[n, i - 1, 3] = np.sin(0.5 * q[n, a]), np.cos(0.5 * q[n, a])
                vel[n, i - 1, 1] = qd[n, v]
            else:
                for k in range(4):
                    rot[n, i - 1, k] = q[n, a + k]
                for k in range(3):
                    vel[n, i - 1, k] = qd[n, v + k]
