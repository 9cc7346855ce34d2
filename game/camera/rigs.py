"""Cameras: who looks where. Live view, replays and films all use these; `game.view.camera_node` hands their poses on.

`camera.update(snapshot, seconds)` is called once a frame. The springs in a camera are solved exactly, so that its
motion hardly depends on the frame rate.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from game.camera.camera_pose import CameraPose
from game.camera.cuts import CUTS, CutPoint, Cuts, cuts_of
from game.camera.framing import InView
from game.camera.obstacles import Obstacles
from game.camera.orbit_camera import FLOOR_CLEARANCE, FreeCamera
from game.camera.shot import MARKED, Shot, shots_of
from game.camera.spring import Spring
from game.camera.stands import Dolly, LatePan, Tripod
from game.scene.set_spec import SetSpec, ViewSpec
from game.sim import rotation
from game.sim.snapshot import Snapshot

Array = NDArray[np.float64]

HEIGHT = 0.95
"""m, of what a camera looks at while he stands"""


class CameraError(ValueError):
    """There is no such camera; the message lists those that there are."""


class Camera(Protocol):
    """Looks at a character, frame after frame."""

    def update(self, snapshot: Snapshot, seconds: float, /) -> CameraPose:
        """Moves on by `seconds` (0 at first) and looks."""


def focus(snapshot: Snapshot, subject: int) -> Array:
    """(3,) a character's centre of mass, steadier than his root; above the origin if he is not there."""
    if subject >= snapshot.num_characters:
        return np.array([0.0, 0.0, HEIGHT])
    weight = snapshot.model.mass / snapshot.model.mass.sum()
    return np.asarray(weight @ snapshot.body_pos[subject])


class Follow:
    """A dolly: moves along with him, low, at one distance and on one side; rises and falls half as much."""

    def __init__(self, view: ViewSpec, subject: int, *, yaw: float | None = None, distance: float = 3.3,
                 height: float = 0.25, fov: float = 39.0) -> None:  # fmt: skip
        """`yaw`, rad, from him to the camera; by default the side that the set is seen from. `fov` in degrees."""
        self._subject, self._distance, self._height, self._fov = subject, distance, height, math.radians(fov)
        self._yaw = side_of(view) if yaw is None else yaw
        self._spring = Spring(5.0)

    def update(self, snapshot: Snapshot, seconds: float) -> CameraPose:
        target = self._spring.to(_calm(focus(snapshot, self._subject)), seconds)
        return _around(target, self._yaw, self._distance, self._height, self._fov)


class Orbit:
    """Goes round him once in about twenty seconds."""

    def __init__(self, view: ViewSpec, subject: int, *, turn: float = 0.3, distance: float = 3.3) -> None:
        """`turn` in rad/s, `distance` in m."""
        self._subject, self._turn, self._distance = subject, turn, distance
        self._yaw = side_of(view)
        self._spring = Spring(5.0)

    def update(self, snapshot: Snapshot, seconds: float) -> CameraPose:
        self._yaw += self._turn * seconds
        target = self._spring.to(_calm(focus(snapshot, self._subject)), seconds)
        return _around(target, self._yaw, self._distance, 0.35, math.radians(42.0))


class SideOn:
    """Moves along beside him, square to the direction that he faced at first: a flip is seen in profile."""

    def __init__(self, view: ViewSpec, subject: int, *, distance: float = 3.6) -> None:
        self._subject, self._distance, self._near = subject, distance, side_of(view)
        self._yaw: float | None = None
        self._spring = Spring(6.0)

    def update(self, snapshot: Snapshot, seconds: float) -> CameraPose:
        if self._yaw is None:
            there = self._subject < snapshot.num_characters
            heading = float(rotation.heading(snapshot.state.root_rot[self._subject])) if there else 0.0
            sides = (heading - 0.5 * math.pi, heading + 0.5 * math.pi)
            self._yaw = max(sides, key=lambda side: math.cos(side - self._near))
        target = self._spring.to(_calm(focus(snapshot, self._subject), 0.35), seconds)
        return _around(target, self._yaw, self._distance, 0.0, math.radians(36.0))


