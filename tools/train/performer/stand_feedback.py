"""Balance: the feedback of the centre of mass onto ankles and hips by which he stands, inside the graph."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from game.sim.model import CharacterModel
from tools.train import quaternion
from tools.train.performer.performer_inputs import PerformerInputs

OFFSET = 0.0055
"""m by which the centre of mass stands before the middle of the ankles"""
ANKLE_PITCH, HIP_PITCH = (7.1, 3.35, 0.6), (1.95, 0.42, 0.6)
"""rad per m, rad per m/s, and the limit, rad: found by a search, with pushes of 45 to 90 N for 0.2 s"""
ANKLE_ROLL, HIP_ROLL = (-0.78, 1.5, 0.4), (0.26, 0.92, 0.4)
STILL = (0.04, 0.14)
"""m by which the reference's root moves within 8 ticks: up to the first he stands still, from the second on not"""
QUIET = (0.03, 0.12)
"""rad by which the reference's joints turn within 8 ticks, in the mean: as STILL"""
TALL = (0.72, 0.80)
"""m, height of the reference's root: over the second he stands on his feet, under the first not"""
UPRIGHT = (0.85, 0.96)
"""cosine of the reference's lean: as TALL"""
SOON = 4
"""the column of the reference, 8 ticks ahead, that is compared with the present one"""


class Balance(nn.Module):
    """How far the centre of mass is from over the feet, how much the reference stands still, and the feedback."""

    mass: Tensor
    com: Tensor
    feet: Tensor
    spread: Tensor

    def __init__(self, model: CharacterModel) -> None:
        super().__init__()
        heavy = torch.tensor(model.mass / model.mass.sum(), dtype=torch.float32)
        self.register_buffer("mass", heavy[None, :, None])
        self.register_buffer("com", torch.tensor(model.com, dtype=torch.float32)[None])
        self.register_buffer("feet", torch.tensor(model.feet))
        # of ankle pitch, hip pitch, ankle roll and hip roll onto the joints' rotation vectors
        spread = torch.zeros(4, model.num_joints * 3)
        for thigh, _, foot in model.legs:
            ankle, hip = 3 * int(model.body_joint[foot]), 3 * int(model.body_joint[thigh])
            spread[0, ankle + 1], spread[1, hip + 1] = 1.0, 1.0
            spread[2, ankle], spread[3, hip] = 1.0, 1.0
        self.register_buffer("spread", spread)
        self.num_joints = model.num_joints

    def offset(self, inputs: PerformerInputs) -> tuple[Tensor, Tensor]:
        """Place over the middle of the feet and velocity of the centre of mass, (B, 3) each."""
        arm = quaternion.rotate(inputs.body_rot, self.com)
        place = (self.mass * (inputs.body_pos + arm)).sum(1)
        velocity = (self.mass * (inputs.body_vel + quaternion.cross(inputs.body_ang_vel, arm))).sum(1)
        return place - inputs.body_pos[:, self.feet].mean(1), velocity

    def gate(self, inputs: PerformerInputs) -> Tensor:
        """(B, 1) how much the reference stands still, upright and on its feet, 0 to 1."""
        pos, rot = inputs.reference_ahead_root_pos, inputs.reference_ahead_root_rot
        joints = inputs.reference_ahead_joint_rot
        way = quaternion.length(pos[:, SOON] - pos[:, 0])
        # half the angle's sine, near enough to half the angle
        turn = 1.0 - (joints[:, SOON] * joints[:, 0]).sum(-1).square()
        turned = 2.0 * turn.clamp(min=0.0).sqrt().mean(1, keepdim=True)
        lean = 1.0 - 2.0 * rot[:, 0, :2].square().sum(-1, keepdim=True)
        return (1.0 - rise(way, STILL)) * (1.0 - rise(turned, QUIET)) * rise(pos[:, 0, 2:], TALL) * rise(lean, UPRIGHT)

    def forward(self, root_rot: Tensor, place: Tensor, velocity: Tensor) -> Tensor:
        """The turns (B, 4) of ankle pitch, hip pitch, ankle roll and hip roll, rad.

        Args:
            root_rot: (B, 4)
            place, velocity: (B, 3) of `offset`
        """
        ahead, left = facing(root_rot)
        ex, ey = place[:, :1] * ahead + place[:, 1:2] * left - OFFSET, place[:, 1:2] * ahead - place[:, :1] * left
        vx, vy = velocity[:, :1] * ahead + velocity[:, 1:2] * left, velocity[:, 1:2] * ahead - velocity[:, :1] * left
        turns = [
            _feedback(ex, vx, ANKLE_PITCH), _feedback(ex, vx, HIP_PITCH), _feedback(ey, vy, ANKLE_ROLL),
            _feedback(ey, vy, HIP_ROLL),
        ]  # fmt: skip
        return torch.cat(turns, 1)

    def applied(self, pose: Tensor, turns: Tensor) -> Tensor:
        """A pose (B, J, 4) with the turns (B, 4) on it."""
        return quaternion.multiply(pose, quaternion.from_rotvec((turns @ self.spread).view(-1, self.num_joints, 3)))


def _feedback(place: Tensor, velocity: Tensor, gains: tuple[float, float, float]) -> Tensor:
    return (gains[0] * place + gains[1] * velocity).clamp(-gains[2], gains[2])


def facing(root_rot: Tensor) -> tuple[Tensor, Tensor]:
    """World x and y (B, 1) each of the level direction in which roots (B, 4) face."""
    forward = quaternion.tangent_normal(root_rot)[:, :2]
    forward = forward / quaternion.length(forward).clamp(min=1e-3)
    return forward[:, :1], forward[:, 1:]


def rise(x: Tensor, between: tuple[float, float]) -> Tensor:
    """0 up to the first, 1 from the second on, smooth between."""
    part = ((x - between[0]) / (between[1] - between[0])).clamp(0.0, 1.0)
    return part * part * (3.0 - 2.0 * part)
