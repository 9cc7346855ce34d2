"""Picking: which body or prop a line of sight meets first. Analytic, without any physics engine."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from game.scene.set_spec import ItemSpec
from game.sim import rotation
from game.sim.snapshot import Snapshot

Array = NDArray[np.float64]

TOUCH_RADIUS = 0.02
"""m: limbs are thin and move, so a click this far beside one takes hold of it all the same"""

DROP = 0.03
"""m above a surface, from where is tried whether it faces up"""


@dataclass(frozen=True, eq=False)
class Ray:
    """A half line."""

    origin: Array
    """(3,) m, world"""
    direction: Array
    """(3,) unit, world"""

    def at(self, distance: float) -> Array:
        """(3,) the point so many metres along it."""
        return np.asarray(self.origin + distance * self.direction)


@dataclass(frozen=True, eq=False)
class RayHit:
    """Where a ray meets something."""

    distance: float
    """m from the ray's origin"""
    point: Array
    """(3,) m, world"""
    point_b: Array
    """(3,) the same in the frame of the body or prop; the world's for the floor"""
    character: int = -1
    """-1 where it is a prop or the floor"""
    body: int = -1
    prop: int | None = None

    @property
    def is_floor(self) -> bool:
        """Whether it is neither a character nor a prop."""
        return self.character < 0 and self.prop is None


def pick(ray: Ray, snapshot: Snapshot, items: Mapping[int, ItemSpec]) -> RayHit | None:
    """The nearest thing that can be moved: a body or a prop with mass; None where the ray meets neither.

    What stands fast is looked through: the camera of a room may stand behind its wall.
    """
    loose = (hit for hit in _props(ray, snapshot, items) if hit.prop is not None and items[hit.prop].mass > 0.0)
    return min([*_bodies(ray, snapshot), *loose], key=lambda hit: hit.distance, default=None)


def pick_top(ray: Ray, snapshot: Snapshot, items: Mapping[int, ItemSpec]) -> RayHit | None:
    """The nearest place that something can be put on: the floor, or the upper side of a prop."""
    tops = [hit for hit in _props(ray, snapshot, items) if _faces_up(hit, snapshot, items)]
    floor = _floor(ray)
    return min(tops if floor is None else [*tops, floor], key=lambda hit: hit.distance, default=None)


def first_fixed(ray: Ray, snapshot: Snapshot, items: Mapping[int, ItemSpec]) -> float | None:
    """How far along a ray something stands that cannot move, m; None where nothing does."""
    hits = (hit.distance for hit in _props(ray, snapshot, items) if hit.prop is not None and not items[hit.prop].mass)
    return min(hits, default=None)


def _faces_up(hit: RayHit, snapshot: Snapshot, items: Mapping[int, ItemSpec]) -> bool:
    """Whether something let fall from a little above where a prop was hit comes down right there."""
    fall = Ray(np.add(hit.point, [0.0, 0.0, DROP]), np.array([0.0, 0.0, -1.0]))
    below = min((other.distance for other in _props(fall, snapshot, items)), default=0.0)
    return abs(below - DROP) < 0.3 * DROP


def _floor(ray: Ray) -> RayHit | None:
    slope = float(ray.direction[2])
    if slope >= -1e-9:
        return None
    distance = -float(ray.origin[2]) / slope
    return RayHit(distance, ray.at(distance), ray.at(distance)) if distance >= 0.0 else None


def _bodies(ray: Ray, snapshot: Snapshot) -> list[RayHit]:
    hits = []
    for character in range(snapshot.num_characters):
        for body, shape in enumerate(snapshot.model.shapes):
            pos, rot = snapshot.body_pos[character, body], snapshot.body_rot[character, body]
            local = _local(ray, pos, rot)
            fat = Ray(local.origin - shape.center, local.direction)
            distance = meet(fat, shape.kind, shape.size, TOUCH_RADIUS)
            if distance is not None:
                hits.append(RayHit(distance, ray.at(distance), local.at(distance), character, body))
    return hits


