"""Fixes for a clip and the floor: nothing in it, no hovering above it, no slipping feet."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from game.sim.kinematics import lowest_point, lowest_points
from game.sim.model import CharacterModel
from game.sim.motion import MotionClip
from tools.clip_clinic.feet import planted, runs, slip, sole_corners
from tools.clip_clinic.flight import GRAVITY, HOVER, flights, poses_of
from tools.clip_clinic.legs import move_ankles
from tools.clip_clinic.windows import envelope

Array = NDArray[np.float64]

_SMOOTH = 0.1
"""s over which a lift fades in and out"""
_TOUCHING = 0.01
"""m; lower is on the floor"""
_FADE = 0.2
"""s over which a foot's correction fades in and out if it stands nowhere soon before or after"""
_JOIN = 0.1
"""s; shorter gaps between two contacts of a foot are ignored"""
_MAX_SHIFT = 0.15
"""m that a foot may be moved"""


def floor_level(lowest: Array) -> float:
    """Height of the floor, m, from the lowest points (F,): the median of those near their own median or lower."""
    return float(np.median(lowest[lowest < np.median(lowest) + 0.05]))


def stand_on_floor(clip: MotionClip) -> tuple[MotionClip, tuple[str, ...]]:
    """Puts the clip on the floor, lifts what is under it, and holds feet that slip."""
    model, done = CharacterModel.load(clip.character), []
    level = floor_level(lowest_point(model, poses_of(clip)))
    if abs(level) > 0.01:
        clip = replace(clip, root_pos=clip.root_pos - [0.0, 0.0, level])
        done.append(f"moved {'down' if level > 0 else 'up'} by {100 * abs(level):.1f} cm")
    clip, lifted = _lift(clip, model)
    if lifted > 0.005:
        done.append(f"lifted by up to {100 * lifted:.1f} cm where the body dug into the floor")
    clip, shifted = hold_feet(clip, model)
    if shifted > 0.005:
        done.append(f"moved feet by up to {100 * shifted:.1f} cm that slipped or dug in")
    return clip, tuple(done)


def set_down(clip: MotionClip) -> tuple[MotionClip, tuple[str, ...]]:
    """Lowers the body where it hovers: off the floor without falling."""
    model = CharacterModel.load(clip.character)
    hovers = [flight for flight in flights(clip) if flight.gravity < HOVER * GRAVITY]
    if not hovers:
        return clip, ()
    lowest = lowest_point(model, poses_of(clip))
    off_floor = np.zeros(clip.num_frames, np.bool_)
    for first, past in runs(lowest > _TOUCHING):
        off_floor[first:past] = any(first <= flight.first < past for flight in hovers)
    drop = -envelope(-np.where(off_floor, lowest, 0.0), max(1, round(_SMOOTH * clip.fps)), clip.loop)
    said = f"set him down by up to {100 * drop.max():.1f} cm where he hovered"
    return replace(clip, root_pos=clip.root_pos - drop[:, None] * [0.0, 0.0, 1.0]), (said,)


def _lift(clip: MotionClip, model: CharacterModel) -> tuple[MotionClip, float]:
    """Raises the root where a body other than a foot is under the floor; also returns by how much, m."""
    others = [b for b in range(model.num_bodies) if b not in model.feet]
    depth = np.maximum(-lowest_points(model, poses_of(clip))[:, others].min(axis=-1), 0.0)
    rise = envelope(depth, max(1, round(_SMOOTH * clip.fps)), clip.loop)
    return replace(clip, root_pos=clip.root_pos + rise[:, None] * [0.0, 0.0, 1.0]), float(rise.max())


def hold_feet(clip: MotionClip, model: CharacterModel, slips: bool = True) -> tuple[MotionClip, float]:
    """Moves the ankles so that no foot is under the floor and, with `slips`, so that standing feet do not slip.

    Also returns the largest shift, m.
    """
    corners = sole_corners(model, poses_of(clip))
    feet = slip(corners)
    stands = planted(feet, clip.fps) & slips
    shift = np.zeros((clip.num_frames, 2, 3))
    for foot in range(2):
        shift[:, foot, :2] = _hold(feet.step[:, foot], stands[:, foot], clip.fps)
        depth = np.maximum(-corners[:, foot, :, 2].min(axis=-1), 0.0)
        shift[:, foot, 2] = envelope(depth, max(1, round(0.5 * _SMOOTH * clip.fps)), clip.loop)
    joint_rot = move_ankles(model, clip.root_pos, clip.root_rot, clip.joint_rot, shift)
    return replace(clip, joint_rot=joint_rot), float(np.linalg.norm(shift, axis=-1).max())


def _hold(step: Array, stands: NDArray[np.bool_], fps: float) -> Array:
    """Correction (F, 2) that undoes the slip `step` (F - 1, 2) of one foot while it stands (F - 1,)."""
    stands = stands.copy()
    for first, past in runs(~stands):
        if first > 0 and past < len(stands) and past - first < _JOIN * fps:
            stands[first:past] = True
    num_frames = len(step) + 1
    keys, values = [-1e9], [np.zeros(2)]
    for first, past in runs(stands):
        path = np.concatenate([np.zeros((1, 2)), np.cumsum(step[first:past] * stands[first:past, None], axis=0)])
        fix = path.mean(axis=0) - path
        if keys[-1] > -1e8 and first - keys[-1] > 2.0 * _FADE * fps:
            keys += [keys[-1] + _FADE * fps, first - _FADE * fps]
            values += [np.zeros(2), np.zeros(2)]
        elif keys[-1] < -1e8:
            keys.append(first - _FADE * fps)
            values.append(np.zeros(2))
        keys += list(range(first, past + 1))
        values += list(fix)
    keys += [keys[-1] + _FADE * fps]
    values += [np.zeros(2)]
    frames, at, places = np.arange(num_frames), np.array(keys), np.array(values)
    after = np.clip(np.searchsorted(at, frames, side="right"), 1, len(at) - 1)
    gap = at[after] - at[after - 1]
    part = np.clip((frames - at[after - 1]) / gap, 0.0, 1.0)
    # ease in and out between two contacts
    part = np.where(gap > 1.0, part**2 * (3.0 - 2.0 * part), part)[:, None]
    curve = places[after - 1] + part * (places[after] - places[after - 1])
    size = np.linalg.norm(curve, axis=-1, keepdims=True)
    return np.asarray(curve * np.minimum(1.0, _MAX_SHIFT / np.maximum(size, 1e-9)))
