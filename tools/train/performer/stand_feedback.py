"""Balance: the feedback of the centre of mass onto ankles and hips by which he stands, inside the graph."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from game.sim.model import CharacterModel
from tools.train import quaternion

OFFSET = 0.0055
"""m by which the centre of mass stands before the middle of the ankles"""
ANKLE_PITCH, HIP_PITCH = (7.1, 3.35, 0.6), (1.95, 0.42, 0.6)
"""rad per m, rad per m/s, and the limit, rad: found by a search, with pushes of 45 to 90 N for 0.2 s"""
ANKLE_ROLL, HIP_ROLL = (-0.78, 1.5, 0.4), (0.26, 0.92, 0.4)
TO_LEVEL = ((1.0, 0.0, 0.0, 1.0), (0.0, -1.0, 1.0, 0.0))
"""of a direction (x, y) onto the rows of `level_frame`"""


class Balance(nn.Module):
    """How far the centre of mass is from over the feet, and the feedback of it."""

    mass: Tensor
    com: Tensor
    feet: Tensor
    spread: Tensor
    over_feet: Tensor
    gains: Tensor
    offsets: Tensor
    limits: Tensor

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
        self.num_bodies = model.num_bodies
        over_feet = heavy.clone()
        over_feet[list(model.feet)] -= 1.0 / len(model.feet)
        # onto the turns, of place ahead and to the left, and velocity ahead and to the left
        gains, limits = torch.zeros(4, 4), torch.zeros(4)
        for k, (place, velocity, limit) in enumerate((ANKLE_PITCH, HIP_PITCH, ANKLE_ROLL, HIP_ROLL)):
            side = k // 2
            gains[side, k], gains[2 + side, k], limits[k] = place, velocity, limit
        for name, value in (
            ("over_feet", over_feet[None]), ("gains", gains), ("limits", limits), ("offsets", -OFFSET * gains[0]),
        ):  # fmt: skip
            self.register_buffer(name, value, persistent=False)

    def offset(self, pos: Tensor, rot: Tensor, vel: Tensor, ang_vel: Tensor) -> tuple[Tensor, Tensor]:
        """Place over the middle of the feet and velocity of the centre of mass, (B, 3), of bodies (B, bodies, ...)."""
        axes = quaternion.axes(rot, self.num_bodies)
        arm = (self.com[..., None, :] @ axes)[..., 0, :]
        mass = self.mass[..., 0]
        place = self.over_feet @ pos + mass @ arm
        velocity = mass @ (vel + quaternion.cross(ang_vel, arm))
        return place[:, 0], velocity[:, 0]

    def forward(self, place: Tensor, velocity: Tensor) -> Tensor:
        """The turns (B, 4) of ankle pitch, hip pitch, ankle roll and hip roll, rad.

        Args:
            place, velocity: (B, 2) of `offset`, ahead and to the left
        """
        turns = torch.cat([place, velocity], 1) @ self.gains + self.offsets
        return torch.minimum(torch.maximum(turns, -self.limits), self.limits)


def level_frame(axes: Tensor) -> Tensor:
    """(B, 2, 2) turns rows of level vectors from the world to ahead and left of roots with axes (B, 3, 3)."""
    ahead = axes[:, 0, :2]
    ahead = ahead / quaternion.length(ahead).clamp(min=1e-3)
    return (ahead @ torch.tensor(TO_LEVEL, dtype=axes.dtype)).view(-1, 2, 2)
