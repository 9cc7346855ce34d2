"""Balance: the zero-moment point of a motion, compared with where the body touches the floor."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from game.sim import rotation
from game.sim.kinematics import BodyPoses, body_poses, center_of_mass, lowest_point
from game.sim.model import CharacterModel
from game.sim.motion import MotionClip
from tools.clip_clinic.feet import sole_corners
from tools.clip_clinic.flight import GRAVITY, angular_momentum, poses_of
from tools.clip_clinic.legs import move_ankles
from tools.clip_clinic.windows import bell, envelope, means, windowed

Array = NDArray[np.float64]

_TOUCHING = 0.035
"""m; points lower than this count as touching the floor: in mocap, hands and feet hover by that much"""
_SMOOTH = 0.06
"""s, standard deviation of the window that smooths forces and moments"""
_UNLOADED = 0.4
"""share of the weight; with less vertical force the body counts as flying"""
_GYRATION = 0.45
"""m, radius of gyration of a stretched body about its middle"""
_LYING, _UP = 0.45, 0.6
"""m, height of the centre of mass: below the first imbalance counts 0, above the second fully"""
_MAX_LEAN = np.radians(12.0)
_LEEWAY = 0.02
"""m; smaller imbalances are not corrected"""
_FADE = 0.1
"""s over which the correction of a standing foot fades in and out"""
_ROUNDS = 2
_ANGLES = np.linspace(0.0, 2.0 * np.pi, 64, endpoint=False)
_DIRECTIONS = np.stack([np.cos(_ANGLES), np.sin(_ANGLES)])


def imbalance(clip: MotionClip) -> Array:
    """Vector from the area that touches the floor to the zero-moment point, (F, 2) m.

    It is 0 if the point is inside, in the air, and for a body that lies. The zero-moment point is where a single force
    of the floor, without a moment, would move the body as it moves
    (Vukobratovic, Borovac, "Zero-moment point: thirty five years of its life", 2004).
    """
    model, poses = CharacterModel.load(clip.character), poses_of(clip)
    com, force, moment = _moved_by(clip, model)
    arm = np.stack([-(moment[:, 1] + com[:, 2] * force[:, 0]), moment[:, 0] - com[:, 2] * force[:, 1]], axis=-1)
    loaded = force[:, 2] > _UNLOADED * model.mass.sum() * GRAVITY
    points = _points(model, poses)
    touching = points[..., 2] < _TOUCHING
    # the distance from a convex hull is that beyond its farthest point, in the direction in which it is largest
    beyond = np.where(touching[..., None], points[..., :2] @ _DIRECTIONS, -np.inf).max(axis=1)
    there = (com[:, :2] + arm / np.where(loaded, force[:, 2], 1.0)[:, None]) @ _DIRECTIONS - beyond
    worst = there.argmax(axis=-1)
    far = np.maximum(there[np.arange(len(there)), worst], 0.0)
    far = np.where(loaded & touching.any(axis=-1), far, 0.0) * np.clip((com[:, 2] - _LYING) / (_UP - _LYING), 0.0, 1.0)
    return np.asarray(far[:, None] * _DIRECTIONS[:, worst].T)


def lean(clip: MotionClip) -> tuple[MotionClip, tuple[str, ...]]:
    """Lean the whole body so that the zero-moment point lies where it touches the floor; what was done, in sentences.

    The joints above the legs, heights and feet on the floor stay. A balance filter (Tak, Song, Ko, "Motion balance
    filtering", 2000): leaning moves the point, and the acceleration of the lean moves it the other way. The lean that
    cancels the imbalance is the imbalance convolved with exp(-|t| w), w being the rate of the linear inverted pendulum
    (Kajita et al. 2003).
    """
    model = CharacterModel.load(clip.character)
    leaned, total = clip, np.zeros((clip.num_frames, 2))
    found = [imbalance(clip)]
    for _ in range(_ROUNDS):
        height = center_of_mass(model, poses_of(leaned))[:, 2:]
        off = found[-1] * np.maximum(0.0, 1.0 - _LEEWAY / np.maximum(_length(found[-1]), 1e-9))
        middle = float(height.mean())
        topple = np.sqrt(GRAVITY * middle / (middle**2 + _GYRATION**2))
        reach = np.arange(-round(1.5 * clip.fps), round(1.5 * clip.fps) + 1) / clip.fps
        part = windowed(-off / np.maximum(height, _LYING), np.exp(-topple * np.abs(reach)), clip)
        part = total + windowed(part, bell(0.5 * _SMOOTH * clip.fps), clip)
        part *= np.minimum(1.0, _MAX_LEAN / np.maximum(_length(part), 1e-9))
        leaned, total = tilted(leaned, model, part - total), part
        found.append(imbalance(leaned))
    most = float(np.degrees(_length(total).max()))
    if most < 0.5:
        return clip, ()
    before, after = (100.0 * float(_length(off).mean()) for off in (found[0], found[-1]))
    return leaned, (f"leaned him by up to {most:.1f} degrees: out of balance by {after:.1f} cm, before {before:.1f}",)


def tilted(clip: MotionClip, model: CharacterModel, tilt: Array) -> MotionClip:
    """The body leaned by tilts (F, 2) towards x and y, rad: turned about its centre of mass, which moves along."""
    before = poses_of(clip)
    com = center_of_mass(model, before)
    turn = rotation.from_rotvec(np.stack([-tilt[:, 1], tilt[:, 0], np.zeros(len(tilt))], axis=-1))
    shift = np.concatenate([com[:, 2:] * tilt, np.zeros((len(tilt), 1))], axis=-1)
    root_pos = com + rotation.rotate(turn, clip.root_pos - com) + shift
    root_rot = rotation.multiply(turn, clip.root_rot)
    sunk = lowest_point(model, before) - lowest_point(model, body_poses(model, root_pos, root_rot, clip.joint_rot))
    root_pos[:, 2:] += windowed(sunk[:, None], bell(0.5 * _SMOOTH * clip.fps), clip)
    # where both feet stand, a lean would lift one
    after, feet = body_poses(model, root_pos, root_rot, clip.joint_rot), list(model.feet)
    low = sole_corners(model, before)[..., 2].min(axis=-1) < _TOUCHING
    stands = np.stack([envelope(s.astype(float), max(1, round(_FADE * clip.fps)), clip.loop) for s in low.T], axis=-1)
    joint_rot, ankles = clip.joint_rot.copy(), model.body_joint[list(model.feet)]
    level = rotation.multiply(rotation.conjugate(after.rot[:, model.body_parent[feet]]), before.rot[:, feet])
    joint_rot[:, ankles] = rotation.slerp(joint_rot[:, ankles], level, stands)
    back = stands[..., None] * (before.pos[:, feet] - after.pos[:, feet])
    joint_rot = move_ankles(model, root_pos, root_rot, joint_rot, back)
    return replace(clip, root_pos=root_pos, root_rot=root_rot, joint_rot=joint_rot)


def _length(vectors: Array) -> Array:
    """(F, K) -> (F, 1)."""
    return np.asarray(np.linalg.norm(vectors, axis=-1, keepdims=True))


def _moved_by(clip: MotionClip, model: CharacterModel) -> tuple[Array, Array, Array]:
    """Centre of mass, m, and the smoothed force, N, and moment about it, N m, that move the body; each (F, 3)."""
    window = bell(_SMOOTH * clip.fps)
    spare = max(0, len(window) // 2 - clip.num_frames + 1)
    window = window[spare : len(window) - spare]
    # two frames more for the differences
    reach = len(window) // 2 + 2
    if clip.loop:
        around = clip.sample(np.arange(-reach, clip.num_frames + reach) / clip.fps)
        poses = body_poses(model, around.root_pos, around.root_rot, around.joint_rot)
        com, momentum = center_of_mass(model, poses), angular_momentum(model, poses, clip.fps)
    else:
        poses, reach = poses_of(clip), min(reach, clip.num_frames - 1)
        com = np.pad(center_of_mass(model, poses), ((reach, reach), (0, 0)), mode="reflect", reflect_type="odd")
        momentum = np.pad(angular_momentum(model, poses, clip.fps), ((reach, reach), (0, 0)), mode="edge")
    own = com[reach : reach + clip.num_frames]
    com, momentum = means(com, window), means(momentum, window)
    middle = slice(reach - len(window) // 2, reach - len(window) // 2 + clip.num_frames)
    speed = np.gradient(com, 1.0 / clip.fps, axis=0)
    acceleration = np.gradient(speed, 1.0 / clip.fps, axis=0)[middle]
    force = model.mass.sum() * (acceleration + np.array([0.0, 0.0, GRAVITY]))
    return own, force, np.gradient(momentum, 1.0 / clip.fps, axis=0)[middle]


def _points(model: CharacterModel, poses: BodyPoses) -> Array:
    """Lowest points of the shapes' corners and ends, (F, P, 3)."""
    found = []
    for body, shape in enumerate(model.shapes):
        corners = set(itertools.product(*((-0.5 * e, 0.5 * e) if e else (0.0,) for e in shape.edges)))
        local = np.array(shape.center) + np.array(sorted(corners))
        point = poses.pos[:, body, None] + rotation.rotate(poses.rot[:, body, None], local)
        found.append(point - [0.0, 0.0, shape.radius])
    return np.concatenate(found, axis=1)
