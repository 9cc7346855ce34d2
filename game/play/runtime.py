"""Runtime: a World and the agents in it, one control tick at a time; all input arrives as events.

A Runtime is a function of its seed and its events: the same ones give the same Snapshots, bit for bit.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import numpy as np

from game.play.agent import Agent
from game.play.clip_library import ClipLibrary
from game.play.controllers import JointTargets, PolicyControllers
from game.play.event_handlers import EventHandlers
from game.play.events import Event, EventError, Timed
from game.play.trace import Trace
from game.policy.library import PolicyLibrary
from game.policy.policy import Policy, PolicyError
from game.sim.bullet import open_world
from game.sim.contents import WorldError
from game.sim.motion import ClipError
from game.sim.snapshot import Snapshot


class Runtime:
    """Begins with one character that stands at the origin, without a policy."""

    def __init__(self, library: PolicyLibrary, *, seed: int = 0) -> None:
        self.seed = seed
        self.model = library.model
        self.world = open_world(self.model)
        self.controllers = PolicyControllers(self.world, np.random.default_rng(seed))
        self.agents: list[Agent] = self.controllers.agents
        self.log: list[Timed] = []
        """every event that was carried out"""
        self.trace = Trace()
        self._handlers = EventHandlers(self.controllers, library)
        self._messages: list[str] = []
        self._handlers.add_character()
        self.snapshot: Snapshot = self.world.snapshot()

    def close(self) -> None:
        """Free the physics engine. The Runtime cannot be used after that."""
        self.world.close()

    @property
    def tick_count(self) -> int:
        """Ticks so far."""
        return self.world.tick

    @property
    def library(self) -> PolicyLibrary:
        """where the event `Play` finds policies"""
        return self._handlers.library

    @library.setter
    def library(self, library: PolicyLibrary) -> None:
        self._handlers.library = library

    @property
    def clips(self) -> ClipLibrary:
        """where the event `Perform` finds clips"""
        return self._handlers.clips

    @property
    def policies(self) -> dict[str, Policy]:
        """every policy that was played, by its name in the events of `log`"""
        return self._handlers.policies

    def tick(self, events: Iterable[Event] = (), *, strict: bool = False) -> Snapshot:
        """Carry out events, then simulate one control tick.

        Args:
            events: in order. An impossible one changes nothing; the Snapshot's messages say why.
            strict: raise instead, as replays do.

        Raises:
            EventError: an event is impossible, and strict is set.
        """
        self._messages = []
        for event in events:
            self._carry_out(event, strict)
        targets = self._joint_targets()
        self._messages += self._handlers.stopped
        self._handlers.stopped.clear()
        self.world.step(targets.rotation, targets.hinge)
        self._restart_after_faults()
        self.controllers.count_falls()
        self.snapshot = self.world.snapshot(tuple(self._messages), targets.ghosts)
        self._record()
        return self.snapshot

    def _carry_out(self, event: Event, strict: bool) -> None:
        try:
            done = self._handlers.carry_out(event)
        except (ClipError, EventError, WorldError, PolicyError) as error:
            if strict:
                raise EventError(f"tick {self.world.tick}: {error}") from error
            self._messages.append(str(error))
        else:
            self.log.append(Timed(self.world.tick, done))

    def _joint_targets(self) -> JointTargets:
        """Everybody's joint targets. A policy that fails is removed from every agent that it drives."""
        targets, failed = self.controllers.joint_targets()
        for policy, error in failed.items():
            self._handlers.stop(policy, error)
        return targets

    def _restart_after_faults(self) -> None:
        """Restarts the policies of characters that the World has reset because their state was implausible."""
        for index in self.world.faults:
            self._messages.append(f"character {index} left the realm of physics and was put back on his feet")
            self._handlers.restart(index)

    def _record(self) -> None:
        digest = hashlib.blake2b(self.world.state_bytes, digest_size=8)
        self.trace.add(digest.digest(), self.world.state.root_pos)
