"""The pratfall score: how much a fall is worth watching.

    score = 4 head + 3 tumbles + 2 airtime + 1 hardness      for a fall
    score = 2 head                                           without a fall
            + 1.5 near_misses                                in both cases

head       hits of the head: each counts impulse / 40 N s, at most 1; those under 6 N s count 0
tumbles    whole somersaults, without the flips that were landed
airtime    s in the air from 1.5 s before the fall on, at most 3; flights under 0.2 s do not count, and low gravity
           counts less (a long hop on the moon is easy)
hardness   the hardest hit by anything but a foot or a hand, impulse / 60 N s, at most 2
near_misses   props that the head passed within 15 cm at over 1.5 m/s without touching them

Falls and turns are those of game.play.fall_counter.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from game.camera.obstacles import distance_to_part
from game.play.fall_counter import FallCounter
from game.scene.set_spec import ItemSpec
from game.sim import rotation
from game.sim.model import CharacterModel
from game.sim.roles import BodyPart
from game.sim.snapshot import Snapshot
from game.sound.hits import HitFinder, SoundHit

Array = NDArray[np.float64]

HEAD_MIN, HEAD_FULL = 6.0, 40.0
"""N s: the weakest hit of the head that counts, and one that counts 1"""
HARD_FULL = 60.0
"""N s: a hit that counts 1"""
MIN_FLIGHT = 0.2
"""s: the shortest flight that counts"""
RUN_UP = 1.5
"""s before a fall that count as a part of it"""
EARTH = 9.8
NEAR, NEAR_SPEED = 0.15, 1.5
"""m from the head's surface, and m/s"""
MIN_HEIGHT = 0.15
"""m: lower props are no near misses"""


@dataclass(frozen=True)
class Measures:
    """What happened in an attempt."""

    fell: bool = False
    head: float = 0.0
    tumbles: float = 0.0
    airtime: float = 0.0
    hardness: float = 0.0
    near_misses: int = 0
    moment: int = 0
    """tick of the most important impact"""
    fall_tick: int = -1
    """the first tick of the fall, -1 without one"""


def pratfall_score(m: Measures) -> float:
    """See the module's docstring."""
    fall = 4.0 * m.head + 3.0 * m.tumbles + 2.0 * m.airtime + m.hardness
    return (fall if m.fell else 2.0 * m.head) + 1.5 * m.near_misses


def head_value(impulse: float) -> float:
    """Value 0..1 of a hit of the head with an impulse, N s."""
    return min(1.0, impulse / HEAD_FULL) if impulse >= HEAD_MIN else 0.0


def airtime(in_air: list[bool], gravity: list[float], control_hz: int) -> float:
    """Time in the air, s, at most 3: of flights of MIN_FLIGHT or more, ticks weighted by gravity / Earth's gravity.

    in_air, gravity (m/s2): of each tick.
    """
    total, stretch, weight = 0.0, 0, 0.0
    for flying, pull in zip([*in_air, False], [*gravity, 0.0], strict=True):
        if flying:
            stretch, weight = stretch + 1, weight + min(pull / EARTH, 1.0)
        else:
            if stretch / control_hz >= MIN_FLIGHT:
                total += weight / control_hz
            stretch, weight = 0, 0.0
    return min(total, 3.0)


@dataclass
class Judge:
    """Watches one character, tick by tick."""

    model: CharacterModel
    items: Mapping[int, ItemSpec]
    """what each prop is, by id; the caller may add more"""
    character: int = 0
    fall_tick: int = -1
    """of the first fall, -1 before it"""
    _hits: HitFinder = field(default_factory=HitFinder)
    _head: float = 0.0
    _last_head: int = -1000
    _tumbles: float = 0.0
    _in_air: list[bool] = field(default_factory=list)
    _pull: list[float] = field(default_factory=list)
    _hardest: float = 0.0
    _moment: tuple[float, int] = (0.0, 0)
    _near: set[int] = field(default_factory=set)
    _touched: set[int] = field(default_factory=set)

    def add(self, snapshot: Snapshot, counter: FallCounter) -> None:
        """Adds a tick. `counter` is the character's own, with this tick counted."""
        mine = [c for c in snapshot.contacts if c.character == self.character and c.kind != "self"]
        self._in_air.append(counter.aloft > 0)
        self._pull.append(float(np.linalg.norm(snapshot.gravity)))
        self._tumbles = counter.tumbles
        for hit in self._hits.find(snapshot):
            if hit.character == self.character:
                self._strike(hit)
        if self.fall_tick < 0 and counter.falls:
            self.fall_tick = snapshot.tick
        self._touched |= {c.other for c in mine if c.kind == "prop" and c.body == self.model.roles.head}
        self._pass_by(snapshot)

    def _strike(self, hit: SoundHit) -> None:
        worth = hit.impulse / HARD_FULL
        if hit.body == self.model.roles.head:
            # a head that bounces is one hit
            if hit.tick - self._last_head > self.model.control_hz // 2:
                self._head += head_value(hit.impulse)
                self._last_head = hit.tick
            worth = 2.0 * hit.impulse / HEAD_FULL
        if self.model.roles.part[hit.body] not in (BodyPart.FOOT, BodyPart.HAND):
            self._hardest = max(self._hardest, hit.impulse)
            self._moment = max(self._moment, (worth, hit.tick))

    def _pass_by(self, snapshot: Snapshot) -> None:
        head = self.model.roles.head
        skull = self.model.shapes[head]
        at = snapshot.body_pos[self.character, head]
        turn = snapshot.body_rot[self.character, head]
        if np.linalg.norm(snapshot.body_vel[self.character, head]) < NEAR_SPEED:
            return
        center = at + rotation.rotate(turn, np.array(skull.center))
        for prop, pos, rot in zip(snapshot.props.ids, snapshot.props.pos, snapshot.props.rot, strict=True):
            if prop in self._near or np.linalg.norm(pos - center) > 4.0:
                continue
            local = rotation.rotate_inverse(rot, center - pos)
            item = self.items[prop]
            gap = min(distance_to_part(local, part) for part in item.parts) - skull.radius
            if gap < NEAR and _top(item, float(pos[2])) > MIN_HEIGHT:
                self._near.add(prop)

    def measures(self) -> Measures:
        """What happened so far."""
        hz = self.model.control_hz
        run_up = max(0, self.fall_tick - 1 - round(RUN_UP * hz)) if self.fall_tick >= 0 else len(self._in_air)
        return Measures(
            fell=self.fall_tick >= 0,
            head=self._head,
            tumbles=float(math.floor(self._tumbles + 0.15)),
            airtime=airtime(self._in_air[run_up:], self._pull[run_up:], hz),
            hardness=min(2.0, self._hardest / HARD_FULL),
            near_misses=len(self._near - self._touched),
            moment=self._moment[1],
            fall_tick=self.fall_tick,
        )


def _top(item: ItemSpec, height: float) -> float:
    """About the highest point, m, of an upright item at a height."""
    return height + max(part.position[2] + 0.5 * part.size[-1] for part in item.parts)
