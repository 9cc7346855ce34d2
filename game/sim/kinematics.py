"""Forward kinematics of a character's body tree, batched over any leading dimensions."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from game.sim import rotation
from game.sim.model import CharacterModel

Array = NDArray[np.float64]


class BodyPoses(NamedTuple):
    """Poses of the bodies' frames in the frame that the root was given in."""

    pos: Array
    """(..., B, 3)"""
    rot: Array
    """(..., B, 4)"""


class BodyVelocities(NamedTuple):
    """Velocities of the bodies' frames, at their origins, in the frame that the root was given in."""

    vel: Array
    """(..., B, 3)"""
    ang_vel: Array
    """(..., B, 3)"""


def body_poses(model: CharacterModel, root_pos: Array, root_rot: Array, joint_rot: Array) -> BodyPoses:
    """Pose every body.

    Args:
        root_pos: (..., 3)
        root_rot: (..., 4)
        joint_rot: (..., J, 4) child in parent.
    """
    batch = root_pos.shape[:-1]
    pos = np.empty((*batch, model.num_bodies, 3))
    rot = np.empty((*batch, model.num_bodies, 4))
    for b, (parent, joint) in enumerate(zip(model.body_parent, model.body_joint, strict=True)):
        if parent < 0:
            pos[..., b, :], rot[..., b, :] = root_pos, root_rot
            continue
        pos[..., b, :] = pos[..., parent, :] + rotation.rotate(rot[..., parent, :], model.body_offset[b])
        turn = rotation.IDENTITY if joint < 0 else joint_rot[..., joint, :]
        rot[..., b, :] = rotation.multiply(rot[..., parent, :], np.broadcast_to(turn, (*batch, 4)))
    return BodyPoses(pos, rot)


def body_velocities(
    model: CharacterModel, poses: BodyPoses, root_vel: Array, root_ang_vel: Array, joint_vel: Array
) -> BodyVelocities:
    """Velocities that go with `poses`.

    Args:
        root_vel: (..., 3)
        root_ang_vel: (..., 3)
        joint_vel: (..., J, 3) in the child's frame.
    """
    vel, ang_vel = np.empty_like(poses.pos), np.empty_like(poses.pos)
    for b, (parent, joint) in enumerate(zip(model.body_parent, model.body_joint, strict=True)):
        if parent < 0:
            vel[..., b, :], ang_vel[..., b, :] = root_vel, root_ang_vel
            continue
        arm = poses.pos[..., b, :] - poses.pos[..., parent, :]
        vel[..., b, :] = vel[..., parent, :] + np.cross(ang_vel[..., parent, :], arm)
        ang_vel[..., b, :] = ang_vel[..., parent, :]
        if joint >= 0:
            ang_vel[..., b, :] += rotation.rotate(poses.rot[..., b, :], joint_vel[..., joint, :])
    return BodyVelocities(vel, ang_vel)


def com_positions(model: CharacterModel, poses: BodyPoses) -> Array:
    """Centres of mass of the bodies, (..., B, 3)."""
    return poses.pos + rotation.rotate(poses.rot, model.com)


def center_of_mass(model: CharacterModel, poses: BodyPoses) -> Array:
    """Centre of mass of the whole character, (..., 3)."""
    return np.asarray(np.einsum("...bk,b->...k", com_positions(model, poses), model.mass / model.mass.sum()))


def lowest_point(model: CharacterModel, poses: BodyPoses) -> Array:
    """Height of the lowest point of any collision shape, (...)."""
    lowest = np.full(poses.pos.shape[:-2], np.inf)
    for b, shape in enumerate(model.shapes):
        center = poses.pos[..., b, :] + rotation.rotate(poses.rot[..., b, :], np.array(shape.center))
        axes_z = rotation.to_matrix(poses.rot[..., b, :])[..., 2, :]
        if shape.kind == "box":
            reach = np.abs(axes_z) @ (0.5 * np.array(shape.size))
        else:
            half_length = 0.5 * shape.size[1] if shape.kind == "capsule" else 0.0
            reach = shape.size[0] + half_length * np.abs(axes_z[..., 2])
        lowest = np.minimum(lowest, center[..., 2] - reach)
    return lowest
