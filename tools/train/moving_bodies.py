"""MovingBodies: how every body turns and moves, computed inside the graph from the joints that a policy is given."""

from __future__ import annotations

import itertools

import numpy as np
import torch
from torch import Tensor, nn

from game.sim.model import CharacterModel
from tools.train import quaternion
from tools.train.features import PolicyInputs


class MovingBodies(nn.Module):
    """Forward kinematics of rotations and velocities, all bodies of one generation at once."""

    identity: Tensor

    def __init__(self, model: CharacterModel) -> None:
        super().__init__()
        self.register_buffer("identity", torch.tensor([[[0.0, 0.0, 0.0, 1.0]]]))
        # bodies by their distance from the root: all of one generation are moved at once
        depth = np.zeros(model.num_bodies, np.int64)
        for body, parent in enumerate(model.body_parent.tolist()):
            depth[body] = 0 if parent < 0 else depth[parent] + 1
        generations = [np.flatnonzero(depth == d) for d in range(1, int(depth.max()) + 1)]
        order = np.concatenate([[0], *generations])
        place = np.argsort(order)
        self._bounds = list(itertools.accumulate(len(g) for g in [order[:1], *generations]))
        self.num_generations = len(generations)
        for number, bodies in enumerate(generations):
            # joint -1, of a body that is fixed to its parent, is the identity that is put behind the others
            self.register_buffer(f"joint_{number}", torch.tensor(model.body_joint[bodies] % (model.num_joints + 1)))
            self.register_buffer(f"parent_{number}", torch.tensor(place[model.body_parent[bodies]]))
        self.register_buffer("order", torch.tensor(order))
        self.register_buffer("place", torch.tensor(place))

    def forward(self, inputs: PolicyInputs) -> tuple[Tensor, Tensor, Tensor]:
        """Rotations (B, bodies, 4) and velocities (B, bodies, 3), linear and angular, of all bodies."""
        joint_rot = torch.cat([inputs.joint_rot, 0.0 * inputs.joint_rot[:, :1] + self.identity], 1)
        joint_vel = torch.cat([inputs.joint_vel, 0.0 * inputs.joint_vel[:, :1]], 1)
        pos = inputs.body_pos[:, self.get_buffer("order")]
        rot, vel, turn = inputs.root_rot[:, None], inputs.root_vel[:, None], inputs.root_ang_vel[:, None]
        for number in range(self.num_generations):
            joints, parents = self.get_buffer(f"joint_{number}"), self.get_buffer(f"parent_{number}")
            span = slice(self._bounds[number], self._bounds[number + 1])
            mine = quaternion.multiply(rot[:, parents], joint_rot[:, joints])
            swing = quaternion.cross(turn[:, parents], pos[:, span] - pos[:, parents])
            vel = torch.cat([vel, vel[:, parents] + swing], 1)
            turn = torch.cat([turn, turn[:, parents] + quaternion.rotate(mine, joint_vel[:, joints])], 1)
            rot = torch.cat([rot, mine], 1)
        place = self.get_buffer("place")
        return rot[:, place], vel[:, place], turn[:, place]
