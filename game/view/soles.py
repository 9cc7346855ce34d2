"""Soles: where the feet stand, for the dark that a shoe makes right under itself."""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray

from game.sim import rotation
from game.sim.model import CharacterModel

Array = NDArray[np.float64]

NUM_FEET = 2
NOWHERE = np.tile([[0.0, 0.0, -50.0, 0.01], [1.0, 0.0, 0.01, 0.0]], (NUM_FEET, 1))
"""(4, 4) `soles` of nobody"""


def soles(model: CharacterModel, position: Array, quaternion: Array) -> Array:
    """(4, 4) two rows for each foot, in the world, m: middle of the sole (3,) and half its length; the direction that
    it points to over the floor (2,), half its width, and how flat it lies, 0..1.

    Args:
        model: whose feet; their first two count.
        position: (B, 3) of its bodies.
        quaternion: (B, 4) of its bodies.
    """
    rows = NOWHERE.copy()
    for k, foot in enumerate(model.feet[:NUM_FEET]):
        shape = model.shapes[foot]
        half = np.array(shape.edges) / 2 + shape.radius
        turn = rotation.to_matrix(quaternion[foot])
        corners = np.array(list(itertools.product(*((-h, h) for h in half)))) + np.array(shape.center)
        corners = position[foot] + corners @ turn.T
        middle = position[foot] + turn @ np.array(shape.center)
        ahead = turn[:2, 0]
        length = max(float(np.linalg.norm(ahead)), 1e-6)
        rows[2 * k] = [middle[0], middle[1], corners[:, 2].min(), half[0] * length]
        rows[2 * k + 1] = [*(ahead / length), half[1], abs(float(turn[2, 2]))]
    return rows
