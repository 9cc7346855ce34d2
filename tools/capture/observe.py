"""From readings at the video's times to observations on the fit's even grid."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from game.sim import rotation
from game.sim.model import CharacterModel
from tools.capture.camera_path import CameraPath
from tools.capture.choose import Chosen
from tools.capture.first_guess import Observations
from tools.capture.landmark_skeleton import LandmarkSkeleton
from tools.capture.pose import Reading
from tools.capture.scan import Scan

Array = NDArray[np.float64]

FOCAL = 1.1
"""Focal length over the picture's longer side where nothing is known: 49 degrees wide, between phone and telephoto."""
_HIDDEN_WEIGHT = 0.15
_HIPS = (23, 24)
MAX_BRIDGE = 2.5
"""Grid steps between two readings over which what lies between counts as seen."""


def focal_length(size: tuple[int, int], fov: float | None) -> float:
    """px; `fov`: horizontal field of view, rad, None for a guess."""
    return FOCAL * max(size) if fov is None else 0.5 * size[0] / math.tan(0.5 * fov)


def observe(found: Scan, chosen: Chosen, focal: float, path: CameraPath) -> Observations:
    """Interpolate readings and the camera onto the grid; frames far from any have weight 0."""
    landmarks = LandmarkSkeleton(CharacterModel.load("humanoid")).landmarks
    first, end = chosen.span
    known = [(k, chosen.readings[k]) for k in range(first, end)]
    seen = [(k, reading) for k, reading in known if reading is not None]
    times = np.array([found.used_times[k] for k, _ in seen])
    center = 0.5 * np.array(found.size)
    rows = [_row(reading, center, focal * path.zoom[k], landmarks) for k, reading in seen]
    grid = times[0] + np.arange(int((times[-1] - times[0]) * found.fps + 1e-3) + 1) / found.fps
    values = _interpolated(grid, times, np.array(rows)).reshape(len(grid), -1, 6)
    after = np.clip(np.searchsorted(times, grid - 1e-9), 1, len(times) - 1)
    gap = times[after] - times[after - 1]
    nearest = np.minimum(np.abs(times[after] - grid), np.abs(grid - times[after - 1]))
    there = np.where(nearest * found.fps < 0.3, 1.0, np.where(gap * found.fps < MAX_BRIDGE, 0.7, 0.0))
    uv = values[..., :2]
    hips = uv[:, np.isin(landmarks, _HIPS)].mean(axis=1)
    shots = found.used_times[first:end]
    turns = rotation.continuous(rotation.from_matrix(path.rot[first:end]))
    rot = rotation.to_matrix(rotation.normalize(_interpolated(grid, shots, turns)))
    return Observations(
        fps=found.fps,
        uv=uv,
        world=values[..., 2:5] @ np.swapaxes(facing(hips), -1, -2),
        weight=values[..., 5] * there[:, None],
        landmarks=landmarks,
        camera_rot=rot[0].T @ rot,
        camera_pos=(_interpolated(grid, shots, path.pos[first:end]) - path.pos[first]) @ rot[0],
    )


def _interpolated(grid: Array, times: Array, rows: Array) -> Array:
    return np.array([np.interp(grid, times, column) for column in rows.T]).T


def facing(uv: Array) -> Array:
    """Rotations (..., 3, 3) from a camera that looks at `uv` (..., 2) to one that looks ahead, by the shortest way.

    The network reads a square around the hips and takes its middle for straight ahead.
    """
    ray = np.concatenate([np.ones_like(uv[..., :1]), uv], axis=-1)
    ray /= np.linalg.norm(ray, axis=-1, keepdims=True)
    cos, left, up = ray[..., 0], ray[..., 1], ray[..., 2]
    part = 1.0 / (1.0 + cos)
    rows = [
        [cos, -left, -up],
        [left, 1.0 - part * left**2, -part * left * up],
        [up, -part * left * up, 1.0 - part * up**2],
    ]
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)


def _row(reading: Reading, center: Array, focal: float, landmarks: NDArray[np.int64]) -> Array:
    """(M * 6,) tangents of the lines of sight in the frame's own camera, 3D, and weight of each landmark."""
    uv = -(reading.xy[landmarks] - center) / focal
    visible = _HIDDEN_WEIGHT + (1.0 - _HIDDEN_WEIGHT) * reading.visibility[landmarks]
    weight = visible * np.clip(reading.quality / 0.8, 0.1, 1.0)
    return np.concatenate([uv, reading.world[landmarks], weight[:, None]], axis=1).ravel()
