"""A first guess of the body's pose in every frame, from the landmarks' own 3D."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Observations:
    """What the pose network saw, on an even grid of F frames, M landmarks of the skeleton."""

    fps: float
    """frames a second of life, if the video plays `slow_motion` times slower"""
    uv: Array
    """(F, M, 2) left and up over distance: the tangents of the line of sight"""
    world: Array
    """(F, M, 3) m, that frame's camera, about the body's middle"""
    weight: Array
    """(F, M) 0..1, 0 where the frame was not seen"""
    landmarks: NDArray[np.int64]
    """(M,) BlazePose's numbers"""
    camera_rot: Array
    """(F, 3, 3) from the axes of that frame's camera to those of the first, which are the fit's"""
    camera_pos: Array
    """(F, 3) where the camera stands, in the first one's axes, in a unit that is not known; 0 where it stays"""
    slow_motion: float = 1.0
    """times slower than life that the video is taken to play"""

    def at_speed(self, slow_motion: float) -> Observations:
        """The same, taken to play so many times slower than life."""
        return replace(self, fps=self.fps / self.slow_motion * slow_motion, slow_motion=slow_motion)

    @property
    def num_frames(self) -> int:
        return len(self.uv)

    @property
    def travels(self) -> bool:
        """Whether the camera is carried along."""
        return bool(np.abs(self.camera_pos).max() > 0.0)

    def turned_world(self) -> Array:
        """(F, M, 3) `world` in the axes of the first camera."""
        return np.asarray(self.world @ np.swapaxes(self.camera_rot, -1, -2))

    @property
    def seen(self) -> NDArray[np.bool_]:
        """(F,)"""
        return np.asarray(self.weight.max(axis=1) > 0.0)


@dataclass(frozen=True, eq=False)
class Start:
    """A pose for every frame, camera frame."""

    root_pos: Array
    """(F, 3)"""
    root_rot: Array
    """(F, 3, 3)"""
    joint_rot: Array
    """(F, 12, 3, 3), hinges' left out (identity)"""
    hinge: Array
    """(F, 4) right knee, right elbow, left knee, left elbow"""


def first_guess(seen: Observations, unit: float = 1.0) -> Start:
    """Bones along the 3D landmarks, the distance from how large they look; `unit`: m, of the camera's places."""
    world = seen.turned_world()
    place = {int(k): world[:, i] for i, k in enumerate(seen.landmarks)}
    hips, shoulders = 0.5 * (place[23] + place[24]), 0.5 * (place[11] + place[12])
    pelvis = _frame(y=place[23] - place[24], z=shoulders - hips)
    torso = _frame(y=place[11] - place[12], z=shoulders - hips, z_first=True)
    ears = 0.5 * (place[7] + place[8])
    head = _frame(y=place[7] - place[8], z=np.cross(place[0] - ears, place[7] - place[8]))
    joints = np.tile(np.eye(3), (seen.num_frames, 12, 1, 1))
    hinge = np.zeros((seen.num_frames, 4))
    joints[:, 0], joints[:, 1] = _relative(pelvis, torso), _relative(torso, head)
    for side, joint, column in ((1, 2, 0), (0, 7, 2)):
        thigh, knee = _limb(place[23 + side], place[25 + side], place[27 + side], pelvis, 1.0)
        shin = thigh @ _about_y(knee)
        foot = _frame(y=shin[..., 1], z=np.cross(place[31 + side] - place[29 + side], shin[..., 1]))
        arm, elbow = _limb(place[11 + side], place[13 + side], place[15 + side], torso, -1.0)
        joints[:, joint], joints[:, joint + 2] = _relative(pelvis, thigh), _relative(shin, foot)
        joints[:, joint + 3] = _relative(torso, arm)
        hinge[:, column], hinge[:, column + 1] = knee, -elbow
    middle = (seen.camera_rot @ sighted(seen)[..., None])[..., 0] + unit * seen.camera_pos
    return Start(middle + hips, pelvis, joints, hinge)


def sighted(seen: Observations) -> Array:
    """(F, 3) where the landmarks' origin lies in each frame's camera, by least squares on the lines of sight.

    Distances are smoothed.
    """
    core = [int(np.flatnonzero(seen.landmarks == k)[0]) for k in (11, 12, 23, 24, 25, 26, 27, 28)]
    result = np.zeros((seen.num_frames, 3))
    for f in range(seen.num_frames):
        uv, world = seen.uv[f, core], seen.world[f, core]
        rows = np.zeros((len(core), 2, 3))
        rows[:, 0, 1] = rows[:, 1, 2] = 1.0
        rows[:, :, 0] = -uv
        result[f] = np.linalg.lstsq(rows.reshape(-1, 3), (uv * world[:, :1] - world[:, 1:]).ravel(), rcond=None)[0]
    distance = _median_filter(np.maximum(result[:, 0], 0.5), 9)
    return result * (distance / result[:, 0])[:, None]


def _median_filter(values: Array, width: int) -> Array:
    padded = np.pad(values, width // 2, mode="edge")
    return np.asarray(np.median(np.lib.stride_tricks.sliding_window_view(padded, width), axis=-1))


def _limb(top: Array, middle: Array, end: Array, parent: Array, sign: float) -> tuple[Array, Array]:
    """Rotation (F, 3, 3) of the upper bone and the hinge's bend (F,), at least 0; sign: which way it bends."""
    upper, lower = _unit(middle - top), _unit(end - middle)
    across = sign * np.cross(upper, lower)
    sine = np.linalg.norm(across, axis=-1, keepdims=True)
    trust = np.clip((sine - 0.15) / 0.35, 0.0, 1.0)  # a straight limb says nothing about its turn
    axis = trust * across / np.maximum(sine, 1e-6) + (1.0 - trust) * parent[..., 1]
    bend = np.arctan2(sine[..., 0], np.sum(upper * lower, axis=-1))
    return _frame(y=axis, z=-upper, z_first=True), bend


def _frame(*, y: Array, z: Array, z_first: bool = False) -> Array:
    """Right-handed axes (F, 3, 3) as columns; the first of y and z is kept, the other made square to it."""
    if z_first:
        z = _unit(z)
        y = _unit(y - np.sum(y * z, axis=-1, keepdims=True) * z)
    else:
        y = _unit(y)
        z = _unit(z - np.sum(z * y, axis=-1, keepdims=True) * y)
    return np.stack([np.cross(y, z), y, z], axis=-1)


def _relative(parent: Array, child: Array) -> Array:
    return np.swapaxes(parent, -1, -2) @ child


def _about_y(angle: Array) -> Array:
    cos, sin, zero = np.cos(angle), np.sin(angle), np.zeros_like(angle)
    rows = [[cos, zero, sin], [zero, zero + 1.0, zero], [-sin, zero, cos]]
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)


def _unit(v: Array) -> Array:
    return np.asarray(v / np.maximum(np.linalg.norm(v, axis=-1, keepdims=True), 1e-9))
