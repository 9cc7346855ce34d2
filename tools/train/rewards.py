"""The imitation reward: errors as small pure functions, all (N, ...) -> (N,), and tables of the terms made of them.

Equations: DeepMimic (Peng et al. 2018), section 5. The same terms train a policy and measure it (tools.evaluate).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from game.sim.model import CharacterModel
from tools.train.reference_table import ReferenceTrack


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


def without_drift(motion: TrackedMotion, reference: ReferenceTrack) -> TrackedMotion:
    """The motion shifted over the ground so that its root is above or below the reference's."""
    drift = (motion.root_pos - reference.root_pos) * torch.tensor([1.0, 1.0, 0.0])
    return motion._replace(
        root_pos=motion.root_pos - drift, body_pos=motion.body_pos - drift[:, None], com=motion.com - drift
    )


@dataclass(frozen=True, eq=False)
class RewardedBody:
    """What the errors need to know of a body."""

    joint_weights: Tensor
    """(1 + J,) of the root and the joints, of sum 1"""
    end_effectors: Tensor
    """(E,) indices of the hands and feet among the bodies"""

    @staticmethod
    def of(model: CharacterModel) -> RewardedBody:
        weights = torch.tensor(joint_weights(model), dtype=torch.float32)
        return RewardedBody(weights, torch.tensor(model.roles.end_effectors))


def joint_weights(model: CharacterModel) -> NDArray[np.float64]:
    """(1 + J,) weights of the root and the joints, of sum 1."""
    weights = model.roles.joint_weights
    return np.asarray(weights / weights.sum())


def angle_squared(a: Tensor, b: Tensor) -> Tensor:
    """Squared angle between rotations (..., 4) -> (...): a chord of d between unit quaternions spans 4 asin(d / 2)."""
    same = torch.where((a * b).sum(-1, keepdim=True) < 0.0, -a, a)
    return 16.0 * torch.asin(0.5 * (same - b).square().sum(-1).sqrt()).square()


def pose_error(motion: TrackedMotion, reference: ReferenceTrack, body: RewardedBody) -> Tensor:
    """sum_j w_j |q_j* (-) q_j|^2, rad2, the root included."""
    weights, root = body.joint_weights, angle_squared(motion.root_rot, reference.root_rot)
    return weights[0] * root + angle_squared(motion.joint_rot, reference.joint_rot) @ weights[1:]


def velocity_error(motion: TrackedMotion, reference: ReferenceTrack, body: RewardedBody) -> Tensor:
    """sum_j w_j |w_j* - w_j|^2, (rad/s)2, the root included."""
    weights, root = body.joint_weights, (motion.root_ang_vel - reference.root_ang_vel).square().sum(-1)
    return weights[0] * root + (motion.joint_vel - reference.joint_vel).square().sum(-1) @ weights[1:]


def end_effector_error(motion: TrackedMotion, reference: ReferenceTrack, body: RewardedBody) -> Tensor:
    """mean_e |p_e* - p_e|^2, m2, positions of hands and feet relative to the root, in the anchor frame's axes."""
    ours = motion.body_pos[:, body.end_effectors] - motion.root_pos[:, None]
    theirs = reference.body_pos[:, body.end_effectors] - reference.root_pos[:, None]
    return (ours - theirs).square().sum(-1).mean(-1)


def root_error(motion: TrackedMotion, reference: ReferenceTrack, _: RewardedBody) -> Tensor:
    """|dx|^2 + 0.1 |dq|^2 + 0.01 |dv|^2 + 0.001 |dw|^2 of the root (released DeepMimic code, not in the paper)."""
    return (
        (motion.root_pos - reference.root_pos).square().sum(-1)
        + 0.1 * angle_squared(motion.root_rot, reference.root_rot)
        + 0.01 * (motion.root_vel - reference.root_vel).square().sum(-1)
        + 0.001 * (motion.root_ang_vel - reference.root_ang_vel).square().sum(-1)
    )


def com_error(motion: TrackedMotion, reference: ReferenceTrack, _: RewardedBody) -> Tensor:
    """|c* - c|^2, m2, of the whole body's centre of mass."""
    return (motion.com - reference.com).square().sum(-1)


ErrorFunction = Callable[[TrackedMotion, ReferenceTrack, RewardedBody], Tensor]


@dataclass(frozen=True)
class RewardTerm:
    """One addend of the reward: weight * exp(-exponent * error), so that no error earns the whole weight."""

    name: str
    error: ErrorFunction
    weight: float
    """the weights of a table are scaled to the sum 1, so that a perfect imitation earns 1 a tick"""
    exponent: float


TRAINING = (
    RewardTerm("pose", pose_error, weight=0.4, exponent=2.0),
    RewardTerm("velocity", velocity_error, weight=0.1, exponent=0.05),
    RewardTerm("end_effector", end_effector_error, weight=0.2, exponent=10.0),
    RewardTerm("root", root_error, weight=0.2, exponent=8.0),
    RewardTerm("com", com_error, weight=0.1, exponent=10.0),
)
"""With these a backflip landed after 1.25 M samples from nothing; they are wider than the paper's."""

DEEPMIMIC = (
    RewardTerm("pose", pose_error, weight=0.65, exponent=2.0),
    RewardTerm("velocity", velocity_error, weight=0.1, exponent=0.1),
    RewardTerm("end_effector", end_effector_error, weight=0.15, exponent=40.0),
    RewardTerm("com", com_error, weight=0.1, exponent=10.0),
)
"""The paper's: of the final stage of training, and of tools.evaluate."""


class ImitationReward:
    """The weighted sum of the terms of a table."""

    def __init__(self, terms: tuple[RewardTerm, ...], model: CharacterModel) -> None:
        self.terms, self.body = terms, RewardedBody.of(model)
        self.names = tuple(term.name for term in terms)
        weights = torch.tensor([term.weight for term in terms])
        self.weights = weights / weights.sum()
        self._exponents = torch.tensor([term.exponent for term in terms])

    def __call__(self, motion: TrackedMotion, reference: ReferenceTrack) -> Tensor:
        """The terms (N, len(names)), each exp(-exponent * error); `terms @ weights` (N,) is the reward, 0 to 1."""
        errors = [term.error(motion, reference, self.body) for term in self.terms]
        return torch.exp(-self._exponents * torch.stack(errors, dim=-1))
