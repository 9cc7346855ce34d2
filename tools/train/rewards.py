"""The imitation reward: small pure functions, all (N, ...) -> (N,) in 0..1. Equations: DeepMimic (2018), section 5.

The weights and exponents are those that landed a backflip from nothing in 1.25 M samples here, not the paper's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from tools.train.reference_table import ReferenceTrack

JOINT_WEIGHTS = {
    "root": 1.0,
    "chest": 0.5,
    "neck": 0.3,
    "hip": 0.5,
    "knee": 0.3,
    "ankle": 0.2,
    "shoulder": 0.3,
    "elbow": 0.2,
}
"""Of DeepMimic's humanoid, scaled to the sum 1 before use."""


class TrackedMotion(NamedTuple):
    """What the characters do, in the anchor's frame, as ReferenceTrack's fields."""

    root_pos: Tensor
    root_rot: Tensor
    joint_rot: Tensor
    root_vel: Tensor
    root_ang_vel: Tensor
    joint_vel: Tensor
    body_pos: Tensor
    com: Tensor


@dataclass(frozen=True)
class RewardWeights:
    """Weight and exponent of each term; the weights sum to 1, so a perfect imitation earns 1 a tick."""

    pose: tuple[float, float] = (0.4, 2.0)
    velocity: tuple[float, float] = (0.1, 0.05)
    end_effector: tuple[float, float] = (0.2, 10.0)
    root: tuple[float, float] = (0.2, 8.0)
    com: tuple[float, float] = (0.1, 10.0)


DEEPMIMIC = RewardWeights((0.65, 2.0), (0.1, 0.1), (0.15, 40.0), (0.0, 1.0), (0.1, 10.0))
"""The paper's, by which tools.evaluate measures."""


def joint_weights(joint_names: tuple[str, ...]) -> Tensor:
    """(1 + J,) weights of the root and the joints, of sum 1."""
    names = ["root", *(name.removeprefix("right_").removeprefix("left_") for name in joint_names)]
    weights = torch.tensor([JOINT_WEIGHTS[name] for name in names])
    return weights / weights.sum()


def angle_squared(a: Tensor, b: Tensor) -> Tensor:
    """Squared angle between rotations (..., 4) -> (...): a chord of d between unit quaternions spans 4 asin(d / 2)."""
    same = torch.where((a * b).sum(-1, keepdim=True) < 0.0, -a, a)
    return 16.0 * torch.asin(0.5 * (same - b).square().sum(-1).sqrt()).square()


def pose_error(motion: TrackedMotion, reference: ReferenceTrack, weights: Tensor) -> Tensor:
    """sum_j w_j |q_j* (-) q_j|^2, rad2, the root included."""
    root = angle_squared(motion.root_rot, reference.root_rot)
    return weights[0] * root + angle_squared(motion.joint_rot, reference.joint_rot) @ weights[1:]


def velocity_error(motion: TrackedMotion, reference: ReferenceTrack, weights: Tensor) -> Tensor:
    """sum_j w_j |w_j* - w_j|^2, (rad/s)2, the root included."""
    root = (motion.root_ang_vel - reference.root_ang_vel).square().sum(-1)
    return weights[0] * root + (motion.joint_vel - reference.joint_vel).square().sum(-1) @ weights[1:]


def end_effector_error(motion: TrackedMotion, reference: ReferenceTrack, bodies: Tensor) -> Tensor:
    """mean_e |p_e* - p_e|^2, m2, positions of hands and feet relative to the root."""
    ours = motion.body_pos[:, bodies] - motion.root_pos[:, None]
    theirs = reference.body_pos[:, bodies] - reference.root_pos[:, None]
    return (ours - theirs).square().sum(-1).mean(-1)


def root_error(motion: TrackedMotion, reference: ReferenceTrack) -> Tensor:
    """|dx|^2 + 0.1 |dq|^2 + 0.01 |dv|^2 + 0.001 |dw|^2 of the root (released DeepMimic code, not in the paper)."""
    return (
        (motion.root_pos - reference.root_pos).square().sum(-1)
        + 0.1 * angle_squared(motion.root_rot, reference.root_rot)
        + 0.01 * (motion.root_vel - reference.root_vel).square().sum(-1)
        + 0.001 * (motion.root_ang_vel - reference.root_ang_vel).square().sum(-1)
    )


def com_error(motion: TrackedMotion, reference: ReferenceTrack) -> Tensor:
    """|c* - c|^2, m2, of the whole body's centre of mass."""
    return (motion.com - reference.com).square().sum(-1)


class ImitationReward:
    """sum_k weight_k exp(-exponent_k error_k) over the five errors above."""

    terms = ("pose", "velocity", "end_effector", "root", "com")

    def __init__(self, weights: RewardWeights, joint_names: tuple[str, ...], end_effectors: list[int]) -> None:
        pairs = torch.tensor([getattr(weights, name) for name in self.terms])
        self.weights, self.exponents = pairs[:, 0] / pairs[:, 0].sum(), pairs[:, 1]
        self.joint_weights = joint_weights(joint_names)
        self.end_effectors = torch.tensor(end_effectors)

    def __call__(self, motion: TrackedMotion, reference: ReferenceTrack) -> Tensor:
        """The five terms (N, 5), each exp(-exponent * error); their weighted sum is the reward."""
        errors = [
            pose_error(motion, reference, self.joint_weights),
            velocity_error(motion, reference, self.joint_weights),
            end_effector_error(motion, reference, self.end_effectors),
            root_error(motion, reference),
            com_error(motion, reference),
        ]
        return torch.exp(-self.exponents * torch.stack(errors, dim=-1))
