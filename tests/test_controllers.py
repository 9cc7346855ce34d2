"""The cast: targets that a rotation cannot say, and when they arrive."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from game.play import events as ev
from game.play.runtime import Runtime
from game.policy.library import PolicyLibrary
from game.sim import rotation
from tests.support.small_policy import MODEL, graph, hinge_graph, spec, with_card

KNEE = MODEL.joint("right_knee")


@pytest.fixture
def runtime(tmp_path: Path) -> Runtime:
    """Two weightless characters; `bend` wants the hinges at 0.6 rad, `keep` keeps its pose."""
    (tmp_path / "bend.onnx").write_bytes(with_card(hinge_graph(0.6), spec(name="bend")))
    (tmp_path / "keep.onnx").write_bytes(with_card(graph(), spec(name="keep")))
    runtime = Runtime(PolicyLibrary(MODEL, [tmp_path]))
    runtime.tick([ev.Gravity((0.0, 0.0, 0.0)), ev.Crowd(2)])
    return runtime


def knees(runtime: Runtime) -> np.ndarray:
    """(N,) rad"""
    return np.asarray(rotation.to_rotvec(runtime.world.state.joint_rot[:, KNEE])[:, 1])


def test_a_policy_that_tells_hinges_plays_beside_one_that_does_not(runtime: Runtime) -> None:
    runtime.tick([ev.Play("bend"), ev.Play("keep", character=1)])
    for _ in range(30):
        runtime.tick()
    assert knees(runtime) == pytest.approx([0.6, 0.0], abs=0.05)


def test_what_hinges_are_told_is_under_way_with_the_rest(runtime: Runtime) -> None:
    runtime.tick([ev.Nerves(delay=6), ev.Play("bend")])
    for _ in range(10):
        runtime.tick()
    assert len(runtime.agents[0].delayed) == 6
    turns, angles = runtime.agents[0].delayed[0]
    assert turns.shape == (MODEL.num_joints, 4)
    assert angles == pytest.approx([0.6] * 4)


def test_act_noise_shakes_told_hinges(runtime: Runtime) -> None:
    runtime.tick([ev.Play("bend"), ev.Play("bend", character=1), ev.Nerves(act_noise=0.3)])
    for _ in range(30):
        runtime.tick()
    still, shaken = [], []
    for _ in range(20):
        runtime.tick()
        shaken.append(knees(runtime)[0])
        still.append(knees(runtime)[1])
    assert np.std(shaken) > 10.0 * np.std(still)
