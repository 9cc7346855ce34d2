"""How the reference moves: whether it stands still, and whether it walks or runs, from what it shows of what comes."""

from __future__ import annotations

import torch
from torch import Tensor

from tools.train import quaternion
from tools.train.performer.performer_frames import PerformerFrames
from tools.train.performer.performer_inputs import PerformerInputs

STILL = (0.14, 0.04)
"""m by which the reference's root moves within 8 ticks: up to the second it stands still, from the first on not"""
QUIET = (0.12, 0.03)
"""rad by which the reference's joints turn within 8 ticks, in the mean: as STILL"""
TALL = (0.72, 0.80)
"""m, height of the reference's root: over the second it is on its feet, under the first not"""
UPRIGHT = (0.85, 0.96)
"""cosine of the reference's lean: as TALL"""
LEVEL = (0.15, 0.08)
"""m by which the reference's root rises or falls within what is ahead: up to the second it does not jump"""
SOON = 4
"""the column of the reference, 8 ticks ahead, that is compared with the present one"""


def reference_manner(inputs: PerformerInputs, frames: PerformerFrames) -> tuple[Tensor, Tensor]:
    """How much the reference stands still, and how much it is on its feet without leaps: (B, 1) each, 0 to 1."""
    pos, joints = inputs.reference_ahead_root_pos, inputs.reference_ahead_joint_rot
    way = quaternion.length(frames.moved[:, SOON - 1])
    # half the angle's sine, near enough to half the angle
    turn = 1.0 - (joints[:, SOON] * joints[:, 0]).sum(-1).square()
    turned = 2.0 * turn.clamp(min=0.0).sqrt().mean(1, keepdim=True)
    leap = (pos[:, :, 2] - pos[:, :1, 2]).abs().amax(1, keepdim=True)
    found = rise(torch.cat([way, turned, pos[:, 0, 2:], frames.shown[:, 0, 2, 2:], leap], 1))
    return found[:, :4].prod(1, keepdim=True), found[:, 2:].prod(1, keepdim=True)


def rise(found: Tensor) -> Tensor:
    """Of the ranges above, in their order, (B, 5): 0 at the first and beyond it, 1 at the second, smooth between."""
    first, second = torch.tensor([STILL, QUIET, TALL, UPRIGHT, LEVEL], dtype=found.dtype).unbind(1)
    part = ((found - first) / (second - first)).clamp(0.0, 1.0)
    return part * part * (3.0 - 2.0 * part)
