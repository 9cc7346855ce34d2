"""LimpJoints: what holds a joint that nobody drives: dry friction, and the limits of a human joint.

A friction model without creep (Dahl's, with a single bristle): a weak spring holds the joint where it came to rest and
is dragged along when its torque reaches the friction. Beyond a limit the joint's own gains pull it back, so that the
torque grows softly with the angle. Both go through the stable PD controller, as targets and gains.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from game.sim.compiled_rotation import product
from game.sim.joint_layout import JointLayout
from game.sim.model import CharacterModel

Array = NDArray[np.float64]

GIVE = 0.06
"""rad that a joint yields before its friction is overcome"""
STOP_DAMPING = 0.25
"""share of a joint's derivative gain that brakes it beyond a limit"""
FRICTION_DAMPING = 0.02
"""s, damping over stiffness of the friction's spring"""


class LimpJoints:
    """Of N characters of one model."""

    def __init__(self, model: CharacterModel, layout: JointLayout) -> None:
        limp = model.roles.limp
        self._model, self._tree = model, layout.tree
        self._low, self._high, self._friction = limp.low, limp.high, limp.friction
        self._held = np.zeros((0, layout.num_q))
        self._holds = np.zeros((0, model.num_joints), bool)

    def resize(self, count: int) -> None:
        """Keep the first characters and forget what held the others."""
        held, holds = np.zeros((count, self._held.shape[1])), np.zeros((count, self._holds.shape[1]), bool)
        kept = min(count, len(self._held))
        held[:kept], holds[:kept] = self._held[:kept], self._holds[:kept]
        self._held, self._holds = held, holds

    def drive(self, limp: NDArray[np.bool_], q: Array, target: Array, kp: Array, kd: Array, limit: Array) -> None:
        """Replace targets and gains of joints that are limp, for the next physics step, in place.

        Args:
            limp: (N, J) which joints nobody drives.
            q: (N, Q) where the joints are, as `JointLayout` packs them.
            target: (N, Q)
            kp, kd, limit: (N, J) gains, N m/rad and N m s/rad, and torque limits, N m.
        """
        model, tree = self._model, self._tree
        _drive(
            tree.hinge, tree.q_index, limp, q, self._held, self._holds, self._low, self._high, self._friction,
            model.kp, model.kd, model.torque_limit, target, kp, kd, limit,
        )  # fmt: skip


@njit(cache=True)
def _rotvec(x, y, z, w):  # type: ignore[no-untyped-def]
    sign = -1.0 if w < 0.0 else 1.0
    s = np.sqrt(x * x + y * y + z * z)
    k = 2.0 * sign
    if s > 1e-9:
        k = 2.0 * sign * np.arctan2(s, sign * w) / s
    return k * x, k * y, k * z


@njit(cache=True)
def _quaternion(x, y, z):  # type: ignore[no-untyped-def]
    angle = np.sqrt(x * x + y * y + z * z)
    k = 0.5 if angle < 1e-9 else np.sin(0.5 * angle) / angle
    return k * x, k * y, k * z, np.cos(0.5 * angle)


@njit(cache=True)
def _drive(  # type: ignore[no-untyped-def]
    hinge, q_index, limp, q, held, holds, low, high, friction, stop_kp, stop_kd, most, target, kp, kd, limit
):
    for n in range(len(q)):
        for j in range(len(hinge) - 1):
            if not limp[n, j]:
                holds[n, j] = False
                continue
            a, size = q_index[j + 1], 1 if hinge[j + 1] else 4
            if not holds[n, j]:
                holds[n, j] = True
                held[n, a : a + size] = q[n, a : a + size]
            if hinge[j + 1]:
                angle = q[n, a]
                held[n, a] = min(max(held[n, a], angle - GIVE), angle + GIVE)
                held[n, a] = min(max(held[n, a], low[j, 1]), high[j, 1])
                beyond = angle < low[j, 1] or angle > high[j, 1]
                target[n, a] = min(max(angle, low[j, 1]), high[j, 1]) if beyond else held[n, a]
            else:
                now = (q[n, a], q[n, a + 1], q[n, a + 2], q[n, a + 3])
                x, y, z = _rotvec(now[0], now[1], now[2], now[3])
                cx, cy = min(max(x, low[j, 0]), high[j, 0]), min(max(y, low[j, 1]), high[j, 1])
                cz = min(max(z, low[j, 2]), high[j, 2])
                beyond = cx != x or cy != y or cz != z
                if beyond:
                    there = _quaternion(cx, cy, cz)
                else:
                    back = (-now[0], -now[1], -now[2], now[3])
                    ex, ey, ez = _rotvec(*product(back, (held[n, a], held[n, a + 1], held[n, a + 2], held[n, a + 3])))
                    error = np.sqrt(ex * ex + ey * ey + ez * ez)
                    part = min(1.0, GIVE / max(error, 1e-12))
                    there = product(now, _quaternion(part * ex, part * ey, part * ez))
                for k in range(4):
                    target[n, a + k] = held[n, a + k] = there[k]
            if beyond:
                kp[n, j], kd[n, j], limit[n, j] = stop_kp[j], STOP_DAMPING * stop_kd[j], most[j]
            else:
                kp[n, j] = friction[j] / GIVE
                kd[n, j], limit[n, j] = FRICTION_DAMPING * kp[n, j], most[j]
