"""MeasuredSkill: something that a policy can do, and the event that lets a character do it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from game.play.clip_library import ClipLibrary
from game.play.clip_sampler import ClipSampler
from game.play.events import Perform, Play
from game.play.performance import is_up
from game.policy.library import PolicyLibrary
from game.policy.policy import Policy, PolicyError
from game.session.opening import find_policy
from tools.evaluate.imitated_clip import imitated_clip


@dataclass(frozen=True, eq=False)
class MeasuredSkill:
    """A skill of one policy."""

    name: str
    policy: str
    """name in the library"""
    clip: str
    """name of the clip that it imitates"""
    sampler: ClipSampler
    """of that clip"""
    harmful: NDArray[np.bool_]
    """(B,) the bodies whose touching the floor is a fall"""
    performed: bool
    """whether the policy is a performer, which follows references; else a specialist, with its one clip inside"""
    upright: bool
    """whether the clip begins on the feet"""

    def begin(self, character: int, phase: float = 0.0, *, place: bool = False) -> Play | Perform:
        """The event that begins it where the character is; `place` puts a specialist's into the clip's pose."""
        if self.performed:
            return Perform(self.clip, character, phase, policy=self.policy)
        return Play(self.policy, character, phase, place)


def skills_of(library: PolicyLibrary, name: str) -> list[MeasuredSkill]:
    """What a policy of a library can do: a performer's repertoire, a specialist's one skill.

    Raises:
        PolicyError, ClipError: there is no such policy, it names no clip, or a clip is missing.
    """
    policy, clips = library.get(name), ClipLibrary(library.model)
    if policy.spec.lookahead:
        found = [skill_of(clips, skill, name, policy, clip) for skill, clip in policy.spec.repertoire.items()]
        if not found:
            raise PolicyError(f"{name}: its card's repertoire is empty, expected the clip of each skill that it knows")
        return found
    clip = imitated_clip(policy)
    return [skill_of(clips, policy.spec.skill, name, policy, clip.name, ClipSampler(clip))]


def upright_specialists(library: PolicyLibrary) -> list[MeasuredSkill]:
    """The skills that begin on the feet, each with the specialist that the game plays for it."""
    specs = {name: library.get(name).spec for name in library.names if name not in library.refused}
    skills = sorted({spec.skill for spec in specs.values() if spec.clip is not None})
    names = [find_policy(library, skill) for skill in skills]
    found = [skill for name in names if name is not None for skill in skills_of(library, name)]
    return [skill for skill in found if skill.upright and not skill.performed]


def skill_of(
    clips: ClipLibrary, skill: str, name: str, policy: Policy, clip: str, sampler: ClipSampler | None = None
) -> MeasuredSkill:
    """A skill of a policy, by the policy's name in the library and the name of its clip, or its sampler.

    Raises ClipError.
    """
    sampler, performed = sampler or clips.get(clip), bool(policy.spec.lookahead)
    upright = is_up(sampler.clip.sample(0.0), clips.gait.height)
    return MeasuredSkill(
        skill, name, clip, sampler, clips.harmful(clip) if performed else policy.harmful, performed, upright
    )
