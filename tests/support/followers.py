"""Followers: characters who do just what a reference shows."""

from __future__ import annotations

import numpy as np

from game.play.reference import ReferenceStream
from game.sim.model import CharacterModel
from game.sim.state import CharacterState


def after(stream: ReferenceStream, model: CharacterModel) -> CharacterState:
    """The state (no batch) of a follower in a tick. His joints are at rest, his root moves as shown."""
    tick = 1.0 / model.control_hz
    shown = stream.poses(np.array([1.0, 0.75, 1.25]) * tick)
    pos, rot, joints = shown.root_pos[0], shown.root_rot[0], shown.joint_rot[0]
    velocity = (shown.root_pos[2] - shown.root_pos[1]) / (0.5 * tick)
    return CharacterState(pos, rot, joints, velocity, np.zeros(3), np.zeros((model.num_joints, 3)))
