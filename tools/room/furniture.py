"""Boxes over furniture: where a marked piece stands in the room, and which pixels it covers."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from game.scene.json_fields import SetError
from tools.room.marks import BoxMark
from tools.room.room_camera import RoomCamera

Array = NDArray[np.float64]

SNAP = math.radians(6.0)
"""a front that is turned less than that stands along the room's axes"""
DENSITY = 60.0
"""kg/m3, of furniture with the air in it"""


@dataclass(frozen=True, eq=False)
class Box:
    """A box that stands on the floor, in the camera's room frame."""

    mark: BoxMark
    center: Array
    """(3,) m"""
    size: tuple[float, float, float]
    """m, width, depth, height"""
    yaw: float
    """rad about z; at 0 its front faces the camera, -y"""

    def corners(self) -> Array:
        """(8, 3) m"""
        signs = np.array([(x, y, z) for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], float)
        c, s = math.cos(self.yaw), math.sin(self.yaw)
        turn = np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])
        return np.asarray(self.center + (0.5 * signs * np.array(self.size)) @ turn.T)

    @property
    def mass(self) -> float:
        """kg; 0: it cannot be moved"""
        if not (self.mark.movable and self.mark.solid):
            return 0.0
        return self.mark.mass or float(np.clip(DENSITY * np.prod(self.size), 0.5, 120.0))


def box_of(mark: BoxMark, camera: RoomCamera) -> Box:
    """Where a marked piece of furniture stands. Raises SetError when its marks cannot be."""
    left, right = camera.on_floor(mark.left), camera.on_floor(mark.right)
    if not np.isfinite([*left, *right]).all():
        raise SetError(
            f"box {mark.name!r}: its front's lower edge lies above the horizon; mark where it stands on the floor"
        )
    along = (right - left)[:2]
    width = float(np.hypot(*along))
    if width < 0.02:
        raise SetError(f"box {mark.name!r}: its front's lower edge is {100 * width:.1f} cm long, expected at least 2")
    yaw = math.atan2(along[1], along[0])
    quarter = round(yaw / (0.5 * math.pi)) * 0.5 * math.pi
    yaw = quarter if abs(yaw - quarter) < SNAP else yaw
    x, y = np.array([math.cos(yaw), math.sin(yaw)]), np.array([-math.sin(yaw), math.cos(yaw)])
    middle = 0.5 * (left + right)[:2]
    depth = mark.depth
    if mark.back is not None:
        rear = camera.on_floor(mark.back)
        depth = float((rear[:2] - middle) @ y) if np.isfinite(rear).all() else math.nan
        if not 0.02 <= depth <= 30.0:
            raise SetError(f"box {mark.name!r}: its rear lies {depth:.2f} m behind its front, expected 0.02 to 30")
    height = _height(mark, camera, np.append(middle, 0.0), y)
    if not 0.01 <= height <= 10.0:
        raise SetError(f"box {mark.name!r}: {height:.2f} m high, expected 0.01 to 10; mark the upper edge of its front")
    width = abs(float(along @ x))
    center = np.append(middle + 0.5 * depth * y, 0.5 * height)
    return Box(mark, center, (width, depth, height), yaw)


def _height(mark: BoxMark, camera: RoomCamera, foot: Array, away: Array) -> float:
    """m: where the ray through `top` meets the plane of the front."""
    ray = camera.rays(mark.top)
    toward = float(ray[:2] @ away)
    if abs(toward) < 1e-9:
        return math.nan
    t = float((foot - camera.position)[:2] @ away) / toward
    return float(camera.height + t * ray[2]) if t > 0 else math.nan


def covered(box: Box, camera: RoomCamera) -> NDArray[np.bool_]:
    """(height, width) the pixels that a box covers: the convex hull of its corners; of what lies before the camera."""
    width, height = camera.size
    corners = camera.project(box.corners())
    corners = corners[np.isfinite(corners).all(1)]
    inside = np.zeros((height, width), np.bool_)
    if len(corners) < 3:
        return inside
    hull = _hull(corners)
    low = np.clip(np.floor(hull.min(0)), 0, [width, height]).astype(int)
    high = np.clip(np.ceil(hull.max(0)) + 1, 0, [width, height]).astype(int)
    u, v = np.meshgrid(np.arange(low[0], high[0]) + 0.5, np.arange(low[1], high[1]) + 0.5)
    within = np.ones(u.shape, np.bool_)
    for a, b in zip(hull, np.roll(hull, -1, 0), strict=True):
        within &= (b[0] - a[0]) * (v - a[1]) - (b[1] - a[1]) * (u - a[0]) >= 0
    inside[low[1] : high[1], low[0] : high[0]] = within
    return inside


def _hull(points: Array) -> Array:
    """The convex hull of points (N, 2), in order (Andrew's monotone chain)."""
    ordered = sorted(map(tuple, points.tolist()))

    def half(row: list[tuple[float, ...]]) -> list[tuple[float, ...]]:
        chain: list[tuple[float, ...]] = []
        for p in row:
            while len(chain) > 1 and _turn(chain[-2], chain[-1], p) <= 0:
                chain.pop()
            chain.append(p)
        return chain[:-1]

    return np.array(half(ordered) + half(ordered[::-1]))


def _turn(a: tuple[float, ...], b: tuple[float, ...], c: tuple[float, ...]) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
