"""--stand: how long he stands, and the largest push that he takes standing."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from game.play.events import Event, Push
from game.policy.library import PolicyLibrary
from game.policy.policy import PolicyError
from tools.evaluate.lineup import PUSH_SECONDS, SIZE, Lineup

Array = NDArray[np.float64]

SECONDS = 60.0
BEFORE_PUSH, AFTER_PUSH = 1.0, 5.0
"""s of standing before a push, and after it without touching the floor with anything but the feet"""
DIRECTIONS = 8
MAX_PUSH = 800.0
"""N"""
PUSH_STEP = 10.0
"""N, what bisection resolves"""


def stand_scores(library: PolicyLibrary, policy: str, seed: int, seconds: float = SECONDS) -> dict[str, Any]:
    """`stand_seconds`: mean over 8 starts; `stand_push_n`: the largest push survived in each of 8 directions, N.

    Raises:
        PolicyError: the policy follows no reference.
    """
    if not library.get(policy).spec.lookahead:
        raise PolicyError(f"{policy} has its own clip; --stand is for a performer, which follows references")
    forces = largest_pushes(library, policy)
    return {
        "stand_seconds": round(float(_stands(library, policy, seconds, seed).mean()), 1),
        "stand_push_n": round(float(forces.min())),
        "stand_push_by_direction_n": [round(force) for force in forces.tolist()],
    }


def largest_pushes(library: PolicyLibrary, policy: str) -> Array:
    """(DIRECTIONS,) N, by bisection: from forwards counterclockwise."""
    low, high = np.zeros(DIRECTIONS), np.full(DIRECTIONS, MAX_PUSH)
    while (high - low).max() > PUSH_STEP:
        force = 0.5 * (low + high)
        survived = _survives(library, policy, force)
        low, high = np.where(survived, force, low), np.where(survived, high, force)
    return low


def _stands(library: PolicyLibrary, policy: str, seconds: float, seed: int) -> Array:
    """(SIZE,) s until he fell, or all of them."""
    rng = np.random.default_rng(seed)
    with Lineup(library, SIZE) as lineup:
        lineup.stand(policy)
        lineup.nudge(rng, range(1, SIZE))
        ticks = round(seconds * lineup.hz)
        lasted = np.full(SIZE, ticks)
        for tick in range(ticks):
            lineup.tick()
            lasted = np.where(_fallen(lineup) & (lasted == ticks), tick, lasted)
            if (lasted < ticks).all():
                break
        return lasted / lineup.hz


def _survives(library: PolicyLibrary, policy: str, force: Array) -> NDArray[np.bool_]:
    """(N,) whether he stays up, of one character pushed in each direction with a force (N,)."""
    angle = 2.0 * np.pi * np.arange(len(force)) / len(force)
    with Lineup(library, len(force)) as lineup:
        pelvis = lineup.runtime.model.body_names[0]
        pushes: list[Event] = [
            Push((float(f * np.cos(a)), float(f * np.sin(a)), 0.0), pelvis, k, PUSH_SECONDS)
            for k, (f, a) in enumerate(zip(force, angle, strict=True))
        ]
        lineup.stand(policy)
        before, fallen = round(BEFORE_PUSH * lineup.hz), np.zeros(len(force), bool)
        for tick in range(before + round(AFTER_PUSH * lineup.hz)):
            lineup.tick(pushes if tick == before else ())
            fallen |= _fallen(lineup)
            if fallen.all():
                break
        return ~fallen


def _fallen(lineup: Lineup) -> NDArray[np.bool_]:
    faults = lineup.runtime.world.faults
    return np.array([agent.counter.down or k in faults for k, agent in enumerate(lineup.agents)])
