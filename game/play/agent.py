"""Agent: who drives one character, since when, in which frame; and how he has fared."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from game.play.events import Nerves
from game.play.fall_counter import FallCounter
from game.play.performance import Performance
from game.policy.anchor import ORIGIN, Anchor
from game.policy.policy import Policy
from game.sim.motion import cycle_of

Array = NDArray[np.float64]


@dataclass
class Agent:
    """One character's driver and record."""

    home: Anchor
    """where he first stood, and is put back to"""
    policy: Policy | None = None
    performance: Performance | None = None
    """what he does, of a policy with a lookahead"""
    anchor: Anchor = ORIGIN
    start_tick: int = 0
    offset: float = 0.0
    """s, policy time at start_tick"""
    cycle: int = 0
    """of the clip, when the anchor was last taken"""
    nerves: Nerves = field(default_factory=Nerves)
    delayed: deque[tuple[Array, Array]] = field(default_factory=deque)
    """rotations (J, 4) and hinges' angles (H,) that were aimed at and have not arrived"""
    counter: FallCounter = field(default_factory=FallCounter)

    def start(
        self, policy: Policy | None, anchor: Anchor, tick: int, phase: float, performance: Performance | None = None
    ) -> None:
        """Let a policy drive from `tick` on; one with a lookahead needs a performance."""
        self.performance = performance
        duration = policy.spec.clip.duration if policy is not None and policy.spec.clip else 0.0
        self.policy, self.anchor, self.start_tick = policy, anchor, tick
        self.offset, self.cycle = phase * duration, 0
        self.delayed.clear()

    @property
    def harmful(self) -> NDArray[np.bool_]:
        """(B,) bodies whose touching the floor is a fall in what he does. Only where a policy drives him."""
        assert self.policy is not None
        return self.policy.harmful if self.performance is None else self.performance.harmful

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
