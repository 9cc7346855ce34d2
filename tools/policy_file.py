"""Writes a torch module as a policy file: the reference implementation of the contract in policies/README.md."""

from __future__ import annotations

import io
import warnings
from pathlib import Path

import numpy as np
import onnx
import torch
from torch import Tensor, nn

from game.policy.anchor import Anchor
from game.policy.observation import AHEAD, SHAPES, Inputs, observe
from game.policy.policy import Policy, PolicyError, PolicySpec
from game.policy.policy_spec import METADATA_KEY
from game.sim import kinematics, rotation
from game.sim.model import CharacterModel
from game.sim.state import CharacterState
from tools.half_weights import halved, round_weights

OPSET = 17
PARITY = 1e-4
"""How far onnxruntime's outputs may be from torch's."""


def random_inputs(model: CharacterModel, m: int, seed: int = 0) -> Inputs:
    """Contract inputs of M characters in random poses, moving."""
    rng = np.random.default_rng(seed)
    joint_rot = rotation.from_rotvec(rng.normal(scale=0.5, size=(m, model.num_joints, 3)) * _axes(model))
    joint_vel = rng.normal(scale=3.0, size=(m, model.num_joints, 3)) * _axes(model)
    state = CharacterState(
        rng.normal(size=(m, 3)) * [0.3, 0.3, 0.1] + [0, 0, 0.9],
        rotation.normalize(rng.normal(size=(m, 4))),
        joint_rot,
        rng.normal(size=(m, 3)),
        rng.normal(size=(m, 3)),
        joint_vel,
    )
    poses = kinematics.body_poses(model, state.root_pos, state.root_rot, state.joint_rot)
    moving = kinematics.body_velocities(model, poses, state.root_vel, state.root_ang_vel, state.joint_vel)
    anchors = [Anchor(*row) for row in rng.normal(scale=0.2, size=(m, 3))]
    return observe(anchors, state, poses, moving, np.array([0.0, 0.0, -9.8]), rng.uniform(0.0, 3.0, m))


def random_references(model: CharacterModel, m: int, ahead: int, seed: int = 0) -> Inputs:
    """The further inputs of a policy with a lookahead of `ahead` poses, of M characters: random poses."""
    rng = np.random.default_rng(seed)
    joints = rng.normal(scale=0.5, size=(m, ahead, model.num_joints, 3)) * _axes(model)
    arrays = (
        rng.normal(size=(m, ahead, 3)) * [0.3, 0.3, 0.1] + [0, 0, 0.9],
        rotation.normalize(rng.normal(size=(m, ahead, 4))),
        rotation.from_rotvec(joints),
    )
    return {name: array.astype(np.float32) for name, array in zip(AHEAD, arrays, strict=True)}


def _axes(model: CharacterModel) -> np.ndarray:
    """(J, 3) 1 on the axes that a joint can turn about."""
    return np.where(model.joint_is_hinge[:, None], [0.0, 1.0, 0.0], [1.0, 1.0, 1.0])


def write_policy(
    graph: nn.Module, inputs: tuple[str, ...], outputs: tuple[str, ...], spec: PolicySpec, path: Path, *,
    half: bool = False,
) -> Policy:  # fmt: skip
    """Export a module to a policy file, prove it, then put it in its place.

    Args:
        graph: takes the named inputs in order, batch first, and returns the named outputs in order.
        inputs: names of the contract's inputs that it takes
        outputs: names of the contract's outputs that it gives
        spec: becomes the metadata property
        path: written to a temporary name and renamed
        half: keep the large weights in half precision, which rounds those of `graph`, too

    Raises:
        PolicyError: the file does not load, or onnxruntime and torch differ by more than PARITY.
    """
    model = CharacterModel.load(spec.character)
    known = [*SHAPES, *AHEAD] if spec.lookahead else [*SHAPES]
    if unknown := set(inputs) - set(known):
        raise PolicyError(f"inputs {', '.join(sorted(unknown))} are unknown; there are {', '.join(known)}")
    graph = graph.eval()
    if half:
        round_weights(graph)
    sample = random_inputs(model, 7) | random_references(model, 7, len(spec.lookahead))
    tensors = tuple(torch.tensor(sample[name]) for name in inputs)
    data = _with_metadata(_export(graph, tensors, inputs, outputs), spec)
    data = halved(data) if half else data
    policy = Policy(data, model, path)
    _check_parity(graph, policy, sample, tensors, outputs)
    _put(data, path)
    return policy


def _export(graph: nn.Module, tensors: tuple[Tensor, ...], inputs: tuple[str, ...], outputs: tuple[str, ...]) -> bytes:
    buffer = io.BytesIO()
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")  # the exporter's deprecation notes and its tracer's remarks on constants
        torch.onnx.export(
            graph,
            tensors,
            buffer,  # type: ignore[arg-type]  # its types name paths alone; files work
            input_names=list(inputs),
            output_names=list(outputs),
            dynamic_axes={name: {0: "batch"} for name in (*inputs, *outputs)},
            opset_version=OPSET,
            dynamo=False,
        )
    return buffer.getvalue()


def rewrite_card(path: Path, spec: PolicySpec) -> None:
    """Give a policy file another card, atomically; its graph stays as it is. Raises PolicyError."""
    model = CharacterModel.load(spec.character)
    data = _with_metadata(Policy.load(path, model).data, spec)
    Policy(data, model)
    _put(data, path)


def _put(data: bytes, path: Path) -> None:
    temporary = path.with_name(path.name + ".part")
    temporary.write_bytes(data)
    temporary.replace(path)


def _with_metadata(data: bytes, spec: PolicySpec) -> bytes:
    model = onnx.load_model_from_string(data)
    model.doc_string = ""
    for node in model.graph.node:
        node.doc_string = ""  # the tracer notes source paths here
    onnx.helper.set_model_props(model, {METADATA_KEY: spec.to_json()})
    return bytes(model.SerializeToString())


def _check_parity(
    graph: nn.Module, policy: Policy, sample: Inputs, tensors: tuple[Tensor, ...], outputs: tuple[str, ...]
) -> None:
    with torch.no_grad():
        answer = graph(*tensors)
    expected = dict(zip(outputs, (answer,) if isinstance(answer, Tensor) else answer, strict=True))
    found = policy.run(sample)
    hinges = () if found.hinge_target is None else (found.hinge_target,)
    values = (found.joint_target, *hinges, *(found.reference or ()))
    for name, value in zip(policy.outputs, values, strict=True):
        difference = float(np.abs(value - expected[name].numpy()).max())
        if not difference <= PARITY:
            raise PolicyError(f"{policy.spec.name}: {name} differs by {difference:.2e} from torch's, expected {PARITY}")