class HandHeld:
    """A phone in a hand: stays in one place, turns late and overshoots, sways, and jerks when he hits something."""

    def __init__(self, view: ViewSpec, subject: int, seed: int, *, fov: float = 34.0) -> None:
        """`fov` in degrees while he is 4 m away; it zooms a little as he comes and goes."""
        self._subject, self._fov = subject, math.radians(fov)
        self._eye = np.array([view.position[0], view.position[1], 1.52])
        self._aim, self._shock = Spring(7.5, 0.55), Spring(38.0, 0.22)
        self._phases = np.random.default_rng(seed).uniform(0.0, 2.0 * math.pi, (6, 3))
        self._time = 0.0
        self._zoom: float | None = None
        self._tick = -1

    def update(self, snapshot: Snapshot, seconds: float) -> CameraPose:
        self._time += seconds
        aim = self._aim.to(focus(snapshot, self._subject), seconds)
        shock = self._shock.to(np.zeros(3), seconds)
        if snapshot.tick != self._tick:
            self._tick = snapshot.tick
            self._jerk(snapshot)
        breath, tremor = self._sway(0.27, 0.43), self._sway(1.7, 2.9)
        eye = self._eye + 0.016 * breath + 0.003 * tremor
        away = float(np.linalg.norm(aim - eye))
        wanted = self._fov * min(max(4.0 / max(away, 0.1), 0.75), 1.5)
        self._zoom = wanted if self._zoom is None else self._zoom + (wanted - self._zoom) * -math.expm1(-1.5 * seconds)
        jitter = away * (0.008 * breath + 0.0022 * tremor) + shock
        return CameraPose.look(eye, aim + jitter, self._zoom, roll=0.012 * float(breath[1]))

    def _jerk(self, snapshot: Snapshot) -> None:
        feet = snapshot.model.feet
        hits = [c.impulse for c in snapshot.contacts if c.character >= 0 and c.kind != "self" and c.body not in feet]
        if hits and self._shock.value is not None:
            kick = min(max(hits) / 60.0, 1.0) ** 2
            self._shock.value = self._shock.value + kick * np.array([0.0, 0.0, 0.035])

    def _sway(self, slow: float, fast: float) -> Array:
        """(3,) about -1..1; sums of sines whose frequencies (Hz) have no common multiple, so that it never repeats."""
        p, t = self._phases, 2.0 * math.pi * self._time
        return np.asarray(0.5 * (np.sin(slow * t + p[0]) + 0.6 * np.sin(1.618 * slow * t + p[1])
                                 + 0.4 * np.sin(fast * t + p[2])))  # fmt: skip


CEILING_LEASH = 0.6
"""m that the camera at the ceiling stays behind at most"""


class Ceiling:
    """Looks straight down, x up in the picture, from just under a living room's ceiling."""

    def __init__(self, subject: int, *, height: float = 2.62, fov: float = 68.0) -> None:
        """`height` in m, `fov` in degrees."""
        self._subject, self._height, self._fov = subject, height, math.radians(fov)
        self._spring = Spring(5.0)

    def update(self, snapshot: Snapshot, seconds: float) -> CameraPose:
        goal = focus(snapshot, self._subject) * [1.0, 1.0, 0.0]
        at = self._spring.to(goal, seconds)
        behind = float(np.linalg.norm(goal - at))
        if behind > CEILING_LEASH:  # a runner would be out of the picture before the camera has come
            at = goal + CEILING_LEASH / behind * (at - goal)
        # a camera's frame has x forward and z up: forward is down, up is the world's x
        down = rotation.from_axis_angle((0.0, 1.0, 0.0), 0.5 * math.pi)
        return CameraPose(np.array([at[0], at[1], self._height]), down, self._fov)


class FirstPerson:
    """First person: what he sees."""

    def __init__(self, subject: int, *, fov: float = 78.0) -> None:
        """`fov` in degrees."""
        self._subject, self._fov = subject, math.radians(fov)

    def update(self, snapshot: Snapshot, _seconds: float) -> CameraPose:
        if self._subject >= snapshot.num_characters:
            return CameraPose(np.array([0.0, 0.0, 1.5]), rotation.IDENTITY, self._fov)
        head = snapshot.model.roles.head
        at, turn = snapshot.body_pos[self._subject, head], snapshot.body_rot[self._subject, head]
        eye = at + rotation.rotate(turn, np.array([0.155, 0.0, 0.2]))
        eye[2] = max(float(eye[2]), 0.03)
        return CameraPose(eye, turn, self._fov)


class ShotCamera:
    """Moves along a shot, by the time of the take."""

    def __init__(self, shot: Shot) -> None:
        self.shot = shot

    def update(self, snapshot: Snapshot, _seconds: float) -> CameraPose:
        return self.shot.at(snapshot.time)


