"""Mirror: left and right exchanged, by a reflection in the plane y = 0 (the anchor's frame; a character faces x).

A motion in which both sides do the same teaches twice with every sample: once as it was, once mirrored (Abdolhosseini
et al. 2019, "On Learning Symmetric Locomotion", duplicated tuples). That is exact only where the mirrored problem is
the same problem: the body's two sides must be alike, and the clip its own mirror image, which `symmetrized` makes it.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from game.sim import rotation
from game.sim.model import CharacterModel
from game.sim.motion import MotionClip
from tools.train.features import Features

Array = NDArray[np.float64]
POLAR = (1.0, -1.0, 1.0)
"""signs of what points: positions, velocities, forces"""
AXIAL = (-1.0, 1.0, -1.0)
"""signs of what turns: angular velocities, rotation vectors, a quaternion's x, y, z"""
Block = tuple[list[int], list[float]]
"""where each number of a block comes from, counted from the block's first, and its sign"""


def exchanged(names: tuple[str, ...]) -> list[int]:
    """(len(names),) the index of each name's other side; of what has none, its own."""
    turned = [n.replace("right_", "left_") if "right_" in n else n.replace("left_", "right_") for n in names]
    return [names.index(n) for n in turned]


def mirrored(clip: MotionClip, model: CharacterModel) -> MotionClip:
    """A clip's mirror image, placed above the origin with heading 0."""
    placed, turn = clip.placed(), np.array([*AXIAL, 1.0])
    return replace(
        placed,
        root_pos=placed.root_pos * POLAR,
        root_rot=placed.root_rot * turn,
        joint_rot=(placed.joint_rot * turn)[:, exchanged(model.joint_names)],
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
    return turns[..., exchanged(model.joint_names), :] * AXIAL


class Mirror:
    """Mirror images of observations and actions: every number moves to another place, or changes its sign, or both."""

    def __init__(self, model: CharacterModel, features: Features) -> None:
        spherical, hinges = features.spherical.tolist(), features.hinges.tolist()
        joints, keys = exchanged(model.joint_names), features.key_bodies.tolist()
        bodies = exchanged(model.body_names)
        other = {
            "spherical": [spherical.index(joints[j]) for j in spherical],
            "hinges": [hinges.index(joints[j]) for j in hinges],
            "keys": [keys.index(bodies[b]) for b in keys],
        }
        one, ahead = [0], features.num_ahead
        bend = [_block(other["spherical"], AXIAL)] * ahead + [_block(other["hinges"], (1.0,))] * ahead
        blocks = [
            _block(one, (1.0,)),  # root height
            _block(one, POLAR + AXIAL),  # root rotation: the x axis is turned as a vector, y the other way
            _block(one, POLAR),  # root velocity
            _block(one, AXIAL),  # root angular velocity
            _block(other["spherical"], POLAR + AXIAL),
            _block(other["hinges"], (1.0,)),  # hinges turn about y
            _block(other["spherical"], AXIAL),
            _block(other["hinges"], (1.0,)),
            _block(other["keys"], POLAR),
            _block(one, POLAR),  # gravity
            _block(one, (1.0,) * 4),  # phase
            _block(one, POLAR),  # root position error
            _block(one, AXIAL),  # root rotation error
            *bend,
            *[_block(one, POLAR)] * ahead,
            *[_block(one, AXIAL)] * ahead,
        ]
        self._from, self._sign = _joined(blocks)
        if len(self._from) != features.size:
            raise ValueError(f"the mirror knows {len(self._from)} numbers of an observation of {features.size}")
        columns = [(j, k) for j, hinge in enumerate(model.joint_is_hinge) for k in ((1,) if hinge else (0, 1, 2))]
        self._action_from = torch.tensor([columns.index((joints[j], k)) for j, k in columns])
        self._action_sign = torch.tensor([AXIAL[k] for _, k in columns])

    def observation(self, x: Tensor) -> Tensor:
        """(..., size) -> (..., size)."""
        return x[..., self._from] * self._sign

    def action(self, x: Tensor) -> Tensor:
        """(..., num_actions) -> (..., num_actions)."""
        return x[..., self._action_from] * self._action_sign


def _block(places: list[int], signs: tuple[float, ...]) -> Block:
    """Things of len(signs) numbers each, the k-th from where the places[k]-th is."""
    width = len(signs)
    return [width * p + k for p in places for k in range(width)], list(signs) * len(places)


def _joined(blocks: list[Block]) -> tuple[Tensor, Tensor]:
    """Blocks one behind the other."""
    begins = np.cumsum([0, *[len(where) for where, _ in blocks]])
    places = [int(begin) + p for begin, (where, _) in zip(begins, blocks, strict=False) for p in where]
    return torch.tensor(places), torch.tensor([s for _, signs in blocks for s in signs])
