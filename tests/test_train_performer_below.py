"""A run on top of the performer: with no correction it is the performer, and its file holds everything."""

from pathlib import Path

import numpy as np
import pytest
import torch

from game.policy.policy import Policy
from game.scene.paths import policies_dir
from game.sim.model import CharacterModel
from game.sim.motion import MotionClip
from tools.policy_file import random_inputs
from tools.train import checkpoint
from tools.train.checkpoint import CheckpointError
from tools.train.config import ConfigError, TrainConfig
from tools.train.features import PolicyInputs
from tools.train.moving_bodies import MovingBodies
from tools.train.performer.performer_below import PerformerBelow, fill, read_performer
from tools.train.performer.performer_export import BODY_INPUTS, BakedPerformer, load_performer
from tools.train.performer.performer_graph import PerformerGraph
from tools.train.policy_export import export_checkpoint
from tools.train.trainer import Trainer

MODEL = CharacterModel.load()
PERFORMER = policies_dir() / "in_progress" / "performer" / "checkpoint.pt"
SMALL = {
    "worlds": 1, "characters": 2, "steps": 6, "hidden": (16,), "minibatch": 8, "epochs": 2, "evaluate_seconds": 0.2,
    "film_minutes": 0.0, "performer": PERFORMER,
}  # fmt: skip


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


def some_inputs(count: int) -> tuple[dict[str, np.ndarray], PolicyInputs]:
    raw = random_inputs(MODEL, count, 1)
    return raw, PolicyInputs(*(torch.from_numpy(raw[name]) for name in PolicyInputs._fields))


def test_it_finds_the_bodies_motion_from_the_joints() -> None:
    """The specialist's contract leaves out what follows from the rest: rotations and velocities of the bodies."""
    raw, inputs = some_inputs(16)
    rot, vel, turn = (value.numpy() for value in MovingBodies(MODEL)(inputs))
    assert np.minimum(np.abs(rot - raw["body_rot"]), np.abs(rot + raw["body_rot"])).max() < 1e-5
    assert np.abs(vel - raw["body_vel"]).max() < 1e-4
    assert np.abs(turn - raw["body_ang_vel"]).max() < 1e-4


@pytest.mark.parametrize("clip", ["walk", "bow"])
def test_it_is_the_performer_over_that_clip(clip: str) -> None:
    raw, inputs = some_inputs(16)
    motion = MotionClip.load(clip)
    below = PerformerBelow(MODEL, motion, read_performer(PERFORMER))
    baked = BakedPerformer(load_performer(PERFORMER, MODEL)[0], motion, MODEL.control_hz)
    with torch.inference_mode():
        expected = baked(*(torch.from_numpy(raw[name]) for name in (*BODY_INPUTS, "time")))[0]
        assert (below(inputs) - expected).abs().max() < 1e-4


def test_a_run_on_it_resumes_and_exports_without_the_performers_file(tmp_path: Path) -> None:
    source = tmp_path / "performer.pt"
    source.write_bytes(PERFORMER.read_bytes())
    config = TrainConfig("walk", out=tmp_path / "run", **{**SMALL, "performer": source})  # type: ignore[arg-type]
    trainer = Trainer(config)
    assert trainer.feasible is None and trainer.graph.below is not None
    trainer.step()
    trainer.save()
    source.unlink()
    resumed = Trainer(config)
    assert resumed.iteration == 1
    assert resumed.step()[0].policy_loss == trainer.step()[0].policy_loss
    target = tmp_path / "walk.onnx"
    spec = export_checkpoint(trainer.path, target)
    assert "performer" not in spec.training["config"]
    assert Policy.load(target, MODEL).spec.provenance.startswith("trained on top of the performer")


def test_what_is_no_performer_is_refused(tmp_path: Path) -> None:
    other = policies_dir() / "in_progress" / "roll" / "checkpoint.pt"
    with pytest.raises(ConfigError, match="is no performer's checkpoint: it has only ages"):
        Trainer(TrainConfig("walk", out=tmp_path, **{**SMALL, "performer": other}))  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match=r"its gains are --kp-scale 1 --kd-scale 0\.375"):
        Trainer(TrainConfig("walk", out=tmp_path, kd_scale=1.0, **SMALL))  # type: ignore[arg-type]
    content = checkpoint.load(PERFORMER)
    content["graph"] = {name: value[:1] for name, value in content["graph"].items()}
    content.pop("schema")
    checkpoint.save(tmp_path / "small.pt", content)
    with pytest.raises(CheckpointError, match="other sizes"):
        read = read_performer(tmp_path / "small.pt")
        PerformerBelow(MODEL, MotionClip.load("walk"), read)


def test_a_performer_from_before_a_feedback_was_added_does_without_it() -> None:
    graph = PerformerGraph(MODEL)
    weights = {name: value for name, value in graph.state_dict().items() if not name.startswith(("sight.", "critic."))}
    fill(graph, weights)
    with pytest.raises(CheckpointError, match=r"of another version: .*actor\.gaits\.0\.bias"):
        fill(graph, {name: value for name, value in weights.items() if name != "actor.gaits.0.bias"})
    with pytest.raises(CheckpointError, match=r"of another version: .*wings"):
        fill(graph, weights | {"wings": torch.zeros(1)})
