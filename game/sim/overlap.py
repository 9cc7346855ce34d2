"""Whether solid things are inside each other: Gilbert, Johnson and Keerthi's test on convex shapes (GJK, 1988)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from game.scene.set_spec import ItemSpec
from game.sim import rotation
from game.sim.snapshot import Snapshot

Array = NDArray[np.float64]

MAX_ROUNDS = 24
"""of the search; shapes that are still undecided then touch"""


def shape_reach(shape: str, size: tuple[float, ...]) -> float:
    """Radius of a ball around a shape, m; see SOLID_SHAPES."""
    if shape == "box":
        return 0.5 * math.hypot(*size)
    if shape == "sphere":
        return size[0]
    radius, length = size
    return radius + 0.5 * length if shape == "capsule" else math.hypot(radius, 0.5 * length)


class Solid(NamedTuple):
    """One convex shape at its place in the world."""

    shape: str
    """box, sphere, capsule or cylinder"""
    size: tuple[float, ...]
    """see SOLID_SHAPES"""
    pos: Array
    """(3,)"""
    axes: Array
    """(3, 3), the shape's axes in its columns"""

    @property
    def reach(self) -> float:
        """Radius of a ball around it, m."""
        return shape_reach(self.shape, self.size)

    def farthest(self, direction: Array) -> Array:
        """(3,) the point of it that lies farthest in a direction (3,)."""
        x, y, z = (direction @ self.axes).tolist()
        if self.shape == "box":
            a, b, c = self.size
            local = (math.copysign(0.5 * a, x), math.copysign(0.5 * b, y), math.copysign(0.5 * c, z))
        elif self.shape == "cylinder":
            across = math.hypot(x, y)
            k = self.size[0] / across if across > 1e-12 else 0.0
            local = (k * x, k * y, math.copysign(0.5 * self.size[1], z))
        else:
            k = self.size[0] / max(math.sqrt(x * x + y * y + z * z), 1e-12)
            end = math.copysign(0.5 * self.size[1], z) if self.shape == "capsule" else 0.0
            local = (k * x, k * y, k * z + end)
        return np.asarray(self.pos + self.axes @ np.array(local))


def solids_of(item: ItemSpec, pos: Array, rot: Array) -> list[Solid]:
    """The parts of an item that lies at pos (3,), turned by rot (4,)."""
    return [
        Solid(
            part.shape,
            part.size,
            pos + rotation.rotate(rot, np.array(part.position)),
            rotation.to_matrix(rotation.multiply(rot, np.array(part.quaternion))),
        )
        for part in item.parts
    ]


def in_the_way(item: ItemSpec, snapshot: Snapshot, items: Mapping[int, ItemSpec]) -> str | None:
    """The name of something that an item would be inside of, at its own pose; "him" for a character; None: free.

    The floor is not looked at.
    """
    own = solids_of(item, np.array(item.position), np.array(item.quaternion))
    for name, other in _others(snapshot, items):
        if any(overlap(solid, other) for solid in own):
            return name
    return None


def _others(snapshot: Snapshot, items: Mapping[int, ItemSpec]) -> Iterator[tuple[str, Solid]]:
    shapes = snapshot.model.shapes
    for positions, rotations in zip(snapshot.body_pos, snapshot.body_rot, strict=True):
        for shape, pos, rot in zip(shapes, positions, rotations, strict=True):
            center = pos + rotation.rotate(rot, np.array(shape.center))
            yield "him", Solid(shape.kind, shape.size, center, rotation.to_matrix(rot))
    for prop, pos, rot in zip(snapshot.props.ids, snapshot.props.pos, snapshot.props.rot, strict=True):
        for solid in solids_of(items[prop], pos, rot):
            yield items[prop].name, solid


def overlap(a: Solid, b: Solid) -> bool:
    """Whether two shapes have a point in common."""
    way = b.pos - a.pos
    if float(np.linalg.norm(way)) > a.reach + b.reach:
        return False
    direction = way if way.any() else np.array([1.0, 0.0, 0.0])
    simplex = [_support(a, b, direction)]
    direction = -simplex[0]
    for _ in range(MAX_ROUNDS):
        if not direction.any():
            return True
        point = _support(a, b, direction)
        if float(point @ direction) < 0.0:
            return False
        simplex.append(point)
        simplex, direction = _nearer(simplex)
        if len(simplex) == 4:
            return True
    return True


def _support(a: Solid, b: Solid, direction: Array) -> Array:
    return np.asarray(a.farthest(direction) - b.farthest(-direction))


def _nearer(simplex: list[Array]) -> tuple[list[Array], Array]:
    """The part of a simplex that is nearest to the origin, and the direction from it to the origin.

    The last point is the newest. A simplex of four points is returned only where the origin is inside.
    """
    a = simplex[-1]
    if len(simplex) == 2:
        return _line(a, simplex[0])
    if len(simplex) == 3:
        return _triangle(a, simplex[1], simplex[0])
    d, c, b = simplex[:3]
    for first, second, opposite in ((b, c, d), (c, d, b), (d, b, c)):
        normal = np.cross(first - a, second - a)
        if float(normal @ (opposite - a)) > 0.0:
            normal = -normal
        if float(normal @ -a) > 0.0:
            return _triangle(a, first, second)
    return simplex, np.zeros(3)


def _line(a: Array, b: Array) -> tuple[list[Array], Array]:
    along = b - a
    if float(along @ -a) > 0.0:
        return [b, a], np.cross(np.cross(along, -a), along)
    return [a], -a


def _triangle(a: Array, b: Array, c: Array) -> tuple[list[Array], Array]:
    normal = np.cross(b - a, c - a)
    if float(np.cross(normal, c - a) @ -a) > 0.0:
        if float((c - a) @ -a) > 0.0:
            return [c, a], np.cross(np.cross(c - a, -a), c - a)
        return _line(a, b)
    if float(np.cross(b - a, normal) @ -a) > 0.0:
        return _line(a, b)
    if float(normal @ -a) > 0.0:
        return [c, b, a], normal
    return [b, c, a], -normal
