"""PerformerBelow: the performer over one clip, whose joint targets another network corrects: where a run can begin.

With no correction he does what the performer does when it is shown the clip.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from game.sim.model import CharacterModel
from game.sim.motion import MotionClip
from tools.train import checkpoint
from tools.train.checkpoint import CheckpointError
from tools.train.config import ConfigError
from tools.train.features import PolicyInputs
from tools.train.moving_bodies import MovingBodies
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
        self.graph, self.reference, self.bodies = PerformerGraph(model), Reference(clip), MovingBodies(model)
        fill(self.graph, weights)
        self.requires_grad_(False)
        self.register_buffer("ahead", torch.tensor(ahead))

    def forward(self, inputs: PolicyInputs) -> Tensor:
        """Joint targets (B, J, 4)."""
        rot, vel, turn = self.bodies(inputs)
        shown = self.reference(self.reference.wrap(inputs.time)[:, None] + self.ahead)
        target: Tensor = self.graph(
            *PerformerInputs(
                inputs.root_pos, inputs.root_rot, inputs.root_vel, inputs.root_ang_vel, inputs.joint_rot,
                inputs.joint_vel, inputs.body_pos, rot, vel, turn, inputs.gravity, shown.root_pos, shown.root_rot,
                shown.joint_rot,
            )
        )[0]  # fmt: skip
        return target
