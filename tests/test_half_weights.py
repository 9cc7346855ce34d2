"""Policies whose large weights are kept in half precision."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto
from torch import Tensor, nn

from game.policy.policy import Policy
from game.policy.policy_spec import PolicySpec
from game.sim.model import CharacterModel
from tools.half_weights import NARROW
from tools.policy_file import random_inputs, write_policy

MODEL = CharacterModel.load()


class Leaning(nn.Module):
    """Joint targets near the joints' present rotations, by two layers of more than LARGE weights."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(48, 96), nn.ELU(), nn.Linear(96, 48))

    def forward(self, joint_rot: Tensor) -> Tensor:
        turned = joint_rot + 0.3 * self.layers(joint_rot.flatten(1)).view(-1, 12, 4)
        return nn.functional.normalize(turned, dim=-1)


def written(path: Path, *, half: bool) -> Policy:
    torch.manual_seed(4)
    spec = PolicySpec.for_model(MODEL, path.stem, "lean", None, provenance="test", licence="MIT")
    return write_policy(Leaning(), ("joint_rot",), ("joint_target",), spec, path, half=half)


def test_large_weights_take_half_the_room_and_do_the_same(tmp_path: Path) -> None:
    whole, half = (written(tmp_path / f"{name}.onnx", half=name == "half") for name in ("whole", "half"))
    assert len(whole.data) - len(half.data) > 0.9 * 2 * (48 * 96 + 96 * 48)
    inputs = random_inputs(MODEL, 5)
    difference = np.abs(whole.run(inputs).joint_target - half.run(inputs).joint_target).max()
    assert 0.0 < difference < 2e-3


def test_small_weights_stay_as_they_are(tmp_path: Path) -> None:
    written(tmp_path / "half.onnx", half=True)
    graph = onnx.load(tmp_path / "half.onnx").graph
    kinds = {tensor.name: tensor.data_type for tensor in graph.initializer}
    assert kinds[f"layers.0.weight{NARROW}"] == kinds[f"layers.2.weight{NARROW}"] == TensorProto.FLOAT16
    assert kinds["layers.0.bias"] == kinds["layers.2.bias"] == TensorProto.FLOAT
