"""The whole policy as one graph: raw state in, joint targets out. Rollouts run it and the exporter writes it."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from game.sim.model import CharacterModel
from game.sim.motion import MotionClip
from tools.train import quaternion
from tools.train.features import Features, PolicyInputs
from tools.train.joint_axes import joint_axes
from tools.train.network import ActorCritic
from tools.train.reference_table import Reference, ReferencePose
from tools.train.stance import StanceFeedback

ACTION_LIMIT = 4.0


class Residual(nn.Module):
    """Joint targets: the reference a little ahead, corrected by exp(scale * action) in the joint's own frame."""

    spread: Tensor

    def __init__(self, model: CharacterModel, scale: float = 1.5, lateral: float = 1.0) -> None:
        super().__init__()
        columns = joint_axes(model)
        spread = torch.zeros(len(columns), model.num_joints * 3)
        for row, (joint, axis) in enumerate(columns):
            spread[row, 3 * joint + axis] = scale * (1.0 if axis == 1 else lateral)
        self.num_joints = model.num_joints
        self.register_buffer("spread", spread)

    @property
    def num_actions(self) -> int:
        """Degrees of freedom of the joints."""
        return len(self.spread)

    def forward(self, pose: Tensor, action: Tensor) -> Tensor:
        """(B, J, 4) and (B, num_actions) -> (B, J, 4)."""
        turn = (action.clamp(-ACTION_LIMIT, ACTION_LIMIT) @ self.spread).view(-1, self.num_joints, 3)
        return quaternion.multiply(pose, quaternion.from_rotvec(turn))


class PolicyGraph(nn.Module):
    """Features, normaliser, actor and residual, over one clip; and the feed-forward that sampling found, if any."""

    feedforward: Tensor

    def __init__(
        self,
        model: CharacterModel,
        clip: MotionClip,
        hidden: tuple[int, ...],
        scale: float = 1.5,
        lead: float = 3.0,
        lateral: float = 1.0,
        shown: MotionClip | None = None,
        below: nn.Module | None = None,
        stance: StanceFeedback | None = None,
    ) -> None:
        """Build it with networks that have learned nothing.

        Args:
            shown: the clip whose pose is the graph's reference output, where the policy follows a path through it.
            below: gives the joint targets (B, J, 4) that the action corrects, of PolicyInputs; without it those are the
                clip's pose a lead ahead.
            stance: keeps him over his feet while both stand, below the action, too.
        """
        super().__init__()
        self.features = Features(model, clip, lead)
        self.shown = None if shown is None else Reference(shown)
        self.residual = Residual(model, scale, lateral)
        self.networks = ActorCritic(self.features.size, self.residual.num_actions, hidden)
        self.below, self.stance = below, stance
        self.control_hz = model.control_hz
        self.register_buffer("feedforward", torch.zeros(0, model.num_joints, 3))

    def observe(self, inputs: PolicyInputs) -> tuple[Tensor, Tensor]:
        """The observation (B, size) and the pose that the action corrects (B, J, 4)."""
        observation, pose = self.features(inputs)
        return observation, self._corrected(inputs, pose)

    def _corrected(self, inputs: PolicyInputs, pose: ReferencePose) -> Tensor:
        """What lies below, or the reference a little ahead; with the feed-forward and the stance's feedback added."""
        base: Tensor = pose.joint_rot[:, -1] if self.below is None else self.below(inputs)
        time = self.features.reference.wrap(inputs.time)
        if len(self.feedforward):
            tick = torch.floor(time * self.control_hz + 1e-3).clamp(0, len(self.feedforward) - 1).long()
            base = quaternion.multiply(base, quaternion.from_rotvec(self.feedforward)[tick])
        return base if self.stance is None else self.stance(inputs, time, base)

    def target(self, pose: Tensor, action: Tensor) -> Tensor:
        """Joint targets (B, J, 4) of a pose (B, J, 4) and an action (B, num_actions)."""
        target: Tensor = self.residual(pose, action)
        return target

    def forward(self, *inputs: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """The contract: inputs in the order of PolicyInputs -> joint_target and the reference now."""
        raw = PolicyInputs(*inputs)
        observation, pose = self.features(raw)
        target = self.target(self._corrected(raw, pose), self.networks.act(observation))
        if self.shown is not None:
            pose = self.shown(self.shown.wrap(raw.time)[:, None])
        return target, pose.root_pos[:, 0], pose.root_rot[:, 0], pose.joint_rot[:, 0]
