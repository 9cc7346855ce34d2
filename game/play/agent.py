"""Agent: the policy that drives one character, since when and in which frame; and its falls and flips so far."""

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
    """One character's policy, its anchor and clock, and what it has counted."""

    home: Anchor
    """where the character first stood; `Reset` puts it back there"""
    policy: Policy | None = None
    steering: tuple[float, float] = (0.0, 0.0)
    """m/s, world: where he was steered last, whoever drives him now"""
    performance: Performance | None = None
    """the reference that a policy with a lookahead follows; None for a policy with its own clip"""
    anchor: Anchor = ORIGIN
    start_tick: int = 0
    offset: float = 0.0
    """s, policy time at start_tick"""
    cycle: int = 0
    """cycle of the clip in which the anchor was last set"""
    nerves: Nerves = field(default_factory=Nerves)
    delayed: deque[tuple[Array, Array]] = field(default_factory=deque)
    """joint targets that `Nerves.delay` still holds back: rotations (J, 4) and hinge angles (H,), the oldest first"""
    counter: FallCounter = field(default_factory=FallCounter)

    def start(
        self, policy: Policy | None, anchor: Anchor, tick: int, phase: float, performance: Performance | None = None
    ) -> None:
        """Let a policy drive from `tick` on, its clip at `phase` 0..1; one with a lookahead needs a performance."""
        self.performance = performance
        duration = policy.spec.clip.duration if policy is not None and policy.spec.clip else 0.0
        self.policy, self.anchor, self.start_tick = policy, anchor, tick
        self.offset, self.cycle = phase * duration, 0
        self.delayed.clear()

    @property
    def harmful(self) -> NDArray[np.bool_]:
        """(B,) which bodies must not touch the floor in the present motion: their touch is a fall. Needs a policy."""
        assert self.policy is not None
        return self.policy.harmful if self.performance is None else self.performance.harmful

    def time(self, tick: int, control_hz: int) -> float:
        """Policy time at a tick, s: where in its clip it is, cycles included."""
        return self.offset + (tick - self.start_tick) / control_hz

    def begins_cycle(self, time: float) -> bool:
        """Whether a new cycle of the clip has begun since the last call; False for a policy that keeps its anchor."""
        if self.policy is None or self.policy.spec.anchor != "cycle":
            return False
        clip = self.policy.spec.clip
        cycle = int(cycle_of(time, clip.duration, clip.loop)) if clip is not None else 0
        begins, self.cycle = cycle != self.cycle, cycle
        return begins
