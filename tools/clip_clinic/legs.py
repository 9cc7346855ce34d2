"""Inverse kinematics of the legs: moves an ankle and keeps the foot's direction."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from game.sim import rotation
from game.sim.kinematics import body_poses
from game.sim.model import CharacterModel

Array = NDArray[np.float64]

_REACH = 0.985
"""share of the straight leg's length up to which a leg may be stretched: nearer to straight, one centimetre turns the
knee by twenty degrees, which would look like a jerk"""


def shortest_arc(a: Array, b: Array) -> Array:
    """The smallest rotation that turns directions a (..., 3) to directions b (..., 3), any lengths -> (..., 4)."""
    a = a / np.maximum(np.linalg.norm(a, axis=-1, keepdims=True), 1e-12)
    b = b / np.maximum(np.linalg.norm(b, axis=-1, keepdims=True), 1e-12)
    a, b = np.broadcast_arrays(a, b)
    cosine = np.sum(a * b, axis=-1, keepdims=True)
    # opposite directions: half a turn about any axis across; 1e-13 is less than 1e-6 rad from them
    across = np.where(np.abs(a[..., :1]) < 0.9, np.cross(a, [1.0, 0.0, 0.0]), np.cross(a, [0.0, 1.0, 0.0]))
    axis = np.where(cosine < -1.0 + 1e-13, across, np.cross(a, b))
    scalar = np.where(cosine < -1.0 + 1e-13, 0.0, 1.0 + cosine)
    return rotation.normalize(np.concatenate([axis, scalar], axis=-1))


def move_ankles(model: CharacterModel, root_pos: Array, root_rot: Array, joint_rot: Array, shift: Array) -> Array:
    """Bend the legs so that each ankle moves by `shift`, as far as the leg reaches; feet keep their direction.

    Args:
        root_pos: (F, 3)
        root_rot: (F, 4)
        joint_rot: (F, J, 4)
        shift: (F, 2, 3) of the right and the left ankle, m, in the frame of the root's position.

    Returns: joint_rot (F, J, 4), changed at hips, knees and ankles only, and only in frames with a shift.
    """
    poses = body_poses(model, root_pos, root_rot, joint_rot)
    result = joint_rot.copy()
    for (thigh, shin, foot), offset in zip(model.legs, np.moveaxis(shift, 1, 0), strict=True):
        pelvis = int(model.body_parent[thigh])
        upper, lower = -model.body_offset[shin][2], -model.body_offset[foot][2]
        reach_vector = poses.pos[:, foot] + offset - poses.pos[:, thigh]
        before = np.linalg.norm(poses.pos[:, foot] - poses.pos[:, thigh], axis=-1)
        longest = np.maximum(before, _REACH * (upper + lower))
        reach = np.clip(np.linalg.norm(reach_vector, axis=-1), abs(upper - lower) + 1e-4, longest)
        bend = np.arccos(np.clip((reach**2 - upper**2 - lower**2) / (2.0 * upper * lower), -1.0, 1.0))
        knee = rotation.from_axis_angle((0.0, 1.0, 0.0), bend)
        reached = np.array([0.0, 0.0, -upper]) + rotation.rotate(
            knee, np.broadcast_to([0.0, 0.0, -lower], reach_vector.shape)
        )
        old_thigh = poses.rot[:, thigh]
        new_thigh = rotation.multiply(shortest_arc(rotation.rotate(old_thigh, reached), reach_vector), old_thigh)
        ankle = rotation.multiply(rotation.conjugate(rotation.multiply(new_thigh, knee)), poses.rot[:, foot])
        hip = rotation.multiply(rotation.conjugate(poses.rot[:, pelvis]), new_thigh)
        moved = np.linalg.norm(offset, axis=-1) > 1e-6
        for body, turn in ((thigh, hip), (shin, knee), (foot, ankle)):
            result[moved, model.body_joint[body]] = turn[moved]
    return result
