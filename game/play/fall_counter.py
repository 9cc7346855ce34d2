"""FallCounter: counts one character's falls and flips. Game, attempts and scores all use this one rule."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from game.sim.contact import Contact

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

RECOVERED_TICKS = 15
"""ticks without harmful touch after which a fall is over, so that the next touch is another fall"""
PROP_TICKS = 5
"""ticks of lying on a prop that count as a fall; a ball that only hits him is none"""
UPHILL = 0.5
"""least z of a contact's normal at which the prop is under the body"""
LANDING_SLACK = 0.7
"""rad short of a whole turn at which a flip counts once a foot is down"""
TURN = 2.0 * math.pi


class TickTouches(NamedTuple):
    """What a character's bodies touched in a tick, apart from other characters."""

    floor: bool = False
    """a harmful body touched the floor"""
    prop: bool = False
    """a harmful body lay on a prop"""
    foot: bool = False
    """a foot touched the floor or a prop"""
    anything: bool = False
    """any body touched the floor or a prop"""


def touches_of(contacts: Iterable[Contact], harmful: Sequence[Mask], feet: Collection[int]) -> list[TickTouches]:
    """What each of N characters touched in a tick.

    Args:
        contacts: of the tick.
        harmful: for each character (B,), the bodies whose touch is a fall.
        feet: indices of the feet.
    """
    floor, prop, foot, anything = ([False] * len(harmful) for _ in range(4))
    for contact in contacts:
        n, body, kind = contact.character, contact.body, contact.kind
        if n < 0 or kind not in ("floor", "prop"):
            continue
        anything[n] = True
        if body in feet:
            foot[n] = True
        if harmful[n][body]:
            if kind == "floor":
                floor[n] = True
            elif contact.normal[2] > UPHILL:
                prop[n] = True
    return [TickTouches(*row) for row in zip(floor, prop, foot, anything, strict=True)]


@dataclass
class FallCounter:
    """One character's falls and flips since it was made. `add` each tick."""

    falls: int = 0
    flips: int = 0
    """whole somersaults that were landed"""
    down: bool = False
    """fallen and not yet up again"""
    aloft: int = 0
    """ticks since it touched the floor or a prop"""
    turn: float = 0.0
    """rad about the character's own lateral axis in the last tick"""
    turned: float = 0.0
    """rad, the sum of `turn` since the last fall was over, minus the flips that were landed"""
    turned_in_all: float = 0.0
    """rad, the sum of `turn` since the beginning, falls included"""
    _clean_ticks: int = 0
    _lying_ticks: int = 0

    def stand_up(self) -> None:
        """The character is up again: the present fall is over, and turning is counted from zero."""
        self.down, self.turned, self._clean_ticks, self._lying_ticks = False, 0.0, 0, 0

    def add(self, touches: TickTouches, lateral_rate: float, dt: float) -> bool:
        """Counts a tick; returns whether the character has just fallen.

        Args:
            touches: of the tick.
            lateral_rate: rad/s about the root's own y axis, see `lateral_rates`.
            dt: s
        """
        self.turn = lateral_rate * dt
        self.turned_in_all += self.turn
        self.aloft = 0 if touches.anything else self.aloft + 1
        self._lying_ticks = self._lying_ticks + 1 if touches.prop and not touches.foot else 0
        fallen = touches.floor or self._lying_ticks >= PROP_TICKS
        self._clean_ticks = 0 if fallen else self._clean_ticks + 1
        if self.down and self._clean_ticks >= RECOVERED_TICKS:
            self.stand_up()
        fell = fallen and not self.down
        if fell:
            self.down, self.falls = True, self.falls + 1
        if not self.down:
            self.turned += self.turn
            if touches.foot and abs(self.turned) >= TURN - LANDING_SLACK:
                self.flips += 1
                self.turned -= math.copysign(TURN, self.turned)
        return fell

    @property
    def tumbles(self) -> float:
        """Turns since the beginning, without the flips that were landed; a fraction for a part of a turn."""
        return max(0.0, abs(self.turned_in_all) / TURN - self.flips)


@njit(cache=True)
def lateral_rates(root_rot: Array, root_ang_vel: Array) -> Array:
    """Angular velocity about the root's own y axis, (N, 4) and (N, 3) -> (N,) rad/s: the somersault."""
    rates = np.empty(len(root_rot))
    for n in range(len(root_rot)):
        x, y, z, w = root_rot[n]
        # the second column of the rotation matrix is the root's y axis in the world
        rates[n] = (
            2.0 * (x * y - z * w) * root_ang_vel[n, 0]
            + (1.0 - 2.0 * (x * x + z * z)) * root_ang_vel[n, 1]
            + 2.0 * (y * z + x * w) * root_ang_vel[n, 2]
        )
    return rates
