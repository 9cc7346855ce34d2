"""Cameras on stands: a tripod, one whose operator pans late, and a dolly on a rail."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from game.camera.camera_pose import CameraPose
from game.camera.spring import Spring
from game.scene.set_spec import ViewSpec
from game.sim.snapshot import Snapshot

Array = NDArray[np.float64]
Focus = Callable[[Snapshot], Array]

PAN_RATE, PAN_DAMPING = 4.2, 0.62
"""rad/s and damping of the operator: he comes late, and a little too far"""
IDLE = 0.22
"""m that he may move before the operator follows"""
TRIPOD_HEIGHT = 1.4
"""m"""
EDGE = 0.68
"""share of the picture's half in which a tripod keeps his middle; a body is a metre long to either side of it"""
WIDE = 16.0 / 9.0
"""width over height of the pictures that a set's view is meant for"""
STEEPEST = math.radians(85.0)
RAIL = 3.0
"""m, length of the rail where no marks say where it is"""
DOLLY_RATE, DOLLY_AIM = 1.8, 4.0
"""rad/s, of the cart and of the head on it"""


class Tripod:
    """Stands where the set's view is and does not move: it only turns as far as keeps him in its picture."""

    def __init__(self, view: ViewSpec, focus: Focus) -> None:
        """`focus`: what must be seen."""
        # a set's horizontal field of view as that of the smaller side of a 16:9 picture
        smaller = 2.0 * math.atan(math.tan(0.5 * view.field_of_view) / WIDE)
        self._pose = CameraPose.look(view.position, view.target, smaller, view.roll)
        self._roll, self._focus = view.roll, focus

    def update(self, snapshot: Snapshot, _seconds: float) -> CameraPose:
        pose = self._pose
        yaw, pitch = _angles(pose.forward)
        his_yaw, his_pitch = _angles(self._focus(snapshot) - pose.position)
        tall = EDGE * 0.5 * pose.fov
        wide = EDGE * math.atan(math.tan(0.5 * pose.fov) * WIDE)
        aside = _beyond(math.remainder(his_yaw - yaw, math.tau), wide)
        below = _beyond(his_pitch - pitch, tall)
        if aside == 0.0 and below == 0.0:
            return pose
        yaw, pitch = yaw + aside, min(max(pitch + below, -STEEPEST), STEEPEST)
        ahead = np.array([math.cos(pitch) * math.cos(yaw), math.cos(pitch) * math.sin(yaw), math.sin(pitch)])
        return CameraPose.look(pose.position, pose.position + ahead, pose.fov, self._roll)


def _angles(way: Array) -> tuple[float, float]:
    """Heading and height of a direction (3,), rad."""
    return math.atan2(way[1], way[0]), math.atan2(way[2], math.hypot(way[0], way[1]))


def _beyond(angle: float, most: float) -> float:
    """How far an angle goes beyond -most..most."""
    return angle - min(max(angle, -most), most)


class LatePan:
    """Stands where the set's view is; its operator turns it after him, late and a little too far."""

    def __init__(self, view: ViewSpec, focus: Focus, *, fov: float = 33.0) -> None:
        """`focus`: what to look at. `fov` in degrees."""
        self._focus, self._fov = focus, math.radians(fov)
        self._eye = np.array([view.position[0], view.position[1], TRIPOD_HEIGHT])
        self._aim = Spring(PAN_RATE, PAN_DAMPING)
        self._goal: Array | None = None

    def update(self, snapshot: Snapshot, seconds: float) -> CameraPose:
        at = self._focus(snapshot)
        if self._goal is None:
            self._goal = at.copy()
        away = at - self._goal
        distance = float(np.linalg.norm(away))
        if distance > IDLE:  # small movements do not make a hand move
            self._goal = self._goal + (1.0 - IDLE / distance) * away
        return CameraPose.look(self._eye, self._aim.to(self._goal, seconds), self._fov)


class Dolly:
    """Moves along a rail between two marks to where it is nearest to him, and looks at him."""

    def __init__(
        self, view: ViewSpec, focus: Focus, rail: tuple[Array, Array] | None = None, *, fov: float = 38.0
    ) -> None:
        """Args:
        view: of the set: without a rail, one lies across it.
        focus: what to look at.
        rail: its ends (3,), m.
        fov: degrees.
        """
        self._focus, self._fov = focus, math.radians(fov)
        self._ends = across(view) if rail is None else rail
        self._cart, self._aim = Spring(DOLLY_RATE), Spring(DOLLY_AIM, 0.8)

    def update(self, snapshot: Snapshot, seconds: float) -> CameraPose:
        at = self._focus(snapshot)
        first, last = self._ends
        way = last - first
        length = float(way @ way)
        part = min(max(float((at - first) @ way) / length, 0.0), 1.0) if length > 1e-9 else 0.0
        eye = self._cart.to(first + part * way, seconds)
        return CameraPose.look(eye, self._aim.to(at, seconds), self._fov)


def across(view: ViewSpec) -> tuple[Array, Array]:
    """The ends (3,) of a low rail across a set's view, m."""
    forward = np.array(view.target) - np.array(view.position)
    right = np.array([forward[1], -forward[0], 0.0]) / max(math.hypot(forward[0], forward[1]), 1e-9)
    middle = np.array([view.position[0], view.position[1], 0.9])
    return middle - 0.5 * RAIL * right, middle + 0.5 * RAIL * right
