"""Shards: the pieces that a fragile item breaks into."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from game.scene.set_spec import ItemSpec, PartSpec, Vec3, quaternion_of
from game.sim import rotation

Array = NDArray[np.float64]

THICKNESS = 0.012
"""m, of a shard of something hollow"""
SMALLEST = 0.012
"""m, of a shard's edge"""
BURST = 0.6
"""m/s, with which shards fly apart"""


def shards_of(item: ItemSpec) -> list[tuple[ItemSpec, Vec3]]:
    """The pieces of an item that breaks, each with the direction (3,) away from its middle; in the item's frame.

    A cylinder breaks into staves of its wall, every other part into blocks. Their masses add up to the item's.
    """
    assert item.breaks is not None
    each = max(2, round(item.breaks.pieces / len(item.parts)))
    found = [piece for part in item.parts for piece in (_staves if part.shape == "cylinder" else _blocks)(part, each)]
    shards = []
    for number, part in enumerate(found):
        shard = ItemSpec(
            name=f"{item.name} shard {number + 1}",
            position=part.position,
            quaternion=part.quaternion,
            mass=item.mass / len(found),
            friction=item.friction,
            rolling_friction=0.01,
            restitution=item.restitution,
            parts=(replace(part, position=(0.0, 0.0, 0.0), quaternion=(0.0, 0.0, 0.0, 1.0)),),
        )
        length = max(math.hypot(*part.position), 1e-6)
        x, y, z = part.position
        shards.append((shard, (x / length, y / length, z / length)))
    return shards


def _staves(part: PartSpec, count: int) -> list[PartSpec]:
    radius, length = part.size
    around = max(3, count // 2) if count > 3 else count
    rows = max(1, round(count / around))
    wide = max(2.0 * (radius - THICKNESS) * math.tan(math.pi / around) * 0.9, SMALLEST)
    staves = []
    for row in range(rows):
        # rows of uneven height: a vase does not break like a cake
        low, high = -0.5 + (row / rows) ** 1.3, -0.5 + ((row + 1) / rows) ** 1.3
        for k in range(around):
            angle = math.tau * (k + 0.5 * row) / around
            at = ((radius - THICKNESS) * math.cos(angle), (radius - THICKNESS) * math.sin(angle))
            size = (THICKNESS, wide, max((high - low) * length * 0.96, SMALLEST))
            place = (at[0], at[1], 0.5 * (low + high) * length)
            staves.append(_inside(part, size, place, quaternion_of((0.0, 0.0, angle))))
    return staves


def _blocks(part: PartSpec, count: int) -> list[PartSpec]:
    edges = np.array(part.size if part.shape == "box" else [1.4 * part.size[0]] * 3)
    if part.shape == "capsule":
        edges[2] += part.size[1]
    along = int(edges.argmax())
    lengths = np.array([1.0 + 0.5 * math.sin(2.4 * k) for k in range(count)])
    ends = np.concatenate([[0.0], np.cumsum(lengths / lengths.sum())]) - 0.5
    blocks: list[PartSpec] = []
    for low, high in zip(ends[:-1].tolist(), ends[1:].tolist(), strict=True):
        size, place = edges.copy(), np.zeros(3)
        size[along] = max((high - low) * edges[along] * 0.97, SMALLEST)
        place[along] = 0.5 * (low + high) * edges[along]
        x, y, z = place.tolist()
        blocks.append(_inside(part, tuple(size.tolist()), (x, y, z), (0.0, 0.0, 0.0, 1.0)))
    return blocks


def _inside(part: PartSpec, size: tuple[float, ...], place: Vec3, turn: tuple[float, ...]) -> PartSpec:
    """A box at a place in a part's frame, as a part of the item."""
    outer = np.array(part.quaternion)
    x, y, z = (np.array(part.position) + rotation.rotate(outer, np.array(place))).tolist()
    a, b, c, d = rotation.multiply(outer, np.array(turn)).tolist()
    return PartSpec("box", size, (x, y, z), (a, b, c, d), part.color, part.material, rounding=0.002)
