"""DeepMimic's .txt clips (Peng et al. 2018): y up, quaternions wxyz, hinges about z."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from game.scene.json_text import read_object
from game.sim import rotation
from game.sim.model import CharacterModel
from game.sim.motion import ClipError, MotionClip
from tools.import_motion.source import check_finite, check_size

Array = NDArray[np.float64]

MIN_STEP, MAX_SECONDS = 1e-3, 3600.0
"""s of a frame, and of a clip"""
FRAME_SIZE = 44
"""duration, root position 3, root rotation 4, then our joints: 4 numbers a spherical one, 1 a hinge."""


def y_up_to_z_up(v: Array) -> Array:
    """(x, y, z) with y up and z right -> (x, -z, y) with z up, y left; quaternions' too."""
    return np.stack([v[..., 0], -v[..., 2], v[..., 1]], axis=-1)


def _rotations(wxyz: Array) -> Array:
    return rotation.normalize(np.concatenate([y_up_to_z_up(wxyz[..., 1:]), wxyz[..., :1]], axis=-1))


def _all_rotations(frames: Array) -> Array:
    """Root and joints, (F, 1 + J, 4)."""
    parts, column = [_rotations(frames[:, 4:8])], 8
    for hinge in CharacterModel.load("humanoid").joint_is_hinge:
        width = 1 if hinge else 4
        part = frames[:, column : column + width]
        parts.append(rotation.from_axis_angle((0.0, -1.0, 0.0), part[:, 0]) if hinge else _rotations(part))
        column += width
    return np.stack(parts, axis=1)


def _evenly(times: Array, step: float, root_pos: Array, rotations: Array) -> tuple[Array, Array]:
    """Resample frames at times (F,) to one every `step` seconds."""
    check_size("frames at even times", 1, round(times[-1] / step) + 1)
    even = np.arange(round(times[-1] / step) + 1) * step
    second = np.clip(np.searchsorted(times, even, side="right"), 1, len(times) - 1)
    first = second - 1
    fraction = np.clip((even - times[first]) / (times[second] - times[first]), 0.0, 1.0)
    pos = root_pos[first] + fraction[:, None] * (root_pos[second] - root_pos[first])
    return pos, rotation.slerp(rotations[first], rotations[second], fraction[:, None])


def read(path: Path, name: str | None = None) -> MotionClip:
    """Read a humanoid3d_*.txt file. Raises ClipError."""
    try:
        card = read_object(path)
        frames = np.array(card["Frames"], float)
        loop = card["Loop"] == "wrap"
    except (ValueError, KeyError, TypeError) as error:
        raise ClipError(f"{path.name}: not a DeepMimic clip ({error})") from error
    if frames.ndim != 2 or frames.shape[1] != FRAME_SIZE:
        raise ClipError(f"{path.name}: frames of shape {frames.shape}, expected (F, {FRAME_SIZE})")
    check_size(path.name, 1, len(frames))
    check_finite(path.name, "a frame", frames)
    durations = frames[:-1, 0]
    shortest, whole = durations.min(), durations.sum()
    if not (shortest >= MIN_STEP and whole <= MAX_SECONDS):
        raise ClipError(f"{path.name}: frame durations from {shortest:g} s, {whole:g} s in all, expected {MIN_STEP:g} "
                        f"s or more, and at most {MAX_SECONDS:g} s in all")  # fmt: skip
    root_pos, rotations = y_up_to_z_up(frames[:, 1:4]), _all_rotations(frames)
    step = float(durations[0])
    if np.ptp(durations) > 1e-3 * step:  # "roll" misses a frame
        root_pos, rotations = _evenly(np.concatenate([[0.0], np.cumsum(durations)]), step, root_pos, rotations)
    return MotionClip(
        name=name or path.stem.removeprefix("humanoid3d_"),
        fps=1.0 / step,
        loop=loop,
        root_pos=root_pos,
        root_rot=rotations[:, 0],
        joint_rot=rotations[:, 1:],
        source=f"DeepMimic, {path.name}",
        licence="MIT (DeepMimic, Xue Bin Peng, 2018)",
    ).placed()
