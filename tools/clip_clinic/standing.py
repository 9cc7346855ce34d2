"""Standing on both feet: when a clip does, where its weight is over them, and leaning it off the edge of the soles."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from game.sim import kinematics, rotation
from game.sim.model import CharacterModel
from game.sim.motion import MotionClip
from tools.clip_clinic.balance import tilted
from tools.clip_clinic.flight import poses_of
from tools.clip_clinic.windows import bell, means, windowed

Array = NDArray[np.float64]

HOVER = 0.035
"""m up to which a foot's lowest point counts as on the floor: in motion capture, feet hover by that much"""
SLIDE = 0.25
"""m/s from which a foot on the floor makes a step"""
REACH = 0.15
"""m over the ground between the centre of mass and the middle of the ankles, from which he does not stand"""
LOWEST = 0.35
"""m, height of the centre of mass of somebody who is on his feet"""
SLOW = 1.0
"""m/s2 over the ground, smoothed, from which the centre of mass does not rest over the feet: somebody who stops or sets
off is balanced by his acceleration, too"""
FIRM = ((0.0, 0.012), (-0.01, 0.01))
"""m, ahead and to the left, between which the centre of mass is firmly over the feet, from the middle of the ankles"""
FADE = 0.15
"""s in which the feedback comes and goes"""
CALM = 0.15
"""s, standard deviation of the window that smooths the lean by which somebody is steadied"""
MOST = np.radians(8.0)
ROUNDS = 2


class StanceTable(NamedTuple):
    """What a clip does over its feet, by frame (F,)."""

    share: Array
    """(F,) how much he stands on both feet, 0 to 1"""
    place: Array
    """(F, 2) m, the centre of mass over the middle of the ankles, ahead and to the left of where he faces"""
    velocity: Array
    """(F, 2) m/s, of the centre of mass, as `place`"""


def stance_table(clip: MotionClip, model: CharacterModel) -> StanceTable:
    """When a clip stands on both feet, and where its centre of mass should be: as in the clip, but within FIRM."""
    found = _over_feet(clip, model)
    return found._replace(place=np.clip(found.place, *np.transpose(FIRM)))


def _over_feet(clip: MotionClip, model: CharacterModel) -> StanceTable:
    """The table without bounds."""
    placed = clip.placed()
    times = np.arange(placed.num_frames) / placed.fps
    # the last frame of a loop is seen from within its own cycle
    state = placed.sample(np.minimum(times, placed.duration - 1e-6))
    poses = kinematics.body_poses(model, state.root_pos, state.root_rot, state.joint_rot)
    com, feet = kinematics.center_of_mass(model, poses), list(model.feet)
    ankles = poses.pos[:, feet]
    low = kinematics.lowest_points(model, poses)[:, feet].max(axis=1) < HOVER
    slides = np.linalg.norm(np.gradient(ankles, 1.0 / placed.fps, axis=0), axis=-1).max(axis=1)
    over = com - ankles.mean(axis=1)
    stands = low & (slides < SLIDE) & (np.linalg.norm(over[:, :2], axis=-1) < REACH) & (com[:, 2] > LOWEST)
    velocity = np.gradient(com, 1.0 / placed.fps, axis=0)
    window = bell(CALM * placed.fps)
    push = np.gradient(_smooth(velocity, window, placed), 1.0 / placed.fps, axis=0)
    stands &= np.linalg.norm(push[:, :2], axis=-1) < SLOW
    ahead = _ahead(state.root_rot)
    return StanceTable(_faded(stands, placed), _seen(over, ahead), _seen(velocity, ahead))


def _ahead(root_rot: Array) -> Array:
    """(F, 2) of length 1: where roots (F, 4) face, over the ground."""
    ahead = rotation.rotate(root_rot, np.array([1.0, 0.0, 0.0]))[:, :2]
    return np.asarray(ahead / np.maximum(np.linalg.norm(ahead, axis=-1, keepdims=True), 1e-3))


def _seen(vectors: Array, ahead: Array) -> Array:
    """(F, 2) ahead and to the left, of vectors (F, 3) and the directions (F, 2) in which he faces."""
    x, y = vectors[:, 0], vectors[:, 1]
    return np.stack([x * ahead[:, 0] + y * ahead[:, 1], y * ahead[:, 0] - x * ahead[:, 1]], axis=-1)


def _faded(stands: NDArray[np.bool_], clip: MotionClip) -> Array:
    """(F,) 0 where he does not stand, and 1 from FADE after that and before."""
    steps, frames = max(1, round(FADE * clip.fps)), np.arange(clip.num_frames)
    off = np.flatnonzero(~stands)
    if not len(off):
        return np.ones(clip.num_frames)
    apart = np.abs(frames[:, None] - off)
    if clip.loop:
        apart = np.minimum(apart, clip.num_frames - 1 - apart)
    return np.asarray(np.minimum(1.0, apart.min(axis=1) / steps))


def steadied(clip: MotionClip) -> tuple[MotionClip, tuple[str, ...]]:
    """Lean him so that his weight is over the firm part of his soles while he stands; what was done, in sentences.

    A clip in which he stands at the edge of his soles is in balance by the zero-moment point, but the slightest error
    topples whoever imitates it. Captured people lean by the error of the camera's pitch.
    """
    model, found, total = CharacterModel.load(clip.character), clip, np.zeros((clip.num_frames, 2))
    window = bell(CALM * clip.fps)
    for _ in range(ROUNDS):
        beyond, share = _beyond(found, model)
        if not share.any():
            return clip, ()
        height = kinematics.center_of_mass(model, poses_of(found))[:, 2:]
        part = total - _smooth(beyond * share[:, None] / np.maximum(height, LOWEST), window, found)
        part *= np.minimum(1.0, MOST / np.maximum(np.linalg.norm(part, axis=-1, keepdims=True), 1e-9))
        found, total = tilted(found, model, part - total), part
    most = float(np.degrees(np.linalg.norm(total, axis=-1).max()))
    if most < 0.5:
        return clip, ()
    before, after = (100.0 * float(np.linalg.norm(_beyond(c, model)[0], axis=-1).max()) for c in (clip, found))
    words = f"leaned him by up to {most:.1f} degrees, off the edge of his soles"
    return found, (f"{words}: {after:.1f} cm beyond, before {before:.1f}",)


def _smooth(values: Array, window: Array, clip: MotionClip) -> Array:
    """Means (F, K) of values (F, K) under a window; beyond the ends of what is no loop the values go on."""
    reach = len(window) // 2
    return (
        windowed(values, window, clip) if clip.loop else means(np.pad(values, ((reach, reach), (0, 0)), "edge"), window)
    )


def _beyond(clip: MotionClip, model: CharacterModel) -> tuple[Array, Array]:
    """How far the weight is beyond FIRM where he stands, (F, 2) m in the world, and how much he stands, (F,)."""
    table = _over_feet(clip, model)
    off = table.place - np.clip(table.place, *np.transpose(FIRM))
    ahead = _ahead(clip.root_rot)
    world = off[:, :1] * ahead + off[:, 1:] * np.stack([-ahead[:, 1], ahead[:, 0]], axis=-1)
    return np.where(table.share[:, None] > 0.0, world, 0.0), table.share
