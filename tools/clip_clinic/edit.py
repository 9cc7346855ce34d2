"""Edits of whole clips: cut, mirrored, with another beginning, at another frame rate."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from game.sim import rotation
from game.sim.model import CharacterModel
from game.sim.motion import ClipError, MotionClip

Array = NDArray[np.float64]

_FLIP_POS = np.array([1.0, -1.0, 1.0])
_FLIP_ROT = np.array([-1.0, 1.0, -1.0, 1.0])
"""A mirror at y = 0 keeps turns about y and reverses those about x and z."""


def mirrored(clip: MotionClip) -> MotionClip:
    """The clip mirrored at the plane y = 0."""
    names = CharacterModel.load(clip.character).joint_names
    swap = {"left": "right", "right": "left"}
    order = []
    for name in names:
        side, _, rest = name.partition("_")
        order.append(names.index(f"{swap[side]}_{rest}" if side in swap else name))
    return replace(
        clip,
        root_pos=clip.root_pos * _FLIP_POS,
        root_rot=clip.root_rot * _FLIP_ROT,
        joint_rot=clip.joint_rot[:, order] * _FLIP_ROT,
    )


def cut(clip: MotionClip, start: float = 0.0, end: float = float("inf")) -> MotionClip:
    """The frames from `start` to `end` s; what is cut no longer loops. Raises ClipError when under two are left."""
    first, last = int(np.ceil(start * clip.fps - 1e-3)), int(np.floor(min(end, 1e9) * clip.fps + 1e-3))
    if first <= 0 and last >= clip.num_frames - 1:
        return clip
    if last - first < 1 or first > clip.num_frames - 2:
        raise ClipError(f"{clip.name}: nothing between {start:g} and {end:g} s; it lasts {clip.duration:.2f} s")
    part = slice(first, last + 1)
    return replace(
        clip,
        loop=False,
        root_pos=clip.root_pos[part],
        root_rot=clip.root_rot[part],
        joint_rot=clip.joint_rot[part],
    )


def with_beginning(clip: MotionClip, start: float) -> MotionClip:
    """The same loop with its beginning at `start`, s. Raises ClipError if the clip does not loop or is shorter."""
    if not clip.loop:
        raise ClipError(f"{clip.name} does not loop: only a loop may begin elsewhere")
    if not 0.0 <= start <= clip.duration:
        raise ClipError(f"{clip.name} cannot begin at {start:g} s; it lasts {clip.duration:.2f} s")
    # a whole frame: interpolated poses would be smoothed
    first = round(start * clip.fps)
    state = clip.sample((np.arange(clip.num_frames) + first) / clip.fps)
    notes = {**clip.notes, "begun_at": round(first / clip.fps, 3)}
    moved = replace(clip, root_pos=state.root_pos, root_rot=state.root_rot, joint_rot=state.joint_rot, notes=notes)
    return moved.placed()


def resampled(clip: MotionClip, fps: float) -> MotionClip:
    """The same motion at about `fps` frames a second, interpolated smoothly; first and last frame stay.

    Hermite curves through the frames with central differences as velocities; rotations by their cumulative form (Kim,
    Kim, Shin, "A General Construction Scheme for Unit Quaternion Curves", 1995).
    """
    count = max(1, round(clip.duration * fps))
    place = np.arange(count + 1) * ((clip.num_frames - 1) / count)
    first = np.minimum(place.astype(np.int64), clip.num_frames - 2)
    u = (place - first)[:, None]
    # cumulative Bernstein polynomials of degree 3
    weights = (1.0 - (1.0 - u) ** 3, 3.0 * u**2 - 2.0 * u**3, u**3)
    # central differences, across a loop's seam, per frame
    state = clip.sample(np.arange(clip.num_frames) / clip.fps)
    speed, turning = state.root_vel / clip.fps, rotation.rotate_inverse(state.root_rot, state.root_ang_vel)
    rate = np.concatenate([turning[:, None], state.joint_vel], axis=1) / (3.0 * clip.fps)
    steps = np.diff(clip.root_pos, axis=0)
    inner = steps - (speed[:-1] + speed[1:]) / 3.0
    root_pos = clip.root_pos[first] + sum(
        w * part for w, part in zip(weights, (speed[first] / 3.0, inner[first], speed[first + 1] / 3.0), strict=True)
    )
    rot = clip.rotations
    left, right = rotation.from_rotvec(rate[:-1]), rotation.from_rotvec(-rate[1:])
    start, end = rotation.multiply(rot[:-1], left), rotation.multiply(rot[1:], right)
    between = rotation.difference(start, end)
    curve = rot[first]
    for w, part in zip(weights, (rate[first], between[first], rate[first + 1]), strict=True):
        curve = rotation.multiply(curve, rotation.from_rotvec(w[:, None] * part))
    fps = count / clip.duration
    return replace(clip, fps=fps, root_pos=root_pos, root_rot=curve[:, 0], joint_rot=curve[:, 1:])
