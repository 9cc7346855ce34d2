"""SkillRuns: skills for which another policy drives a performer's character for one cycle, because it is better.

Whoever walks comes to a stand first: begun in the middle of a step, a skill would fell him.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from game.play.events import Event, Halt, Perform, Play
from game.play.runtime import Runtime
from game.policy.policy import Policy
from game.policy.policy_spec import PolicySpec


@dataclass(frozen=True)
class _Run:
    """A skill that one character does."""

    performer: str
    """the policy that drives the character afterwards"""
    specialist: str
    """the policy that does the skill"""
    since: int
    """tick at which it began"""


@dataclass(frozen=True)
class _Wish:
    """A skill that waits until its character stands."""

    performer: Policy
    """that drives the character meanwhile"""
    specialist: str
    since: int
    """tick at which it was wished for"""


class SkillRuns:
    """The characters of performers that a specialist drives at the moment, or will as soon as they stand."""

    def __init__(self) -> None:
        self._runs: dict[int, _Run] = {}
        self._wishes: dict[int, _Wish] = {}

    def clear(self) -> None:
        """Forgets all of them, for another run."""
        self._runs.clear()
        self._wishes.clear()

    def performer_of(self, character: int) -> str | None:
        """The performer that will drive a character after its skill; None if it does none."""
        run = self._runs.get(character)
        return None if run is None else run.performer

    def begin(self, policy: str, character: int, runtime: Runtime) -> list[Event]:
        """Events that make a character do the skill of a policy: once, if a performer drives it. Raises PolicyError."""
        spec = runtime.library.get(policy).spec
        agent = runtime.agents[character]
        self._wishes.pop(character, None)
        if agent.performance is None or agent.policy is None or spec.lookahead:
            self._runs.pop(character, None)
            return [Play(policy, character)]
        own = agent.policy.spec
        if spec.skill in own.repertoire and not is_better(spec, own):
            return [Perform(own.repertoire[spec.skill], character, cycles=1, settled=True)]
        if not agent.performance.is_calm(runtime.world.state[character]):
            self._wishes[character] = _Wish(agent.policy, policy, runtime.tick_count)
            return [Halt(character)]
        return self._hand_over(policy, character, runtime)

    def _hand_over(self, policy: str, character: int, runtime: Runtime) -> list[Event]:
        driver = runtime.agents[character].policy
        name = next(known for known, played in runtime.policies.items() if played is driver)
        self._runs[character] = _Run(name, policy, runtime.tick_count)
        return [Play(policy, character)]

    def waiting_for(self, character: int) -> str | None:
        """The policy whose skill a character does as soon as he stands; None where he waits for none."""
        wish = self._wishes.get(character)
        return None if wish is None else wish.specialist

    def events(self, runtime: Runtime) -> list[Event]:
        """Reads the state after a tick; returns events that let performers drive again."""
        found = self._granted(runtime)
        for character, run in list(self._runs.items()):
            agent = runtime.agents[character] if character < len(runtime.agents) else None
            policy = runtime.policies.get(run.specialist)
            if agent is None or agent.policy is None or agent.policy is not policy:
                if runtime.tick_count > run.since:  # meanwhile another policy drives it
                    del self._runs[character]
                continue
            clip = policy.spec.clip
            if clip is None or agent.time(runtime.tick_count, runtime.model.control_hz) >= clip.duration:
                del self._runs[character]
                found.append(Play(run.performer, character))
        return found

    def _granted(self, runtime: Runtime) -> list[Event]:
        """Events that begin the skills of those who stand now. Who falls, or does something else, forgets his wish."""
        found: list[Event] = []
        for character, wish in list(self._wishes.items()):
            agent = runtime.agents[character] if character < len(runtime.agents) else None
            if agent is None or agent.performance is None or agent.policy is not wish.performer or agent.counter.down:
                del self._wishes[character]
                continue
            if runtime.tick_count <= wish.since + 1:  # he has not been told yet
                continue
            if not agent.performance.halted:
                del self._wishes[character]
            elif agent.performance.has_settled(runtime.world.state[character]):
                del self._wishes[character]
                found += self._hand_over(wish.specialist, character, runtime)
        return found

    @property
    def performers(self) -> Mapping[int, str]:
        """By character, the performer that will drive it after its skill."""
        return {character: run.performer for character, run in self._runs.items()}


def is_better(specialist: PolicySpec, performer: PolicySpec) -> bool:
    """Whether a policy does its skill better than a performer, by the scores in their cards.

    Without a score for a skill that it knows, the performer is used.
    """
    of_skills = performer.scores.get("skills")
    own = quality(of_skills.get(specialist.skill)) if isinstance(of_skills, Mapping) else None
    other = quality(specialist.scores)
    return own is not None and other is not None and other > own


def quality(scores: object) -> float | None:
    """Survival times normalised return, each 0..1; None if survival is not known."""
    if not isinstance(scores, Mapping):
        return None
    survival, likeness = scores.get("survival"), scores.get("normalized_return", 1.0)
    if not isinstance(survival, int | float) or not isinstance(likeness, int | float):
        return None
    return float(survival) * float(likeness)
