"""PerformerFrames: what several parts of the performer's graph need, computed once: axes of body and reference."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor

from tools.train import quaternion
from tools.train.performer.performer_inputs import NUM_AHEAD, PerformerInputs
from tools.train.performer.stand_feedback import level_frame


class PerformerFrames(NamedTuple):
    """Of B bodies and their references at the K = NUM_AHEAD times of AHEAD."""

    root: Tensor
    """(B, 3, 3) the root's axes, a row each"""
    level: Tensor
    """(B, 2, 2) turns rows of level vectors from the world to ahead and left"""
    shown: Tensor
    """(B, K, 3, 3) the axes of the reference's root"""
    moved: Tensor
    """(B, K - 1, 3) m from the reference's root now to where it will be"""
    posture: Tensor
    """(B, K, J, 6) x and y axes of the reference's joints"""

    @staticmethod
    def of(inputs: PerformerInputs) -> PerformerFrames:
        """Those of `inputs`, whose references may have further times after AHEAD."""
        pos, rot = inputs.reference_ahead_root_pos[:, :NUM_AHEAD], inputs.reference_ahead_root_rot[:, :NUM_AHEAD]
        root = quaternion.axes(inputs.root_rot)
        posture = quaternion.tangent_normal(inputs.reference_ahead_joint_rot[:, :NUM_AHEAD])
        shown = quaternion.axes(rot, NUM_AHEAD)
        return PerformerFrames(root, level_frame(root), shown, pos[:, 1:] - pos[:, :1], posture)
