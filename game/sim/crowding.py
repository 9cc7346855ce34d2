"""How many things are in one place: a tick in which a hundred are inside each other takes Bullet minutes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from game.scene.set_spec import ItemSpec
from game.sim import rotation
from game.sim.contents import WorldError
from game.sim.overlap import shape_reach

Array = NDArray[np.float64]

MAX_INSIDE = 12
"""things that one more may be put into; a tick with 12 anvils in one place takes 0.2 s, with 32 of them 4 s"""


def check_room(item: ItemSpec, others: Sequence[ItemSpec], poses: Array) -> None:
    """Raise WorldError where an item would be inside MAX_INSIDE others; arguments as those of `num_inside`."""
    inside = num_inside(item, others, poses)
    if inside >= MAX_INSIDE:
        raise WorldError(f"{inside} things are in that place already: there is no room for one more")


def num_inside(item: ItemSpec, others: Sequence[ItemSpec], poses: Array) -> int:
    """How many of the others have their middle so near to the item's that one is deep in the other.

    Args:
        item: at its own pose.
        others: those that there are.
        poses: (P, 7 or more) where they are: position, then rotation.
    """
    movable = [i for i, other in enumerate(others) if other.mass or item.mass]
    if not movable:
        return 0
    middle, depth = _middle(item)
    here = _placed(middle, np.array(item.position), np.array(item.quaternion))
    count = 0
    for i in movable:
        other_middle, other_depth = _middle(others[i])
        there = _placed(other_middle, poses[i, :3], poses[i, 3:7])
        count += float(np.linalg.norm(there - here)) < min(depth, other_depth)
    return count


def _placed(point: Array, position: Array, turn: Array) -> Array:
    return np.asarray(position + rotation.rotate(turn, point))


def _middle(item: ItemSpec) -> tuple[Array, float]:
    """The middle (3,) of the box around an item's parts, in its frame, and the box's shortest edge, m."""
    if not item.parts:
        return np.zeros(3), 0.0
    at = np.array([part.position for part in item.parts])
    reach = np.array([[shape_reach(part.shape, part.size)] for part in item.parts])
    low, high = (at - reach).min(axis=0), (at + reach).max(axis=0)
    return 0.5 * (low + high), float((high - low).min())
