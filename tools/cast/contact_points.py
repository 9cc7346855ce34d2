"""Points on a figure's skin that tell how deep it would sink into the floor."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tools.cast.gather import Piece

Array = NDArray[np.float64]

_STEPS = (-1.0, 0.0, 1.0)
WAYS: Array = np.array([(x, y, z) for x in _STEPS for y in _STEPS for z in _STEPS if (x, y, z) != (0.0, 0.0, 0.0)])
"""(26, 3) of each bone's points the farthest along each of these is kept"""
FIRM = 0.6
"""share of a vertex's weight that is one bone's"""


def contact_points(pieces: list[Piece], num_bones: int) -> list[tuple[int, Array]]:
    """The outermost points of each bone, (bone, (3,) in the rest pose); none of hair, skirts and hats."""
    bone = np.concatenate([np.take_along_axis(p.joint, p.weight.argmax(1)[:, None], 1)[:, 0] for p in pieces])
    firm = np.concatenate([(p.weight.max(1) > FIRM) & p.own for p in pieces])
    place = np.concatenate([p.position for p in pieces])
    found = []
    for k in range(num_bones):
        mine = place[firm & (bone == k)]
        if len(mine):
            found += [(k, mine[i]) for i in np.unique((mine @ WAYS.T).argmax(0))]
    return found
