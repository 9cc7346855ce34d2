"""Forces from outside, applied at every substep: pushes and the spring of a grab."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from game.sim import rotation
from game.sim.contents import Contents
from game.sim.engine import Engine

Array = NDArray[np.float64]

GRAB_STIFFNESS = 1500.0
"""N/m: a body of 45 kg hangs 0.3 m below the cursor"""
GRAB_DAMPING = 120.0
"""N s/m"""
GRAB_LIMIT = 3000.0
"""N: a cursor that jumps across the room does not tear anybody apart"""
GRAB_ACCELERATION = 60.0
"""m/s2: the most that a grab accelerates the mass that it holds"""


class Force(Protocol):
    """Something that acts on a body of a character, or on a prop, until it is spent."""

    @property
    def character(self) -> int:
        """-1 where it acts on a prop"""

    @property
    def prop(self) -> int:
        """-1 where it acts on a character"""

    @property
    def spent(self) -> bool: ...

    def apply(self, engine: Engine) -> None:
        """Act for one substep."""


@dataclass
class PushForce:
    """A constant force at a body's centre of mass."""

    character: int
    body: int
    force_w: Array
    """(3,) N"""
    substeps_left: int
    prop: int = -1

    @property
    def spent(self) -> bool:
        return self.substeps_left <= 0

    def apply(self, engine: Engine) -> None:
        self.substeps_left -= 1
        point = engine.body_motion(self.character, self.body).com_pos
        engine.push_body(self.character, self.body, self.force_w, point)


@dataclass
class PropPush:
    """A constant force at a prop's origin, its centre of mass."""

    prop: int
    force_w: Array
    """(3,) N"""
    substeps_left: int
    character: int = -1

    @property
    def spent(self) -> bool:
        return self.substeps_left <= 0

    def apply(self, engine: Engine) -> None:
        self.substeps_left -= 1
        engine.push_prop(self.prop, self.force_w, engine.prop_motion(self.prop).pos)


@dataclass
class GrabSpring:
    """A damped spring from a point of a body (or prop) to a point in the world."""

    character: int
    body: int
    point_b: Array
    """(3,) in the body's frame"""
    target_w: Array
    """(3,)"""
    limit: float
    """N"""
    prop: int = -1
    spent: bool = False

    def apply(self, engine: Engine) -> None:
        on_prop = self.prop >= 0
        motion = engine.prop_motion(self.prop) if on_prop else engine.body_motion(self.character, self.body)
        arm = rotation.rotate(motion.rot, self.point_b)
        point, point_vel = motion.pos + arm, motion.vel + np.cross(motion.ang_vel, arm)
        force = GRAB_STIFFNESS * (self.target_w - point) - GRAB_DAMPING * point_vel
        size = float(np.linalg.norm(force))
        force = force * min(1.0, self.limit / max(size, 1e-9))
        if on_prop:
            engine.push_prop(self.prop, force, point)
        else:
            engine.push_body(self.character, self.body, force, point)


class Forces:
    """All forces from outside that act on the bodies of a world."""

    def __init__(self, engine: Engine, contents: Contents) -> None:
        self._engine = engine
        self._contents = contents
        self._all: list[Force] = []

    def __iter__(self) -> Iterator[Force]:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)

    def push(self, character: int, body: int, force_w: ArrayLike, num_ticks: int) -> None:
        """Push a body at its centre of mass with force_w (3,), N, for num_ticks control ticks. Raises WorldError."""
        self._contents.check_body(character, body)
        substeps = num_ticks * self._contents.model.substeps
        self._all.append(PushForce(character, body, np.asarray(force_w, float), substeps))

    def push_prop(self, prop: int, force_w: ArrayLike, num_ticks: int) -> None:
        """Push a prop at its origin with force_w (3,), N, for num_ticks control ticks. Raises WorldError."""
        self._contents.check_prop(prop)
        substeps = num_ticks * self._contents.model.substeps
        self._all.append(PropPush(prop, np.asarray(force_w, float), substeps))

    def grab(self, character: int, body: int, point_b: ArrayLike, target_w: ArrayLike) -> GrabSpring:
        """Hang a body's point_b (3,) on a spring to target_w (3,), which may be moved; `release` ends it.

        Raises WorldError.
        """
        self._contents.check_body(character, body)
        limit = _grab_limit(float(self._contents.model.mass.sum()))
        grab = GrabSpring(character, body, np.asarray(point_b, float), np.asarray(target_w, float), limit)
        self._all.append(grab)
        return grab

    def grab_prop(self, prop: int, point_b: ArrayLike, target_w: ArrayLike) -> GrabSpring:
        """Hang a prop's point_b (3,), in its own frame, on a spring to target_w (3,). Raises WorldError."""
        self._contents.check_prop(prop)
        limit = _grab_limit(self._contents.props[prop].mass)
        grab = GrabSpring(-1, -1, np.asarray(point_b, float), np.asarray(target_w, float), limit, prop=prop)
        self._all.append(grab)
        return grab

    def release(self, force: Force) -> None:
        """End a grab or a push."""
        self._all = [f for f in self._all if f is not force]

    def release_from(self, *, character: int | None = None, prop: int | None = None) -> None:
        """End all that act on a character or on a prop."""
        self._all = [f for f in self._all if f.character != character and f.prop != prop]

    def apply(self) -> None:
        """Act for one substep."""
        for force in self._all:
            force.apply(self._engine)
        self._all = [f for f in self._all if not f.spent]


def _grab_limit(mass: float) -> float:
    return min(GRAB_LIMIT, GRAB_ACCELERATION * mass)
