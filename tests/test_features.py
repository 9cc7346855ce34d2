"""The observation's layout: what trained networks rely on, and what the mirror follows from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from onnx import numpy_helper

from game.policy.policy import Policy
from game.sim.model import CharacterModel
from game.sim.motion import MotionClip
from tools.policy_file import random_inputs
from tools.train.features import Features, PolicyInputs
from tools.train.policy_graph import PolicyGraph

MODEL = CharacterModel.load()
ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.parametrize("name", ["walk", "run"])
def test_shipped_networks_see_the_same_numbers(name: str) -> None:
    """A policy file holds its own copy of the features; its weights below today's features must say the same."""
    path = ROOT / "policies" / f"{name}.onnx"
    policy = Policy.load(path, MODEL)
    held = {t.name: torch.from_numpy(numpy_helper.to_array(t).copy()) for t in onnx.load(path).graph.initializer}
    config, clip = policy.spec.training["config"], policy.spec.clip
    assert clip is not None
    graph = PolicyGraph(
        MODEL, MotionClip.load(clip.name), tuple(config["hidden"]), config["action_scale"], config["lead"],
        config["lateral"],
    )  # fmt: skip
    assert torch.equal(graph.features.columns, held["features.columns"])
    assert torch.equal(graph.features.scale, held["features.scale"])
    # the exporter has folded the normaliser's variance into a factor, 1 / sqrt(var + 1e-4)
    factor = next(value for key, value in held.items() if key.startswith("onnx::Mul"))
    held["networks.normalizer.var"] = factor**-2 - 1e-4
    missing = graph.load_state_dict({k: v for k, v in held.items() if k in graph.state_dict()}, strict=False)[0]
    assert not [key for key in missing if "actor" in key or "normalizer.mean" in key]
    sample = random_inputs(MODEL, 16, seed=3)
    with torch.inference_mode():
        expected = graph(*(torch.from_numpy(sample[name]) for name in PolicyInputs._fields))[0]
    np.testing.assert_allclose(policy.run(sample).joint_target, expected, atol=1e-4)


def test_blocks_fill_the_observation() -> None:
    features = Features(MODEL, MotionClip.load("backflip"), 3.0)
    names = [block.name for block in features.blocks]
    assert len(set(names)) == len(names)
    begin = 0
    for block in features.blocks:
        assert len(block.columns) == len(block.signs) * len(block.partners)
        # the other side's other side is one's own, and its images are reflected back
        assert [block.partners[k] for k in block.partners] == list(range(len(block.partners)))
        assert np.array_equal(np.square(block.signs), np.ones(len(block.signs)))
        begin += len(block.columns)
    assert begin == features.size == 195
