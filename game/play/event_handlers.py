"""EventHandlers: what each kind of event does to the world and its agents, one method a kind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np

from game.play import events as ev
from game.play.agent import Agent
from game.play.body_groups import joints_of
from game.play.clip_library import ClipLibrary
from game.play.controllers import PolicyControllers
from game.play.events import MAX_CROWD, Event, EventError
from game.play.initial_state import reference_rotation, starting_state
from game.play.performance import Performance, lying
from game.play.reference import aligned_heading
from game.policy.anchor import Anchor
from game.policy.library import PolicyLibrary
from game.policy.policy import Policy
from game.sim.forces import GrabSpring
from game.sim.kinematics import BodyPoses

SPACING = 1.8
"""m between the characters of a crowd"""
MAX_PUSH_SECONDS = 3600.0
MAX_NUMBER = 1e6
"""of a force, position or velocity in an event, in SI units"""
MAX_STRENGTH = 10.0
MAX_DELAY, MAX_NOISE = 30, 3.0
"""of Nerves: ticks, rad"""
GOLDEN_RATIO = 0.618034

E = TypeVar("E", bound=Event)
_HANDLERS: dict[type[Event], Callable[[EventHandlers, Any], Event | None]] = {}


def handles(
    kind: type[E],
) -> Callable[[Callable[[EventHandlers, E], E | None]], Callable[[EventHandlers, E], E | None]]:
    """Makes a method of EventHandlers the handler of a kind of event. mypy checks that it takes such an event."""

    def register(method: Callable[[EventHandlers, E], E | None]) -> Callable[[EventHandlers, E], E | None]:
        if kind in _HANDLERS:
            raise TypeError(f"{kind.__name__} has two handlers: {_HANDLERS[kind]} and {method}")
        _HANDLERS[kind] = method
        return method

    return register


def without_handler() -> list[str]:
    """Names of the kinds of event that nobody handles; a test holds that there are none."""
    return [name for name, kind in Event.TYPES.items() if kind not in _HANDLERS]


class EventHandlers:
    """Carries out events.

    A handler returns None, or the event as a take shall hold it. It checks everything before it changes anything.
    """

    def __init__(self, controllers: PolicyControllers, library: PolicyLibrary) -> None:
        """`controllers`: of the world and the agents that events act on; `library`: where `Play` finds policies."""
        self.world = controllers.world
        self.model = controllers.world.model
        self.agents = controllers.agents
        self.library = library
        self.clips = ClipLibrary(self.model)
        self.policies: dict[str, Policy] = {}
        """every policy that was played, by the name in the take"""
        self._hands: dict[int, GrabSpring] = {}

    def carry_out(self, event: Event) -> Event:
        """Does what an event says; returns it as a take shall hold it.

        Raises:
            EventError, WorldError, PolicyError: it makes no sense, and has changed nothing.
        """
        handler = _HANDLERS.get(type(event))
        if handler is None:
            known = ", ".join(kind.__name__ for kind in _HANDLERS)
            raise EventError(f"no handler for {type(event).__name__}; there are handlers for {known}")
        return handler(self, event) or event

    # ---------------------------------------------------------------- policies
    @handles(ev.Play)
    def play(self, event: ev.Play) -> ev.Play:
        """The event returned names the policy as `policies` does."""
        self._agent(event.character)
        _check_phase(event.phase)
        policy = None
        if event.policy is not None:
            name, policy = self._policy(event.policy)
            event = replace(event, policy=name)
        self._begin(event.character, policy, event.phase, aligned=event.aligned)
        if event.place:
            self._place(event.character, event.phase)
        return event

    @handles(ev.Perform)
    def perform(self, event: ev.Perform) -> ev.Perform:
        """The event returned names the policy as `policies` does."""
        agent = self._agent(event.character)
        _check_phase(event.phase)
        if event.cycles is not None and event.cycles < 1:
            raise EventError(f"{event.cycles} cycles, expected 1 or more")
        self.clips.get(event.clip)
        if agent.performance is None:
            name, policy = self._performer(event.policy)
            event = replace(event, policy=name)
            self._begin(event.character, policy, 0.0)
        assert agent.performance is not None
        agent.performance.perform(event.clip, self.world.state[event.character], event.phase, event.cycles)
        return event

    @handles(ev.Steer)
    def steer(self, event: ev.Steer) -> None:
        _check_finite("velocity", event.velocity)
        performance = self._agent(event.character).performance
        if performance is None:
            raise EventError("nobody to steer: the policy that drives him has its own clip; play one that follows "
                             "references, such as performer")  # fmt: skip
        performance.steer(np.array(event.velocity), self.world.state[event.character])

    @handles(ev.GetUp)
    def get_up(self, event: ev.GetUp) -> None:
        character, agent = event.character, self._agent(event.character)
        state, poses = self.world.state[character], self.world.body_poses
        bodies = BodyPoses(poses.pos[character], poses.rot[character])
        if agent.performance is not None and not event.specialist:
            agent.performance.get_up(state, bodies)
        else:
            _, policy = self._policy(f"getup_{lying(self.model, bodies)}")
            self._begin(character, policy, 0.0)

    def restart(self, character: int) -> None:
        """Starts a character's policy anew from where it is."""
        agent = self.agents[character]
        self._begin(character, agent.policy, 0.0, aligned=False)
        agent.counter.stand_up()

    def _begin(self, character: int, policy: Policy | None, phase: float, *, aligned: bool = True) -> None:
        """Lets a policy drive a character from where it is."""
        agent, state = self.agents[character], self.world.state[character]
        anchor, performance = Anchor.under(state.root_pos, state.root_rot), None
        if policy is not None and policy.spec.lookahead:
            performance = Performance(self.clips, state)
        elif policy is not None and aligned:
            reference = reference_rotation(self.world, policy, phase)
            if reference is not None:
                anchor = replace(anchor, heading=aligned_heading(state.root_rot, reference))
        agent.start(policy, anchor, self.world.tick, phase, performance)
        self.use_gains_of_policy(character)

    def _performer(self, name: str) -> tuple[str, Policy]:
        """The policy of a name, which must follow references. Raises PolicyError, EventError."""
        if not self.library.get(name).spec.lookahead:
            raise EventError(f"policy {name!r} has its own clip; a performer follows references")
        return self._policy(name)

    @handles(ev.Reset)
    def reset(self, event: ev.Reset) -> None:
        self._agent(event.character)
        _check_phase(event.phase)
        self._place(event.character, event.phase)

    def use_gains_of_policy(self, character: int) -> None:
        """Gives a character's PD controller the gains of its policy; without a policy those of the model."""
        policy = self.agents[character].policy
        kp, kd = (self.model.kp, self.model.kd) if policy is None else policy.gains
        self.world.set_gains(character, kp, kd)

    def _policy(self, name: str) -> tuple[str, Policy]:
        """The policy of a name, and the name that a take shall know it by."""
        policy = self.library.get(name)
        known = self.policies.get(name)
        if known is not None and known.sha256 != policy.sha256:
            # The file changed after it was first played: a take must hold both.
            name = f"{name}@{policy.sha256[:8]}"
            self.library.add(name, policy)
        self.policies[name] = policy
        return name, policy

    def _place(self, character: int, phase: float) -> None:
        """Puts a character into the starting pose of its policy at home."""
        agent = self.agents[character]
        state = starting_state(self.world, agent.policy, phase)
        self.world.reset([character], agent.home.place(state)[None])
        performance = None
        if agent.policy is not None and agent.policy.spec.lookahead:
            performance = Performance(self.clips, self.world.state[character])
        agent.start(agent.policy, agent.home, self.world.tick, phase, performance)
        agent.counter.stand_up()

    # ---------------------------------------------------------------- characters
    @handles(ev.Crowd)
    def crowd(self, event: ev.Crowd) -> None:
        if not 1 <= event.count <= MAX_CROWD:
            raise EventError(f"a crowd of {event.count}, expected 1..{MAX_CROWD}")
        while len(self.agents) > event.count:
            self._hands = {h: g for h, g in self._hands.items() if g.character != len(self.agents) - 1}
            self.world.remove_character()
            self.agents.pop()
        for index in range(len(self.agents), event.count):
            self.add_character()
            # Multiples of the golden ratio spread evenly over 0..1, however many there are.
            phase = (index * GOLDEN_RATIO) % 1.0
            self.agents[index].policy = self.agents[0].policy
            self.use_gains_of_policy(index)
            self._place(index, phase)

    def add_character(self) -> None:
        """Adds a character without a policy, in rows of four."""
        index = len(self.agents)
        row, column = divmod(index, 4)
        home = Anchor(0.0 - SPACING * row, SPACING * ((column + 1) // 2) * (-1 if column % 2 else 1), 0.0)
        self.world.add_character((home.x, home.y), home.heading)
        self.agents.append(Agent(home, anchor=home))

    @handles(ev.Strength)
    def strength(self, event: ev.Strength) -> None:
        self._agent(event.character)
        if not 0.0 <= event.value <= MAX_STRENGTH:
            raise EventError(f"strength {event.value}, expected 0..{MAX_STRENGTH:g}")
        self.world.strength[event.character, joints_of(self.model, event.part)] = event.value

    @handles(ev.Nerves)
    def nerves(self, event: ev.Nerves) -> None:
        noises = (event.sense_noise, event.act_noise)
        if not (0 <= event.delay <= MAX_DELAY and all(0.0 <= noise <= MAX_NOISE for noise in noises)):
            raise EventError(
                f"nerves {event}: expected a delay of 0..{MAX_DELAY} ticks and noises of 0..{MAX_NOISE:g} rad"
            )
        agent = self._agent(event.character)
        agent.nerves = event
        agent.delayed.clear()

    # ---------------------------------------------------------------- forces
    @handles(ev.Push)
    def push(self, event: ev.Push) -> None:
        self._agent(event.character)
        _check_finite("force", event.force)
        if not 0.0 < event.seconds <= MAX_PUSH_SECONDS:
            raise EventError(f"a push of {event.seconds} s, expected 0..{MAX_PUSH_SECONDS}")
        ticks = max(1, round(event.seconds * self.model.control_hz))
        self.world.forces.push(event.character, self._body(event.body), event.force, ticks)

    @handles(ev.Grab)
    def grab(self, event: ev.Grab) -> None:
        _check_finite("target", event.target)
        _check_finite("point", event.point)
        if event.prop is None:
            self._agent(event.character)
            spring = self.world.forces.grab(event.character, self._body(event.body), event.point, event.target)
        else:
            spring = self.world.forces.grab_prop(event.prop, event.point, event.target)
        self._open_hand(event.hand)
        self._hands[event.hand] = spring

    @handles(ev.Drag)
    def drag(self, event: ev.Drag) -> None:
        _check_finite("target", event.target)
        if event.hand in self._hands:  # what was held may be gone
            self._hands[event.hand].target_w = np.array(event.target)

    @handles(ev.Release)
    def release(self, event: ev.Release) -> None:
        self._open_hand(event.hand)

    def _open_hand(self, hand: int) -> None:
        spring = self._hands.pop(hand, None)
        if spring is not None:
            self.world.forces.release(spring)

    # ---------------------------------------------------------------- surroundings
    @handles(ev.Gravity)
    def gravity(self, event: ev.Gravity) -> None:
        self.world.set_gravity(event.vector)

    @handles(ev.Friction)
    def friction(self, event: ev.Friction) -> None:
        self.world.set_friction(event.value)

    @handles(ev.Spawn)
    def spawn(self, event: ev.Spawn) -> None:
        item = event.item
        _check_finite("position", item.position)
        _check_finite("quaternion", item.quaternion)
        _check_finite("velocity", event.velocity)
        _check_finite("ang_vel", event.ang_vel)
        if not item.parts:
            raise EventError(f"{item.name!r} has no solid parts")
        self.world.spawn(item, event.velocity, event.ang_vel)

    @handles(ev.Remove)
    def remove(self, event: ev.Remove) -> None:
        self.world.remove_prop(event.prop)
        self._hands = {h: g for h, g in self._hands.items() if g.prop != event.prop}

    # ---------------------------------------------------------------- checks
    def _agent(self, character: int) -> Agent:
        if not 0 <= character < len(self.agents):
            raise EventError(f"no character {character}; there are {len(self.agents)}")
        return self.agents[character]

    def _body(self, name: str) -> int:
        if name not in self.model.body_names:
            raise EventError(f"no body {name!r}; there are {', '.join(self.model.body_names)}")
        return self.model.body_names.index(name)


def _check_finite(what: str, values: tuple[float, ...]) -> None:
    if not np.isfinite(values).all() or np.abs(values).max() > MAX_NUMBER:
        raise EventError(f"{what} {values}: expected finite numbers")


def _check_phase(phase: float) -> None:
    if not 0.0 <= phase <= 1.0:
        raise EventError(f"phase {phase}, expected 0..1")
