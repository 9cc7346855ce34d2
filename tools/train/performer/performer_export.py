"""Writes a run's performer as a policy of schema 2, or with one clip inside as one of schema 1.

python -m tools.train.performer.performer_export runs/performer/checkpoint.pt policies/performer.onnx
python -m tools.train.performer.performer_export runs/performer/ages/01.pt performer_age_1.onnx --age 0.2 --half
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import tyro
from torch import Tensor, nn

from game.policy.policy import Policy
from game.policy.policy_output import REFERENCE, TARGET
from game.policy.policy_spec import ClipInfo, PolicyError, PolicySpec
from game.sim.model import CharacterModel
from game.sim.motion import ClipError, MotionClip
from tools.command_line import parse
from tools.policy_file import write_policy
from tools.train import checkpoint
from tools.train.checkpoint import CheckpointError
from tools.train.performer.performer_below import fill
from tools.train.performer.performer_graph import PerformerGraph
from tools.train.performer.performer_inputs import KD_SCALE, PerformerInputs, lookahead
from tools.train.performer.repertoire import read_motions
from tools.train.reference_table import Reference

PERFORMER = "performer"
"""skill and family of all that it exports without a clip"""
EXPERT = "actor.gaits."
"""begins the names of one expert's weights"""
BODY_INPUTS = PerformerInputs._fields[:11]
"""the inputs that do not tell the reference"""


class BakedPerformer(nn.Module):
    """The performer over one clip: takes the time instead of the reference."""

    ahead: Tensor

    def __init__(self, graph: PerformerGraph, clip: MotionClip, control_hz: int) -> None:
        super().__init__()
        self.graph, self.reference = graph, Reference(clip)
        self.register_buffer("ahead", torch.tensor(lookahead(control_hz)))

    def forward(self, *inputs: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """BODY_INPUTS and the time (B,) -> joint_target and the reference now."""
        body, time = inputs[:-1], inputs[-1]
        pose = self.reference(self.reference.wrap(time)[:, None] + self.ahead)
        answer: tuple[Tensor, Tensor, Tensor, Tensor] = self.graph(*body, pose.root_pos, pose.root_rot, pose.joint_rot)
        return answer


def load_performer(source: Path, model: CharacterModel) -> tuple[PerformerGraph, dict[str, Any]]:
    """The networks of a checkpoint, and its content. Raises CheckpointError."""
    content = checkpoint.load(source)
    weights = content.get("averaged") or content["graph"]
    # the biases of one expert's layers tell its widths, of which the last is the action's
    widths = [len(value) for name, value in weights.items() if name.startswith(EXPERT) and name.endswith(".bias")]
    graph = PerformerGraph(model, tuple(widths[:-1])) if widths else PerformerGraph(model)
    fill(graph, weights)
    return graph, content


def export_performer(
    source: Path, target: Path, clip: MotionClip | None = None, *, age: float = 1.0, half: bool = False, **card: Any
) -> Policy:
    """Export a checkpoint.

    Args:
        clip: is baked in, if there is one.
        age: 0 newborn to 1 trained; the performers of all ages are one family.
        half: keep the large weights in half precision, in a file of half the size.
        card: further fields of the card.

    Raises:
        CheckpointError: there is no such checkpoint.
        PolicyError: what was written does not load, or computes something else than torch.
    """
    # the card's gains are those that he was trained with
    model = CharacterModel.load().with_gains(1.0, KD_SCALE)
    graph, content = load_performer(source, model)
    training = {"samples": dict(content["samples"]), "minutes": round(float(content["minutes"]), 1)}
    common: dict[str, Any] = {
        "training": training, "licence": "MIT",
        "provenance": "trained by tools.train.performer: distilled from this folder's policies, then PPO", **card,
    }  # fmt: skip
    outputs = (TARGET, *REFERENCE)
    if clip is None:
        repertoire = {m.name: m.clip for m in read_motions() if m.clip}
        spec = PolicySpec.for_model(
            model, target.stem, PERFORMER, None, lookahead=tuple(lookahead(model.control_hz)), repertoire=repertoire,
            **{"family": PERFORMER, "age": age, **common},
        )  # fmt: skip
        return write_policy(graph, PerformerInputs._fields, outputs, spec, target, half=half)
    spec = PolicySpec.for_model(
        model, target.stem, clip.name.removesuffix("_mended"), ClipInfo(clip.name, clip.duration, clip.loop),
        anchor="cycle" if clip.loop else "start", **common,
    )  # fmt: skip
    baked = BakedPerformer(graph, clip, model.control_hz)
    return write_policy(baked, (*BODY_INPUTS, "time"), outputs, spec, target, half=half)


def compact(source: Path, target: Path) -> None:
    """A checkpoint of the averaged networks in half precision, without the optimizer: small enough for a repository.

    A run goes on from it; the optimizer finds its scales again within a few iterations. Raises CheckpointError.
    """
    content = checkpoint.load(source)
    best = content.pop("averaged", None) or content["graph"]
    content["graph"] = {name: value.half() if value.is_floating_point() else value for name, value in best.items()}
    content.pop("optimizer", None)
    content.pop("schema", None)
    checkpoint.save(target, content)


@dataclass(frozen=True)
class PerformerExportOptions:
    """The command line."""

    source: tyro.conf.Positional[Path]
    """a run's checkpoint.pt"""
    target: tyro.conf.Positional[Path]
    """the .onnx file to write; where its name ends in .pt, a small checkpoint to go on from"""
    clip: str = ""
    """name or file of a clip that is baked in: the result is an ordinary policy"""
    age: float = 1.0
    """0 newborn to 1 trained, for a checkpoint of ages/"""
    half: bool = False
    """half the size: large weights in half precision, off by a twentieth of a percent"""


def main(arguments: list[str] | None = None) -> int:
    """Returns 0, or 1 after one line on what is wrong."""
    options = parse(PerformerExportOptions, "tools.train.performer.performer_export", __doc__, arguments)
    try:
        if options.target.suffix == ".pt":
            compact(options.source, options.target)
            return 0
        clip = MotionClip.load(options.clip) if options.clip else None
        policy = export_performer(options.source, options.target, clip, age=options.age, half=options.half)
    except (CheckpointError, PolicyError, ClipError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(f"{options.target}: {policy.spec.name}, {policy.spec.training['samples']}, {len(policy.data)} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
