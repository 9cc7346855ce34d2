"""Which bodies a clip itself brings to the floor: whoever does it may touch the floor with them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from game.sim import kinematics
from game.sim.model import CharacterModel
from game.sim.motion import MotionClip


def allowed_contacts(
    clip: MotionClip, model: CharacterModel, near: float = 0.05, touching: float = 0.03
) -> NDArray[np.bool_]:
    """Bodies (B,) that may touch the floor: the feet, and what the clip itself puts there.

    A clip that stays on its feet allows nothing else. One that brings anything but feet and shins to within `touching`
    m of the floor (hands, back, knees: cartwheel, roll, getting up, crawl) allows all that it brings to within `near`.
    """
    state = clip.sample(np.arange(0.0, clip.duration, 1.0 / model.physics_hz))
    poses = kinematics.body_poses(model, state.root_pos, state.root_rot, state.joint_rot)
    lowest = kinematics.lowest_points(model, poses).min(0)
    allowed = np.zeros(model.num_bodies, dtype=bool)
    allowed[list(model.feet)] = True
    shins = [int(model.body_parent[foot]) for foot in model.feet]
    if np.delete(lowest, [*model.feet, *shins]).min() < touching:
        allowed |= lowest < near
    return allowed
