"""A tiny policy made by hand with onnx alone: what a stranger would write, and a workbench for breaking it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from game.policy.policy import PolicySpec
from game.policy.policy_spec import METADATA_KEY, ClipInfo
from game.sim.model import CharacterModel

MODEL = CharacterModel.load()


def spec(**changes: Any) -> PolicySpec:
    """The card of a policy that keeps its pose."""
    card = PolicySpec.for_model(MODEL, "keep", "keep", ClipInfo("walk", 1.0, True), provenance="test", licence="MIT")
    return replace(card, **changes)


def graph(bias: float = 0.0, joints: int = 12, dtype: int = TensorProto.FLOAT) -> onnx.ModelProto:
    """joint_target = joint_rot + bias."""
    rot = helper.make_tensor_value_info("joint_rot", dtype, ["batch", joints, 4])
    target = helper.make_tensor_value_info("joint_target", dtype, ["batch", joints, 4])
    weights = numpy_helper.from_array(np.array(bias, helper.tensor_dtype_to_np_dtype(dtype)), "bias")
    nodes = [helper.make_node("Add", ["joint_rot", "bias"], ["joint_target"])]
    return with_graph(helper.make_graph(nodes, "keep", [rot], [target], [weights]))


def hinge_graph(angle: float, width: int = 4) -> onnx.ModelProto:
    """joint_target = joint_rot, and every hinge at an angle, rad; `width` of them."""
    model = graph()
    body = model.graph
    body.initializer.append(numpy_helper.from_array(np.zeros((4, width), np.float32), "none"))
    body.initializer.append(numpy_helper.from_array(np.full((1, width), angle, np.float32), "angle"))
    body.initializer.append(numpy_helper.from_array(np.array(0, np.int64), "first"))
    body.node.extend(
        [
            helper.make_node("Gather", ["joint_rot", "first"], ["row"], axis=1),
            helper.make_node("MatMul", ["row", "none"], ["zero"]),
            helper.make_node("Add", ["zero", "angle"], ["hinge_target"]),
        ]
    )
    body.output.append(helper.make_tensor_value_info("hinge_target", TensorProto.FLOAT, ["batch", width]))
    return model


LOOKAHEAD = (0.0, 1.0 / 30.0, 16.0 / 30.0)


def puppet_graph(ahead: int = len(LOOKAHEAD)) -> onnx.ModelProto:
    """A performer of the simplest kind: joint_target = the reference's joints a tick ahead."""
    size: list[str | int | None] = ["batch", ahead, 12, 4]
    seen = helper.make_tensor_value_info("reference_ahead_joint_rot", TensorProto.FLOAT, size)
    target = helper.make_tensor_value_info("joint_target", TensorProto.FLOAT, ["batch", 12, 4])
    which = numpy_helper.from_array(np.array(1, np.int64), "which")
    nodes = [helper.make_node("Gather", ["reference_ahead_joint_rot", "which"], ["joint_target"], axis=1)]
    return with_graph(helper.make_graph(nodes, "puppet", [seen], [target], [which]))


def puppet_spec(**changes: Any) -> PolicySpec:
    """The card of `puppet_graph`."""
    return spec(**({"name": "performer", "skill": "performer", "clip": None, "lookahead": LOOKAHEAD} | changes))


def with_graph(body: onnx.GraphProto) -> onnx.ModelProto:
    return helper.make_model(body, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def with_card(model: onnx.ModelProto, card: PolicySpec | str | None = None) -> bytes:
    """The file's bytes, with a card."""
    text = card if isinstance(card, str) else (card or spec()).to_json()
    helper.set_model_props(model, {METADATA_KEY: text})
    return bytes(model.SerializeToString())


def write(path: Path, **changes: Any) -> Path:
    """A policy file that keeps the pose."""
    path.write_bytes(with_card(graph(), spec(**changes)))
    return path
