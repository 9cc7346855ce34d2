"""How a run begins: with which policy, and with which events."""

from __future__ import annotations

from game.play.events import Event, Friction, Play, Spawn
from game.policy.library import PolicyLibrary
from game.policy.policy import PolicyError
from game.scene.set_spec import SetSpec

DEFAULT_SKILL = "backflip"
NO_SET = "none"
BARE = SetSpec(NO_SET)
"""A floor and nothing else; the world's own friction."""


def opening(library: PolicyLibrary, policy: str | None, spec: SetSpec = BARE) -> list[Event]:
    """How a run begins: the set's floor and furniture, and a policy from its starting pose.

    Raises:
        PolicyError: there is no such policy.
    """
    name = find_policy(library, policy)
    floor: list[Event] = [] if spec is BARE else [Friction(spec.ground.friction)]
    furniture = [Spawn(item) for item in spec.items if item.parts]
    play = [] if name is None else [Play(name, place=True)]
    return [*floor, *furniture, *play]


def find_policy(library: PolicyLibrary, wanted: str | None) -> str | None:
    """The name of a policy in a library.

    Args:
        library: where to look.
        wanted: a policy's name, or a skill; None takes the default skill, or the first policy there is.

    Returns:
        The policy of that name, else the first that has that skill; None where nothing was wanted and
        there is nothing.

    Raises:
        PolicyError: there is neither.
    """
    names = library.names
    skill = DEFAULT_SKILL if wanted is None else wanted
    if skill in names:
        return skill
    for name in names:
        try:
            if library.get(name).spec.skill == skill:
                return name
        except PolicyError:
            continue  # `library.poll` tells why it was refused
    if wanted is None:
        return next((name for name in names if name not in library.refused), None)
    library.get(wanted)  # says what there is
    return wanted
