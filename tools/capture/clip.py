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
from tools.capture.fitted import Fitted
from tools.capture.physics import flights
from tools.capture.settle import settle

Array = NDArray[np.float64]

FPS = 30.0
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
    """(G, 3) where the camera stood in each fitted frame, in the clip's world"""
    axes: Array
    """(3, 3) rows: what the first frame's camera calls away, left and up, in the clip's world"""
    scale: float
    """The humanoid's size over the person's, as both look to the fit."""


def make(
    fitted: Fitted,
    name: str,
    *,
    source: str,
    licence: str,
    each: Callable[[], Any] = lambda: None,
) -> Made:
    """Turn, scale, resample and settle."""
    scale = (_UPPER + _LOWER) / float(_UPPER * fitted.scale[2] + _LOWER * fitted.scale[3])
    world = _world_axes(fitted.up)
    place = (fitted.body.root_pos @ world.T - [0.0, 0.0, fitted.floor]) * scale
    body = _resampled(Start(place, world @ fitted.body.root_rot, fitted.body.joint_rot, fitted.body.hinge), fitted.fps)
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
    eyes = (fitted.eye @ world.T - [0.0, 0.0, fitted.floor]) * scale
    return Made(clip, fitted.slow_motion, (eyes - shift) @ turn.T, (turn @ world).T, scale)


def _world_axes(up: Array) -> Array:
    """(3, 3) rows: forward, left and up of the world, in the camera frame; forward is where the camera looks."""
    forward = np.array([1.0, 0.0, 0.0]) - up[0] * up
    forward /= np.linalg.norm(forward)
    return np.stack([forward, np.cross(up, forward), up])


def _resampled(body: Start, fps: float) -> Start:
    """The same movement, given at `fps` frames a second, at FPS; of many frames for one, the mean."""
    count = len(body.root_pos)
    width = 2 * int(0.5 * fps / FPS) + 1
    position = np.arange(max(2, int((count - 1) / fps * FPS + 1e-3) + 1)) * fps / FPS
    first = np.minimum(position.astype(int), count - 2)
    part = position - first
    root = rotation.normalize(_smooth(rotation.continuous(rotation.from_matrix(body.root_rot)), width))
    joints = rotation.normalize(_smooth(rotation.continuous(rotation.from_matrix(body.joint_rot)), width))

    def between(values: Array) -> Array:
        smooth = _smooth(values, width)
        return np.asarray(smooth[first] + part[:, None] * (smooth[first + 1] - smooth[first]))

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
    flying = flights(low, center_of_mass(model, poses)[:, 2], FPS).flying
    standing = np.flatnonzero(~flying & (low < MAX_DRIFT))
    drift = np.interp(np.arange(len(low)), standing, low[standing])
    width = 2 * round(0.15 * FPS) + 1
    envelope = _filtered(drift, width, np.min)
    smooth = _filtered(envelope, width, np.mean)
    lowest = lowest_point(model, poses) - low
    return Start(body.root_pos - np.outer(lowest + smooth, [0.0, 0.0, 1.0]), body.root_rot, body.joint_rot, body.hinge)


def _smooth(values: Array, width: int) -> Array:
    """Moving average of values (F, ...) over an odd number of frames, narrower towards both ends."""
    if width == 1:
        return values
    reach = np.minimum(np.minimum(np.arange(len(values)), np.arange(len(values))[::-1]), width // 2)
    total = np.concatenate([np.zeros((1, *values.shape[1:])), np.cumsum(values, axis=0)])
    index = np.arange(len(values))
    sums = total[index + reach + 1] - total[index - reach]
    return np.asarray(sums / (2 * reach + 1).reshape(-1, *(1,) * (values.ndim - 1)))


def _filtered(values: Array, width: int, function: Callable[..., Any]) -> Array:
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(values, width // 2, mode="edge"), width)
    return np.asarray(function(windows, axis=-1), float)


def _with_hinges(body: Start) -> Array:
    """(F, J, 4)"""
    joints = rotation.from_matrix(body.joint_rot)
    joints[:, list(HINGES)] = rotation.from_axis_angle((0.0, 1.0, 0.0), body.hinge)
    return joints
