"""A run's checkpoint as one self-describing policy file: for `python -m tools.export` and for the trainer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from game.policy.policy import Policy
from game.policy.policy_output import REFERENCE, TARGET
from game.policy.policy_spec import ClipInfo, PolicySpec
from game.sim.model import CharacterModel
from game.sim.motion import MotionClip
from tools.policy_file import write_policy
from tools.train import checkpoint
from tools.train.features import PolicyInputs
from tools.train.foundation import foundation_of, kept_foundation
from tools.train.policy_graph import PolicyGraph
from tools.train.stance import StanceFeedback
from tools.train.subject import body_of_checkpoint


def export_checkpoint(
    source: Path, target: Path, *, name: str = "", age: float | None = None, skill: str = ""
) -> PolicySpec:
    """Export a checkpoint of tools.train. Raises CheckpointError, PolicyError."""
    content = checkpoint.load(source)
    model = body_of_checkpoint(content)
    clip = checkpoint.clip_from_tensors(content["clip"])
    config = content["config"]
    shown = checkpoint.clip_from_tensors(content["shown"]) if "shown" in content else None
    shape = (config["action_scale"], config["lead"], config["lateral"])
    below = foundation_of(model, clip, config["lead"], kept_foundation(content))
    # checkpoints from before there was a feedback of the stance do not name it
    stance = StanceFeedback(model, clip) if config.get("stance") else None
    graph = PolicyGraph(model, clip, tuple(config["hidden"]), *shape, shown=shown, below=below, stance=stance)
    graph.networks.load_state_dict(content["networks"])
    graph.feedforward = content["feedforward"]
    # a mended clip shows the same skill
    skill = skill or (shown or clip).name.removesuffix("_mended")
    spec = _spec(content, model, shown or clip, name or target.stem, skill, age)
    write_graph(graph, spec, target)
    return spec


def _spec(
    content: dict[str, Any], model: CharacterModel, clip: MotionClip, name: str, skill: str, age: float | None
) -> PolicySpec:
    counted = content.get("counters", content)  # a checkpoint's; best.pt and ages have no other
    samples, seconds = counted.get("samples", 0), counted.get("seconds", 0.0)
    # paths on the machine that trained are private
    config = {k: v for k, v in content["config"].items() if k not in ("out", "publish", "init", "performer", "tracker")}
    config["clip"] = clip.name
    origin = "from another policy" if content["config"].get("init") else "from scratch"
    for kind in kept_foundation(content):
        origin = f"on top of the {kind}"
    return PolicySpec.for_model(
        model,
        name,
        skill,
        ClipInfo(clip.name, clip.duration, clip.loop),
        anchor="cycle" if clip.loop else "start",
        family=skill,
        age=age,
        allowed_contacts=tuple(content["allowed_contacts"]),
        training={
            "samples": samples,
            "seconds": seconds,
            "minutes": round(seconds / 60.0, 2),
            "inherited": content.get("inherited", {}),
            "scores": content.get("scores", {}),
            "config": config,
        },
        provenance=f"trained {origin} by tools.train on the clip {clip.name!r} ({clip.source})",
        licence="MIT",
    )


def write_graph(graph: torch.nn.Module, spec: PolicySpec, target: Path) -> Policy:
    """Export a module that takes PolicyInputs' fields and returns the contract's outputs. Raises PolicyError."""
    return write_policy(graph, PolicyInputs._fields, (TARGET, *REFERENCE), spec, target)
