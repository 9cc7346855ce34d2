"""Recovery: after a fall a character lies limp for a moment, gets up, and goes on with what it was doing.

It reads the state after each tick and returns events for the next one, so that takes contain everything it does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from game.play.agent import Agent
from game.play.body_groups import joints_of, strength_events
from game.play.clip_library import GET_UP
from game.play.events import Event, EventError, GetUp, Perform, Play, Reset, Strength
from game.play.initial_state import starting_state
from game.play.performance import UP_HEIGHT, is_up
from game.play.runtime import Runtime
from game.sim.forces import GrabSpring
from game.sim.kinematics import standing_state

Array = NDArray[np.float64]

LIMP_SECONDS = 1.0
"""s that he lies limp before he gets up, unless the player changes it"""
MAX_LIMP_SECONDS = 5.0
PATIENCE_SECONDS = 1.5
"""s after the end of a get-up clip until he tries again"""
UPRIGHT_SECONDS = 0.5
"""s on his feet after which he is up and goes on"""
GOOD_AT_GETTING_UP = 0.9
"""a performer with at least this `getup_success` in its scores gets up without the specialists"""
SPECIALISTS = tuple(f"getup_{way}" for way in GET_UP)
"""the policies that are trained for getting up"""


@dataclass(frozen=True)
class Plan:
    """What he goes on with once he is up."""

    policy: str
    clip: str | None = None
    """a looping clip that a performer followed, and follows again"""

    def events(self, character: int) -> list[Event]:
        """Events that let the character go on with it."""
        found: list[Event] = [Play(self.policy, character)]
        if self.clip is not None:
            found.append(Perform(self.clip, character))
        return found


@dataclass
class _Case:
    """One character that has fallen."""

    plan: Plan
    strength: Array
    """(J,) strengths of the joints before he went limp"""
    limp: bool = True
    """True while he lies limp, False while he gets up"""
    since: int = 0
    """tick when he went limp, or when he last began to get up"""
    tries: int = 0
    hurry: bool = False
    """whether he starts to get up again at once"""
    upright: int = 0
    """ticks on his feet without interruption"""


class Recovery:
    """The characters that have fallen and shall get up."""

    def __init__(self) -> None:
        self.limp_seconds = LIMP_SECONDS
        self._cases: dict[int, _Case] = {}
        self._helpless: set[int] = set()
        """characters that have fallen and have no policy to get up with"""
        self._own: list[Event] = []
        """events that were returned last, to tell them from the player's"""

    def clear(self) -> None:
        """Forgets all falls, for another run."""
        self._cases.clear()
        self._helpless.clear()
        self._own = []

    def plan_of(self, character: int) -> Plan | None:
        """What a fallen character will go on with; None if it has not fallen."""
        case = self._cases.get(character)
        return None if case is None else case.plan

    def strength_of(self, character: int) -> Array | None:
        """(J,) strengths that a limp character will have again; None if it is not limp."""
        case = self._cases.get(character)
        return case.strength if case is not None and case.limp else None

    def cancel(self, character: int, runtime: Runtime) -> list[Event]:
        """Ends a character's case; returns events that restore its strength and its policy."""
        case = self._cases.get(character)
        return [] if case is None else [*self._restore(character, runtime), Play(case.plan.policy, character)]

    def _restore(self, character: int, runtime: Runtime) -> list[Event]:
        """Ends a character's case; returns events that restore its strength."""
        case = self._cases.pop(character)
        return [*strength_events(runtime.model, case.strength, character)] if case.limp else []

    def resume(self, runtime: Runtime) -> None:
        """Finds the falls of a run that continues a take: characters that lie limp or are getting up."""
        self.clear()
        for character, agent in enumerate(runtime.agents):
            policy = _name_of(agent, runtime)
            mine = [timed.event for timed in runtime.log if getattr(timed.event, "character", None) == character]
            driven = [event for event in mine if isinstance(event, Play | Perform | GetUp | Reset)]
            if policy is None:
                continue
            if driven and isinstance(driven[-1], GetUp):
                before = next((e.policy for e in reversed(driven) if isinstance(e, Play) and e.policy), policy)
                plan = Plan(before) if policy in SPECIALISTS else _plan_of(agent, policy)
                self._cases[character] = _Case(plan, np.ones(runtime.model.num_joints), limp=False, hurry=True)
            elif agent.counter.down and not runtime.world.strength[character].any():
                strength = np.ones(runtime.model.num_joints)
                self._cases[character] = _Case(_plan_of(agent, policy), strength, since=runtime.tick_count)

    def events(
        self, runtime: Runtime, happened: Sequence[Event], drivers: Mapping[int, str], *, wanted: bool
    ) -> tuple[list[Event], list[str]]:
        """Reads the state after a tick of a run.

        Args:
            runtime: the run.
            happened: the events of that tick.
            drivers: by character, the policy that goes on after a skill that another policy does at the moment.
            wanted: whether fallen characters shall get up.

        Returns:
            Events for the next tick, and messages for the player.
        """
        found: list[Event] = []
        news: list[str] = []
        players = [event for event in happened if not any(event is own for own in self._own)]
        self._cases = {n: case for n, case in self._cases.items() if n < len(runtime.agents)}
        for character, agent in enumerate(runtime.agents):
            if not wanted or character in runtime.world.faults:
                found += self.cancel(character, runtime)
                continue
            found += self._follow(character, runtime, players)
            if not agent.counter.down:
                self._helpless.discard(character)
            if character in self._cases:
                found += self._go_on(character, runtime)
            elif agent.counter.down and character not in self._helpless:
                events, message = self._begin(character, runtime, drivers.get(character))
                found += events
                news += [message] if message else []
        self._own = found
        return found, news

    def _begin(self, character: int, runtime: Runtime, driver: str | None) -> tuple[list[Event], str]:
        """A character has just fallen: makes it limp if it has strength and a policy. Returns events and a message."""
        agent, strength = runtime.agents[character], runtime.world.strength[character]
        policy = _name_of(agent, runtime)
        if policy is None or not strength.any():
            return [], ""
        if agent.performance is None and not _has_specialists(runtime):
            self._helpless.add(character)
            return [], f"he cannot get up: {' and '.join(SPECIALISTS)} are not both among the policies"
        plan = _plan_of(agent, policy) if driver is None else Plan(driver)
        self._cases[character] = _Case(plan, strength.copy(), since=runtime.tick_count)
        return [Strength(0.0, character=character)], ""

    def _follow(self, character: int, runtime: Runtime, players: Iterable[Event]) -> list[Event]:
        """Adapts a fallen character's case to the player's events; returns further events."""
        agent = runtime.agents[character]
        for event in players:
            case = self._cases.get(character)
            if case is None or getattr(event, "character", None) != character:
                continue
            match event:
                case Strength(value, part) if case.limp:
                    with suppress(EventError):  # an impossible part: the run has refused it, too
                        case.strength[joints_of(runtime.model, part)] = value
                case Reset():
                    # the reset used the policy for getting up; reset again with his own
                    return [*self.cancel(character, runtime), event]
                case Play(policy, place=place) if policy is None or place:
                    return self._restore(character, runtime)
                case Play() | Perform() if (policy := _name_of(agent, runtime)) not in (None, *SPECIALISTS):
                    case.plan, case.hurry = _plan_of(agent, str(policy)), True
                case _:
                    pass
        return []

    def _go_on(self, character: int, runtime: Runtime) -> list[Event]:
        """Events for what a fallen character does next."""
        case, agent, hz = self._cases[character], runtime.agents[character], runtime.model.control_hz
        lying_seconds = (runtime.tick_count - case.since) / hz
        if case.limp:
            held = any(isinstance(f, GrabSpring) and f.character == character for f in runtime.world.forces)
            if lying_seconds < self.limp_seconds or held or not case.strength.any():
                return []
            case.limp = False
            return [*strength_events(runtime.model, case.strength, character), *self._rise(case, character, runtime)]
        up = is_up(runtime.world.state[character], _standing_height(runtime))
        case.upright = case.upright + 1 if up and not agent.counter.down else 0
        if case.upright >= UPRIGHT_SECONDS * hz:
            del self._cases[character]
            return case.plan.events(character)
        if case.hurry or (lying_seconds > _seconds_of(agent) + PATIENCE_SECONDS and not up):
            return self._rise(case, character, runtime)
        return []

    def _rise(self, case: _Case, character: int, runtime: Runtime) -> list[Event]:
        """Events for another try to get up. A skill that begins on the floor, such as crawling, begins at once."""
        case.since, case.upright, case.tries, case.hurry = runtime.tick_count, 0, case.tries + 1, False
        if case.plan.clip is None and _begins_lying(case.plan.policy, runtime):
            del self._cases[character]
            return case.plan.events(character)
        agent = runtime.agents[character]
        able = agent.performance is not None and case.tries == 1 and _is_good_at_it(agent)
        return [GetUp(character, specialist=not able and _has_specialists(runtime))]


