"""How far one motion is from another: the distance of its frames to their nearest ones."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from game.sim import kinematics
from game.sim.model import CharacterModel
from game.sim.motion import MotionClip

Array = NDArray[np.float64]

VELOCITY_SECONDS = 0.15
"""what a difference of 1 m/s weighs, m"""


def nearest(clip: MotionClip, known: Mapping[str, MotionClip], model: CharacterModel) -> tuple[str, float]:
    """The nearest of some clips, by name, and its distance, m. Raises ValueError where there are none."""
    return min(((name, distance(clip, other, model)) for name, other in known.items()), key=lambda found: found[1])


def distance(clip: MotionClip, other: MotionClip, model: CharacterModel) -> float:
    """Mean over a clip's frames of the distance to the nearest frame of the other one, m; not symmetric.

    Two frames are as far apart as the root mean square over bodies of the difference of their places (over the ground
    from the root) and, times VELOCITY_SECONDS, of their velocities, when one frame is turned about z to fit best.
    """
    (ground, height), (other_ground, other_height) = _frames(clip, model), _frames(other, model)
    # min over turns a of |x - e^(ia) y|^2 = |x|^2 + |y|^2 - 2 |sum conj(x) y|
    fit = np.abs(ground.conj() @ other_ground.T) + height @ other_height.T
    squares = [np.sum(np.abs(g) ** 2, axis=1) + np.sum(h**2, axis=1) for g, h in (
        (ground, height), (other_ground, other_height),
    )]  # fmt: skip
    apart = squares[0][:, None] + squares[1] - 2.0 * fit
    return float(np.sqrt(apart.min(axis=1).clip(0.0) / model.num_bodies).mean())


def _frames(clip: MotionClip, model: CharacterModel) -> tuple[NDArray[np.complex128], Array]:
    """Bodies' places and scaled velocities, F control ticks: over the ground (F, 2 B), complex, and up (F, 2 B)."""
    state = clip.sample(np.arange(0.0, clip.duration, 1.0 / model.control_hz))
    poses = kinematics.body_poses(model, state.root_pos, state.root_rot, state.joint_rot)
    moving = kinematics.body_velocities(model, poses, state.root_vel, state.root_ang_vel, state.joint_vel)
    places = poses.pos - state.root_pos[:, None] * np.array([1.0, 1.0, 0.0])
    both = np.concatenate([places, VELOCITY_SECONDS * moving.vel], axis=1)
    return both[..., 0] + 1j * both[..., 1], both[..., 2]
