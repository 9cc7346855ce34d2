"""Exporting: a torch module becomes a policy file that says the same."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from game.policy.policy import Policy, PolicyError
from game.policy.policy_spec import ClipInfo
from game.sim.motion import MotionClip
from tests.support.small_policy import MODEL, spec, write
from tools.evaluate import __main__ as evaluate
from tools.import_deepmimic import __main__ as import_deepmimic
from tools.policy_file import rewrite_card, write_policy


class Keep(nn.Module):
    """joint_target = joint_rot, waving with time."""

    def forward(self, joint_rot: Tensor, time: Tensor) -> Tensor:
        turned = joint_rot + 0.1 * torch.sin(time)[:, None, None]
        return nn.functional.normalize(turned, dim=-1)


class Noisy(Keep):
    """Says something else each time."""

    def forward(self, joint_rot: Tensor, time: Tensor) -> Tensor:
        return nn.functional.normalize(super().forward(joint_rot, time) + 0.1 * torch.randn(1), dim=-1)


def test_a_module_becomes_a_policy(tmp_path: Path) -> None:
    path = tmp_path / "keep.onnx"
    written = write_policy(Keep(), ("joint_rot", "time"), ("joint_target",), spec(), path)
    assert Policy.load(path, MODEL).sha256 == written.sha256
    assert [p.name for p in tmp_path.iterdir()] == ["keep.onnx"]
    assert str(Path(__file__).parent).encode() not in path.read_bytes()  # the tracer notes source paths


def test_what_does_not_say_the_same_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="differs by"):
        write_policy(Noisy(), ("joint_rot", "time"), ("joint_target",), spec(), tmp_path / "x.onnx")
    with pytest.raises(PolicyError, match="inputs pose are unknown"):
        write_policy(Keep(), ("pose", "time"), ("joint_target",), spec(), tmp_path / "x.onnx")
    assert list(tmp_path.iterdir()) == []


def test_a_card_can_be_rewritten(tmp_path: Path) -> None:
    path = write(tmp_path / "keep.onnx")
    rewrite_card(path, spec(scores={"survival": 1.0}))
    assert Policy.load(path, MODEL).spec.scores == {"survival": 1.0}
    with pytest.raises(PolicyError, match="another body"):
        rewrite_card(path, spec(control_hz=60))


def test_the_importer_writes_what_it_wrote_before(tmp_path: Path) -> None:
    """Parity of torch and onnxruntime is checked on the way; the shipped file differs by its scores at most."""
    assert import_deepmimic.main(["jump", "--out", str(tmp_path)]) == 0
    assert [p.name for p in tmp_path.iterdir()] == ["deepmimic_jump.onnx"]
    policy = Policy.load(tmp_path / "deepmimic_jump.onnx", MODEL)
    assert policy.spec.clip is not None
    assert policy.spec.clip.name == "jump"
    assert policy.spec.anchor == "cycle"
    assert "Coumans" in policy.spec.provenance


def test_evaluation_can_write_the_card(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    walk = MotionClip.load("walk")
    path = write(tmp_path / "keep.onnx", clip=ClipInfo(walk.name, walk.duration, walk.loop))
    assert evaluate.main([str(path), "--episodes", "1", "--seconds", "0.2", "--write"]) == 0
    capsys.readouterr()
    assert Policy.load(path, MODEL).spec.scores["episodes"] == 1