def _name_of(agent: Agent, runtime: Runtime) -> str | None:
    """The name, in events, of the policy that drives a character; None if there is none."""
    return next((name for name, policy in runtime.policies.items() if policy is agent.policy), None)


def _plan_of(agent: Agent, policy: str) -> Plan:
    """What a character does now, to go on with after a fall."""
    performance = agent.performance
    if performance is None:
        return Plan(policy)
    return Plan(policy, performance.endless_clip)


def _has_specialists(runtime: Runtime) -> bool:
    return set(SPECIALISTS) <= set(runtime.library.names)


def _is_good_at_it(agent: Agent) -> bool:
    """Whether a performer's score for getting up is good enough."""
    score = agent.policy.spec.scores.get("getup_success") if agent.policy is not None else None
    return isinstance(score, int | float) and score >= GOOD_AT_GETTING_UP


def _standing_height(runtime: Runtime) -> float:
    return float(standing_state(runtime.model).root_pos[2])


def _begins_lying(policy: str, runtime: Runtime) -> bool:
    """Whether a policy's clip begins on the floor, such as crawling."""
    start = starting_state(runtime.world, runtime.library.get(policy), 0.0)
    return float(start.root_pos[2]) < UP_HEIGHT * _standing_height(runtime)


def _seconds_of(agent: Agent) -> float:
    """Duration, s, of the clip that a character follows; 0 if it follows none."""
    if agent.performance is not None:
        return agent.performance.clip[0].duration if agent.performance.clip is not None else 0.0
    clip = agent.policy.spec.clip if agent.policy is not None else None
    return clip.duration if clip is not None else 0.0
