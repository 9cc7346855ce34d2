"""The unknowns of a body's movement over F frames, as torch parameters."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from game.sim.model import CharacterModel
from tools.capture.ball_limits import BallLimits
from tools.capture.first_guess import Start

Array = NDArray[np.float64]
Tensor = torch.Tensor

HINGES = tuple(int(j) for j in np.flatnonzero(CharacterModel.load("humanoid").joint_is_hinge))
_KNEES, _ELBOWS = slice(0, 4, 2), slice(1, 4, 2)
BEND_LIMIT = 2.7
_BALLS = BallLimits(CharacterModel.load("humanoid"))


@dataclass(frozen=True, eq=False)
class BodyMotion:
    """Root and joints; rotations as the first two columns of their matrices (Zhou et al. 2019)."""

    root_pos: Tensor
    """(F, 3)"""
    columns: Tensor
    """(F, 1 + J, 6) of root and joints; hinges' are not used"""
    hinge: Tensor
    """(F, 4) rad: right knee, right elbow, left knee, left elbow"""

    @staticmethod
    def of(start: Start) -> BodyMotion:
        rot = np.concatenate([start.root_rot[:, None], start.joint_rot], axis=1)
        return BodyMotion(
            tensor(start.root_pos).requires_grad_(),
            tensor(np.concatenate([rot[..., 0], rot[..., 1]], axis=-1)).requires_grad_(),
            tensor(start.hinge).requires_grad_(),
        )

    def rotations(self) -> tuple[Tensor, Tensor]:
        """Root (F, 3, 3) and joints (F, J, 3, 3)."""
        rot = _matrices(self.columns)
        joints = rot[:, 1:].clone()
        joints[:, list(HINGES)] = _about_y(self.hinge)
        return rot[:, 0], joints

    def limits(self, joints: Tensor) -> Tensor:
        """How far joints (F, J, 3, 3) are past what people can do, in tenths of a rad, squared and averaged.

        Knees and elbows bend the wrong way or too far; hips, shoulders, neck, chest and ankles leave their ranges: so a
        bend backwards that the hips alone cannot do is shared with the chest.
        """
        knee, elbow = self.hinge[:, _KNEES], -self.hinge[:, _ELBOWS]
        bend = torch.cat([knee, elbow], dim=1)
        hinges = ((torch.relu(0.02 - bend) + torch.relu(bend - BEND_LIMIT)) / 0.1).square().mean()
        return hinges + (_BALLS.excess(joints) / 0.1).square().mean()

    def snapshot(self) -> Start:
        with torch.no_grad():
            root, joints = self.rotations()
            return Start(numpy(self.root_pos), numpy(root), numpy(joints), numpy(self.hinge))


def tensor(array: NDArray[np.floating]) -> Tensor:
    return torch.tensor(np.asarray(array), dtype=torch.float32)


def numpy(values: Tensor) -> Array:
    return np.asarray(values.detach().numpy(), np.float64)


def _matrices(columns: Tensor) -> Tensor:
    first = torch.nn.functional.normalize(columns[..., :3], dim=-1)
    second = columns[..., 3:] - (first * columns[..., 3:]).sum(-1, keepdim=True) * first
    second = torch.nn.functional.normalize(second, dim=-1)
    return torch.stack([first, second, torch.linalg.cross(first, second)], dim=-1)


def _about_y(angle: Tensor) -> Tensor:
    cos, sin, zero = torch.cos(angle), torch.sin(angle), torch.zeros_like(angle)
    rows = [cos, zero, sin, zero, zero + 1.0, zero, -sin, zero, cos]
    return torch.stack(rows, dim=-1).reshape(*angle.shape, 3, 3)
