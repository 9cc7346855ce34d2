"""PerformerMirror: mirror images of what the performer sees and does; every sample of a rollout teaches twice.

The body's two sides are alike and a mirrored reference is a reference as good as any, so the mirrored problem is the
same problem, whatever the motion (Abdolhosseini et al. 2019, "On Learning Symmetric Locomotion", duplicated tuples).
"""

from __future__ import annotations

import torch
from numpy.typing import NDArray
from torch import Tensor

from game.sim.model import CharacterModel
from tools.train.performer.performer_inputs import NUM_AHEAD
from tools.train.reflection import AXIAL, POLAR

AXES = POLAR + AXIAL
"""of a turned x axis and a turned y axis, which becomes the -y axis"""


class PerformerMirror:
    """Reflection in the root's plane y = 0: every number moves to another place, or changes its sign, or both."""

    def __init__(self, model: CharacterModel) -> None:
        joints, bodies = model.roles.opposite_joint.tolist(), model.roles.opposite_body.tolist()
        keys = list(model.roles.key_bodies)
        key_sides, ahead = [keys.index(bodies[key]) for key in keys], list(range(NUM_AHEAD))
        self._places: list[int] = []
        self._signs: list[float] = []
        # in the order of RootFrame.forward
        self._add([0], (1.0,))
        for signs in (POLAR, POLAR, POLAR, AXIAL):
            self._add([0], signs)
        self._add(key_sides, POLAR)
        self._add([0, 1], POLAR)
        self._add(joints, AXES)
        self._add(joints, AXIAL)
        self._add(ahead, POLAR)
        self._add(ahead, (1.0,))
        self._add(ahead, AXES)
        self._add([len(joints) * k + j for k in ahead for j in joints], AXES)
        self._add(bodies, (1.0,))
        self._add([0, 1, 2], (1.0,))
        self._add([0, 1], (-1.0,))
        self._from, self._sign = torch.tensor(self._places), torch.tensor(self._signs)
        self._action_from, self._action_sign = _actions(joints, model.joint_is_hinge)

    def _add(self, partners: list[int], signs: tuple[float, ...]) -> None:
        """Items of the same kind: of each, the item of the other side, and the signs of its numbers."""
        begin, width = len(self._places), len(signs)
        self._places += [begin + width * partner + k for partner in partners for k in range(width)]
        self._signs += list(signs) * len(partners)

    def observation(self, x: Tensor) -> Tensor:
        """(..., size) -> (..., size)."""
        return x[..., self._from] * self._sign

    def action(self, x: Tensor) -> Tensor:
        """(..., num_actions) -> (..., num_actions)."""
        return x[..., self._action_from] * self._action_sign


def _actions(joints: list[int], hinges: NDArray) -> tuple[Tensor, Tensor]:  # type: ignore[type-arg]
    columns = [(j, k) for j, hinge in enumerate(hinges) for k in ((1,) if hinge else (0, 1, 2))]
    places = torch.tensor([columns.index((joints[j], k)) for j, k in columns])
    return places, torch.tensor([AXIAL[k] for _, k in columns])
