"""PerformerBelow: the performer over one clip, whose joint targets another network corrects: where a run can begin.

With no correction he does what the performer does when it is shown the clip.
"""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from game.sim.model import CharacterModel
from game.sim.motion import MotionClip
from tools.train import checkpoint, quaternion
from tools.train.checkpoint import CheckpointError
from tools.train.config import ConfigError
from tools.train.features import PolicyInputs
from tools.train.performer.performer_graph import PerformerGraph
from tools.train.performer.performer_inputs import PerformerInputs, lookahead
from tools.train.reference_table import Reference

CRITIC = "critic."
"""begins the names of weights that only learning needs"""
SIGHT = "sight."
"""begins the names of what is constant, or does nothing until it is set: checkpoints from before it lack it"""


def fill(graph: PerformerGraph, weights: dict[str, Tensor]) -> None:
    """Give a graph weights; the critic's may be missing or of other sizes, and so may what an older performer had not.

    Raises CheckpointError where others are.
    """
    sizes = {name: value.shape for name, value in graph.state_dict().items() if name.startswith(CRITIC)}
    weights = {name: value for name, value in weights.items() if sizes.get(name, value.shape) == value.shape}
    try:
        missing, unknown = graph.load_state_dict(weights, strict=False)
    except RuntimeError as error:
        raise CheckpointError("the performer's networks have other sizes than those of today") from error
    if lost := [*unknown, *(name for name in missing if not name.startswith((CRITIC, SIGHT)))]:
        raise CheckpointError(f"a performer of another version: without a place, or missing, are {', '.join(lost)}")


def read_performer(source: Path) -> dict[str, Tensor]:
    """The weights of a performer's checkpoint, without its critic's.

    Raises:
        CheckpointError: there is no checkpoint of a run.
        ConfigError: it is not a performer's.
    """
    content: dict[str, Any] = checkpoint.load(source)
    if "graph" not in content:
        raise ConfigError(
            f"--performer: {source} is no performer's checkpoint: it has only {', '.join(sorted(content))}"
        )
    weights = content.get("averaged") or content["graph"]
    # a compact checkpoint keeps them in half precision
    return {
        name: value.float() if value.is_floating_point() else value
        for name, value in weights.items()
        if not name.startswith(CRITIC)
    }


class PerformerBelow(nn.Module):
    """The performer's joint targets for a body in the policy's anchor frame. Its weights are not learned."""

    ahead: Tensor
    identity: Tensor

    def __init__(self, model: CharacterModel, clip: MotionClip, weights: dict[str, Tensor]) -> None:
        """Build it.

        Raises:
            CheckpointError: the weights are those of another graph.
            ConfigError: a loop is shorter than what he sees of it.
        """
        super().__init__()
        ahead = lookahead(model.control_hz)
        if clip.loop and clip.duration < max(ahead):
            raise ConfigError(
                f"--performer: it looks {max(ahead):.2f} s ahead; {clip.name} is a loop of {clip.duration:.2f} s"
            )
        self.graph, self.reference = PerformerGraph(model), Reference(clip)
        fill(self.graph, weights)
        self.requires_grad_(False)
        self.register_buffer("ahead", torch.tensor(ahead))
        self.register_buffer("identity", torch.tensor([[[0.0, 0.0, 0.0, 1.0]]]))
        # bodies by their distance from the root: all of one generation are moved at once
        depth = np.zeros(model.num_bodies, np.int64)
        for body, parent in enumerate(model.body_parent.tolist()):
            depth[body] = 0 if parent < 0 else depth[parent] + 1
        generations = [np.flatnonzero(depth == d) for d in range(1, int(depth.max()) + 1)]
        order = np.concatenate([[0], *generations])
        place = np.argsort(order)
        bounds = list(itertools.accumulate(len(g) for g in [order[:1], *generations]))
        self.num_generations = len(generations)
        for number, bodies in enumerate(generations):
            # joint -1, of a body that is fixed to its parent, is the identity that is put behind the others
            self.register_buffer(f"joint_{number}", torch.tensor(model.body_joint[bodies] % (model.num_joints + 1)))
            self.register_buffer(f"parent_{number}", torch.tensor(place[model.body_parent[bodies]]))
        self._bounds = bounds
        self.register_buffer("order", torch.tensor(order))
        self.register_buffer("place", torch.tensor(place))

    def body_motion(self, inputs: PolicyInputs) -> tuple[Tensor, Tensor, Tensor]:
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

    def forward(self, inputs: PolicyInputs) -> Tensor:
        """Joint targets (B, J, 4)."""
        rot, vel, turn = self.body_motion(inputs)
        shown = self.reference(self.reference.wrap(inputs.time)[:, None] + self.ahead)
        target: Tensor = self.graph(
            *PerformerInputs(
                inputs.root_pos, inputs.root_rot, inputs.root_vel, inputs.root_ang_vel, inputs.joint_rot,
                inputs.joint_vel, inputs.body_pos, rot, vel, turn, inputs.gravity, shown.root_pos, shown.root_rot,
                shown.joint_rot,
            )
        )[0]  # fmt: skip
        return target
