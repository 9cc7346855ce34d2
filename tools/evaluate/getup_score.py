"""--getup: falls from pushes during any skill, and how often he stands again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from game.play.events import Event, Push
from game.policy.library import PolicyLibrary
from game.policy.policy import PolicyError
from tools.evaluate.lineup import PUSH_SECONDS, SIZE, Lineup
from tools.evaluate.measured_skill import MeasuredSkill
from tools.evaluate.riser import Riser

FORCE = (300.0, 900.0)
"""N, for PUSH_SECONDS, at the pelvis"""
FIRST_PUSH = (0.5, 2.0)
"""s after the beginning of a skill"""
NEXT_PUSH = 1.5
"""s after a push that he survived"""
MAX_PUSHES = 6
"""who is still up then is left out"""


def getup_scores(library: PolicyLibrary, skills: Sequence[MeasuredSkill], falls: int, seed: int) -> dict[str, Any]:
    """`getup_success`: the share of falls after which he is upright for 2 s within 10 s.

    A character does a skill from a random phase and is pushed with 300 to 900 N in a random direction until he falls;
    he lies limp for 1.5 s and then gets up: a performer by itself, others by the specialists for getting up, in up to
    three tries.

    Raises:
        PolicyError: no push makes him fall.
    """
    risers: list[Riser] = []
    turn = 0
    while len(risers) < falls:
        rng = np.random.default_rng([seed, turn])
        count = min(SIZE, falls - len(risers))
        doing = [skills[(turn * SIZE + k) % len(skills)] for k in range(count)]
        found = _fall_and_rise(library, doing, rng)
        if not found and not risers:
            raise PolicyError(f"{skills[0].policy}: {MAX_PUSHES} pushes made none of {count} characters fall")
        risers += found
        turn += 1
    seconds = [riser.seconds for riser in risers if riser.up]
    return {
        "getup_falls": falls,
        "getup_success": round(len(seconds) / falls, 3),
        "getup_mean_seconds": round(float(np.mean(seconds)), 2) if seconds else None,
    }


def _fall_and_rise(library: PolicyLibrary, doing: Sequence[MeasuredSkill], rng: np.random.Generator) -> list[Riser]:
    """Those of a lineup who fell, when all of them have got up or failed to."""
    shape = (len(doing), MAX_PUSHES)
    force, angle = rng.uniform(*FORCE, shape), rng.uniform(0.0, 2.0 * np.pi, shape)
    first, phases = rng.uniform(*FIRST_PUSH, len(doing)), rng.random(len(doing))
    risers: dict[int, Riser] = {}
    with Lineup(library, len(doing)) as lineup:
        pelvis = lineup.runtime.model.body_names[0]
        when = np.rint((first[:, None] + NEXT_PUSH * np.arange(MAX_PUSHES)) * lineup.hz)
        last = int(when.max() + NEXT_PUSH * lineup.hz)
        lineup.start([(skill, float(phase)) for skill, phase in zip(doing, phases, strict=True)])
        tick = 0
        while (tick <= last and len(risers) < len(doing)) or any(riser.up is None for riser in risers.values()):
            events: list[Event] = [event for riser in risers.values() for event in riser.events()]
            for k, push in np.argwhere(when == tick).tolist():
                if k not in risers:
                    x, y = force[k, push] * np.cos(angle[k, push]), force[k, push] * np.sin(angle[k, push])
                    events.append(Push((float(x), float(y), 0.0), pelvis, k, PUSH_SECONDS))
            lineup.tick(events)
            tick += 1
            for k, agent in enumerate(lineup.agents):
                if tick <= last and agent.counter.down and k not in risers:
                    risers[k] = Riser(lineup.runtime, k, specialist=not doing[k].performed)
    return [risers[k] for k in sorted(risers)]
