"""Write a policy as one self-describing ONNX file (the contract: policies/README.md), and prove that it is the same.

python -m tools.export runs/backflip/best.pt policies/backflip.onnx
"""

from __future__ import annotations

import dataclasses
import io
import warnings
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import onnx
import torch
import tyro

from game.motion import MotionClip
from game.policy import REFERENCE, TARGET, Policy
from game.policy_spec import METADATA_KEY, ClipInfo, PolicySpec
from game.sim import kinematics, rotation
from game.sim.model import CharacterModel
from tools.train import checkpoint, terminations
from tools.train.features import PolicyInputs
from tools.train.policy_graph import PolicyGraph

OPSET = 17
TOLERANCE = 1e-4


class ExportError(ValueError):
    """The exported graph does not do what the torch module does."""


def export(source: Path, target: Path, *, name: str = "", age: float | None = None, skill: str = "") -> PolicySpec:
    """Export a checkpoint of tools.train. Raises CheckpointError, ExportError, PolicyError."""
    content = checkpoint.load(source)
    scales = (content["config"].get(key, 1.0) for key in ("kp_scale", "kd_scale"))
    model = CharacterModel.load().with_gains(*scales)
    clip = checkpoint.clip_from_tensors(content["clip"])
    config = content["config"]
    graph = PolicyGraph(model, clip, tuple(config["hidden"]), config["action_scale"], config["lead"], config["lateral"])
    graph.networks.load_state_dict(content["networks"])
    graph.feedforward = content["feedforward"]
    spec = _spec(content, model, clip, name or target.stem, skill, age)
    write(graph, spec, model, target)
    return spec


def _spec(
    content: dict[str, Any], model: CharacterModel, clip: MotionClip, name: str, skill: str, age: float | None
) -> PolicySpec:
    samples, seconds = content.get("samples", 0), content.get("seconds", 0.0)
    allowed = np.flatnonzero(terminations.allowed_contacts(clip, model))
    return PolicySpec.for_model(
        model,
        name,
        skill or clip.name,
        ClipInfo(clip.name, clip.duration, clip.loop),
        anchor="cycle" if clip.loop else "start",
        family=clip.name,
        age=age,
        allowed_contacts=tuple(model.body_names[b] for b in allowed if b not in model.feet),
        training={
            "samples": samples,
            "seconds": seconds,
            "minutes": round(seconds / 60.0, 2),
            "scores": content.get("scores", {}),
            "config": content["config"],
        },
        provenance=f"trained from scratch by tools.train on the clip {clip.name!r} ({clip.source})",
        licence="MIT",
    )


def write(graph: torch.nn.Module, spec: PolicySpec, model: CharacterModel, target: Path) -> None:
    """Export a module that takes PolicyInputs' fields and returns the contract's outputs; checked, then moved in place.

    Raises ExportError where onnxruntime and torch differ by more than TOLERANCE, PolicyError where the game would
    refuse the file.
    """
    graph = graph.eval()
    sample = random_inputs(model, 2, np.random.default_rng(0), spec.clip.duration if spec.clip else 1.0)
    buffer = io.BytesIO()
    batch = {name: {0: "batch"} for name in (*PolicyInputs._fields, TARGET, *REFERENCE)}
    with warnings.catch_warnings(), torch.no_grad():
        # the exporter that needs no further package is deprecated, and remarks on constants that are meant
        warnings.simplefilter("ignore")
        torch.onnx.export(
            graph,
            tuple(sample),
            buffer,  # type: ignore[arg-type]  # the stubs know paths only
            input_names=list(PolicyInputs._fields),
            output_names=[TARGET, *REFERENCE],
            dynamic_axes=batch,
            opset_version=OPSET,
            dynamo=False,
        )
    proto = onnx.load_from_string(buffer.getvalue())
    proto.producer_name, proto.producer_version = "pratfall", ""
    entry = proto.metadata_props.add()
    entry.key, entry.value = METADATA_KEY, spec.to_json()
    data = proto.SerializeToString()
    _check(graph, Policy(data, model), model)
    temporary = target.with_name(target.name + ".part")
    temporary.write_bytes(data)
    temporary.replace(target)


def _check(graph: torch.nn.Module, policy: Policy, model: CharacterModel) -> None:
    clip = policy.spec.clip
    inputs = random_inputs(model, 64, np.random.default_rng(1), clip.duration if clip else 1.0)
    with torch.no_grad():
        expected = dict(zip((TARGET, *REFERENCE), graph(*inputs), strict=True))
    found = policy.run({key: tensor.numpy() for key, tensor in inputs._asdict().items()})
    for name, tensor in expected.items():
        difference = float(np.abs(getattr(found, name) - tensor.double().numpy()).max())
        if not difference <= TOLERANCE:
            raise ExportError(f"output {name} differs by {difference:.2e} between torch and onnxruntime")


def random_inputs(model: CharacterModel, count: int, rng: np.random.Generator, duration: float) -> PolicyInputs:
    """Wild but possible inputs: any pose, any turn, times over three cycles."""
    turns = rotation.from_rotvec(rng.normal(0.0, 0.7, (count, model.num_joints, 3)))
    hinge = rotation.from_rotvec(rng.normal(0.0, 0.7, (count, model.num_joints, 3)) * np.array([0.0, 1.0, 0.0]))
    turns[:, model.joint_is_hinge] = hinge[:, model.joint_is_hinge]
    root_pos = rng.normal(0.0, 0.3, (count, 3)) + np.array([0.0, 0.0, 0.9])
    root_rot = rotation.normalize(rng.normal(size=(count, 4)))
    arrays = {
        "root_pos": root_pos,
        "root_rot": root_rot,
        "root_vel": rng.normal(0.0, 2.0, (count, 3)),
        "root_ang_vel": rng.normal(0.0, 3.0, (count, 3)),
        "joint_rot": turns,
        "joint_vel": rng.normal(0.0, 4.0, (count, model.num_joints, 3)),
        "body_pos": kinematics.body_poses(model, root_pos, root_rot, turns).pos,
        "gravity": rng.normal(0.0, 1.0, (count, 3)) + np.array([0.0, 0.0, -9.8]),
        "time": rng.uniform(0.0, 3.0 * duration, count),
    }
    return PolicyInputs(*(torch.from_numpy(arrays[name].astype(np.float32)) for name in PolicyInputs._fields))


@dataclasses.dataclass(frozen=True)
class ExportConfig:
    """Export a checkpoint to an ONNX policy."""

    source: Annotated[Path, tyro.conf.Positional]
    """best.pt, checkpoint.pt or ages/NN.pt of a run"""
    target: Annotated[Path, tyro.conf.Positional]
    """the .onnx file to write"""
    name: str = ""
    """name of the policy; default: the file's"""
    skill: str = ""
    """what it does; default: the clip's name"""
    age: float | None = None
    """0 newborn .. 1 trained"""


def main() -> None:
    """The command line."""
    config = tyro.cli(ExportConfig)
    spec = export(config.source, config.target, name=config.name, age=config.age, skill=config.skill)
    print(f"{config.target}: {spec.name}, {spec.training['samples']} samples, {config.target.stat().st_size} bytes")


if __name__ == "__main__":
    main()
