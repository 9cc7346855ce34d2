"""All measures that a command line asks for, of one policy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from game.policy.library import PolicyLibrary
from game.policy.policy import Policy, PolicyError
from game.sim.model import CharacterModel
from tools.evaluate import clip_score
from tools.evaluate.chain_score import chain_scores, chains_of
from tools.evaluate.evaluate_options import EvaluateOptions
from tools.evaluate.getup_score import getup_scores
from tools.evaluate.measured_skill import MeasuredSkill, skills_of
from tools.evaluate.stand_score import stand_scores
from tools.evaluate.steer_score import steer_scores
from tools.evaluate.unseen_clips import unseen_scores


def measure(paths: Sequence[Path], options: EvaluateOptions) -> Iterator[tuple[Path, dict[str, Any]]]:
    """All scores of policy files, one after the other.

    A specialist's scores of its skill stand by themselves; those of a performer's skills stand under `skills`, and
    their means in the places of a specialist's.

    Raises:
        PolicyError, ClipError: a policy or a clip is not what the measure needs.
    """
    model = CharacterModel.load(options.character)
    policies = [Policy.load(path, model) for path in paths]
    # reading all that there are takes a while: only where others play, too
    others = (options.getup or options.chain) and not all(policy.spec.lookahead for policy in policies)
    library = PolicyLibrary(model, None if others else [])
    try:
        for path, policy in zip(paths, policies, strict=True):
            # the library may have a file of the same name
            name = f"{path.stem}@{policy.sha256[:8]}"
            library.add(name, policy)
            yield path, _measure(library, name, options)
    finally:
        library.close()


def _measure(library: PolicyLibrary, name: str, options: EvaluateOptions) -> dict[str, Any]:
    spec, skills = library.get(name).spec, skills_of(library, name)
    scores: dict[str, Any] = {
        "policy": spec.name, "clip": None if spec.clip is None else spec.clip.name,
        "episodes": options.episodes, "seconds": options.seconds,
    }  # fmt: skip
    rows = {skill.name: _of_skill(library, skill, options) for skill in skills}
    if any(rows.values()):
        scores |= clip_score.means_over(list(rows.values()))
        if spec.lookahead:
            scores["skills"] = rows
    return scores | _of_person(library, name, skills, options)


def _of_skill(library: PolicyLibrary, skill: MeasuredSkill, options: EvaluateOptions) -> dict[str, Any]:
    """What is measured of one skill."""
    scores: dict[str, Any] = {}
    length = options.episodes, options.seconds, options.seed
    if options.episodes:
        scores |= clip_score.clip_scores(library, skill, *length)
        if skill.performed:
            scores |= clip_score.share_of_specialist(skill, scores)
    if options.pushes:
        scores |= clip_score.push_scores(library, skill)
    if options.disturbed:
        scores |= clip_score.disturbed_scores(library, skill, *length)
    return scores


def _of_person(
    library: PolicyLibrary, name: str, skills: list[MeasuredSkill], options: EvaluateOptions
) -> dict[str, Any]:
    """What is measured of the whole person."""
    scores: dict[str, Any] = {}
    if options.getup:
        scores |= getup_scores(library, _on_feet(skills), options.getup, options.seed)
    if options.chain:
        scores |= chain_scores(library, chains_of(library, skills))
    if options.steer:
        scores |= steer_scores(library, name, options.steer, options.runs, options.seed)
    if options.stand:
        scores |= stand_scores(library, name, options.seed)
    if options.clip:
        scores |= unseen_scores(library, name, options.clip, options.seed)
    return scores


def _on_feet(skills: list[MeasuredSkill]) -> list[MeasuredSkill]:
    """The skills in which a push can make him fall: those that begin on the feet. Raises PolicyError."""
    found = [skill for skill in skills if skill.upright]
    if not found:
        raise PolicyError(f"{skills[0].policy}: --getup is for skills on the feet; it knows {skills[0].name}")
    return found
