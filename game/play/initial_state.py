"""Where a character starts: in the pose of the clip that its policy imitates."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from game.play.clip_sampler import ClipSampler, Placement
from game.policy.anchor import ORIGIN
from game.policy.observation import observe
from game.policy.policy import Policy
from game.sim import kinematics, rotation
from game.sim.model import CharacterModel
from game.sim.state import CharacterState
from game.sim.world import World

Pose = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]

MAX_PENETRATION = 0.02
"""m; a start whose lowest point is deeper in the floor is lifted to this depth"""


def starting_state(world: World, policy: Policy | None, phase: float) -> CharacterState:
    """The pose and velocity of a policy's reference at a phase, in its anchor frame, lifted out of the floor.

    A policy without a reference starts from the default pose.
    """
    standing = world.standing((0.0, 0.0))
    if policy is None or policy.spec.clip is None or not policy.has_reference:
        return standing
    clip, model = policy.spec.clip, world.model
    h = 0.5 / model.physics_hz
    now = min(phase * clip.duration, clip.duration - 2.0 * h)
    both = CharacterState.stack([standing, standing])
    poses = kinematics.body_poses(model, both.root_pos, both.root_rot, both.joint_rot)
    rest = kinematics.body_velocities(model, poses, both.root_vel, both.root_ang_vel, both.joint_vel)
    out = policy.run(observe([ORIGIN] * 2, both, poses, rest, world.gravity, np.array([now, now + h])))
    assert out.reference is not None
    pos, rot, joints = out.reference
    rot, joints = rotation.normalize(rot), rotation.normalize(joints)
    return _lifted(model, moving((pos[0], rot[0], joints[0]), (pos[1], rot[1], joints[1]), h))


def clip_state(model: CharacterModel, sampler: ClipSampler, phase: float) -> CharacterState:
    """The pose and velocity of a clip at a phase, its beginning above the origin, lifted out of the floor."""
    h = 0.5 / model.physics_hz
    now = min(phase * sampler.duration, sampler.duration - 2.0 * h)
    pos, rot, joints = sampler.poses(np.array([now, now + h]), Placement(0.0, 0.0, 0.0))
    return _lifted(model, moving((pos[0], rot[0], joints[0]), (pos[1], rot[1], joints[1]), h))


def _lifted(model: CharacterModel, state: CharacterState) -> CharacterState:
    """A state (without batch) raised until it lies no deeper in the floor than MAX_PENETRATION."""
    poses = kinematics.body_poses(model, state.root_pos, state.root_rot, state.joint_rot)
    lowest = kinematics.lowest_point(model, poses)
    return state.moved(np.array([0.0, 0.0, max(0.0, -float(lowest) - MAX_PENETRATION)]))


def reference_rotation(world: World, policy: Policy, phase: float) -> NDArray[np.float64] | None:
    """The root's rotation (4,) in a policy's reference at a phase, in its anchor frame; None if it has none."""
    if policy.spec.clip is None or not policy.has_reference:
        return None
    standing = world.standing((0.0, 0.0))[None]
    poses = kinematics.body_poses(world.model, standing.root_pos, standing.root_rot, standing.joint_rot)
    rest = kinematics.body_velocities(world.model, poses, standing.root_vel, standing.root_ang_vel, standing.joint_vel)
    time = np.array([phase * policy.spec.clip.duration])
    out = policy.run(observe([ORIGIN], standing, poses, rest, world.gravity, time))
    assert out.reference is not None
    return np.asarray(rotation.normalize(out.reference.root_rot[0]))


def moving(now: Pose, after: Pose, h: float) -> CharacterState:
    """The state at pose `now`, with the velocities that lead to pose `after` in h seconds.

    A pose is a root position (..., 3), its rotation (..., 4) and joint rotations (..., J, 4).
    """
    (pos, rot, joints), (next_pos, next_rot, next_joints) = now, after
    return CharacterState(
        root_pos=pos,
        root_rot=rot,
        joint_rot=joints,
        root_vel=(next_pos - pos) / h,
        root_ang_vel=rotation.to_rotvec(rotation.multiply(next_rot, rotation.conjugate(rot))) / h,
        joint_vel=rotation.difference(joints, next_joints) / h,
    )
