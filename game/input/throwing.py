"""Throwing: which ball is thrown how fast, from where, and the anvil that falls where he will be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from game.input.picking import Ray, first_fixed, pick, pick_top
from game.play.events import Spawn, Vec3
from game.scene.set_file import load_prop
from game.scene.set_spec import ItemSpec
from game.sim.overlap import in_the_way
from game.sim.snapshot import Snapshot

Array = NDArray[np.float64]

SPEED_NAMES = ("gently", "hard", "very hard")
BALLS = {"medicine_ball": (6.0, 9.0, 12.0), "football": (12.0, 20.0, 28.0), "tennis_ball": (18.0, 30.0, 45.0)}
"""props that are thrown, the first at first, and m/s of each of SPEED_NAMES"""
SPIN = (0.0, 0.0, 6.0)
"""rad/s of a ball"""
FARTHEST_AIM = 8.0
"""m: where the line of sight meets nothing"""
ANVIL = "anvil"
ANVIL_ABOVE = 1.0
"""m above his head that it falls from"""
WEIGHTLESS = 0.5
"""m/s2: where gravity is less, the anvil is thrown down"""
ANVIL_THROW = 4.0
"""m/s"""


class Drop(NamedTuple):
    """An anvil that will fall on somebody."""

    start: Array
    """(3,) m, world"""
    below: Array
    """(3,) m, the floor below, or as far below as his feet are: where the marker is drawn"""
    seconds: float
    """until it is at his head"""


class Throwing:
    """What the next throw will be."""

    def __init__(self) -> None:
        self.ball = next(iter(BALLS))
        self.speed_index = 1

    @property
    def speed(self) -> float:
        """m/s"""
        return BALLS[self.ball][self.speed_index]

    @property
    def words(self) -> str:
        """What is thrown and how, for the screen."""
        item = load_prop(self.ball)
        return f"{item.name}, {item.mass:g} kg, {SPEED_NAMES[self.speed_index]} ({self.speed:g} m/s)"

    def next_ball(self) -> str:
        """Chooses the next ball; returns what will be thrown."""
        names = list(BALLS)
        self.ball = names[(names.index(self.ball) + 1) % len(names)]
        return self.words

    def next_speed(self) -> str:
        """Chooses the next speed; returns what will be thrown."""
        self.speed_index = (self.speed_index + 1) % len(SPEED_NAMES)
        return self.words

    def throw(
        self, eye: Array, aim: Ray | None, character: int, snapshot: Snapshot, items: Mapping[int, ItemSpec]
    ) -> Spawn:
        """The event that throws the ball from the camera.

        Args:
            eye: (3,) m, of the camera.
            aim: the line of sight through the mouse; None: at the body of `character` that pushes aim at.
            character: see `aim`.
            snapshot, items: of the world now.
        """
        target, moving = aimed_at(aim, character, snapshot, items)
        item = load_prop(self.ball)
        start = _free_start(item, eye, target, snapshot, items)
        velocity = throw_velocity(start, target, moving, snapshot.gravity, self.speed)
        return Spawn(item.at(_vec3(start)), _vec3(velocity), ang_vel=SPIN)


def aimed_at(aim: Ray | None, character: int, snapshot: Snapshot, items: Mapping[int, ItemSpec]) -> tuple[Array, Array]:
    """Where a throw goes, and how fast that place moves: (3,) m, (3,) m/s."""
    body = snapshot.model.roles.push_body
    if aim is None:
        return snapshot.body_pos[character, body], snapshot.body_vel[character, body]
    hit = pick(aim, snapshot, items)
    if hit is not None and hit.character >= 0:
        return hit.point, snapshot.body_vel[hit.character, hit.body]
    hit = hit or pick_top(aim, snapshot, items)
    return (aim.at(FARTHEST_AIM) if hit is None else hit.point), np.zeros(3)


def _free_start(item: ItemSpec, eye: Array, target: Array, snapshot: Snapshot, items: Mapping[int, ItemSpec]) -> Array:
    """The point nearest to the camera from which nothing that stands fast is in a ball's way."""
    way = target - eye
    for part in (0.08, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7):
        start = np.asarray(eye + part * way)
        rest = float(np.linalg.norm(target - start))
        ray = Ray(start, way / max(float(np.linalg.norm(way)), 1e-9))
        meets = first_fixed(ray, snapshot, items)
        clear = meets is None or meets > rest - 0.3
        if clear and in_the_way(item.at(_vec3(start)), snapshot, items) is None:
            return start
    return np.asarray(eye + 0.08 * way)


def throw_velocity(start: Array, target: Array, target_vel: Array, gravity: Array, speed: float) -> Array:
    """The velocity (3,) that takes a ball from `start` to where `target` will be, at about `speed`, m/s.

    All are (3,), world. The flight time is that of the straight line; gravity is made up for exactly.
    """
    seconds = max(float(np.linalg.norm(target - start)) / speed, 0.05)
    return np.asarray((target - start) / seconds + target_vel - 0.5 * gravity * seconds)


def drop_on(character: int, snapshot: Snapshot) -> Drop:
    """Where an anvil has to start to be at somebody's head when he is there: he is thought to go on as he goes."""
    strength = float(np.linalg.norm(snapshot.gravity))
    up = -snapshot.gravity / strength if strength > WEIGHTLESS else np.array([0.0, 0.0, 1.0])
    seconds = np.sqrt(2.0 * ANVIL_ABOVE / strength) if strength > WEIGHTLESS else ANVIL_ABOVE / ANVIL_THROW
    moving = snapshot.state.root_vel[character]
    moving = moving - (moving @ up) * up
    head = snapshot.body_pos[character, snapshot.model.roles.head] + seconds * moving
    feet = snapshot.body_pos[character, list(snapshot.model.feet)].mean(axis=0)
    below = head + ((feet - head) @ up) * up
    if up[2] > 0.999:
        below[2] = 0.0
    return Drop(head + ANVIL_ABOVE * up, below, float(seconds))


def anvil_spawn(drop: Drop, snapshot: Snapshot) -> Spawn:
    """The event that lets the anvil fall."""
    strength = float(np.linalg.norm(snapshot.gravity))
    velocity = (0.0, 0.0, 0.0) if strength > WEIGHTLESS else (0.0, 0.0, -ANVIL_THROW)
    return Spawn(load_prop(ANVIL).at(_vec3(drop.start)), velocity)


def _vec3(vector: Array) -> Vec3:
    x, y, z = vector.tolist()
    return (x, y, z)