def _props(ray: Ray, snapshot: Snapshot, items: Mapping[int, ItemSpec]) -> list[RayHit]:
    hits = []
    for prop, pos, rot in zip(snapshot.props.ids, snapshot.props.pos, snapshot.props.rot, strict=True):
        local = _local(ray, pos, rot)
        for part in items[prop].parts:
            inner = _local(local, np.array(part.position), np.array(part.quaternion))
            distance = meet(inner, part.shape, part.size)
            if distance is not None:
                hits.append(RayHit(distance, ray.at(distance), local.at(distance), prop=prop))
    return hits


def _local(ray: Ray, pos: Array, rot: Array) -> Ray:
    """The ray in a frame that lies at pos (3,), turned by rot (4,)."""
    both = rotation.rotate_inverse(np.stack([rot, rot]), np.stack([ray.origin - pos, ray.direction]))
    return Ray(both[0], both[1])


def meet(ray: Ray, shape: str, size: tuple[float, ...], margin: float = 0.0) -> float | None:
    """How far along a ray it enters a shape about the origin, m; None where it misses. From inside that is 0.

    Args:
        ray: in the shape's own frame.
        shape: sphere, capsule, cylinder (both along z) or box.
        size: (radius,), (radius, length without caps), (radius, length) or edge lengths.
        margin: m by which the shape is grown.

    Raises:
        ValueError: there is no such shape.
    """
    if shape == "sphere":
        return _sphere(ray, size[0] + margin, 0.0)
    if shape == "box":
        return _slabs(ray, tuple(0.5 * edge + margin for edge in size))
    if shape == "cylinder":
        return _cylinder(ray, size[0] + margin, 0.5 * size[1] + margin)
    if shape == "capsule":
        radius, half = size[0] + margin, 0.5 * size[1]
        ways = (_cylinder(ray, radius, half), _sphere(ray, radius, half), _sphere(ray, radius, -half))
        return min((way for way in ways if way is not None), default=None)
    raise ValueError(f"shape {shape!r}, expected sphere, capsule, cylinder or box")


def _sphere(ray: Ray, radius: float, height: float) -> float | None:
    """A sphere about (0, 0, height)."""
    x, y, z = ray.origin.tolist()
    z -= height
    u, v, w = ray.direction.tolist()
    b, c = x * u + y * v + z * w, x * x + y * y + z * z - radius * radius
    return _enter(1.0, b, c)


def _cylinder(ray: Ray, radius: float, half: float) -> float | None:
    """A cylinder about z with flat ends at +-half."""
    x, y, z = ray.origin.tolist()
    u, v, w = ray.direction.tolist()
    a, b, c = u * u + v * v, x * u + y * v, x * x + y * y - radius * radius
    if a < 1e-12:
        side = (0.0, math.inf) if c <= 0.0 else None
    else:
        root = b * b - a * c
        side = ((-b - math.sqrt(root)) / a, (-b + math.sqrt(root)) / a) if root >= 0.0 else None
    ends = _between(z, w, half)
    return None if side is None or ends is None else _first(max(side[0], ends[0]), min(side[1], ends[1]))


def _slabs(ray: Ray, half: tuple[float, ...]) -> float | None:
    near, far = -math.inf, math.inf
    for start, step, edge in zip(ray.origin.tolist(), ray.direction.tolist(), half, strict=True):
        way = _between(start, step, edge)
        if way is None:
            return None
        near, far = max(near, way[0]), min(far, way[1])
    return _first(near, far)


def _between(start: float, step: float, half: float) -> tuple[float, float] | None:
    """Where start + t step lies in [-half, half]: the range of t."""
    if abs(step) < 1e-12:
        return (-math.inf, math.inf) if abs(start) <= half else None
    a, b = (-half - start) / step, (half - start) / step
    return min(a, b), max(a, b)


def _enter(a: float, b: float, c: float) -> float | None:
    """The entry of a t^2 + 2 b t + c <= 0."""
    root = b * b - a * c
    return None if root < 0.0 else _first((-b - math.sqrt(root)) / a, (-b + math.sqrt(root)) / a)


def _first(near: float, far: float) -> float | None:
    """The first t >= 0 of a range; None where there is none."""
    return None if far < max(near, 0.0) else max(near, 0.0)
