"""Attempts: one after the other, each judged from what touched what, and counted.

A fall ends an attempt. So does a cycle of the skill in which he left the ground and came down well; what never leaves
the ground (a walk) goes on until he falls.
"""

from __future__ import annotations

import math
from collections import Counter
from enum import StrEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from game.play.fall_counter import UPHILL, FallCounter
from game.sim import rotation
from game.sim.roles import FallGroup
from game.sim.snapshot import Snapshot

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

FLIGHT_SECONDS = 0.2
"""off the ground for at least so long counts as a jump"""
VERDICT_SECONDS = 0.7
"""from the fall until its verdict: what else touches down until then decides its name"""
RETRY_SECONDS = 1.5
"""from the fall until the next attempt"""
BUMP = 1.0
"""N s in a tick; less is not part of a fall"""
STEP = 0.3
"""m: a foot that moves farther after the landing has stepped out"""
OVER, UNDER = 0.8, 0.9
"""rad beyond and short of whole turns, from which a fall is called over-rotated or under-rotated"""
LANDINGS = ("landed", "landed, stepped out")
LONG_SECONDS = 5.0
"""an attempt that went on for so long has its length in its verdict"""
GONE = 8.0
"""m from where the attempt began, with no foot down: he has left the set"""


class AfterFall(StrEnum):
    """What comes after a fall."""

    GET_UP = "get_up"
    """he gets up by himself, and goes on"""
    RETRY = "retry"
    """he is put back into his starting pose, for the next attempt"""
    STAY = "stay"
    """he does what his policy does, on the floor"""

    @property
    def next(self) -> AfterFall:
        """The one after it, round and round."""
        modes = list(AfterFall)
        return modes[(modes.index(self) + 1) % len(modes)]


class Verdict(NamedTuple):
    """How an attempt ended."""

    number: int
    words: str
    landed: bool
    seconds: float
    """how long it went on"""

    def __str__(self) -> str:
        return f"Attempt {self.number}: {self.words}."


class Fall:
    """Which groups of bodies touched down, in order; `words` names the fall by them, as a sports commentator would."""

    def __init__(self) -> None:
        self._touched: dict[FallGroup, Array] = {}
        """(3,) heights of the axes (the torso's x and z, the head's x and z) when each group first touched"""

    def add(self, groups: set[FallGroup], axes: Array) -> None:
        """Adds the groups of bodies that touch in a tick; `axes` (4,): see `_axes`."""
        for group in sorted(groups, key=list(FallGroup).index):
            self._touched.setdefault(group, axes)

    def words(self) -> str:
        """What to call it."""
        first, axes = next(iter(self._touched.items()), (None, np.zeros(4)))
        front, upright, _, crown = axes
        if first is FallGroup.HEAD and crown < -0.4:
            return "landed on his head"
        if FallGroup.HEAD in self._touched and self._touched[FallGroup.HEAD][2] < -0.35:
            return "face-planted"
        if first is FallGroup.SEAT and upright > 0.4:
            return "sat down"
        trunk = [g for g in (FallGroup.TORSO, FallGroup.SEAT, FallGroup.HEAD) if g in self._touched]
        if trunk:
            front = self._touched[trunk[0]][0]
            return "landed on his back" if front > 0.35 else "belly-flopped" if front < -0.35 else "landed on his side"
        if {FallGroup.KNEES, FallGroup.HANDS} <= self._touched.keys():
            return "landed on all fours"
        return "fell over" if first is None else f"landed on his {first}"


