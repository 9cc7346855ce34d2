"""Runtime: a World and who drives whom; one control tick at a time, all input as events.

A Runtime is a function of its seed and its events: the same ones give the same Snapshots, bit for bit.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np

from game.play import events as ev
from game.play.agent import Agent
from game.play.body_groups import joints_of
from game.play.controllers import JointTargets, PolicyControllers
from game.play.events import Event, EventError, Timed
from game.play.initial_state import starting_state
from game.policy.library import PolicyLibrary
from game.policy.observation import Anchor
from game.policy.policy import Policy, PolicyError
from game.sim.forces import GrabSpring
from game.sim.snapshot import Snapshot
from game.sim.world import World, WorldError

MAX_CROWD = 64
SPACING = 1.8
"""m between the characters of a crowd"""
MAX_SECONDS = 3600.0


class Runtime:
    """Begins with one character that stands at the origin and that nobody drives."""

    def __init__(self, library: PolicyLibrary, *, seed: int = 0) -> None:
        self.library = library
        self.seed = seed
        self.model = library.model
        self.world = World(self.model)
        self.controllers = PolicyControllers(self.world, np.random.default_rng(seed))
        self.agents: list[Agent] = self.controllers.agents
        self.log: list[Timed] = []
        """every event that was carried out"""
        self.trace: list[tuple[str, list[list[float]]]] = []
        """per tick a hash of the root and joint states, and the root positions"""
        self.policies: dict[str, Policy] = {}
        """every policy that was played, by name"""
        self._hands: dict[int, GrabSpring] = {}
        self._messages: list[str] = []
        self._add_character()
        self.snapshot: Snapshot = self.world.snapshot()

    def close(self) -> None:
        """Give the World back."""
        self.world.close()

    @property
    def tick_count(self) -> int:
        """Ticks that have been made."""
        return self.world.tick

    def tick(self, events: Iterable[Event] = (), *, strict: bool = False) -> Snapshot:
        """Carry out events, then let everybody act for one control tick.

        Args:
            events: in order; one that makes no sense is refused with a message and changes nothing.
            strict: raise instead (replays).

        Raises:
            EventError: an event makes no sense, and strict is set.
        """
        self._messages = []
        for event in events:
            self._carry_out(event, strict)
        aims = self._aims()
        self.world.step(aims.rotation, aims.hinge)
        self._after_faults()
        self.controllers.judge()
        self.snapshot = self.world.snapshot(tuple(self._messages), aims.ghosts)
        self._record()
        return self.snapshot

    # ---------------------------------------------------------------- events
    def _carry_out(self, event: Event, strict: bool) -> None:
        try:
            done = self._HANDLERS[type(event)](self, event) or event
        except (EventError, WorldError, PolicyError) as error:
            if strict:
                raise EventError(f"tick {self.world.tick}: {error}") from error
            self._messages.append(str(error))
        else:
            self.log.append(Timed(self.world.tick, done))

    def _agent(self, character: int) -> Agent:
        if not 0 <= character < len(self.agents):
            raise EventError(f"no character {character}; there are {len(self.agents)}")
        return self.agents[character]

    def _play(self, event: ev.Play) -> ev.Play:
        agent = self._agent(event.character)
        _check_phase(event.phase)
        policy = None
        if event.policy is not None:
            name, policy = self._policy(event.policy)
            event = replace(event, policy=name)
        root = self.world.state[event.character]
        agent.start(policy, Anchor.under(root.root_pos, root.root_rot), self.world.tick, event.phase)
        self._take_gains(event.character)
        if event.place:
            self._place(event.character, event.phase)
        return event

    def _policy(self, name: str) -> tuple[str, Policy]:
        """The policy of a name, and the name that a take shall know it by."""
        policy = self.library.get(name)
        known = self.policies.get(name)
        if known is not None and known.sha256 != policy.sha256:
            # hot-reloaded under the same name: a take must hold both
            name = f"{name}@{policy.sha256[:8]}"
            self.library.add(name, policy)
        self.policies[name] = policy
        return name, policy

    def _take_gains(self, character: int) -> None:
        """The controller's gains are the policy's; without one they are the model's."""
        policy = self.agents[character].policy
        kp, kd = (self.model.kp, self.model.kd) if policy is None else policy.gains
        self.world.set_gains(character, kp, kd)

    def _reset(self, event: ev.Reset) -> None:
        self._agent(event.character)
        _check_phase(event.phase)
        self._place(event.character, event.phase)

    def _place(self, character: int, phase: float) -> None:
        """Put a character into the starting pose of its policy at home."""
        agent = self.agents[character]
        state = starting_state(self.world, agent.policy, phase)
        agent.start(agent.policy, agent.home, self.world.tick, phase)
        agent.stand_up()
        self.world.reset([character], agent.home.place(state)[None])

    def _crowd(self, event: ev.Crowd) -> None:
        if not 1 <= event.count <= MAX_CROWD:
            raise EventError(f"a crowd of {event.count}, expected 1..{MAX_CROWD}")
        while len(self.agents) > event.count:
            self._hands = {h: g for h, g in self._hands.items() if g.character != len(self.agents) - 1}
            self.world.remove_character()
            self.agents.pop()
        newcomers = range(len(self.agents), event.count)
        for index in newcomers:
            self._add_character()
            # golden ratio: phases spread evenly however many come
            phase = (index * 0.618034) % 1.0
            self.agents[index].policy = self.agents[0].policy
            self._take_gains(index)
            self._place(index, phase)

    def _add_character(self) -> None:
        index = len(self.agents)
        row, column = divmod(index, 4)
        home = Anchor(0.0 - SPACING * row, SPACING * ((column + 1) // 2) * (-1 if column % 2 else 1), 0.0)
        self.world.add_character((home.x, home.y), home.heading)
        self.agents.append(Agent(home, anchor=home))

    def _push(self, event: ev.Push) -> None:
        self._agent(event.character)
        _check_finite("force", event.force)
        if not 0.0 < event.seconds <= MAX_SECONDS:
            raise EventError(f"a push of {event.seconds} s, expected 0..{MAX_SECONDS}")
        ticks = max(1, round(event.seconds * self.model.control_hz))
        self.world.forces.push(event.character, self._body(event.body), event.force, ticks)

    def _body(self, name: str) -> int:
        if name not in self.model.body_names:
            raise EventError(f"no body {name!r}; there are {', '.join(self.model.body_names)}")
        return self.model.body_names.index(name)

    def _grab(self, event: ev.Grab) -> None:
        _check_finite("target", event.target)
        _check_finite("point", event.point)
        if event.prop is None:
            self._agent(event.character)
            grab = self.world.forces.grab(event.character, self._body(event.body), event.point, event.target)
        else:
            grab = self.world.forces.grab_prop(event.prop, event.point, event.target)
        self._release(ev.Release(event.hand))
        self._hands[event.hand] = grab

    def _drag(self, event: ev.Drag) -> None:
        _check_finite("target", event.target)
        if event.hand in self._hands:  # what was held may have been taken away meanwhile
            self._hands[event.hand].target_w = np.array(event.target)

    def _release(self, event: ev.Release) -> None:
        grab = self._hands.pop(event.hand, None)
        if grab is not None:
            self.world.forces.release(grab)

    def _gravity(self, event: ev.Gravity) -> None:
        self.world.set_gravity(event.vector)

    def _friction(self, event: ev.Friction) -> None:
        self.world.set_friction(event.value)

    def _strength(self, event: ev.Strength) -> None:
        self._agent(event.character)
        if not 0.0 <= event.value <= 10.0:
            raise EventError(f"strength {event.value}, expected 0..10")
        self.world.strength[event.character, joints_of(self.model, event.part)] = event.value

    def _nerves(self, event: ev.Nerves) -> None:
        if not (0 <= event.delay <= 30 and 0.0 <= event.sense_noise <= 3.0 and 0.0 <= event.act_noise <= 3.0):
            raise EventError(f"nerves {event}: expected a delay of 0..30 ticks and noises of 0..3 rad")
        agent = self._agent(event.character)
        agent.nerves = event
        agent.delayed.clear()

    def _spawn(self, event: ev.Spawn) -> None:
        item = event.item
        for what in ("position", "quaternion"):
            _check_finite(what, getattr(item, what))
        _check_finite("velocity", event.velocity)
        _check_finite("ang_vel", event.ang_vel)
        if not item.parts:
            raise EventError(f"{item.name!r} has no solid parts")
        self.world.spawn(item, event.velocity, event.ang_vel)

    def _remove(self, event: ev.Remove) -> None:
        self.world.remove_prop(event.prop)
        self._hands = {h: g for h, g in self._hands.items() if g.prop != event.prop}

    _HANDLERS: ClassVar[dict[type[Any], Any]] = {
        ev.Play: _play,
        ev.Reset: _reset,
        ev.Crowd: _crowd,
        ev.Push: _push,
        ev.Grab: _grab,
        ev.Drag: _drag,
        ev.Release: _release,
        ev.Gravity: _gravity,
        ev.Friction: _friction,
        ev.Strength: _strength,
        ev.Nerves: _nerves,
        ev.Spawn: _spawn,
        ev.Remove: _remove,
    }

    # ---------------------------------------------------------------- acting
    def _aims(self) -> JointTargets:
        aims, failed = self.controllers.aims()
        for policy, error in failed.items():
            self._messages.append(f"{error}; it was stopped")
            for index, agent in enumerate(self.agents):
                if agent.policy is policy:
                    agent.policy = None
                    self._take_gains(index)
        return aims

    def _after_faults(self) -> None:
        for index in self.world.faults:
            self._messages.append(f"character {index} left the realm of physics and was put back on his feet")
            agent, state = self.agents[index], self.world.state[index]
            agent.start(agent.policy, Anchor.under(state.root_pos, state.root_rot), self.world.tick, 0.0)
            agent.stand_up()

    def _record(self) -> None:
        digest = hashlib.blake2b(self.world.state_bytes, digest_size=8)
        self.trace.append((digest.hexdigest(), self.world.state.root_pos.tolist()))


def _check_finite(what: str, values: tuple[float, ...]) -> None:
    if not np.isfinite(values).all() or np.abs(values).max() > 1e6:
        raise EventError(f"{what} {values}: expected finite numbers")


def _check_phase(phase: float) -> None:
    if not 0.0 <= phase <= 1.0:
        raise EventError(f"phase {phase}, expected 0..1")
