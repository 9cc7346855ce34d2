"""Endings: a clip that does not loop is brought to a stand, which whoever performs it can keep."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from game.sim import kinematics, rotation
from game.sim.kinematics import BodyPoses
from game.sim.model import CharacterModel
from game.sim.motion import MotionClip
from tools.clip_clinic.feet import sole_corners
from tools.clip_clinic.flight import GRAVITY, poses_of
from tools.clip_clinic.legs import move_ankles

Array = NDArray[np.float64]

SETTLE = 0.7
"""s in which he comes to a stand"""
LAND = 0.25
"""s in which feet that hover or are tilted come to lie flat on the floor"""
REACHED = 0.08
"""m over the floor up to which a foot comes down where it is"""
LOWEST = 0.55
"""m, height of the centre of mass from which somebody is on his feet"""
MARGIN = 0.02
"""m by which he must come to rest within his feet: he stops without another step"""
MOST_CUT = 0.4
"""share of a clip that may be cut off to find a moment from which he can stop"""
AHEAD = 0.006
"""m by which the centre of mass stands before the middle of the ankles"""
CALM, STILL = np.radians(4.0), 0.03
"""rad that the soles may be tilted and m/s that the centre of mass may move in an end that is a stand already"""
HELD = 0.034
"""s at the end that must be such a stand"""


def come_to_stand(clip: MotionClip) -> tuple[MotionClip, tuple[str, ...]]:
    """Let a clip that ends on its feet, but not in a stand, go on until it stands; what was done, in sentences.

    Where it ends in a step, it is cut at the last moment from which he can stop where his feet are: the capture
    point (Pratt, Carff, Drakunov, Goswami 2006), where he would come to rest, lies between them. Loops, clips that end
    lying, and those without such a moment in their last part are left alone.
    """
    if clip.loop or clip.num_frames < 3:
        return clip, ()
    model, poses = CharacterModel.load(clip.character), poses_of(clip)
    last = _last_chance(clip, model, poses)
    if last is None or _stands(clip, model, poses):
        return clip, ()
    cut = (clip.num_frames - 1 - last) / clip.fps
    kept = slice(0, last + 1)
    short = replace(clip, root_pos=clip.root_pos[kept], root_rot=clip.root_rot[kept], joint_rot=clip.joint_rot[kept])
    said = f"let him come to a stand in {SETTLE:g} s"
    return _settled(short, model), (f"cut the last {cut:.2f} s, the beginning of a step, and {said}" if cut else said,)


def _last_chance(clip: MotionClip, model: CharacterModel, poses: BodyPoses) -> int | None:
    """The last frame from which he can stop where both of his feet are; nothing where there is none near the end."""
    com = kinematics.center_of_mass(model, poses)
    rate = np.sqrt(GRAVITY / np.maximum(com[:, 2:], LOWEST))
    rest = (com + np.gradient(com, 1.0 / clip.fps, axis=0) / rate)[:, :2]
    corners = sole_corners(model, poses)
    low = corners[..., 2].min(axis=-1).max(axis=-1) < REACHED
    angles = np.linspace(0.0, 2.0 * np.pi, 32, endpoint=False)
    directions = np.stack([np.cos(angles), np.sin(angles)])
    hull = (corners.reshape(clip.num_frames, 8, 3)[..., :2] @ directions).max(axis=1)
    inside = (hull - rest @ directions).min(axis=-1) > MARGIN
    good = np.flatnonzero(low & inside & (com[:, 2] > LOWEST))
    return int(good[-1]) if len(good) and good[-1] >= (1.0 - MOST_CUT) * (clip.num_frames - 1) else None


def _stands(clip: MotionClip, model: CharacterModel, poses: BodyPoses) -> bool:
    """Whether the clip's end is a stand already."""
    last = slice(max(0, clip.num_frames - 1 - round(HELD * clip.fps)), None)
    feet = list(model.feet)
    up = rotation.rotate(poses.rot[last, feet], np.array([0.0, 0.0, 1.0]))[..., 2]
    com = kinematics.center_of_mass(model, poses)[last]
    speed = np.linalg.norm(np.diff(com, axis=0), axis=-1) * clip.fps
    return bool(up.min() > np.cos(CALM) and (not len(speed) or speed.max() < STILL))


