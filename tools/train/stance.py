"""StanceFeedback keeps him over his feet, wherever a clip has both of them on the floor."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from game.sim.model import CharacterModel
from game.sim.motion import MotionClip
from tools.clip_clinic.standing import stance_table
from tools.train import quaternion
from tools.train.features import PolicyInputs
from tools.train.moving_bodies import MovingBodies
from tools.train.performer.stand_feedback import Balance, level_frame

GAINS = ((7.3, 3.2), (1.15, 0.57), (-1.57, 2.16), (0.88, 0.86), (2.9, 0.29))
"""rad per m, and per m/s, of ankle pitch, hip pitch, ankle roll, hip roll, and of the first leg's knee (the other's is
the opposite). Found by 7 generations of CMA-ES, 16 candidates each, over squats and a bow: policies/LOG.md"""
LIMITS = (0.6, 0.6, 0.4, 0.4, 0.3)
"""rad, of each"""


class StanceFeedback(nn.Module):
    """Joint targets with the feedback of the centre of mass onto hips, knees and ankles, while both feet stand.

    How far the centre of mass is from where the clip has it over the feet, and how much faster it moves, is fed back:
    ahead onto ankle and hip pitch; sideways onto ankle and hip roll, and onto the legs: one longer, the other shorter.
    """

    table: Tensor
    gains: Tensor
    limits: Tensor
    spread: Tensor

    def __init__(self, model: CharacterModel, clip: MotionClip) -> None:
        super().__init__()
        self.bodies, self.balance = MovingBodies(model), Balance(model)
        found = stance_table(clip, model)
        rows = np.concatenate([found.share[:, None], found.place, found.velocity], axis=1)
        self.register_buffer("table", torch.tensor(rows, dtype=torch.float32))
        self.register_buffer("gains", torch.tensor(GAINS)[None])
        self.register_buffer("limits", torch.tensor(LIMITS))
        self.register_buffer("spread", _spread(model))
        self.frame_hz, self.num_frames, self.num_joints = clip.fps, clip.num_frames, model.num_joints

    def wanted(self, time: Tensor) -> Tensor:
        """(B, 5) of StanceTable at times (B,) within a cycle; after the end of a clip its last row."""
        position = (time * self.frame_hz).clamp(0.0, self.num_frames - 1.0)
        first = torch.floor(position).clamp(max=self.num_frames - 2.0)
        return torch.lerp(self.table[first.long()], self.table[first.long() + 1], (position - first)[:, None])

    def errors(self, inputs: PolicyInputs, wanted: Tensor) -> Tensor:
        """(B, 4) of the centre of mass less `wanted` (B, 5): place, m, ahead and to the left, and velocity, m/s."""
        place, velocity = self.balance.offset(inputs.body_pos, *self.bodies(inputs))
        level = level_frame(quaternion.axes(inputs.root_rot))
        return (torch.stack([place[:, :2], velocity[:, :2]], 1) @ level).flatten(1) - wanted[:, 1:]

    def forward(self, inputs: PolicyInputs, time: Tensor, pose: Tensor) -> Tensor:
        """A pose (B, J, 4) with the feedback on it; `time` (B,) within the cycle."""
        wanted = self.wanted(time)
        errors = self.errors(inputs, wanted)
        # the first two joints are turned by what is ahead, the others by what is to the left
        ahead, left = errors[:, None, 0::2], errors[:, None, 1::2]
        turns = torch.cat([(self.gains[:, :2] * ahead).sum(-1), (self.gains[:, 2:] * left).sum(-1)], 1)
        turns = wanted[:, :1] * torch.minimum(torch.maximum(turns, -self.limits), self.limits)
        turned = quaternion.from_rotvec((turns @ self.spread).view(-1, self.num_joints, 3))
        return quaternion.multiply(pose, turned)


def _spread(model: CharacterModel) -> Tensor:
    """(5, 3 J) of GAINS' rows onto the joints' rotation vectors."""
    spread = torch.zeros(len(GAINS), model.num_joints * 3)
    for side, leg in zip((1.0, -1.0), model.legs, strict=True):
        hip, knee, ankle = (3 * int(model.body_joint[body]) for body in leg)
        spread[0, ankle + 1] = spread[1, hip + 1] = spread[2, ankle] = spread[3, hip] = 1.0
        spread[4, hip + 1] = spread[4, ankle + 1] = -0.5 * side
        spread[4, knee + 1] = side
    return spread
