"""The performer as one graph: body and reference in, joint targets out. Rollouts run it and the exporter writes it."""

from __future__ import annotations

import itertools
import math

import torch
from torch import Tensor, nn

from game.sim.model import CharacterModel
from tools.train import quaternion
from tools.train.performer.gait_gate import GaitGate
from tools.train.performer.performer_frames import PerformerFrames
from tools.train.performer.performer_inputs import NUM_AHEAD, PerformerInputs
from tools.train.performer.reference_manner import reference_manner
from tools.train.performer.stand_feedback import Balance
from tools.train.performer.step_feedback import Steps
from tools.train.policy_graph import Residual

SCALE = 0.5
"""rad of a turn of action 1"""
GRAVITY = 9.8
LIMIT = 6.0
"""standard deviations that the network sees at most"""
MARGIN = 0.02
"""what the gate says of an expert up to which it has no share, and from one less which it has all"""


class RootFrame(nn.Module):
    """What the network sees: body, balance and the reference's next poses, in the root's own frame.

    onnxruntime takes about as long for a node of a small graph as for what is in it, so that like things are computed
    together: all vectors are turned by one product, and scaled by another.
    """

    keys: Tensor
    scale: Tensor
    spread: Tensor

    def __init__(self, model: CharacterModel) -> None:
        super().__init__()
        self.balance, self.steps, self.gait = Balance(model), Steps(model), GaitGate(model)
        self.register_buffer("keys", torch.tensor(model.roles.key_bodies))
        # older checkpoints have it
        self.register_buffer("up", torch.tensor([[0.0, 0.0, 1.0]]))
        self.num_joints, self.num_keys = model.num_joints, len(model.roles.key_bodies)
        self.num_vectors = 5 + self.num_keys + 3 * NUM_AHEAD
        # of one part after the other: how many numbers, times what
        joints, bodies, ahead = model.num_joints, model.num_bodies, NUM_AHEAD
        parts = (
            (1 + 3, 1.0), (3, 1.0 / GRAVITY), (3, 0.3), (3, 0.15), (3 * self.num_keys + 3, 1.0), (3, 0.3),
            (6 * joints, 1.0), (3 * joints, 0.1), (3 * ahead, 3.0), (ahead * (7 + 6 * joints) + bodies + 6, 1.0),
        )  # fmt: skip
        scale = torch.cat([torch.full((count,), factor) for count, factor in parts])
        self.size = len(scale)
        self.register_buffer("scale", scale, persistent=False)
        # of balance's turns, then of the steps', onto the joints' rotation vectors, each by itself
        balance, steps = self.balance.spread, self.steps.spread
        spread = torch.zeros(len(balance) + len(steps), 2 * 3 * joints)
        spread[: len(balance), : 3 * joints], spread[len(balance) :, 3 * joints :] = balance, steps
        self.register_buffer("spread", spread, persistent=False)

    def forward(self, inputs: PerformerInputs) -> tuple[Tensor, Tensor]:
        """The observation (B, size), of which the last number is the gait gate's, and the pose that the action corrects
        (B, J, 4), with balance and steps.
        """
        frames, root = PerformerFrames.of(inputs), inputs.root_pos[:, None]
        pos = inputs.reference_ahead_root_pos[:, :NUM_AHEAD]
        place, velocity = self.balance.offset(inputs.body_pos, inputs.body_rot, inputs.body_vel, inputs.body_ang_vel)
        level = torch.stack([place[:, :2], velocity[:, :2]], 1) @ frames.level
        turns = self.balance(level[:, 0], level[:, 1])
        stands, walks = reference_manner(inputs, frames)
        gait = self.gait(pos, frames)
        vectors = torch.cat(
            [
                inputs.gravity, inputs.root_vel, inputs.root_ang_vel, (inputs.body_pos[:, self.keys] - root).flatten(1),
                place, velocity, (pos - root).flatten(1), frames.shown[:, :, :2].flatten(1),
            ],
            1,
        )  # fmt: skip
        turned = vectors.view(-1, self.num_vectors, 3) @ frames.root.transpose(-1, -2)
        body, ahead, axes = torch.split(turned, [self.num_keys + 5, NUM_AHEAD, 2 * NUM_AHEAD], 1)
        observation = self.scale * torch.cat(
            [
                inputs.root_pos[:, 2:], frames.root[:, :, 2], body.flatten(1),
                quaternion.tangent_normal(inputs.joint_rot).flatten(1), inputs.joint_vel.flatten(1),
                ahead.clamp(-1.0, 1.0).flatten(1), pos[:, :, 2], axes.flatten(1), frames.posture.flatten(1),
                inputs.body_pos[:, :, 2], stands, turns, gait,
            ],
            1,
        )  # fmt: skip
        steps = gait * (1.0 - stands) * walks * self.steps(inputs, frames, velocity)
        turn = (torch.cat([stands * turns, steps], 1) @ self.spread).view(-1, 2, self.num_joints, 3)
        balanced, stepped = quaternion.from_rotvec(turn).unbind(1)
        pose = quaternion.multiply(inputs.reference_ahead_joint_rot[:, -1], balanced)
        return observation, quaternion.multiply(pose, stepped)


