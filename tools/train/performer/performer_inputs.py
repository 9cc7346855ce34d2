"""What the performer sees (contract schema 2), and the times at which it sees the reference."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

AHEAD = (0, 1, 2, 4, 8, 16)
"""ticks ahead at which the network sees the reference"""
LEAD = 1.75
"""ticks ahead of the pose that the action corrects: cancels the damping's lag"""
NUM_AHEAD = len(AHEAD)
KD_SCALE = 0.375
"""of the model's damping: the gains that the performer's card names"""


class PerformerInputs(NamedTuple):
    """float32, batch first, in any upright frame: the network turns everything into the root's own."""

    root_pos: Tensor
    """(B, 3)"""
    root_rot: Tensor
    """(B, 4)"""
    root_vel: Tensor
    """(B, 3)"""
    root_ang_vel: Tensor
    """(B, 3)"""
    joint_rot: Tensor
    """(B, J, 4)"""
    joint_vel: Tensor
    """(B, J, 3) in the child's frame"""
    body_pos: Tensor
    """(B, bodies, 3)"""
    body_rot: Tensor
    """(B, bodies, 4)"""
    body_vel: Tensor
    """(B, bodies, 3)"""
    body_ang_vel: Tensor
    """(B, bodies, 3)"""
    gravity: Tensor
    """(B, 3)"""
    reference_ahead_root_pos: Tensor
    """(B, K, 3) at AHEAD and, last, at LEAD ticks from now"""
    reference_ahead_root_rot: Tensor
    """(B, K, 4)"""
    reference_ahead_joint_rot: Tensor
    """(B, K, J, 4)"""


def lookahead(control_hz: int) -> list[float]:
    """Seconds: the card's `lookahead`."""
    return [ticks / control_hz for ticks in (*AHEAD, LEAD)]


def pose_parts(rows: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Rows (..., pose) of root and joints as positions (..., 3), rotations (..., 4) and joints (..., J, 4)."""
    pos, rot, joints = torch.split(rows, [3, 4, rows.shape[-1] - 7], -1)
    return pos, rot, joints.reshape(*joints.shape[:-1], -1, 4)
