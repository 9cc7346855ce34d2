"""Steps: the feedback by which a walker puts his feet where they catch him, inside the graph.

After SIMBICON (Yin et al. 2007): the swing hip, the stance hip and the stance ankle follow linearly how far velocity,
place and lean of the body are from the reference's.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from game.sim.model import CharacterModel
from tools.train import quaternion
from tools.train.performer.performer_frames import PerformerFrames
from tools.train.performer.performer_inputs import PerformerInputs

NUM_GAINS = 2 * 33
"""those of any speed, and what is added to them the more, the slower the reference is"""
LIMIT = 0.5
"""rad of a joint"""
FARTHEST = 0.3
"""m and m/s, of the errors"""
NO_LIMIT = 1e3
LIFTED = 0.02
"""m by which the higher foot counts as the swinging one"""
ERRORS, PITCHED, ROLLED = 5, 6, 5
"""errors in both directions, and those that pitch and roll of a joint follow: pitch follows the slowness, too"""
LIMITS = (3.0 * FARTHEST, 3.0 * FARTHEST, FARTHEST, FARTHEST, *(NO_LIMIT,) * 4, 3.0 * FARTHEST, 3.0 * FARTHEST)


class Steps(nn.Module):
    """Pitch and roll of swing hip, stance hip and stance ankle.

    The gains of each half are, in this order, those of pitch (3 joints x 6 errors) and of roll (3 x 5).
    """

    gains: Tensor
    feet: Tensor
    spread: Tensor
    limits: Tensor
    order: Tensor
    lifted: Tensor
    stance: Tensor
    swing: Tensor
    legs: Tensor

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
        self.hz = model.control_hz
        # how much higher each foot is than the other, of the bodies' heights
        lifted = torch.zeros(model.num_bodies, 2)
        one, other = model.feet
        lifted[one], lifted[other] = torch.tensor([1.0, -1.0]) / LIFTED, torch.tensor([-1.0, 1.0]) / LIFTED
        for name, value in (("limits", torch.tensor(LIMITS)), ("order", _order()), ("lifted", lifted)):
            self.register_buffer(name, value, persistent=False)
        for name, value in zip(("stance", "swing", "legs"), _of_legs(), strict=True):
            self.register_buffer(name, value, persistent=False)

    def errors(self, inputs: PerformerInputs, frames: PerformerFrames, velocity: Tensor) -> Tensor:
        """(B, 10) of velocity, place, lean and its rate, and the reference's coming change of velocity, each ahead and
        to the left, and (B, 1) how slow the reference is.

        velocity: (B, 3) of the centre of mass
        """
        moved, turn = frames.moved, inputs.root_ang_vel
        reference = self.hz * moved[:, 0, :2]
        soon = self.hz / 4.0 * (moved[:, 3, :2] - moved[:, 2, :2])
        errors = torch.cat(
            [
                velocity[:, :2] - reference, inputs.root_pos[:, :2] - inputs.reference_ahead_root_pos[:, 0, :2],
                frames.root[:, 2, :2] - frames.shown[:, 0, 2, :2], 0.3 * turn[:, 1:2], -0.3 * turn[:, :1],
                soon - reference,
            ], 1,
        )  # fmt: skip
        errors = torch.minimum(torch.maximum(errors, -self.limits), self.limits)
        slow = (1.0 - quaternion.length(reference)).clamp(0.0, 1.0)
        return torch.cat([(errors.view(-1, ERRORS, 2) @ frames.level).flatten(1), slow], 1)

    def forward(self, inputs: PerformerInputs, frames: PerformerFrames, velocity: Tensor) -> Tensor:
        """Turns (B, 8) of hip pitch, hip roll, ankle pitch, ankle roll of the first and of the other leg, rad.

        velocity: (B, 3) of the centre of mass
        """
        errors = self.errors(inputs, frames, velocity)
        both = self._followed(errors)
        turns = (both[:, :6] + errors[:, -1:] * both[:, 6:]).clamp(-LIMIT, LIMIT)
        swing = torch.sigmoid(inputs.body_pos[:, :, 2] @ self.lifted)
        return turns @ self.stance + (swing @ self.legs) * (turns @ self.swing)

    def _followed(self, errors: Tensor) -> Tensor:
        """Errors (B, 11) -> turns (B, 12): pitch and roll of the three joints, of any speed and what slowness adds."""
        padded = torch.cat(
            [self.gains.view(-1, 2, NUM_GAINS // 2), self.gains.new_zeros(self.gains.numel() // NUM_GAINS, 2, 1)], 2
        )
        weights = padded[:, :, self.order].permute(0, 2, 1, 3).flatten(2)
        # a search has gains of each body's own
        return errors @ weights[0] if self.gains.dim() == 1 else (errors[:, None] @ weights)[:, 0]


def _order() -> Tensor:
    """(11, 6) which gain of a half, or none, as its last, leads from an error to pitch and roll of the joints."""
    order = torch.full((2 * ERRORS + 1, 6), NUM_GAINS // 2)
    for joint in range(3):
        order[0 : 2 * ERRORS : 2, joint] = PITCHED * joint + torch.arange(ERRORS)
        order[2 * ERRORS, joint] = PITCHED * joint + ERRORS
        order[1 : 2 * ERRORS : 2, 3 + joint] = 3 * PITCHED + ROLLED * joint + torch.arange(ERRORS)
    return order


def _of_legs() -> tuple[Tensor, Tensor, Tensor]:
    """Onto both legs' turns: (6, 8) of a leg that stands, (6, 8) what swinging changes, (2, 8) which turn is whose."""
    stance, swing, legs = torch.zeros(6, 8), torch.zeros(6, 8), torch.zeros(2, 8)
    for leg in range(2):
        hip_pitch, hip_roll, ankle_pitch, ankle_roll = range(4 * leg, 4 * leg + 4)
        stance[1, hip_pitch] = stance[4, hip_roll] = stance[2, ankle_pitch] = stance[5, ankle_roll] = 1.0
        swing[0, hip_pitch] = swing[3, hip_roll] = 1.0
        legs[leg, 4 * leg : 4 * leg + 4] = 1.0
    return stance, swing - stance, legs
