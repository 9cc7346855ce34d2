"""Obstacles: the walls and the heavy furniture of a set, which no camera may stand in or behind."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from game.camera.camera_pose import CameraPose
from game.scene.set_spec import PartSpec, SetSpec
from game.sim import rotation

Array = NDArray[np.float64]

WALL_CLEARANCE, FURNITURE_CLEARANCE = 0.12, 0.1
"""m from a camera to a wall and to furniture, at least"""
MOST_NEARER = 2.4
"""m that an obstacle moves a camera forward at most: the cameras of `game.camera.rigs` are 3.3 m away from him"""
FLOOR_CLEARANCE = 0.08
"""m above the floor"""
LEAST_CEILING = 1.9
"""m: what hangs lower is no ceiling"""
COVER_END = 0.45
"""m in front of him within which nothing covers him"""
STEP = 0.02
"""m, the shortest step on the way out of furniture"""
Walls = tuple[float, float, float, float]
"""low x, low y, high x, high y, m"""


class Obstacles:
    """Of one set. Things that move about are none: they are too small to hide in."""

    def __init__(self, spec: SetSpec) -> None:
        walls = walls_of(spec)
        self._walls = None if walls is None else np.array(walls).reshape(2, 2)
        self._parts = [
            (np.array(item.position), np.array(item.quaternion), part)
            for item in spec.items
            if item.mass == 0.0 or item.holds > 0.0
            for part in item.parts
        ]
        self._ceiling = _ceiling_of(spec)
        centers = [position + rotation.rotate(turn, np.array(part.position)) for position, turn, part in self._parts]
        self._centers = np.array(centers).reshape(-1, 3)
        turns = [rotation.multiply(turn, np.array(part.quaternion)) for _, turn, part in self._parts]
        self._axes = np.array([rotation.to_matrix(turn) for turn in turns]).reshape(-1, 3, 3)
        self._halves = np.array([_half(part) for _, _, part in self._parts]).reshape(-1, 3)
        self._radii = np.array([_radius(part) for _, _, part in self._parts])

    def clear(self, pose: CameraPose, most: float = MOST_NEARER) -> CameraPose:
        """The pose, moved forward along its line of sight until it is inside the room and outside the furniture.

        What is in the middle of the picture stays there.

        Args:
            pose: where the camera would be if there were no obstacles.
            most: m that it is moved at most.
        """
        step = min(max(self._behind_wall(pose), 0.0), most)
        while (gap := self.distance(pose.position + step * pose.forward)) < FURNITURE_CLEARANCE and step < most:
            step = min(step + max(FURNITURE_CLEARANCE - gap, STEP), most)
        return replace(pose, position=pose.position + step * pose.forward)

    def inside(self, point: Array) -> Array:
        """(3,) the point, or the nearest one that is above the floor, below the ceiling and between the walls.

        Outdoors, and where there are no walls, only the floor counts.
        """
        low, high = np.array([-np.inf, -np.inf, FLOOR_CLEARANCE]), np.array([np.inf, np.inf, self._ceiling])
        if self._walls is not None:
            low[:2], high[:2] = self._walls
        return np.clip(point, low, high)

    def covered(self, eye: Array, target: Array) -> float:
        """m to go from an eye (3,) towards a target (3,) until nothing heavy stands in between; 0: nothing does.

        Round things count as the boxes around them. What reaches to within COVER_END of the target does not count:
        he may lean on it, or lie in it.
        """
        way = target - eye
        far = float(np.linalg.norm(way))
        if far <= COVER_END or not len(self._parts):
            return 0.0
        start = np.einsum("pji,pj->pi", self._axes, eye - self._centers)
        step = np.einsum("pji,j->pi", self._axes, way / far)
        step = np.where(np.abs(step) < 1e-9, 1e-9, step)
        a, b = (-self._halves - start) / step, (self._halves - start) / step
        enter, leave = np.minimum(a, b).max(axis=1), np.maximum(a, b).min(axis=1)
        hides = (enter < leave) & (leave > 0.0) & (leave < far - COVER_END)
        return float(leave[hides].max(initial=-FURNITURE_CLEARANCE) + FURNITURE_CLEARANCE)

    def _behind_wall(self, pose: CameraPose) -> float:
        """m to go forward until the camera is inside the room. Looking away from the room it stays outside."""
        if self._walls is None:
            return 0.0
        low, high = self._walls
        at, forward = pose.position[:2], pose.forward[:2]
        beyond = np.where(at < low, low - at, np.where(at > high, high - at, 0.0))
        return float(max((b / f for b, f in zip(beyond, forward, strict=True) if b * f > 0.0), default=0.0))

    def distance(self, point: Array) -> float:
        """m from a point (3,) to the nearest furniture, negative inside; infinite where that is not near."""
        away = np.linalg.norm(self._centers - point, axis=1) - self._radii
        near = np.flatnonzero(away < FURNITURE_CLEARANCE)
        return min((self._part_distance(point, int(i)) for i in near), default=math.inf)

    def _part_distance(self, point: Array, i: int) -> float:
        position, turn, part = self._parts[i]
        return distance_to_part(rotation.rotate_inverse(turn, point - position), part)


def walls_of(spec: SetSpec) -> Walls | None:
    """Where a camera may be between a set's walls: a little inside its floor's edges.

    None where there are no walls: outdoors, and on a floor without anything on it.
    """
    if spec.light.outdoors or not spec.items:
        return None
    (x, y), (width, length) = spec.ground.center, spec.ground.size
    half_x, half_y = 0.5 * width - WALL_CLEARANCE, 0.5 * length - WALL_CLEARANCE
    return x - half_x, y - half_y, x + half_x, y + half_y


def _ceiling_of(spec: SetSpec) -> float:
    """m, the highest that a camera may be: under the lowest solid box over the middle of the floor; else infinite."""
    lowest = math.inf
    for item in spec.items:
        for part in item.parts if item.mass == 0.0 else ():
            over = np.abs((np.array(item.position) + np.array(part.position))[:2] - np.array(spec.ground.center))
            bottom = item.position[2] + part.position[2] - 0.5 * (part.size[2] if part.shape == "box" else 0.0)
            wide = part.shape == "box" and min(part.size[:2]) > 2.0
            if wide and bottom > LEAST_CEILING and (over < 1.0).all():
                lowest = min(lowest, bottom - WALL_CLEARANCE)
    return lowest


def distance_to_part(point: Array, part: PartSpec) -> float:
    """m from a point (3,) in an item's frame to the surface of one of its parts; negative inside."""
    p = rotation.rotate_inverse(np.array(part.quaternion), point - np.array(part.position))
    if part.shape == "sphere":
        return float(np.linalg.norm(p)) - part.size[0]
    if part.shape == "capsule":
        p[2] -= min(max(float(p[2]), -0.5 * part.size[1]), 0.5 * part.size[1])
        return float(np.linalg.norm(p)) - part.size[0]
    if part.shape == "cylinder":
        outside = np.array([math.hypot(p[0], p[1]) - part.size[0], abs(p[2]) - 0.5 * part.size[1]])
    else:
        outside = np.abs(p) - 0.5 * np.array(part.size)
    return float(np.linalg.norm(np.maximum(outside, 0.0)) + min(float(outside.max()), 0.0))


def _half(part: PartSpec) -> tuple[float, float, float]:
    """m, half the edges of the box around a part, in the part's frame."""
    if part.shape == "box":
        a, b, c = part.size
        return 0.5 * a, 0.5 * b, 0.5 * c
    radius, length = part.size[0], part.size[1] if len(part.size) > 1 else 0.0
    return radius, radius, 0.5 * length + (radius if part.shape != "cylinder" else 0.0)


def _radius(part: PartSpec) -> float:
    """m, of a sphere about a part's middle that holds all of it."""
    if part.shape == "box":
        return 0.5 * math.hypot(*part.size)
    return part.size[0] + (0.5 * part.size[1] if len(part.size) > 1 else 0.0)