class Attempt:
    """One try of one character."""

    def __init__(self, snapshot: Snapshot, character: int, cycle: int) -> None:
        """Begins with the snapshot; `cycle` counts the rounds of what he does."""
        self.cycle = cycle
        self.fall_tick: int | None = None
        self.has_verdict = False
        self._character = character
        self._first_tick = snapshot.tick
        self._start = snapshot.state.root_pos[character].copy()
        self._hz = snapshot.model.control_hz
        self._groups = {b: group for group, bodies in snapshot.model.roles.fall_groups.items() for b in bodies}
        self._fall = Fall()
        self.aloft = 0
        """ticks since he touched anything"""
        self._longest = 0
        self._turned = 0.0
        self._landings: dict[int, Array] = {}
        self._step = 0.0

    def add(self, snapshot: Snapshot, harmful: Mask, counter: FallCounter) -> None:
        """Takes in a tick that `counter` has counted; `harmful` (B,): the bodies whose touch is a fall."""
        i, model = self._character, snapshot.model
        mine = [c for c in snapshot.contacts if c.character == i and c.kind in ("floor", "prop")]
        standing = any(c.body in model.feet for c in mine)
        self.aloft = min(counter.aloft, snapshot.tick - self._first_tick + 1)
        if self.fall_tick is None:
            self._fly(snapshot, counter.turn, standing)
            gone = float(np.linalg.norm(snapshot.state.root_pos[i] - self._start)) > GONE and not standing
            if counter.down or gone:
                self.fall_tick = snapshot.tick
        if self.fall_tick is not None:
            bumps = {c.body for c in mine if c.impulse > BUMP or c.kind == "floor" or c.normal[2] > UPHILL}
            groups = {self._groups[body] for body in bumps if body in self._groups and harmful[body]}
            self._fall.add(groups, _axes(snapshot, i))

    def _fly(self, snapshot: Snapshot, turn: float, standing: bool) -> None:
        """Follows flight, turns and where the feet came down; `turn`, rad: of the tick, see FallCounter."""
        i = self._character
        if self.aloft:
            self._longest = max(self._longest, self.aloft)
            self._turned += turn
        if not self.flew or not standing:
            return
        for contact in snapshot.contacts:
            if contact.character == i and contact.body in snapshot.model.feet and contact.kind != "self":
                at = snapshot.body_pos[i, contact.body, :2]
                self._step = max(self._step, float(np.linalg.norm(at - self._landings.setdefault(contact.body, at))))

    @property
    def flew(self) -> bool:
        """Whether he left the ground on purpose."""
        return self._longest >= FLIGHT_SECONDS * self._hz

    def seconds(self, tick: int) -> float:
        """How long it goes on at a tick; a fall ends it."""
        return ((tick if self.fall_tick is None else self.fall_tick) - self._first_tick) / self._hz

    def since_fall(self, tick: int) -> float:
        """Seconds since he fell; 0 where he did not."""
        return 0.0 if self.fall_tick is None else (tick - self.fall_tick) / self._hz

    def landing(self) -> str:
        """What to call it where he came down well."""
        return LANDINGS[self._step > STEP]

    def mishap(self, snapshot: Snapshot) -> str:
        """What to call his fall."""
        if float(np.linalg.norm(snapshot.state.root_pos[self._character] - self._start)) > GONE:
            return "left the building"
        words, turns = self._fall.words(), abs(self._turned) / (2.0 * math.pi)
        if turns < 0.5:
            return words
        excess = (turns - max(1.0, round(turns))) * 2.0 * math.pi
        return f"{'over-rotated, ' if excess > OVER else 'under-rotated, ' if excess < -UNDER else ''}{words}"


class Attempts:
    """All tries of all characters, counted together."""

    def __init__(self) -> None:
        self.after_fall = AfterFall.GET_UP
        self.number = 1
        """of the attempt that goes on now"""
        self.counts: Counter[str] = Counter()
        """how often each thing happened"""
        self.landed = 0
        self._tries: dict[int, Attempt] = {}

    def begin(self, character: int) -> None:
        """Forgets the attempt that goes on: he was put elsewhere, or does something else now."""
        self._tries.pop(character, None)

    def add(
        self, snapshot: Snapshot, character: int, cycle: int, harmful: Mask, counter: FallCounter
    ) -> Verdict | None:
        """Takes in a tick of a character.

        Args:
            snapshot: of the tick.
            character: index.
            cycle: rounds of his skill that are behind him.
            harmful: (B,) the bodies whose touch is a fall.
            counter: has counted the character's falls and turns up to this tick.

        Returns:
            How his attempt ended, in the tick in which that is clear; else None.
        """
        attempt = self._tries.get(character)
        if attempt is None:
            attempt = self._tries[character] = Attempt(snapshot, character, cycle)
        attempt.add(snapshot, harmful, counter)
        if attempt.fall_tick is None:
            if cycle == attempt.cycle or attempt.aloft:
                return None
            attempt.cycle = cycle
            if not attempt.flew:
                return None
            del self._tries[character]
            return self._count(attempt.landing(), True, attempt.seconds(snapshot.tick))
        if attempt.has_verdict or attempt.since_fall(snapshot.tick) < VERDICT_SECONDS:
            return None
        attempt.has_verdict = True
        words, seconds = attempt.mishap(snapshot), attempt.seconds(snapshot.tick)
        sentence = f"{words} after {seconds:.0f} s" if seconds >= LONG_SECONDS else words
        return self._count(sentence, False, seconds, words)

    def is_over(self, character: int, tick: int) -> bool:
        """Whether RETRY_SECONDS have passed since he fell."""
        attempt = self._tries.get(character)
        return attempt is not None and attempt.has_verdict and attempt.since_fall(tick) >= RETRY_SECONDS

    def line(self) -> str:
        """The number of the attempt, landings and the most frequent falls: a line for the screen."""
        falls = [(words, n) for words, n in self.counts.most_common() if words not in LANDINGS]
        shown = [*([("landed", self.landed)] if self.landed else []), *falls[:2]]
        return "   ".join([f"attempt {self.number}", *(f"{words} {n}" for words, n in shown)])

    def _count(self, words: str, landed: bool, seconds: float, key: str = "") -> Verdict:
        verdict = Verdict(self.number, words, landed, seconds)
        self.number += 1
        self.landed += landed
        self.counts[key or words] += 1
        return verdict


def _axes(snapshot: Snapshot, character: int) -> Array:
    """(4,) how far up point the torso's front and top, and the head's front and top, each -1..1."""
    bodies = [snapshot.model.roles.torso, snapshot.model.roles.head]
    turns = np.repeat(snapshot.body_rot[character, bodies], 2, axis=0)
    axes = np.tile([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]], (2, 1))
    return rotation.rotate(turns, axes)[:, 2]
