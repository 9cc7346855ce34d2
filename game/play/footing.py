"""Footing: when somebody who stands has to take a step."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from game.sim import rotation

Array = NDArray[np.float64]

TOES, HEELS, SIDES = 0.12, 0.06, 0.03
"""m from the ankles, up to which the feet can hold a body that stands"""
LOWEST = 0.6
"""m of the centre of mass: who is lower does not stand"""
GRAVITY = 9.81
SHOVE = 0.8
"""m/s of the root's velocity from the reference's"""


def topples(com: Array, velocity: Array, feet: Array, root_rot: Array) -> bool:
    """Whether a body on its feet has to step: its capture point (Pratt et al. 2006) leaves the feet.

    Args:
        com, velocity: (3,) of the centre of mass.
        feet: (2, 3) the ankles.
        root_rot: (4,)
    """
    if com[2] < LOWEST:
        return False
    capture = com[:2] - feet[:, :2].mean(axis=0) + velocity[:2] * np.sqrt(com[2] / GRAVITY)
    heading = float(rotation.heading(root_rot))
    c, s = np.cos(heading), np.sin(heading)
    ahead, left = c * capture[0] + s * capture[1], c * capture[1] - s * capture[0]
    apart = feet[1, :2] - feet[0, :2]
    wide = 0.5 * abs(c * apart[1] - s * apart[0])
    return bool(ahead > TOES or ahead < -HEELS or abs(left) > wide + SIDES)


def shoved(velocity: Array, reference: Array) -> bool:
    """Whether a body's velocity (2,) or (3,) over the floor, m/s, is far from its reference's."""
    return bool(np.hypot(velocity[0] - reference[0], velocity[1] - reference[1]) > SHOVE)