def _settled(clip: MotionClip, model: CharacterModel) -> MotionClip:
    """The clip with SETTLE s more, in which it slows down to a stand on flat soles, the weight over their middle."""
    count = max(2, round(SETTLE * clip.fps))
    goal_pos, goal_rot, goal_joints, ankles = _stand(clip, model)
    part = np.arange(1, count + 1) / count
    speeds = clip.sample(np.array([max(0.0, clip.duration - 1.0 / clip.fps)]))
    seconds = count / clip.fps

    def eased(off: Array, speed: Array) -> Array:
        """From `off` the goal, at a speed, to nothing: (count, ...)."""
        shape = (count,) + (1,) * off.ndim
        s = part.reshape(shape)
        return np.asarray((1.0 - s) ** 3 * ((1.0 + 3.0 * s + 6.0 * s * s) * off + (s + 3.0 * s * s) * seconds * speed))

    root_pos = goal_pos + eased(clip.root_pos[-1] - goal_pos, speeds.root_vel[0])
    # seen from the goal, as the joints are: the last frame's own turn is small against it
    root_rot = rotation.multiply(
        goal_rot,
        rotation.from_rotvec(
            eased(
                rotation.difference(goal_rot, clip.root_rot[-1]),
                rotation.rotate_inverse(goal_rot, speeds.root_ang_vel[0]),
            )
        ),
    )
    off = rotation.difference(goal_joints, clip.joint_rot[-1])
    joint_rot = rotation.multiply(goal_joints, rotation.from_rotvec(eased(off, speeds.joint_vel[0])))
    joint_rot = _on_feet(clip, model, (root_pos, root_rot, joint_rot), ankles)
    return replace(
        clip,
        root_pos=np.concatenate([clip.root_pos, root_pos]),
        root_rot=np.concatenate([clip.root_rot, root_rot]),
        joint_rot=np.concatenate([clip.joint_rot, joint_rot]),
    )


def _stand(clip: MotionClip, model: CharacterModel) -> tuple[Array, Array, Array, BodyPoses]:
    """Root position, its rotation, joint rotations and feet of the stand nearest to the last frame."""
    feet = list(model.feet)
    root_pos, root_rot, joint_rot = clip.root_pos[-1:].copy(), clip.root_rot[-1:], clip.joint_rot[-1:]
    before = kinematics.body_poses(model, root_pos, root_rot, joint_rot)
    level = rotation.from_heading(rotation.heading(before.rot[:, feet]))
    where = before.pos[:, feet].copy()
    where[..., 2] = [0.5 * model.shapes[f].size[2] - model.shapes[f].center[2] for f in feet]
    goal = BodyPoses(where, level)
    ahead = rotation.rotate(rotation.from_heading(rotation.heading(root_rot)), np.array([AHEAD, 0.0, 0.0]))
    turned = joint_rot
    for _ in range(8):
        turned = _with_feet(model, root_pos, root_rot, joint_rot, goal)
        after = kinematics.body_poses(model, root_pos, root_rot, turned)
        off = where.mean(axis=1) + ahead - kinematics.center_of_mass(model, after)
        short = np.linalg.norm(where - after.pos[:, feet], axis=-1).max(axis=-1, keepdims=True)
        # legs that do not reach their feet: the pelvis comes down
        root_pos = root_pos + np.concatenate([off[:, :2], np.where(short > 1e-3, -short, 0.0)], axis=-1)
    return root_pos[0], root_rot[0], turned[0], goal


def _with_feet(model: CharacterModel, root_pos: Array, root_rot: Array, joint_rot: Array, goal: BodyPoses) -> Array:
    """Joint rotations (F, J, 4) with the feet at the goal's places (F, 2, 3) and turns (F, 2, 4), if legs reach."""
    feet = list(model.feet)
    poses = kinematics.body_poses(model, root_pos, root_rot, joint_rot)
    turned = joint_rot.copy()
    shins = poses.rot[:, model.body_parent[feet]]
    turned[:, model.body_joint[feet]] = rotation.multiply(rotation.conjugate(shins), goal.rot)
    return move_ankles(model, root_pos, root_rot, turned, goal.pos - poses.pos[:, feet])


def _on_feet(clip: MotionClip, model: CharacterModel, pose: tuple[Array, Array, Array], goal: BodyPoses) -> Array:
    """Joint rotations of frames (F,) whose feet go in LAND s from where the clip ends to the goal, and stay there."""
    frames, feet = len(pose[0]), list(model.feet)
    last = kinematics.body_poses(model, clip.root_pos[-1:], clip.root_rot[-1:], clip.joint_rot[-1:])
    s = np.minimum(1.0, np.arange(1, frames + 1) / (LAND * clip.fps))
    s = s * s * (3.0 - 2.0 * s)
    pos = last.pos[:, feet] + s[:, None, None] * (goal.pos - last.pos[:, feet])
    here, there = (np.broadcast_to(r, (frames, 2, 4)) for r in (last.rot[:, feet], goal.rot))
    rot = rotation.slerp(here, there, np.broadcast_to(s[:, None], (frames, 2)))
    return _with_feet(model, *pose, BodyPoses(pos, rot))