def network(widths: tuple[int, ...], last_gain: float) -> nn.Sequential:
    """ELU layers with orthogonal weights; the last one's are scaled by last_gain."""
    layers: list[nn.Module] = []
    for a, b in itertools.pairwise(widths[:-1]):
        linear = nn.Linear(a, b)
        nn.init.orthogonal_(linear.weight, math.sqrt(2.0))
        nn.init.zeros_(linear.bias)
        layers += [linear, nn.ELU()]
    last = nn.Linear(widths[-2], widths[-1])
    nn.init.orthogonal_(last.weight, last_gain)
    nn.init.zeros_(last.bias)
    return nn.Sequential(*layers, last)


class Experts(nn.Module):
    """Two networks: one stands, walks and runs, the other does everything else (Jacobs et al. 1991, with a gate that is
    learned by itself, `gait_gate`). What one practises the other does not forget.
    """

    def __init__(self, widths: tuple[int, ...], last_gain: float) -> None:
        """widths: of the layers, of which the first does not count the gate."""
        super().__init__()
        self.gaits, self.motions = network(widths, last_gain), network(widths, last_gain)
        self.num_outputs = widths[-1]

    def forward(self, x: Tensor) -> Tensor:
        """(..., 1 + widths[0]), of which the last is the share of the gaits' expert, -> (..., widths[-1])

        Nothing is computed for whose share is nothing. In an exported graph x is (B, 1 + widths[0]).
        """
        rows = x if torch.onnx.is_in_onnx_export() else x.flatten(0, -2)
        seen = rows[:, :-1]
        gate = ((rows[:, -1:] - MARGIN) / (1.0 - 2.0 * MARGIN)).clamp(0.0, 1.0)
        nothing = gate * seen.new_zeros(1, self.num_outputs)
        out = nothing
        for expert, share in ((self.gaits, gate), (self.motions, 1.0 - gate)):
            who = torch.nonzero(share[:, 0])[:, 0]
            if torch.onnx.is_in_onnx_export():
                # index_add would be exported with sizes that the graph computes, which policies may not
                places = who[:, None] * torch.ones(1, self.num_outputs, dtype=who.dtype)
                out = out + nothing.scatter(0, places, share[who] * expert(seen[who]))
            elif len(who) == len(seen):
                out = out + share * expert(seen)
            elif len(who):
                out = out.index_add(0, who, share[who] * expert(seen[who]))
        return out.view(*x.shape[:-1], self.num_outputs) if x.dim() != 2 else out


class PerformerGraph(nn.Module):
    """Root frame, a normaliser that is set once, actor, critic, and the residual on the reference."""

    mean: Tensor
    spread: Tensor

    def __init__(
        self, model: CharacterModel, hidden: tuple[int, ...] = (768, 512), critic: tuple[int, ...] = (384, 256)
    ) -> None:
        """hidden: widths of the actor's layers; critic: of the other's, which need not be as wide."""
        super().__init__()
        self.hidden = hidden
        self.sight = RootFrame(model)
        self.residual = Residual(model, SCALE)
        size, actions = self.sight.size, self.residual.num_actions
        self.actor = Experts((size - 1, *hidden, actions), 0.01)
        self.critic = network((size, *critic, 1), 0.3)
        self.register_buffer("mean", torch.zeros(size))
        self.register_buffer("spread", torch.ones(size))

    def normalized(self, observation: Tensor) -> Tensor:
        """(..., size) -> (..., size)"""
        return ((observation - self.mean) / self.spread).clamp(-LIMIT, LIMIT)

    def act(self, observation: Tensor) -> Tensor:
        """Mean action, (B, size) -> (B, actions)."""
        action: Tensor = self.actor(self.normalized(observation))
        return action

    def value(self, observation: Tensor) -> Tensor:
        """Expected return times (1 - gamma), (B, size) -> (B,)."""
        return torch.as_tensor(self.critic(self.normalized(observation))[..., 0])

    def target(self, pose: Tensor, action: Tensor) -> Tensor:
        """Joint targets (B, J, 4) of a pose (B, J, 4) and an action (B, actions)."""
        target: Tensor = self.residual(pose, action)
        return target

    def forward(self, *inputs: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """The contract: inputs in the order of PerformerInputs -> joint_target and the reference now."""
        raw = PerformerInputs(*inputs)
        observation, pose = self.sight(raw)
        target = self.target(pose, self.act(observation))
        now = (raw.reference_ahead_root_pos, raw.reference_ahead_root_rot, raw.reference_ahead_joint_rot)
        return target, now[0][:, 0], now[1][:, 0], now[2][:, 0]
