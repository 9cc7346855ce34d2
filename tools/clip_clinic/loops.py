"""Finds the part of a clip that repeats, and cuts it out as a loop."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from game.sim import rotation
from game.sim.model import CharacterModel
from game.sim.motion import ClipError, MotionClip
from tools.clip_clinic.checks import joint_rates
from tools.clip_clinic.edit import cut

Array = NDArray[np.float64]

SHORTEST = 0.5
"""s, the shortest loop by default"""
MAX_GAP = np.radians(30.0)
"""rad, largest difference of a joint or of the root's lean between first and last pose of a loop"""
_ANGLE, _HEIGHT, _RATE, _MOVING = np.radians(10.0), 0.05, 4.0, 10.0
"""differences between the ends that cost 1: rad, m, rad/s; and the movement at the seam, rad/s or m/s, that costs 1"""


@dataclass(frozen=True)
class Seam:
    """Frames `first` and `last` are alike."""

    first: int
    last: int
    gap: float
    """rad, of the joint that is furthest apart, or of the root's lean"""
    joint: str


def looped(clip: MotionClip, shortest: float = SHORTEST) -> tuple[MotionClip, Seam]:
    """The part of `clip` whose ends are most alike and move least, as a loop. Raises ClipError if nothing repeats."""
    found = find(clip, shortest)
    if found.gap > MAX_GAP:
        first, last = found.first / clip.fps, found.last / clip.fps
        raise ClipError(
            f"{clip.name}: nothing in its {clip.duration:.2f} s repeats: at best {first:.2f} and {last:.2f} s are "
            f"alike, {np.degrees(found.gap):.0f} degrees apart ({found.joint}), expected at most "
            f"{np.degrees(MAX_GAP):.0f}"
        )
    part = cut(clip, found.first / clip.fps, found.last / clip.fps)
    return replace(part.placed(), loop=True), found


def find(clip: MotionClip, shortest: float = SHORTEST) -> Seam:
    """The best seam of at least `shortest` s. Raises ClipError where the clip is shorter."""
    steps = max(2, round(shortest * clip.fps))
    if clip.num_frames <= steps:
        raise ClipError(f"{clip.name}: lasts {clip.duration:.2f} s, a loop takes at least {shortest:g} s")
    level = rotation.multiply(rotation.conjugate(rotation.from_heading(rotation.heading(clip.root_rot))), clip.root_rot)
    poses = np.concatenate([level[:, None], clip.joint_rot], axis=1)
    rates = joint_rates(clip)
    rates = np.concatenate([rates[:1], 0.5 * (rates[1:] + rates[:-1]), rates[-1:]])
    root_rate = np.gradient(clip.root_pos, 1.0 / clip.fps, axis=0)
    moving = np.square(rates).sum(axis=-1).mean(axis=-1) + np.square(root_rate).sum(axis=-1)
    best, place = np.inf, (0, steps)
    for lag in range(steps, clip.num_frames):
        angle = rotation.angle_between(poses[:-lag], poses[lag:])
        rate = np.square(rates[:-lag] - rates[lag:]).sum(axis=-1).mean(axis=-1)
        height = clip.root_pos[:-lag, 2] - clip.root_pos[lag:, 2]
        cost = np.square(angle / _ANGLE).mean(axis=1) + np.square(height / _HEIGHT) + rate / _RATE**2
        cost = cost + moving[:-lag] / _MOVING**2
        if cost.min() < best:
            best, place = float(cost.min()), (int(cost.argmin()), int(cost.argmin()) + lag)
    gaps = rotation.angle_between(poses[place[0]], poses[place[1]])
    names = ("root", *CharacterModel.load(clip.character).joint_names)
    return Seam(*place, float(gaps.max()), names[int(gaps.argmax())])
