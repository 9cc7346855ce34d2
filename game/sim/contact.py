"""Contact: what touched what during a tick, and how hard."""

from __future__ import annotations

from typing import NamedTuple

Vec3 = tuple[float, float, float]

FLOOR = -1
"""`Contact.other` of the floor."""


class Contact(NamedTuple):
    """One pair of bodies that touched during a tick, summed over its substeps."""

    character: int
    """index of the character, or -1 where a prop touched the floor or another prop"""
    body: int
    """index of the character's body; of a prop's contact, the prop's id"""
    kind: str
    """of the other side: floor, prop, character (another one) or self"""
    other: int
    """FLOOR, a prop's id, or a character's index"""
    other_body: int
    """body of the other character, else -1"""
    point: Vec3
    """m, world; weighted by impulse"""
    normal: Vec3
    """unit, world, towards this side; weighted by impulse"""
    impulse: float
    """N s along the normal, summed over the tick"""
    peak: float
    """N, the largest normal force of any substep"""
