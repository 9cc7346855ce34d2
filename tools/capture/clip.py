"""From a fitted body to a clip of the humanoid: its size, the world's up, real time, 30 frames a second."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from game.sim import rotation
from game.sim.kinematics import body_poses, center_of_mass, lowest_point
from game.sim.model import CharacterModel
from game.sim.motion import MotionClip
from tools.capture.body_motion import HINGES
from tools.capture.first_guess import Start
from tools.capture.fit import Fitted
from tools.capture.physics import CLEAR, GRAVITY, flights, runs
from tools.capture.settle import settle

Array = NDArray[np.float64]

FPS = 30.0
MIN_FLYING = 8
"""Frames of one flight from which gravity, and so the video's speed, can be measured."""
USUAL_SPEEDS, NEAR_USUAL = (2.0, 4.0, 8.0), 1.15
"""Cameras and agents slow down by these; gravity tells the factor to a tenth or so, and near one of them it is it."""
MAX_DRIFT = 0.35
"""m; what is lowest and higher than this stands on something, below it the fit has drifted."""
_UPPER, _LOWER = 0.421546, 0.40987


@dataclass(frozen=True, eq=False)
class Made:
    """A clip, and how it lies in the video."""

    clip: MotionClip
    slow_motion: float
    """How many times slower than life the video plays."""
    eye: Array
    """(3,) where the camera stood, in the clip's world"""
    axes: Array
    """(3, 3) rows: what the camera calls away, left and up, in the clip's world"""
    scale: float
    """The humanoid's size over the person's, as both look to the fit."""


def make(
    fitted: Fitted,
    name: str,
    *,
    source: str,
    licence: str,
    slow_motion: float | None = None,
    each: Callable[[], Any] = lambda: None,
) -> Made:
    """Turn, scale, retime, resample and settle. `slow_motion`: if known; else it is measured by gravity in flight."""
    slower = slow_motion_of(fitted) if slow_motion is None else slow_motion
    scale = (_UPPER + _LOWER) / float(_UPPER * fitted.scale[2] + _LOWER * fitted.scale[3])
    world = _world_axes(fitted.up)
    place = (fitted.body.root_pos @ world.T - [0.0, 0.0, fitted.floor]) * scale
    body = _resampled(
        Start(place, world @ fitted.body.root_rot, fitted.body.joint_rot, fitted.body.hinge), fitted.fps * slower
    )
    body = settle(_grounded(body), FPS, each)
    joints = rotation.from_matrix(body.joint_rot)
    rough = MotionClip(
        name=name,
        fps=FPS,
        loop=False,
        root_pos=body.root_pos,
        root_rot=rotation.from_matrix(body.root_rot),
        joint_rot=joints,
        source=source,
        licence=licence,
    )
    clip = rough.placed()
    turn = rotation.to_matrix(rotation.from_heading(-rotation.heading(rough.root_rot[0])))
    shift = rough.root_pos[0] * np.array([1.0, 1.0, 0.0])
    eye = turn @ (np.array([0.0, 0.0, -fitted.floor * scale]) - shift)
    return Made(clip, slower, eye, (turn @ world).T, scale)


def slow_motion_of(fitted: Fitted) -> float:
    """1 where the video plays in real time, or nothing tells."""
    longest = max((end - first for first, end in runs(fitted.flying)), default=0)
    if longest < MIN_FLYING:
        return 1.0
    if fitted.real_time:
        return 1.0
    measured = float(np.sqrt(GRAVITY / fitted.gravity))
    usual = min(USUAL_SPEEDS, key=lambda speed: abs(np.log(speed / measured)))
    return usual if 1.0 / NEAR_USUAL < measured / usual < NEAR_USUAL else measured


def _world_axes(up: Array) -> Array:
    """(3, 3) rows: forward, left and up of the world, in the camera frame; forward is where the camera looks."""
    forward = np.array([1.0, 0.0, 0.0]) - up[0] * up
    forward /= np.linalg.norm(forward)
    return np.stack([forward, np.cross(up, forward), up])


def _resampled(body: Start, fps: float) -> Start:
    """The same movement, given at `fps` frames a second, at FPS."""
    count = len(body.root_pos)
    position = np.arange(max(2, int((count - 1) / fps * FPS + 1e-3) + 1)) * fps / FPS
    first = np.minimum(position.astype(int), count - 2)
    part = position - first
    root = rotation.continuous(rotation.from_matrix(body.root_rot))
    joints = rotation.continuous(rotation.from_matrix(body.joint_rot))

    def between(values: Array) -> Array:
        return np.asarray(values[first] + part[:, None] * (values[first + 1] - values[first]))

    return Start(
        between(body.root_pos),
        rotation.to_matrix(rotation.slerp(root[first], root[first + 1], part)),
        rotation.to_matrix(rotation.slerp(joints[first], joints[first + 1], part[:, None])),
        between(body.hinge),
    )


def _grounded(body: Start) -> Start:
    """Raised or lowered so that what is lowest rests on the floor, following slow errors of the fitted height."""
    model = CharacterModel.load("humanoid")
    poses = body_poses(model, body.root_pos, rotation.from_matrix(body.root_rot), _with_hinges(body))
    low = lowest_point(model, poses)
    low = low - np.percentile(low, 15)
    flying, _ = flights(low > CLEAR, center_of_mass(model, poses)[:, 2], FPS)
    standing = np.flatnonzero(~flying & (low < MAX_DRIFT))
    drift = np.interp(np.arange(len(low)), standing, low[standing])
    width = 2 * round(0.15 * FPS) + 1
    envelope = _filtered(drift, width, np.min)
    smooth = _filtered(envelope, width, np.mean)
    lowest = lowest_point(model, poses) - low
    return Start(body.root_pos - np.outer(lowest + smooth, [0.0, 0.0, 1.0]), body.root_rot, body.joint_rot, body.hinge)


def _filtered(values: Array, width: int, function: Callable[..., Any]) -> Array:
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(values, width // 2, mode="edge"), width)
    return np.asarray(function(windows, axis=-1), float)


def _with_hinges(body: Start) -> Array:
    """(F, J, 4)"""
    joints = rotation.from_matrix(body.joint_rot)
    joints[:, list(HINGES)] = rotation.from_axis_angle((0.0, 1.0, 0.0), body.hinge)
    return joints
