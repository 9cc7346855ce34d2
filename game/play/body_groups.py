"""Parts of the body by name, as events use them, and the joints that belong to each."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from game.play.events import ALL, EventError, Strength
from game.sim.model import CharacterModel


def joints_of(model: CharacterModel, part: str) -> NDArray[np.int64]:
    """(K,) indices of the joints of a part: a joint, a limb or `all`. Raises EventError if there is no such part."""
    if part == ALL:
        return np.arange(model.num_joints)
    names = model.roles.limbs.get(part, (part,))
    if unknown := set(names) - set(model.joint_names):
        known = ", ".join([ALL, *model.roles.limbs, *model.joint_names])
        raise EventError(f"no part {sorted(unknown)[0]!r}; there are {known}")
    return np.array([model.joint_names.index(name) for name in names])


def strength_events(model: CharacterModel, strength: NDArray[np.float64], character: int) -> list[Strength]:
    """Events that give a character's joints their strengths (J,): one, unless they differ."""
    values = strength.tolist()
    if len(set(values)) == 1:
        return [Strength(values[0], ALL, character)]
    return [Strength(value, joint, character) for value, joint in zip(values, model.joint_names, strict=True)]
