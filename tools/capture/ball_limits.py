"""How far hips, shoulders, neck, chest and ankles turn in people, beside the hinges of knees and elbows."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from game.sim import rotation
from game.sim.model import CharacterModel
from game.sim.motion import MotionClip
from game.sim.roles import BodyPart
from tools.clip_clinic.checks import Check

Tensor = torch.Tensor


@dataclass(frozen=True)
class BallRange:
    """deg from the rest pose in which all limbs hang down: how far the far end of a body may swing, and twist."""

    forward: float
    backward: float
    outward: float
    inward: float
    twist: float


# Set by hand: a little wider than what the fifteen mocap clips do. Arms reach everywhere but behind the back.
RANGES: dict[BodyPart, BallRange] = {
    BodyPart.TORSO: BallRange(forward=90.0, backward=60.0, outward=45.0, inward=45.0, twist=50.0),
    BodyPart.HEAD: BallRange(forward=65.0, backward=65.0, outward=50.0, inward=50.0, twist=85.0),
    BodyPart.THIGH: BallRange(forward=150.0, backward=35.0, outward=80.0, inward=40.0, twist=80.0),
    BodyPart.FOOT: BallRange(forward=70.0, backward=65.0, outward=55.0, inward=55.0, twist=60.0),
    BodyPart.UPPER_ARM: BallRange(forward=180.0, backward=180.0, outward=95.0, inward=95.0, twist=130.0),
}
BEHIND = 72.0
"""deg by which an arm may be swung straight behind the back"""
_STEEP = -0.4
"""Cosine of a swing over which a twist means nothing"""


class BallLimits:
    """The excess over RANGES of a model's ball joints."""

    def __init__(self, model: CharacterModel) -> None:
        joints, rows, self.names = [], [], []
        for body, part in enumerate(model.roles.part):
            joint = int(model.body_joint[body])
            if joint < 0 or model.joint_is_hinge[joint] or part not in RANGES:
                continue
            limit = RANGES[part]
            upward = part in (BodyPart.TORSO, BodyPart.HEAD)  # these rise from their joint: their top swings forward
            side = {"left": 1.0, "right": -1.0}.get(model.roles.side[body], 1.0)
            arm = part is BodyPart.UPPER_ARM
            joints.append(joint)
            rows.append((limit.forward, limit.backward, limit.outward, limit.inward, limit.twist, upward, side, arm))
            self.names.append(model.joint_names[joint])
        self.joints = joints
        table = torch.tensor(rows, dtype=torch.float32)
        self._range = torch.deg2rad(table[:, :5])
        self._top = torch.where(table[:, 5] > 0, -1.0, 1.0)
        self._side, self._arm = table[:, 6], table[:, 7]

    def excess(self, joint_rot: Tensor) -> Tensor:
        """(F, K) rad by which each ball joint is past its range; `joint_rot`: (F, J, 3, 3)."""
        rot = joint_rot[:, self.joints]
        x, y, z = (-rot[..., k, 2] for k in range(3))  # where what hangs down points
        forward = torch.atan2(self._top * x, 1e-6 - z)
        outward = torch.asin((self._side * y).clamp(-0.999, 0.999))
        twist = torch.atan2(rot[..., 1, 0] - rot[..., 0, 1], rot[..., 0, 0] + rot[..., 1, 1] + 1e-6)
        limit = self._range
        past = torch.relu(forward - limit[:, 0]) + torch.relu(-forward - limit[:, 1])
        past = past * (outward.abs() < 1.2)  # of a limb that points aside, forward means nothing
        past = past + torch.relu(outward - limit[:, 2]) + torch.relu(-outward - limit[:, 3])
        past = past + torch.relu(twist.abs() - limit[:, 4]) * (-z > _STEEP)
        behind = torch.asin((-x).clamp(-0.999, 0.999)) - math.radians(BEHIND)
        return past + self._arm * torch.relu(behind)


def check_balls(clip: MotionClip) -> Check:
    """The worst of a clip's ball joints."""
    limits = BallLimits(CharacterModel.load(clip.character))
    matrices = torch.tensor(rotation.to_matrix(clip.joint_rot), dtype=torch.float32)
    past: NDArray[np.float64] = np.asarray(limits.excess(matrices).numpy(), np.float64)
    frame, joint = (int(i) for i in np.unravel_index(past.argmax(), past.shape))
    return Check("ball joint limits", math.degrees(past[frame, joint]), "deg", 8.0, 30.0, frame, limits.names[joint])
