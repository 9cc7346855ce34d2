"""Forward kinematics of a character's body tree, batched over any leading dimensions."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray

from game.sim import rotation
from game.sim.compiled_rotation import rotated
from game.sim.model import CharacterModel
from game.sim.state import CharacterState

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
    pos, rot = np.empty((*batch, model.num_bodies, 3)), np.empty((*batch, model.num_bodies, 4))
    fill_poses(
        model.body_parent,
        model.body_joint,
        model.body_offset,
        _flat(root_pos, 3),
        _flat(root_rot, 4),
        _flat(joint_rot, model.num_joints, 4),
        pos.reshape(-1, model.num_bodies, 3),
        rot.reshape(-1, model.num_bodies, 4),
    )
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
    fill_velocities(
        model.body_parent,
        model.body_joint,
        _flat(poses.pos, model.num_bodies, 3),
        _flat(poses.rot, model.num_bodies, 4),
        _flat(root_vel, 3),
        _flat(root_ang_vel, 3),
        _flat(joint_vel, model.num_joints, 3),
        vel.reshape(-1, model.num_bodies, 3),
        ang_vel.reshape(-1, model.num_bodies, 3),
    )
    return BodyVelocities(vel, ang_vel)


def _flat(array: Array, *shape: int) -> Array:
    """The array with all leading dimensions made one, contiguous."""
    return np.ascontiguousarray(array, dtype=np.float64).reshape(-1, *shape)


@njit(cache=True)
def fill_poses(parents, joints, offsets, root_pos, root_rot, joint_rot, pos, rot):  # type: ignore[no-untyped-def]
    for n in range(len(root_pos)):
        for b in range(len(parents)):
            p, j = parents[b], joints[b]
            if p < 0:
                pos[n, b] = root_pos[n]
                rot[n, b] = root_rot[n]
                continue
            x, y, z = rotated(rot[n, p], offsets[b])
            pos[n, b, 0], pos[n, b, 1], pos[n, b, 2] = pos[n, p, 0] + x, pos[n, p, 1] + y, pos[n, p, 2] + z
            if j < 0:
                rot[n, b] = rot[n, p]
                continue
            ax, ay, az, aw = rot[n, p]
            bx, by, bz, bw = joint_rot[n, j]
            rot[n, b, 0] = aw * bx + ax * bw + ay * bz - az * by
            rot[n, b, 1] = aw * by - ax * bz + ay * bw + az * bx
            rot[n, b, 2] = aw * bz + ax * by - ay * bx + az * bw
            rot[n, b, 3] = aw * bw - ax * bx - ay * by - az * bz


@njit(cache=True)
def fill_velocities(parents, joints, pos, rot, root_vel, root_ang_vel, joint_vel, vel, ang):  # type: ignore[no-untyped-def]
    for n in range(len(root_vel)):
        for b in range(len(parents)):
            p, j = parents[b], joints[b]
            if p < 0:
                vel[n, b] = root_vel[n]
                ang[n, b] = root_ang_vel[n]
                continue
            dx, dy, dz = pos[n, b, 0] - pos[n, p, 0], pos[n, b, 1] - pos[n, p, 1], pos[n, b, 2] - pos[n, p, 2]
            wx, wy, wz = ang[n, p]
            vel[n, b, 0] = vel[n, p, 0] + wy * dz - wz * dy
            vel[n, b, 1] = vel[n, p, 1] + wz * dx - wx * dz
            vel[n, b, 2] = vel[n, p, 2] + wx * dy - wy * dx
            ang[n, b] = ang[n, p]
            if j >= 0:
                x, y, z = rotated(rot[n, b], joint_vel[n, j])
                ang[n, b, 0] += x
                ang[n, b, 1] += y
                ang[n, b, 2] += z


def com_positions(model: CharacterModel, poses: BodyPoses) -> Array:
    """Centres of mass of the bodies, (..., B, 3)."""
    return poses.pos + rotation.rotate(poses.rot, model.com)


def center_of_mass(model: CharacterModel, poses: BodyPoses) -> Array:
    """Centre of mass of the whole character, (..., 3)."""
    return np.asarray(np.einsum("...bk,b->...k", com_positions(model, poses), model.mass / model.mass.sum()))


def lowest_points(model: CharacterModel, poses: BodyPoses) -> Array:
    """Height of the lowest point of each body's collision shape, (..., B)."""
    center = np.array([shape.center for shape in model.shapes])
    edges = np.array([shape.edges for shape in model.shapes])
    radius = np.array([shape.radius for shape in model.shapes])
    up = rotation.rotate_inverse(poses.rot, np.array([0.0, 0.0, 1.0]))
    height = poses.pos[..., 2] + (up * center).sum(-1)
    return np.asarray(height - (np.abs(up) * (0.5 * edges)).sum(-1) - radius)


def lowest_point(model: CharacterModel, poses: BodyPoses) -> Array:
    """Height of the lowest point of any collision shape, (...)."""
    return np.asarray(lowest_points(model, poses).min(-1))


def standing_state(model: CharacterModel, position_xy: ArrayLike = (0.0, 0.0), heading: float = 0.0) -> CharacterState:
    """The default pose at rest, soles on the floor; without batch."""
    joints, zero = model.num_joints, np.zeros(3)
    unturned = np.tile(rotation.IDENTITY, (joints, 1))
    pose = CharacterState(zero, rotation.IDENTITY, unturned, zero, zero, np.zeros((joints, 3)))
    poses = body_poses(model, pose.root_pos, pose.root_rot, pose.joint_rot)
    x, y = np.asarray(position_xy, float)
    return pose.moved(np.array([x, y, -float(lowest_point(model, poses))]), heading)
