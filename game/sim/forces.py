"""Forces from outside, applied at every substep: pushes and the spring of a grab."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from game.sim import rotation

if TYPE_CHECKING:
    from game.sim.world import World

Array = NDArray[np.float64]

GRAB_STIFFNESS = 1500.0
"""N/m: a body of 45 kg hangs 0.3 m below the cursor"""
GRAB_DAMPING = 120.0
"""N s/m"""
GRAB_LIMIT = 3000.0
"""N: a cursor that jumps across the room does not tear anybody apart"""


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

    def apply(self, world: World) -> None:
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

    def apply(self, world: World) -> None:
        self.substeps_left -= 1
        bullet_id = world.characters[self.character].bullet_id
        point = world.client.link(bullet_id, self.body)["com_pos"]
        world.client.push(bullet_id, self.body, self.force_w, point)


@dataclass
class GrabSpring:
    """A damped spring from a point of a body (or prop) to a point in the world."""

    character: int
    body: int
    point_b: Array
    """(3,) in the body's frame"""
    target_w: Array
    """(3,)"""
    prop: int = -1
    spent: bool = False

    def apply(self, world: World) -> None:
        if self.prop >= 0:
            bullet_id, link = world.props[self.prop].bullet_id, -1
            origin, turn, velocity, ang_vel = world.client.base(bullet_id)
        else:
            bullet_id, link = world.characters[self.character].bullet_id, self.body
            state = world.client.link(bullet_id, link)
            origin, turn, ang_vel = state["pos"], state["rot"], state["ang_vel"]
            velocity = state["com_vel"] + np.cross(ang_vel, origin - state["com_pos"])
        arm = rotation.rotate(turn, self.point_b)
        point, point_vel = origin + arm, velocity + np.cross(ang_vel, arm)
        force = GRAB_STIFFNESS * (self.target_w - point) - GRAB_DAMPING * point_vel
        size = float(np.linalg.norm(force))
        mass = world.props[self.prop].mass if self.prop >= 0 else world.model.mass.sum()
        limit = min(GRAB_LIMIT, 60.0 * mass)
        world.client.push(bullet_id, link, force * min(1.0, limit / max(size, 1e-9)), point)


class Forces:
    """All that act on the bodies of a world."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._all: list[Force] = []

    def __iter__(self) -> Iterator[Force]:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)

    def push(self, character: int, body: int, force_w: ArrayLike, num_ticks: int) -> None:
        """PushForce a body at its centre of mass with force_w (3,), N, for num_ticks. Raises WorldError."""
        self._world.check(character, body)
        substeps = num_ticks * self._world.model.substeps
        self._all.append(PushForce(character, body, np.asarray(force_w, float), substeps))

    def grab(self, character: int, body: int, point_b: ArrayLike, target_w: ArrayLike) -> GrabSpring:
        """Hang a body's point_b (3,) on a spring to target_w (3,), which may be moved; `release` ends it."""
        self._world.check(character, body)
        grab = GrabSpring(character, body, np.asarray(point_b, float), np.asarray(target_w, float))
        self._all.append(grab)
        return grab

    def grab_prop(self, prop_id: int, point_b: ArrayLike, target_w: ArrayLike) -> GrabSpring:
        """Hang a prop's point_b (3,), in its own frame, on a spring to target_w (3,)."""
        self._world.prop(prop_id)
        grab = GrabSpring(-1, -1, np.asarray(point_b, float), np.asarray(target_w, float), prop=prop_id)
        self._all.append(grab)
        return grab

    def release(self, force: Force) -> None:
        """End a grab or a push."""
        self._all = [f for f in self._all if f is not force]

    def let_go(self, *, character: int | None = None, prop: int | None = None) -> None:
        """End all that act on a character or on a prop."""
        self._all = [f for f in self._all if f.character != character and f.prop != prop]

    def apply(self) -> None:
        """Act for one substep."""
        for force in self._all:
            force.apply(self._world)
        self._all = [f for f in self._all if not f.spent]
