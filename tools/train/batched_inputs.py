"""Policy and reward inputs of the characters of all worlds at once, in their anchors' frames.

The same compiled pass as the game's (`game.policy.observation`), with a gravity for each character, and the centres
of mass.
"""

from __future__ import annotations

import numpy as np
import torch
from numba import njit
from numpy.typing import NDArray
from torch import Tensor

from game.policy.observation import Observation, fill, shapes_for
from game.sim.kinematics import BodyPoses, BodyVelocities
from game.sim.model import CharacterModel
from game.sim.state import CharacterState
from tools.train.features import PolicyInputs
from tools.train.rewards import TrackedMotion

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
    m = len(anchor)
    shapes = shapes_for(model.num_joints, model.num_bodies)
    out = {name: np.empty((m, *shapes[name]), np.float32) for name in PolicyInputs._fields}
    # bodies' velocities are not among our inputs
    unread = BodyVelocities(body_pos, body_pos)
    world = Observation.of(state, BodyPoses(body_pos, body_rot), unread, gravity, time)
    fill(anchor, world, Observation.to_fill(out))
    com = np.empty((m, 3), np.float32)
    _fill_com(model.mass / model.mass.sum(), model.com, anchor, body_pos, body_rot, com)
    return PolicyInputs(*(torch.from_numpy(out[name]) for name in PolicyInputs._fields)), torch.from_numpy(com)


def tracked_motion(inputs: PolicyInputs, com: Tensor) -> TrackedMotion:
    """What the reward sees of `anchored`'s result."""
    return TrackedMotion(
        inputs.root_pos, inputs.root_rot, inputs.joint_rot, inputs.root_vel, inputs.root_ang_vel, inputs.joint_vel,
        inputs.body_pos, com,
    )  # fmt: skip


@njit(cache=True)
def _fill_com(share, com, anchor, body_pos, body_rot, out):  # type: ignore[no-untyped-def]
    for n in range(len(anchor)):
        x, y, heading = anchor[n]
        cos, sin = np.cos(heading), np.sin(heading)
        cx, cy, cz = 0.0, 0.0, 0.0
        for b in range(len(share)):
            px, py, pz = body_pos[n, b, 0] - x, body_pos[n, b, 1] - y, body_pos[n, b, 2]
            # v + 2 w (u x v) + 2 u x (u x v)
            ux, uy, uz, w = body_rot[n, b]
            vx, vy, vz = com[b]
            tx, ty, tz = 2.0 * (uy * vz - uz * vy), 2.0 * (uz * vx - ux * vz), 2.0 * (ux * vy - uy * vx)
            cx += share[b] * (px + vx + w * tx + uy * tz - uz * ty)
            cy += share[b] * (py + vy + w * ty + uz * tx - ux * tz)
            cz += share[b] * (pz + vz + w * tz + ux * ty - uy * tx)
        out[n, 0], out[n, 1], out[n, 2] = cos * cx + sin * cy, cos * cy - sin * cx, cz
