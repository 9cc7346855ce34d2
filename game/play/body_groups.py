"""Names of groups of joints, for strength and for whoever writes events."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from game.play.events import ALL, EventError
from game.sim.model import CharacterModel

LIMBS = {
    "trunk": ("chest", "neck"),
    "left_arm": ("left_shoulder", "left_elbow"),
    "right_arm": ("right_shoulder", "right_elbow"),
    "left_leg": ("left_hip", "left_knee", "left_ankle"),
    "right_leg": ("right_hip", "right_knee", "right_ankle"),
}


def joints_of(model: CharacterModel, part: str) -> NDArray[np.int64]:
    """Indices of the joints of a part: a joint, a limb or `all`. Raises EventError."""
    if part == ALL:
        return np.arange(model.num_joints)
    names = LIMBS.get(part, (part,))
    if unknown := set(names) - set(model.joint_names):
        known = ", ".join([ALL, *LIMBS, *model.joint_names])
        raise EventError(f"no part {sorted(unknown)[0]!r}; there are {known}")
    return np.array([model.joint_names.index(name) for name in names])
