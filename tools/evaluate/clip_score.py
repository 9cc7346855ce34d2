"""What is measured of every skill: survival and return from random phases, pushes, disturbances."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from game.policy.library import PolicyLibrary
from game.policy.policy import Policy
from game.scene.paths import policies_dir
from game.sim.model import CharacterModel
from tools.evaluate.episodes import Episode, Result, max_push, run
from tools.evaluate.lineup import START_NOISE
from tools.evaluate.measured_skill import MeasuredSkill

FROM_PHASE_0 = 10
"""episodes; the first without noise"""
DIRECTIONS = {"forward": (1.0, 0.0, 0.0), "side": (0.0, 1.0, 0.0)}


def clip_scores(
    library: PolicyLibrary, skill: MeasuredSkill, episodes: int, seconds: float, seed: int
) -> dict[str, Any]:
    """Episodes from random phases, and FROM_PHASE_0 more (`_phase0`)."""
    spread = run(library, skill, _spread(episodes, seed), seconds, seed=seed)
    starts = [Episode(0.0), *[Episode(0.0, START_NOISE)] * (FROM_PHASE_0 - 1)]
    first = run(library, skill, starts, seconds, seed=seed + 1)
    return _means(spread, "") | _means(first, "_phase0")


def push_scores(library: PolicyLibrary, skill: MeasuredSkill) -> dict[str, Any]:
    """The largest pushes that it survives, N."""
    return {f"max_push_{name}_n": round(max_push(library, skill, way)) for name, way in DIRECTIONS.items()}


def disturbed_scores(
    library: PolicyLibrary, skill: MeasuredSkill, episodes: int, seconds: float, seed: int
) -> dict[str, Any]:
    """The episodes from random phases again, disturbed."""
    rough = run(library, skill, _spread(episodes, seed), seconds, seed=seed + 2, disturbed=True)
    return {
        "disturbed_survival": round(float(rough.survived.mean()), 3),
        "disturbed_return": round(float(rough.returns.mean()), 3),
    }


def share_of_specialist(skill: MeasuredSkill, scores: dict[str, Any]) -> dict[str, Any]:
    """`return_share`: a performer's return over what the card of the skill's specialist says; empty if none says it."""
    path = policies_dir() / f"{skill.name}.onnx"
    known = Policy.load(path, CharacterModel.load()).spec.scores if path.is_file() else {}
    if "normalized_return" not in known:
        return {}
    return {"return_share": round(scores["normalized_return"] / float(known["normalized_return"]), 3)}


def means_over(skills: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The mean over skills of every score that all of them have."""
    shared = [key for key in skills[0] if all(key in scores for scores in skills)]
    return {key: round(float(np.mean([scores[key] for scores in skills])), 3) for key in shared}


def _spread(episodes: int, seed: int) -> list[Episode]:
    return [Episode(float(phase)) for phase in np.random.default_rng(seed).random(episodes)]


def _means(result: Result, suffix: str) -> dict[str, Any]:
    return {
        f"survival{suffix}": round(float(result.survived.mean()), 3),
        f"mean_seconds{suffix}": round(float(result.seconds.mean()), 2),
        f"flips_per_episode{suffix}": round(float(result.flips.mean()), 2),
        f"normalized_return{suffix}": round(float(result.returns.mean()), 3),
    }
