"""Lineup: characters of one Runtime, so far apart that they never meet: the game itself, many runs at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Self, TypeVar

import numpy as np

from game.play.agent import Agent
from game.play.events import Crowd, Event, Play
from game.play.initial_state import clip_state
from game.play.runtime import Runtime
from game.policy.anchor import Anchor
from game.policy.library import PolicyLibrary
from game.policy.policy import PolicyError
from tools.evaluate.measured_skill import MeasuredSkill

APART = 120.0
"""m between two characters"""
SIZE = 8
"""characters in one Runtime: more make Bullet's broad phase slow"""
START_NOISE = 0.02
"""m/s and rad/s on the roots' velocities, so that starts from the same pose differ"""
PUSH_SECONDS = 0.2
"""as in DeepMimic's table of pushes"""

T = TypeVar("T")


class Lineup:
    """`start` or `stand` first, then `tick`."""

    def __init__(self, library: PolicyLibrary, count: int, seed: int = 0) -> None:
        self.runtime = Runtime(library, seed=seed)
        self.hz = self.runtime.model.control_hz
        self.tick([Crowd(count)], driven=False)
        for k, agent in enumerate(self.agents):
            agent.home = Anchor(0.0, APART * k, 0.0)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.runtime.close()

    @property
    def agents(self) -> list[Agent]:
        return self.runtime.agents

    def stand(self, policy: str) -> None:
        """Put everybody upright with a performer, which stands."""
        self.tick([Play(policy, k, place=True) for k in range(len(self.agents))])

    def start(self, starts: Sequence[tuple[MeasuredSkill, float]]) -> None:
        """Put everybody into his skill's pose and velocity at a phase, and make the first tick of it."""
        performers = {k: (skill, phase) for k, (skill, phase) in enumerate(starts) if skill.performed}
        self.tick([Play(skill.policy, k, place=True) for k, (skill, _) in performers.items()], driven=False)
        world = self.runtime.world
        for k, (skill, phase) in performers.items():
            state = clip_state(world.model, skill.sampler, phase)
            world.reset([k], self.agents[k].home.place(state)[None])
        self.tick([skill.begin(k, phase, place=not skill.performed) for k, (skill, phase) in enumerate(starts)])

    def nudge(self, rng: np.random.Generator, characters: Iterable[int]) -> None:
        """Change the velocities of characters' roots by START_NOISE."""
        world = self.runtime.world
        for k in characters:
            noise = rng.normal(scale=START_NOISE, size=(2, 3))
            world.reset([k], world.state[k].nudged(noise[0], noise[1])[None])

    def tick(self, events: Iterable[Event] = (), *, driven: bool = True) -> None:
        """Make a tick.

        Raises:
            EventError: an event was refused.
            PolicyError: a policy failed, unless nobody has to be driven.
        """
        snapshot = self.runtime.tick(events, strict=True)
        if driven and any(agent.policy is None for agent in self.agents):
            raise PolicyError("; ".join(snapshot.messages))


def chunks(items: Sequence[T]) -> Iterator[Sequence[T]]:
    """SIZE of them at a time."""
    for first in range(0, len(items), SIZE):
        yield items[first : first + SIZE]
