"""Agent: who drives one character, since when, in which frame; and how he has fared."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

import numpy as np
from numba import njit
from numpy.typing import NDArray

from game.play.events import Nerves
from game.policy.anchor import ORIGIN, Anchor
from game.policy.policy import Policy
from game.sim.motion import cycle_of

Array = NDArray[np.float64]

RECOVERED_TICKS = 15
"""without a touch that counts as a fall, until the next one counts as another"""
LANDING_SLACK = 0.7
"""rad short of a whole turn at which a flip counts once a foot is down"""


@dataclass
class Agent:
    """One character's driver and record."""

    home: Anchor
    """where he first stood, and is put back to"""
    policy: Policy | None = None
    anchor: Anchor = ORIGIN
    start_tick: int = 0
    offset: float = 0.0
    """s, policy time at start_tick"""
    cycle: int = 0
    """of the clip, when the anchor was last taken"""
    nerves: Nerves = field(default_factory=Nerves)
    delayed: deque[tuple[Array, Array]] = field(default_factory=deque)
    """rotations (J, 4) and hinges' angles (H,) that were aimed at and have not arrived"""
    falls: int = 0
    flips: int = 0
    down: bool = False
    turned: float = 0.0
    """rad about the character's own lateral axis since he last stood up anew"""
    _clean_ticks: int = 0

    def start(self, policy: Policy | None, anchor: Anchor, tick: int, phase: float) -> None:
        """Let a policy drive from `tick` on."""
        duration = policy.spec.clip.duration if policy is not None and policy.spec.clip else 0.0
        self.policy, self.anchor, self.start_tick = policy, anchor, tick
        self.offset, self.cycle = phase * duration, 0
        self.delayed.clear()

    def time(self, tick: int, control_hz: int) -> float:
        """Seconds since the policy was started."""
        return self.offset + (tick - self.start_tick) / control_hz

    def begins_cycle(self, time: float) -> bool:
        """Whether a new cycle of the clip has begun, for a policy that wants its anchor taken anew then."""
        if self.policy is None or self.policy.spec.anchor != "cycle":
            return False
        clip = self.policy.spec.clip
        cycle = int(cycle_of(time, clip.duration, clip.loop)) if clip is not None else 0
        begins, self.cycle = cycle != self.cycle, cycle
        return begins

    def stand_up(self) -> None:
        """Begin a new attempt."""
        self.down, self.turned, self._clean_ticks = False, 0.0, 0

    def judge(self, touched: bool, foot_down: bool, lateral_rate: float, dt: float) -> bool:
        """Count falls and flips of one tick; returns whether he has just fallen.

        Args:
            touched: a body that must not touch the floor did.
            foot_down: a foot touches it.
            lateral_rate: rad/s about the root's own y axis.
            dt: s
        """
        self._clean_ticks = 0 if touched else self._clean_ticks + 1
        if self.down and self._clean_ticks >= RECOVERED_TICKS:
            self.stand_up()
        fell = touched and not self.down
        if fell:
            self.down, self.falls = True, self.falls + 1
        if not self.down:
            self.turned += lateral_rate * dt
            if foot_down and abs(self.turned) >= 2.0 * np.pi - LANDING_SLACK:
                self.flips += 1
                self.turned -= np.copysign(2.0 * np.pi, self.turned)
        return fell


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
