"""Mirror: left and right exchanged, by a reflection in the plane y = 0 (the anchor's frame; a character faces x).

A motion in which both sides do the same teaches twice with every sample: once as it was, once mirrored (Abdolhosseini
et al. 2019, "On Learning Symmetric Locomotion", duplicated tuples). That is exact only where the mirrored problem is
the same problem: the body's two sides must be alike, and the clip its own mirror image, which `symmetrized` makes it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from game.sim import rotation
from game.sim.model import CharacterModel
from game.sim.motion import MotionClip
from tools.train.features import Features
from tools.train.joint_axes import joint_axes
from tools.train.reflection import AXIAL, POLAR

Array = NDArray[np.float64]


def mirrored(clip: MotionClip, model: CharacterModel) -> MotionClip:
    """A clip's mirror image, placed above the origin with heading 0."""
    placed, turn = clip.placed(), np.array([*AXIAL, 1.0])
    return replace(
        placed,
        root_pos=placed.root_pos * POLAR,
        root_rot=placed.root_rot * turn,
        joint_rot=(placed.joint_rot * turn)[:, model.roles.opposite_joint],
    )


def symmetrized(clip: MotionClip, model: CharacterModel) -> MotionClip:
    """The mean of a clip and its mirror image, placed above the origin with heading 0: its own mirror image."""
    one, other = clip.placed(), mirrored(clip, model)
    return replace(
        one,
        root_pos=0.5 * (one.root_pos + other.root_pos),
        root_rot=_halfway(one.root_rot, other.root_rot),
        joint_rot=_halfway(one.joint_rot, other.joint_rot),
    )


def _halfway(a: Array, b: Array) -> Array:
    """The rotations (..., 4) half the way from a to b."""
    near = np.where((a * b).sum(-1, keepdims=True) < 0.0, -b, b)
    return rotation.normalize(a + near)


def mirrored_turns(turns: Array, model: CharacterModel) -> Array:
    """The mirror images of joints' rotation vectors (..., J, 3)."""
    return np.asarray(turns[..., model.roles.opposite_joint, :] * np.array(AXIAL))


class BlockMirror:
    """Mirror images of observations and actions: every number moves to another place, or changes its sign, or both."""

    def __init__(self, model: CharacterModel, blocks: Iterable[tuple[Sequence[int], Sequence[float]]]) -> None:
        """blocks: of the observation, in order: of each of its items the item of the other side, counted within the
        block, and the signs of an item's numbers under the reflection.
        """
        places: list[int] = []
        signs: list[float] = []
        for partners, of_item in blocks:
            begin, width = len(places), len(of_item)
            places += [begin + width * partner + k for partner in partners for k in range(width)]
            signs += list(of_item) * len(partners)
        self._from, self._sign = torch.tensor(places), torch.tensor(signs)
        joints = model.roles.opposite_joint.tolist()
        columns = joint_axes(model)
        self._action_from = torch.tensor([columns.index((joints[j], k)) for j, k in columns])
        self._action_sign = torch.tensor([AXIAL[k] for _, k in columns])

    def observation(self, x: Tensor) -> Tensor:
        """(..., size) -> (..., size)."""
        return x[..., self._from] * self._sign

    def action(self, x: Tensor) -> Tensor:
        """(..., num_actions) -> (..., num_actions)."""
        return x[..., self._action_from] * self._action_sign


class Mirror(BlockMirror):
    """Of what `Features` makes."""

    def __init__(self, model: CharacterModel, features: Features) -> None:
        super().__init__(model, ((block.partners, block.signs) for block in features.blocks))
