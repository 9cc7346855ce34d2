"""Steps: the feedback by which a walker puts his feet where they catch him, inside the graph.

After SIMBICON (Yin et al. 2007): the swing hip, the stance hip and the stance ankle follow linearly how far velocity,
place and lean of the body are from the reference's.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from game.sim.model import CharacterModel
from tools.train import quaternion
from tools.train.performer.performer_inputs import PerformerInputs
from tools.train.performer.stand_feedback import TALL, UPRIGHT, facing, rise

NUM_GAINS = 2 * 33
"""those of any speed, and what is added to them the more, the slower the reference is"""
LIMIT = 0.5
"""rad of a joint"""
FARTHEST = 0.3
"""m and m/s, of the errors"""
LIFTED = 0.02
"""m by which the higher foot counts as the swinging one"""
LEVEL = (0.08, 0.15)
"""m by which the reference's root rises or falls within what is ahead: with more he jumps"""


class Steps(nn.Module):
    """Pitch and roll of swing hip, stance hip and stance ankle.

    The gains of each half are, in this order, those of pitch (3 joints x 6 errors) and of roll (3 x 5).
    """

    gains: Tensor
    feet: Tensor
    spread: Tensor

    def __init__(self, model: CharacterModel, gains: Tensor | None = None) -> None:
        super().__init__()
        self.register_buffer("gains", torch.zeros(NUM_GAINS) if gains is None else gains)
        self.register_buffer("feet", torch.tensor(model.feet))
        # hip pitch, hip roll, ankle pitch and ankle roll of both legs onto the joints' rotation vectors
        spread = torch.zeros(2, 4, model.num_joints * 3)
        for leg, (thigh, _, foot) in enumerate(model.legs):
            hip, ankle = 3 * int(model.body_joint[thigh]), 3 * int(model.body_joint[foot])
            spread[leg, 0, hip + 1], spread[leg, 1, hip] = 1.0, 1.0
            spread[leg, 2, ankle + 1], spread[leg, 3, ankle] = 1.0, 1.0
        self.register_buffer("spread", spread.view(8, -1))
        self.num_joints, self.hz = model.num_joints, model.control_hz

    def errors(self, inputs: PerformerInputs, velocity: Tensor) -> tuple[Tensor, Tensor]:
        """Of velocity, place, lean and its rate, and the reference's coming change of velocity, ahead (B, 6) and to the
        left (B, 5); the sixth says how slow the reference is.

        velocity: (B, 3) of the centre of mass
        """
        pos, rot = inputs.reference_ahead_root_pos, inputs.reference_ahead_root_rot
        ahead, left = facing(inputs.root_rot)
        up = torch.cat([0.0 * inputs.root_pos[:, :2], 0.0 * inputs.root_pos[:, :1] + 1.0], 1)
        lean = quaternion.rotate(inputs.root_rot, up) - quaternion.rotate(rot[:, 0], up)
        turn = inputs.root_ang_vel
        rate = torch.stack([turn[:, 1], -turn[:, 0]], 1)
        reference = self.hz * (pos[:, 1, :2] - pos[:, 0, :2])
        soon = self.hz / 4.0 * (pos[:, 4, :2] - pos[:, 3, :2])
        levels = [
            (velocity[:, :2] - reference).clamp(-3.0 * FARTHEST, 3.0 * FARTHEST),
            (inputs.root_pos[:, :2] - pos[:, 0, :2]).clamp(-FARTHEST, FARTHEST), lean[:, :2], 0.3 * rate,
            (soon - reference).clamp(-3.0 * FARTHEST, 3.0 * FARTHEST),
        ]  # fmt: skip
        slow = (1.0 - quaternion.length(reference)).clamp(0.0, 1.0)
        along = torch.cat([*(v[:, :1] * ahead + v[:, 1:] * left for v in levels), slow], 1)
        across = torch.cat([v[:, 1:] * ahead - v[:, :1] * left for v in levels], 1)
        return along, across

    def gate(self, inputs: PerformerInputs) -> Tensor:
        """(B, 1) how much the reference walks or runs, upright and without leaps, 0 to 1."""
        pos, rot = inputs.reference_ahead_root_pos, inputs.reference_ahead_root_rot
        lean = 1.0 - 2.0 * rot[:, 0, :2].square().sum(-1, keepdim=True)
        leap = (pos[:, :, 2] - pos[:, :1, 2]).abs().amax(1, keepdim=True)
        return rise(pos[:, 0, 2:], TALL) * rise(lean, UPRIGHT) * (1.0 - rise(leap, LEVEL))

    def forward(self, inputs: PerformerInputs, velocity: Tensor) -> Tensor:
        """Turns (B, 8) of hip pitch, hip roll, ankle pitch, ankle roll of the first and of the other leg, rad."""
        along, across = self.errors(inputs, velocity)
        both = self.gains.view(-1, 2, NUM_GAINS // 2)
        gains = both[:, 0] + along[:, 5:] * both[:, 1]
        pitch = (gains[:, :18].view(-1, 3, 6) * along[:, None]).sum(-1).clamp(-LIMIT, LIMIT)
        roll = (gains[:, 18:].view(-1, 3, 5) * across[:, None]).sum(-1).clamp(-LIMIT, LIMIT)
        height = inputs.body_pos[:, self.feet, 2]
        swing = torch.sigmoid((height - height.flip(1)) / LIFTED)
        turns = []
        for leg in range(2):
            swings = swing[:, leg : leg + 1]
            stands = 1.0 - swings
            turns += [
                swings * pitch[:, :1] + stands * pitch[:, 1:2], swings * roll[:, :1] + stands * roll[:, 1:2],
                stands * pitch[:, 2:], stands * roll[:, 2:],
            ]  # fmt: skip
        return self.gate(inputs) * torch.cat(turns, 1)

    def applied(self, pose: Tensor, turns: Tensor) -> Tensor:
        """A pose (B, J, 4) with the turns (B, 8) on it."""
        return quaternion.multiply(pose, quaternion.from_rotvec((turns @ self.spread).view(-1, self.num_joints, 3)))
