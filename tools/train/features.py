"""What a policy sees: raw inputs of the contract -> observation. This module itself is inside the exported graph."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from game.sim.model import CharacterModel
from tools.train import quaternion
from tools.train.reference import Reference, ReferencePose

GRAVITY = 9.8
"""m/s2, divides the gravity input"""


class PolicyInputs(NamedTuple):
    """The inputs of the policy contract that we use, in its order: float32, in the anchor's frame."""

    root_pos: Tensor
    """(B, 3)"""
    root_rot: Tensor
    """(B, 4)"""
    root_vel: Tensor
    """(B, 3)"""
    root_ang_vel: Tensor
    """(B, 3)"""
    joint_rot: Tensor
    """(B, J, 4)"""
    joint_vel: Tensor
    """(B, J, 3) in the child's frame"""
    body_pos: Tensor
    """(B, bodies, 3)"""
    gravity: Tensor
    """(B, 3)"""
    time: Tensor
    """(B,) s since the start"""


class Features(nn.Module):
    """Body, phase, and what is left to the reference now and at a few ticks ahead.

    The frame is the anchor's: a heading frame flips in mid-air when the root's x axis passes the vertical.
    """

    spherical: Tensor
    hinges: Tensor
    key_bodies: Tensor
    ticks: Tensor

    def __init__(
        self, model: CharacterModel, reference: Reference, lead: float, lookahead: tuple[int, ...] = (1, 4)
    ) -> None:
        super().__init__()
        self.reference = reference
        is_hinge = torch.tensor(model.joint_is_hinge)
        keys = ("head", "right_shin", "right_foot", "right_hand", "left_shin", "left_foot", "left_hand")
        self.num_ahead = len(lookahead)
        self.register_buffer("spherical", torch.nonzero(~is_hinge)[:, 0])
        self.register_buffer("hinges", torch.nonzero(is_hinge)[:, 0])
        self.register_buffer("key_bodies", torch.tensor([model.body(name) for name in keys]))
        # columns: now, ahead..., and last the pose that the action corrects
        self.register_buffer("ticks", torch.tensor([0, *lookahead, lead], dtype=torch.float32) / model.control_hz)

    @property
    def size(self) -> int:
        """Width of the observation."""
        s, h, k = len(self.spherical), len(self.hinges), len(self.key_bodies)
        return 1 + 6 + 6 + 6 * s + h + 3 * s + h + 3 * k + 4 + 6 + 3 + self.num_ahead * (3 * s + h + 6)

    def forward(self, inputs: PolicyInputs) -> tuple[Tensor, ReferencePose]:
        """Return the observation (B, size) and the reference at the columns of `ticks`, (B, K, ...)."""
        time = self.reference.wrap(inputs.time)
        pose = self.reference(time[:, None] + self.ticks)
        return torch.cat([self._body(inputs), self._phase(time), self._errors(inputs, pose)], dim=1), pose

    def _body(self, inputs: PolicyInputs) -> Tensor:
        relative = inputs.body_pos[:, self.key_bodies] - inputs.root_pos[:, None]
        turns = torch.cat([inputs.root_rot[:, None], inputs.joint_rot[:, self.spherical]], dim=1)
        axes = quaternion.tangent_normal(turns).flatten(1)
        parts = [
            inputs.root_pos[:, 2:3],
            axes[:, :6],
            0.3 * inputs.root_vel,
            0.15 * inputs.root_ang_vel,
            axes[:, 6:],
            self._angles(inputs.joint_rot[:, self.hinges]),
            0.1 * inputs.joint_vel[:, self.spherical].flatten(1),
            0.1 * inputs.joint_vel[:, self.hinges, 1],
            relative.flatten(1),
            inputs.gravity / GRAVITY,
        ]
        return torch.cat(parts, dim=1)

    def _phase(self, time: Tensor) -> Tensor:
        """sin and cos of the phase and of twice the phase; half of it where the clip ends, to tell end from start."""
        turns = time / self.reference.duration
        if not self.reference.loop:
            turns = 0.5 * turns.clamp(0.0, 1.0)
        angle = 2.0 * torch.pi * turns[:, None]
        return torch.cat([torch.sin(angle), torch.cos(angle), torch.sin(2.0 * angle), torch.cos(2.0 * angle)], dim=1)

    def _errors(self, inputs: PolicyInputs, pose: ReferencePose) -> Tensor:
        """Root errors now; joint and root differences to the reference ahead."""
        root_rot = inputs.root_rot[:, None]
        ahead = slice(1, 1 + self.num_ahead)
        to_root = pose.root_pos[:, : 1 + self.num_ahead] - inputs.root_pos[:, None]
        turned = pose.root_rot[:, : 1 + self.num_ahead]
        to_turn = quaternion.to_rotvec(quaternion.multiply(turned, quaternion.conjugate(root_rot)))
        target = pose.joint_rot[:, ahead]
        bend = quaternion.to_rotvec(quaternion.multiply(quaternion.conjugate(inputs.joint_rot[:, None]), target))
        parts = [
            3.0 * to_root[:, 0],
            to_turn[:, 0],
            bend[:, :, self.spherical].flatten(1),
            bend[:, :, self.hinges, 1].flatten(1),
            to_root[:, 1:].flatten(1),
            to_turn[:, 1:].flatten(1),
        ]
        return torch.cat(parts, dim=1)

    @staticmethod
    def _angles(rot: Tensor) -> Tensor:
        """Turns about y of hinges (B, H, 4) -> (B, H)."""
        return quaternion.to_rotvec(rot)[..., 1]
