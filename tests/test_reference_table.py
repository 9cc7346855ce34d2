"""The reference inside a policy's graph and the game agree on when a cycle begins."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from game.play.agent import Agent
from game.policy.anchor import ORIGIN
from game.policy.observation import shapes_for
from game.policy.policy import Policy
from game.sim.model import CharacterModel
from game.sim.motion import MotionClip
from tools.train.reference_table import Reference

MODEL = CharacterModel.load()
ROOT = Path(__file__).resolve().parent.parent
WALK = Policy.load(ROOT / "policies" / "walk.onnx", MODEL)


def clip_of(ticks: float) -> MotionClip:
    """A clip that lasts so many control ticks."""
    walk = MotionClip.load("walk")
    return replace(walk, fps=(walk.num_frames - 1) / ticks * MODEL.control_hz)


def beginnings(policy: Policy, phase: float, num_ticks: int) -> list[int]:
    """The ticks at which the game moves a policy's anchor."""
    agent = Agent(ORIGIN)
    agent.start(policy, ORIGIN, 0, phase)
    return [tick for tick in range(num_ticks) if agent.begins_cycle(agent.time(tick, MODEL.control_hz))]


@pytest.mark.parametrize("phase", [0.0, 0.37])
@pytest.mark.parametrize("ticks", [24.0, 21.0, 38.0, 24.3, 37.9])
def test_a_graph_wraps_when_the_game_moves_the_anchor(ticks: float, phase: float) -> None:
    """Over 200 cycles: clips of a whole number of ticks, which float32 times miss by a hair, and others."""
    clip, num_ticks = clip_of(ticks), round(200 * ticks)
    assert clip.duration * MODEL.control_hz == pytest.approx(ticks)
    assert WALK.spec.clip is not None
    spec = replace(WALK.spec, clip=replace(WALK.spec.clip, duration=clip.duration))
    fake = Policy(WALK.data, MODEL)
    fake.spec = spec
    times = phase * clip.duration + np.arange(num_ticks) / MODEL.control_hz
    wrapped = Reference(clip).wrap(torch.tensor(times, dtype=torch.float32)).numpy()
    found = 1 + np.flatnonzero(np.diff(wrapped) < 0.0)
    expected = beginnings(fake, phase, num_ticks)
    assert found.tolist() == expected
    assert len(expected) in (199, 200)


def test_a_shipped_policy_wraps_when_the_game_moves_the_anchor() -> None:
    num_ticks = 10 * 38
    shapes = shapes_for(MODEL.num_joints, MODEL.num_bodies)
    inputs = {name: np.zeros((num_ticks, *shapes[name]), np.float32) for name in WALK.inputs}
    inputs["time"] = (np.arange(num_ticks) / MODEL.control_hz).astype(np.float32)
    for name in ("root_rot", "joint_rot"):
        inputs[name][..., 3] = 1.0
    reference = WALK.run(inputs).reference
    assert reference is not None
    # he walks along x, and starts again at the anchor of every cycle
    found = 1 + np.flatnonzero(np.diff(reference[0][:, 0]) < -0.5)
    assert found.tolist() == beginnings(WALK, 0.0, num_ticks) and len(found) == 9
