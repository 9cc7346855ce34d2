"""How a run begins: with which policy, and with which events."""

from __future__ import annotations

from collections.abc import Sequence

from game.play.events import Event, Friction, Play, Restitution, Spawn
from game.policy.library import PolicyLibrary
from game.policy.policy import PolicyError
from game.scene.set_spec import GroundSpec, LightSpec, SetSpec

PERFORMER = "performer"
DEFAULT_SKILL = "backflip"
"""where there is no window: who stands and waits makes a dull film"""
DEFAULT_SKILLS = (PERFORMER, DEFAULT_SKILL)
"""the first of them that there is, unless something else is wanted"""
NO_SET = "none"
BARE = SetSpec(
    NO_SET,
    title="Studio",
    ground=GroundSpec(material="paint", color=(0.74, 0.73, 0.715), size=(240.0, 240.0)),
    light=LightSpec(
        sun_direction=(0.35, -0.62, 0.80),
        sun=(1.75, 1.68, 1.58),
        sky=(0.60, 0.62, 0.66),
        bounce=(0.42, 0.41, 0.40),
        fog_density=0.0,
        exposure=0.86,
        softness=2.4,
        seamless=True,
        horizon=(0.765, 0.757, 0.745),
        zenith=(0.90, 0.895, 0.885),
    ),
)
"""A photographer's studio: a floor without an end and nothing else; the world's own friction."""


def opening(library: PolicyLibrary, policy: str | None, spec: SetSpec = BARE) -> list[Event]:
    """How a run begins: the set's floor and furniture, and a policy from its starting pose.

    Raises:
        PolicyError: there is no such policy.
    """
    name = find_policy(library, policy)
    floor: list[Event] = [] if spec is BARE else [Friction(spec.ground.friction)]
    if spec is not BARE and spec.ground.restitution != 1.0:
        floor.append(Restitution(spec.ground.restitution))
    furniture = [Spawn(item) for item in spec.items if item.parts]
    play = [] if name is None else [Play(name, place=True)]
    return [*floor, *furniture, *play]


def find_policy(library: PolicyLibrary, wanted: str | None, defaults: Sequence[str] = DEFAULT_SKILLS) -> str | None:
    """The name of a policy in a library.

    Args:
        library: where to look.
        wanted: a policy's name, or a skill; None takes a default skill, or the first policy there is.
        defaults: skills, the best first. A policy that is named as one of them goes before those that only have the
            skill: which one has it is known when all files have been read, which takes seconds.

    Returns:
        The policy of that name, else the first that has that skill; None where nothing was wanted and
        there is nothing.

    Raises:
        PolicyError: there is neither.
    """
    skills = defaults if wanted is None else (wanted,)
    for skill in skills:
        if skill in library.names and _is_playable(library, skill):
            return skill
    for skill in skills:
        found = _with_skill(library, skill)
        if found is not None:
            return found
    if wanted is None:
        return next((name for name in library.names if name not in library.refused), None)
    library.get(wanted)  # says what there is
    return wanted


def _with_skill(library: PolicyLibrary, skill: str) -> str | None:
    """The first policy that has a skill; None where none has."""
    return next((n for n in library.names if _is_playable(library, n) and library.get(n).spec.skill == skill), None)


def _is_playable(library: PolicyLibrary, name: str) -> bool:
    """Whether a policy is not refused; waits until it is loaded."""
    try:
        library.get(name)
    except PolicyError:
        return False  # `library.poll` tells why it was refused
    return True
