"""Fingers: how far the avatar's hands close, and the turns of the joints that close them."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from game.sim import rotation
from game.sim.model import CharacterModel
from game.sim.roles import SIDES, BodyPart

Array = NDArray[np.float64]

JOINTS = ("fingers", "fingertips", "thumb")
"""joints of each hand in an avatar's file, as left_fingers; the tips hang on the fingers"""
RELAXED = 0.14
"""how far the hands of somebody calm are closed, from 0, flat, to 1, a fist"""
ELBOW_GRIP = 0.17
"""how much farther a hand closes per rad of a bent elbow, as a runner's does"""
ON_FLOOR, ABOVE = 0.07, 0.20
"""m, heights of a wrist at which the hand lies flat, and from which on the floor does not matter"""
KNUCKLES, MIDDLE = (-0.30, 1.30), (-0.28, 1.55)
"""rad, turns of fingers and fingertips of a flat hand and of a fist, away from the shape they were modelled in"""
THUMB = (0.45, 0.85)
"""rad, turns of the thumb towards the palm and across it, of a fist"""


class Fingers:
    """Both hands of one body. B bodies."""

    def __init__(self, model: CharacterModel) -> None:
        roles = model.roles
        self._hands = {side: roles.find(BodyPart.HAND, side) for side in SIDES}
        self._elbows = {
            side: (roles.find(BodyPart.UPPER_ARM, side), roles.find(BodyPart.FOREARM, side)) for side in SIDES
        }

    def hand(self, side: str) -> int:
        """The body that carries the fingers of a side."""
        return self._hands[side]

    def grip(self, side: str, position: Array, quaternion: Array, mood: float) -> float:
        """How far a hand is closed, 0..1, for bodies at position (B, 3), m, and quaternion (B, 4).

        `mood`: what the face says about it, 0..1.
        """
        upper, lower = self._elbows[side]
        bent = float(rotation.angle_between(quaternion[upper], quaternion[lower]))
        height = (float(position[self._hands[side], 2]) - ON_FLOOR) / (ABOVE - ON_FLOOR)
        return min(mood + ELBOW_GRIP * bent * min(mood / RELAXED, 1.0), 1.0) * min(max(height, 0.0), 1.0)


def finger_turns(side: str, grip: float) -> dict[str, Array]:
    """Rotations (4,) of JOINTS in the hand's frame, the tips' relative to the fingers; `grip` 0..1.

    The hand hangs down with its palm towards the body and its thumb in front.
    """
    inward = -1.0 if side == SIDES[1] else 1.0
    across, ahead = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0)
    thumb = rotation.multiply(
        rotation.from_axis_angle(across, inward * THUMB[0] * grip), rotation.from_axis_angle(ahead, THUMB[1] * grip)
    )
    return {
        "fingers": rotation.from_axis_angle(across, inward * _between(KNUCKLES, grip)),
        "fingertips": rotation.from_axis_angle(across, inward * _between(MIDDLE, grip)),
        "thumb": thumb,
    }


def _between(ends: tuple[float, float], share: float) -> float:
    return ends[0] + math.sin(0.5 * math.pi * share) * (ends[1] - ends[0])
