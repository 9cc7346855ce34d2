"""--chain: one skill after another, wanted in the middle of the first; and how often he then stays up.

A performer does it as in the game: he comes to a stand, and then begins.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from game.play.events import Event, Perform
from game.play.fall_counter import FallCounter, touches_of
from game.play.performance import PATIENCE
from game.policy.library import PolicyLibrary
from game.policy.policy import PolicyError
from tools.evaluate.lineup import Lineup, chunks
from tools.evaluate.measured_skill import MeasuredSkill, upright_specialists
from tools.evaluate.riser import Riser

MOMENTS = (37, 52, 66)
"""ticks after the beginning of the first skill, at which the second one begins"""
SECONDS = 4.0
"""without a fall, from the beginning of the second one; a performer may come to a stand before, for PATIENCE more"""
LEAVE_SECONDS = 1.0
"""for which bodies that the first skill has on the floor may still touch it: who rolls cannot stand at once"""


class Chain(NamedTuple):
    """Two skills, and the tick at which the second one begins."""

    first: MeasuredSkill
    second: MeasuredSkill
    moment: int


def chains_of(library: PolicyLibrary, skills: Sequence[MeasuredSkill]) -> list[Chain]:
    """All ordered pairs of a performer's upright skills; of a specialist's skill and each other upright one.

    Raises:
        PolicyError: there are none.
    """
    upright = [skill for skill in skills if skill.upright]
    second = upright if skills[0].performed else upright_specialists(library)
    found = [Chain(a, b, m) for a in upright for b in second if a.name != b.name for m in MOMENTS]
    if not found:
        names = ", ".join(skill.name for skill in skills)
        raise PolicyError(f"{skills[0].policy}: no chain of upright skills; it knows {names}")
    return found


def chain_scores(library: PolicyLibrary, chains: Sequence[Chain]) -> dict[str, Any]:
    """`chain_success`: the share of chains with no fall within 4 s; `_with_getup`: where he fell he gets up, too."""
    risers = [riser for part in chunks(chains) for riser in _run(library, part)]
    fell = np.array([riser is not None for riser in risers])
    lost = np.array([riser is not None and not riser.up for riser in risers])
    into = {chain.second.name for chain in chains}
    return {
        "chains": len(chains),
        "chain_success": round(1.0 - float(fell.mean()), 3),
        "chain_success_with_getup": round(1.0 - float(lost.mean()), 3),
        "chain_success_into": {
            name: round(1.0 - float(fell[[c.second.name == name for c in chains]].mean()), 3) for name in sorted(into)
        },
    }


def _run(library: PolicyLibrary, chains: Sequence[Chain]) -> list[Riser | None]:
    """Of every chain None where he stayed up, else how he got up again."""
    count = len(chains)
    counters = [FallCounter() for _ in chains]
    risers: list[Riser | None] = [None] * count
    with Lineup(library, count) as lineup:
        runtime, hz = lineup.runtime, lineup.hz
        leave = round(LEAVE_SECONDS * hz)
        spans = [round((SECONDS + (PATIENCE if chain.second.performed else 0.0)) * hz) for chain in chains]
        end = max(MOMENTS) + max(spans)
        lineup.start([(chain.first, 0.0) for chain in chains])
        tick = 0
        while tick < end or any(riser is not None and riser.up is None for riser in risers):
            events = [_begun(chain, k) for k, chain in enumerate(chains) if tick == chain.moment]
            lineup.tick(events + [event for riser in risers if riser is not None for event in riser.events()])
            tick += 1
            harmful = [_harmful(lineup, k, chain, tick - chain.moment <= leave) for k, chain in enumerate(chains)]
            touches = touches_of(runtime.world.contacts, harmful, runtime.model.feet)
            for k, chain in enumerate(chains):
                counters[k].add(touches[k], 0.0, 1.0 / hz)
                counts = chain.moment < tick <= chain.moment + spans[k]
                if counts and risers[k] is None and (counters[k].down or k in runtime.world.faults):
                    risers[k] = Riser(runtime, k, specialist=not chain.first.performed)
    return risers


def _begun(chain: Chain, character: int) -> Event:
    event = chain.second.begin(character)
    return replace(event, settled=True) if isinstance(event, Perform) else event


def _harmful(lineup: Lineup, character: int, chain: Chain, leaving: bool) -> NDArray[np.bool_]:
    """(B,) the bodies whose touching the floor is a fall now."""
    harmful = lineup.agents[character].harmful
    return harmful & chain.first.harmful if leaving else harmful
