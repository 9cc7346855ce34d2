"""Reflection in the plane y = 0, which exchanges left and right (a character faces x): signs, and names of sides."""

from __future__ import annotations

POLAR = (1.0, -1.0, 1.0)
"""signs of what points: positions, velocities, forces"""
AXIAL = (-1.0, 1.0, -1.0)
"""signs of what turns: angular velocities, rotation vectors, a quaternion's x, y, z"""


def exchanged(names: tuple[str, ...]) -> list[int]:
    """(len(names),) the index of each name's other side; of a name without a side, its own."""
    turned = [n.replace("right_", "left_") if "right_" in n else n.replace("left_", "right_") for n in names]
    return [names.index(n) for n in turned]