class CutCamera:
    """Looks through one camera after another, each begun anew at its cut; through the free one before the first."""

    def __init__(self, cuts: Cuts, begin: Callable[[str], Camera]) -> None:
        """`cuts` may grow while it looks; `begin` makes a new camera by its name."""
        self._cuts, self._begin = cuts, begin
        self._now: CutPoint | None = None
        self._camera = begin(BEFORE_CUTS)
        self._first = True
        self.has_cut = False
        """whether the last update was the first one through a camera"""

    def update(self, snapshot: Snapshot, seconds: float) -> CameraPose:
        cut = self._cuts.at(snapshot.tick)
        self.has_cut, self._first = self._first or cut != self._now, False
        if cut != self._now:
            self._now, self._camera = cut, self._begin(BEFORE_CUTS if cut is None else cut.camera)
        return self._camera.update(snapshot, 0.0 if self.has_cut else seconds)


_MAKERS: dict[str, Callable[[SetSpec, int, int], Camera]] = {
    "tripod": lambda spec, subject, _seed: Tripod(spec.view, partial(focus, subject=subject)),
    "free": lambda spec, subject, _seed: FreeCamera(spec, subject),
    "follow": lambda spec, subject, _seed: Follow(spec.view, subject),
    "orbit": lambda spec, subject, _seed: Orbit(spec.view, subject),
    "side": lambda spec, subject, _seed: SideOn(spec.view, subject),
    "handheld": lambda spec, subject, seed: HandHeld(spec.view, subject, seed),
    "pan": lambda spec, subject, _seed: LatePan(spec.view, partial(focus, subject=subject)),
    "dolly": lambda spec, subject, _seed: Dolly(spec.view, partial(focus, subject=subject)),
    "ceiling": lambda _spec, subject, _seed: Ceiling(subject),
    "eyes": lambda _spec, subject, _seed: FirstPerson(subject),
}
FIXED = ("tripod", "ceiling", "eyes")
"""These are where they are even if that is in a wall; so is a shot. `free` keeps clear of walls by itself."""
NAMES = tuple(_MAKERS)
"""Cameras that there always are: `free` is the window's while nobody turns it, `eyes` is first person."""
BEFORE_CUTS = "free"
"""the camera that looks before the first cut"""


def camera(name: str, spec: SetSpec, *, extra: Mapping[str, Any] | None = None, subject: int = 0,
           seed: int = 0) -> Camera:  # fmt: skip
    """A new camera by name: one of NAMES, a shot of a take, or CUTS, a take's own cuts from camera to camera.

    Args:
        name: of the camera.
        spec: the set: its view is where some cameras begin, its walls and furniture are what they keep clear of.
        extra: `Take.extra`, where shots and cuts are.
        subject: the character that it looks at.
        seed: of what is random about it.

    Raises:
        CameraError: there is no camera of that name.
        ShotError, CutError: the take's shots or cuts make no sense.
    """
    shots = shots_of(extra or {})
    if name in shots:
        return ShotCamera(shots[name])
    rail = _rail_of(shots.get(MARKED)) if name == "dolly" else None
    if rail is not None:  # it was put where the marks say
        return Dolly(spec.view, partial(focus, subject=subject), rail)
    if name in NAMES:
        made = _MAKERS[name](spec, subject, seed)
        return made if name in (*FIXED, "free") else InView(made, Obstacles(spec), subject)
    cuts = cuts_of(extra or {}, (*NAMES, *shots))
    if name == CUTS and len(cuts):
        return CutCamera(cuts, lambda each: camera(each, spec, extra=extra, subject=subject, seed=seed))
    known = [*NAMES, *shots, *([CUTS] if len(cuts) else [])]
    raise CameraError(f"no camera is called {name!r}; there are {', '.join(known)}")


def _rail_of(marked: Shot | None) -> tuple[Array, Array] | None:
    """The dolly's rail: from the first mark of the camera to the last one."""
    if marked is None or len(marked.keyframes) < 2:
        return None
    return marked.keyframes[0].pose.position, marked.keyframes[-1].pose.position


def side_of(view: ViewSpec) -> float:
    """rad, direction about z from what a set's view looks at to where it stands."""
    return math.atan2(view.position[1] - view.target[1], view.position[0] - view.target[0])


def _calm(point: Array, share: float = 0.5) -> Array:
    """The point with only a share of its rise and fall about standing height: jumps are seen as jumps."""
    return np.array([point[0], point[1], HEIGHT + share * (point[2] - HEIGHT)])


def _around(target: Array, yaw: float, distance: float, height: float, fov: float) -> CameraPose:
    """From `distance` away at `height` above the target, looking at it; all in m and rad."""
    eye = target + np.array([distance * math.cos(yaw), distance * math.sin(yaw), height])
    eye[2] = max(float(eye[2]), FLOOR_CLEARANCE)
    return CameraPose.look(eye, target, fov)
