"""Flight: the motion of the whole body while nothing touches the floor."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from game.sim import rotation
from game.sim.kinematics import BodyPoses, body_poses, center_of_mass, com_positions, lowest_point
from game.sim.model import CharacterModel
from game.sim.motion import MotionClip
from tools.clip_clinic.feet import runs

Array = NDArray[np.float64]

AIR_HEIGHT = 0.04
"""m; the body is in the air if its lowest point is above it"""
MIN_FRAMES = 4
MIN_SECONDS = 0.12
"""shorter flights have too few frames to measure gravity"""
GRAVITY = 9.8
HOVER = 0.15
"""share of gravity; a flight with less is hovering"""


class Flight(NamedTuple):
    """Frames first..past-1 with nothing on the floor."""

    first: int
    past: int
    gravity: float
    """of the best parabola through the centre of mass, m/s2"""
    error: float
    """RMS distance of the centre of mass from the best arc under 9.8 m/s2, m"""
    mean_momentum: Array
    """(3,) the angular momentum about the centre of mass, kg m2/s"""
    spread: float
    """RMS deviation of the angular momentum from its mean, as a share of that mean"""

    @property
    def momentum(self) -> float:
        """Length of the mean angular momentum, kg m2/s."""
        return float(np.linalg.norm(self.mean_momentum))


def poses_of(clip: MotionClip) -> BodyPoses:
    """Poses (F, B, ...) of all bodies in all frames."""
    return body_poses(CharacterModel.load(clip.character), clip.root_pos, clip.root_rot, clip.joint_rot)


def in_air(model: CharacterModel, poses: BodyPoses, fps: float) -> list[tuple[int, int]]:
    """(first, last + 1) frame of each flight that is long enough to measure."""
    shortest = max(MIN_FRAMES, round(MIN_SECONDS * fps))
    return [run for run in runs(lowest_point(model, poses) > AIR_HEIGHT) if run[1] - run[0] >= shortest]


def flights(clip: MotionClip) -> list[Flight]:
    """Every flight of a clip, measured."""
    model, poses = CharacterModel.load(clip.character), poses_of(clip)
    com, momentum = center_of_mass(model, poses), angular_momentum(model, poses, clip.fps)
    found = []
    for first, past in in_air(model, poses, clip.fps):
        time = np.arange(past - first) / clip.fps
        height = com[first:past, 2]
        gravity = -2.0 * np.polynomial.polynomial.polyfit(time, height, 2)[2]
        straight = com[first:past] + np.array([0.0, 0.0, 0.5 * GRAVITY]) * (time**2)[:, None]
        line = np.polynomial.polynomial.polyfit(time, straight, 1)
        error = np.sqrt(np.mean(np.sum((straight - line[0] - time[:, None] * line[1]) ** 2, axis=-1)))
        # the first and last frame's rates are differences to frames on the ground
        spin = momentum[first + 1 : past - 1]
        mean = spin.mean(axis=0)
        deviation = np.sqrt(np.mean(np.sum((spin - mean) ** 2, axis=-1)))
        share = deviation / max(float(np.linalg.norm(mean)), 1e-9)
        found.append(Flight(first, past, float(gravity), float(error), mean, float(share)))
    return found


def angular_momentum(model: CharacterModel, poses: BodyPoses, fps: float) -> Array:
    """About the centre of mass, in the world's frame, kg m2/s: (F, 3), by central differences."""
    centers = com_positions(model, poses)
    arms = centers - center_of_mass(model, poses)[:, None]
    velocity = np.gradient(arms, 1.0 / fps, axis=0)
    orbital = np.einsum("b,fbk->fk", model.mass, np.cross(arms, velocity))
    step = rotation.difference(poses.rot[:-1], poses.rot[1:]) * fps
    rate_b = 0.5 * (np.concatenate([step[:1], step]) + np.concatenate([step, step[-1:]]))
    own = rotation.rotate(poses.rot, model.inertia * rate_b).sum(axis=1)
    return np.asarray(orbital + own)
