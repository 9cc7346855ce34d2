"""What the policy and the reward are told of the characters, in their anchors' frames: one compiled pass.

game/anchor.py does the same for play, by name and for any inputs; a test holds the two together.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numba import njit
from numpy.typing import NDArray
from torch import Tensor

from game.sim.model import CharacterModel
from game.sim.state import CharacterState
from tools.train.features import PolicyInputs

Array = NDArray[np.float64]


def anchored(
    model: CharacterModel, anchor: Array, state: CharacterState, body_pos: Array, body_rot: Array, gravity: Array,
    time: Array,
) -> tuple[PolicyInputs, Tensor]:  # fmt: skip
    """The policy's inputs and the centres of mass (M, 3), float32, in the frames of M anchors.

    Args:
        anchor: (M, 3) x, y and heading in the world.
        state, body_pos, body_rot, gravity: (M, ...) in the world.
        time: (M,) s since the start.
    """
    m, b, j = len(anchor), model.num_bodies, model.num_joints
    wide = ((m, 3), (m, 4), (m, 3), (m, 3), (m, j, 4), (m, j, 3), (m, b, 3), (m, 3), (m,), (m, 3))
    out = [np.empty(shape, np.float32) for shape in wide]
    _fill(
        model.mass / model.mass.sum(), model.com, anchor,
        (state.root_pos, state.root_rot, state.root_vel, state.root_ang_vel, state.joint_rot, state.joint_vel),
        body_pos, body_rot, gravity, time, tuple(out),
    )  # fmt: skip
    tensors = [torch.from_numpy(array) for array in out]
    return PolicyInputs(*tensors[:-1]), tensors[-1]


@njit(cache=True, inline="always")
def _put(out: Any, cos: float, sin: float, x: float, y: float, z: float) -> None:
    """A vector turned about z by minus the angle of cos and sin."""
    out[0], out[1], out[2] = cos * x + sin * y, cos * y - sin * x, z


@njit(cache=True)
def _fill(share, com, anchor, state, body_pos, body_rot, gravity, time, out):  # type: ignore[no-untyped-def]
    root_pos, root_rot, root_vel, root_ang_vel, joint_rot, joint_vel = state
    for n in range(len(anchor)):
        x, y, heading = anchor[n]
        cos, sin = np.cos(heading), np.sin(heading)
        half_cos, half_sin = np.cos(0.5 * heading), np.sin(0.5 * heading)
        _put(out[0][n], cos, sin, root_pos[n, 0] - x, root_pos[n, 1] - y, root_pos[n, 2])
        qx, qy, qz, qw = root_rot[n]
        q = out[1][n]
        q[0], q[1] = half_cos * qx + half_sin * qy, half_cos * qy - half_sin * qx
        q[2], q[3] = half_cos * qz - half_sin * qw, half_cos * qw + half_sin * qz
        _put(out[2][n], cos, sin, root_vel[n, 0], root_vel[n, 1], root_vel[n, 2])
        _put(out[3][n], cos, sin, root_ang_vel[n, 0], root_ang_vel[n, 1], root_ang_vel[n, 2])
        out[4][n] = joint_rot[n]
        out[5][n] = joint_vel[n]
        cx, cy, cz = 0.0, 0.0, 0.0
        for b in range(len(share)):
            px, py, pz = body_pos[n, b, 0] - x, body_pos[n, b, 1] - y, body_pos[n, b, 2]
            _put(out[6][n, b], cos, sin, px, py, pz)
            # v + 2 w (u x v) + 2 u x (u x v)
            ux, uy, uz, w = body_rot[n, b]
            vx, vy, vz = com[b]
            tx, ty, tz = 2.0 * (uy * vz - uz * vy), 2.0 * (uz * vx - ux * vz), 2.0 * (ux * vy - uy * vx)
            cx += share[b] * (px + vx + w * tx + uy * tz - uz * ty)
            cy += share[b] * (py + vy + w * ty + uz * tx - ux * tz)
            cz += share[b] * (pz + vz + w * tz + ux * ty - uy * tx)
        _put(out[7][n], cos, sin, gravity[n, 0], gravity[n, 1], gravity[n, 2])
        out[8][n] = time[n]
        _put(out[9][n], cos, sin, cx, cy, cz)
