"""Drapery: where a body bends, and which way, so that cloth folds and skin creases there.

The shader gets two things. Once, every vertex's place on the body when it stands straight with hanging arms: a pattern
that is painted there stays on its limb in every pose. And each frame, how far each joint bends and to which side: there
the surface is pressed together.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from game.sim import rotation
from game.sim.model import CharacterModel
from game.sim.roles import BodyPart

Array = NDArray[np.float64]
Ints = NDArray[np.int64]

NUM_BENDS = 9
"""joints at which something folds that the shader has room for"""
FULL_BEND = 1.6
"""rad, from which on folds grow no deeper"""
HAIR = "hair"
KINDS = {"shirt": 1.0, "stripe": 1.0, "trim": 1.0, "trousers": 1.0, "skin": 2.0, "lid": 2.0, HAIR: 3.0}
"""how the shader draws a material: 1 cloth, 2 skin, 3 hair; 0 is anything else"""


class Fold(NamedTuple):
    """How a surface folds at the joint above a body."""

    reach: float
    """m from the joint"""
    depth: float
    """of the folds, relative"""


FOLDS = {
    BodyPart.TORSO: Fold(0.17, 2.4),
    BodyPart.THIGH: Fold(0.14, 1.0),
    BodyPart.SHIN: Fold(0.13, 1.0),
    BodyPart.UPPER_ARM: Fold(0.13, 0.8),
    BodyPart.FOREARM: Fold(0.09, 1.0),
}


class Drapery:
    """The bends of one character's body. B bodies, K joints of its skin."""

    def __init__(self, model: CharacterModel) -> None:
        """Raises ValueError where the body has more joints that fold than NUM_BENDS."""
        parts = model.roles.part
        self._bodies = np.array([b for b, part in enumerate(parts) if part in FOLDS])
        if len(self._bodies) > NUM_BENDS:
            raise ValueError(f"{model.name} folds at {len(self._bodies)} joints, at most {NUM_BENDS} can be drawn")
        self._parents = model.body_parent[self._bodies]
        self._folds = [FOLDS[parts[b]] for b in self._bodies]
        # the trunk stands up, limbs hang down
        self._up = np.array([1.0 if parts[b] is BodyPart.TORSO else -1.0 for b in self._bodies])
        self._head = model.roles.head
        self._straight = np.zeros((model.num_bodies, 3))
        for b, up in enumerate(model.body_parent.tolist()):
            self._straight[b] = model.body_offset[b] + (self._straight[up] if up >= 0 else 0.0)

    def centers(self) -> Array:
        """(NUM_BENDS, 4) each joint on the straight body, m, and 1 / reach squared, m^-2; unused ones reach nowhere."""
        rows = np.tile([0.0, 0.0, 0.0, 1e6], (NUM_BENDS, 1))
        rows[: len(self._bodies), :3] = self._straight[self._bodies]
        rows[: len(self._bodies), 3] = [fold.reach**-2 for fold in self._folds]
        return rows

    def bends(self, quaternion: Array) -> Array:
        """(NUM_BENDS, 4) x and y of the side that is pressed together, 0..1 long; twist, rad; depth of the folds.

        `quaternion` (B, 4): of the bodies, in the world. The pressed side is the one that the limb swings towards.
        """
        turn = rotation.multiply(rotation.conjugate(quaternion[self._parents]), quaternion[self._bodies])
        turned = rotation.to_rotvec(turn)
        side = self._up[:, None] * np.stack([turned[:, 1], -turned[:, 0]], axis=1)
        rows = np.zeros((NUM_BENDS, 4))
        rows[: len(side), :2] = side / np.maximum(np.linalg.norm(side, axis=1, keepdims=True), FULL_BEND)
        rows[: len(side), 2] = turned[:, 2]
        rows[: len(side), 3] = [fold.depth for fold in self._folds]
        return rows

    def places(self, position: Array, joint: Array, weight: Array, bind: Array, body: Ints, scale: float) -> Array:
        """(V, 3) where the vertices of a skin lie on the straight body, m, before the skin was scaled.

        Args:
            position: (V, 3) in the bind pose, m.
            joint: (V, 4) indices of the skin's joints that move each vertex.
            weight: (V, 4) how much.
            bind: (K, 4, 4) the joints in the bind pose.
            body: (K,) the body that each joint goes with.
            scale: of the skin, relative to the body.
        """
        found = np.zeros_like(position)
        for j, w in zip(joint.astype(int).T, weight.T, strict=True):
            frame = bind[j]
            local = np.einsum("vji,vj->vi", frame[:, :3, :3], position - frame[:, :3, 3])
            found += w[:, None] * (local / scale + self._straight[body[j]])
        return found

    def on_head(self, place: Array) -> Array:
        """(V, 3) places on the straight body, in the head's frame."""
        return np.asarray(place - self._straight[self._head])
