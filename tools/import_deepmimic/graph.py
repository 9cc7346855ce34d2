"""The actors of PyBullet's DeepMimic environment behind the policy contract.

Everything is computed as the environment's own code does (pybullet_envs/deep_mimic, 2025-01-29), in its y-up axes; what
comes in and goes out is z up. Peng et al. 2018, "DeepMimic".
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from game.sim.model import CharacterModel
from game.sim.motion import MotionClip
from tools.train import quaternion
from tools.train.reference_table import Reference

INPUTS = ("root_pos", "root_rot", "body_pos", "body_rot", "body_vel", "body_ang_vel", "time")
OUTPUTS = ("joint_target", "hinge_target", "reference_root_pos", "reference_root_rot", "reference_joint_rot")


TO_Y_UP = torch.tensor([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]])
"""Row vectors (..., 3) @ this: x forward, y left, z up -> x forward, y up, z right."""


def to_y_up(v: Tensor) -> Tensor:
    """(..., 3) of ours in the environment's axes."""
    return v @ TO_Y_UP


def to_z_up(v: Tensor) -> Tensor:
    """The inverse of to_y_up."""
    return v @ TO_Y_UP.T


class DeepMimicGraph(nn.Module):
    """One of the published actors: 197 -> 1024 -> 512 -> 36, relu."""

    com: Tensor
    to_angle: Tensor
    to_axis: Tensor
    hinge_axis: Tensor
    to_hinge: Tensor
    mean: Tensor
    std: Tensor
    action_mean: Tensor
    action_std: Tensor

    def __init__(self, tensors: dict[str, NDArray[np.float32]], model: CharacterModel, clip: MotionClip) -> None:
        """Take the weights from a checkpoint's tensors, by their TensorFlow names."""
        super().__init__()
        self.layers = nn.ModuleList()
        for scope in ("0/dense", "1/dense", "dense"):
            kernel, bias = (tensors[f"agent/main/actor/{scope}/{kind}"] for kind in ("kernel", "bias"))
            layer = nn.Linear(*kernel.shape)
            layer.weight = nn.Parameter(torch.tensor(kernel.T.copy()))
            layer.bias = nn.Parameter(torch.tensor(bias.copy()))
            self.layers.append(layer)
        resources = {
            "mean": "s_norm/mean",
            "std": "s_norm/std",
            "action_mean": "a_norm/mean",
            "action_std": "a_norm/std",
        }
        for name, key in resources.items():
            self.register_buffer(name, torch.tensor(tensors[f"agent/resource/{key}"].copy()))
        self.register_buffer("com", torch.tensor(model.com, dtype=torch.float32))
        self._learn_layout(model)
        self.reference = Reference(clip)

    def _learn_layout(self, model: CharacterModel) -> None:
        """Where the action's 36 numbers go: (36, J) to angles, (36, J * 3) to axes in our frame, (36, H) to hinges."""
        j = model.num_joints
        to_angle, to_axis, hinge_axis = torch.zeros(36, j), torch.zeros(36, j, 3), torch.zeros(j, 3)
        column = 0
        for joint, hinge in enumerate(model.joint_is_hinge):
            to_angle[column, joint] = 1.0
            if hinge:
                hinge_axis[joint] = torch.tensor([0.0, -1.0, 0.0])  # about their z is against our y
                column += 1
            else:
                to_axis[column + 1 : column + 4, joint] = to_z_up(torch.eye(3))
                column += 4
        self.register_buffer("to_angle", to_angle)
        self.register_buffer("to_axis", to_axis.flatten(1))
        self.register_buffer("hinge_axis", hinge_axis)
        self.register_buffer("to_hinge", -to_angle[:, torch.from_numpy(model.hinges)])

    def observe(
        self, root_pos: Tensor, root_rot: Tensor, pos: Tensor, rot: Tensor, vel: Tensor, ang_vel: Tensor, time: Tensor
    ) -> Tensor:
        """The environment's 197 numbers: phase, height, then of all bodies the poses and the velocities."""
        arm = quaternion.rotate(rot, self.com)
        forward = quaternion.rotate(root_rot, torch.tensor([1.0, 0.0, 0.0]))
        # the heading flips when the root's x axis passes the vertical; the actors were trained with that
        turn = quaternion.from_heading(-torch.atan2(forward[:, 1], forward[:, 0]))[:, None]

        def local(v: Tensor) -> Tensor:
            return to_y_up(quaternion.rotate(turn, v))

        turned = quaternion.multiply(turn, rot)
        wxyz = torch.cat([turned[..., 3:], to_y_up(turned[..., :3])], dim=-1)
        wxyz = torch.where(wxyz[..., :1] < 0.0, -wxyz, wxyz)
        poses = torch.cat([local(pos + arm - root_pos[:, None]), wxyz], dim=-1)
        velocities = torch.cat([local(vel + quaternion.cross(ang_vel, arm)), local(ang_vel)], dim=-1)
        cycles = time / self.reference.duration
        phase = (cycles - torch.floor(cycles))[:, None]
        return torch.cat([phase, root_pos[:, 2:], poses.flatten(1), velocities.flatten(1)], dim=1)

    def decode(self, action: Tensor) -> tuple[Tensor, Tensor]:
        """36 numbers -> joint targets (B, J, 4), of spherical joints as angle and axis, and hinges' angles (B, H).

        Actors ask hinges for more than half a turn, which a rotation cannot say.
        """
        half = 0.5 * (action @ self.to_angle)[..., None]
        axis = (action @ self.to_axis).reshape(-1, *self.hinge_axis.shape) + self.hinge_axis
        axis = axis / axis.square().sum(-1, keepdim=True).clamp_min(1e-24).sqrt()
        return torch.cat([axis * torch.sin(half), torch.cos(half)], dim=-1), action @ self.to_hinge

    def forward(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        """The contract, inputs in the order of INPUTS, outputs in that of OUTPUTS."""
        x = (self.observe(*inputs) - self.mean) / self.std
        for layer in self.layers[:-1]:
            x = torch.relu(layer(x))
        action = self.layers[-1](x) * self.action_std + self.action_mean
        now = self.reference(self.reference.wrap(inputs[-1])[:, None])
        return *self.decode(action), now.root_pos[:, 0], now.root_rot[:, 0], now.joint_rot[:, 0]
