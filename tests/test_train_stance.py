"""The feedback of the stance: where a clip stands, which way it pushes, and that a squat stays up by it alone."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from game.policy.policy import Policy
from game.sim import kinematics, rotation
from game.sim.model import CharacterModel
from game.sim.motion import MotionClip
from tools.clip_clinic.standing import FADE, FIRM, stance_table, steadied
from tools.learn.beginnings import Beginning, untrained
from tools.policy_file import random_inputs
from tools.train.config import ConfigError, TrainConfig
from tools.train.features import PolicyInputs
from tools.train.policy_export import export_checkpoint
from tools.train.stance import StanceFeedback
from tools.train.trainer import Trainer
from tools.train.warm_start import WarmStart

MODEL = CharacterModel.load()
SQUAT = MotionClip.load("squat")
SMALL = {
    "worlds": 1, "characters": 2, "steps": 6, "hidden": (16,), "minibatch": 8, "epochs": 2, "evaluate_seconds": 0.2,
    "film_minutes": 0.0,
}  # fmt: skip


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


def test_where_a_clip_stands() -> None:
    assert stance_table(SQUAT, MODEL).share == pytest.approx(1.0)
    assert stance_table(MotionClip.load("run"), MODEL).share.max() == 0.0
    jump = MotionClip.load("jump")
    share = stance_table(jump, MODEL).share
    high = jump.root_pos[:, 2] > 1.05
    assert share.max() > 0.5 and share[high].max() == 0.0
    # it comes and goes within the time of fading
    assert np.abs(np.diff(share)).max() <= 1.0 / round(FADE * jump.fps) + 1e-9


def test_who_stands_on_the_edge_of_his_soles_is_leaned_off_it() -> None:
    """A camera that looks down by 5 degrees more than is thought makes whoever it films lean by as much."""
    placed = SQUAT.placed()
    turn = rotation.from_axis_angle(np.array([0.0, 1.0, 0.0]), np.radians(5.0))
    ankles = (
        kinematics.body_poses(MODEL, placed.root_pos, placed.root_rot, placed.joint_rot)
        .pos[0, list(MODEL.feet)]
        .mean(0)
    )
    leaning = replace(
        placed,
        root_pos=ankles + rotation.rotate(turn, placed.root_pos - ankles),
        root_rot=rotation.multiply(turn, placed.root_rot),
    )
    level = replace(leaning, joint_rot=_flat_feet(leaning, placed))
    height = kinematics.center_of_mass(
        MODEL, kinematics.body_poses(MODEL, placed.root_pos[0], placed.root_rot[0], placed.joint_rot[0])
    )[2]
    assert over_feet(level)[0] == pytest.approx(over_feet(placed)[0] + height * np.sin(np.radians(5.0)), abs=0.01)
    steady, done = steadied(level)
    assert FIRM[0][0] - 0.01 < over_feet(steady).min() and over_feet(steady).max() < FIRM[0][1] + 0.01
    assert len(done) == 1 and done[0].startswith("leaned him by up to")
    assert np.abs(steady.root_pos[:, 2] - level.root_pos[:, 2]).max() < 0.02
    assert steadied(SQUAT) == (SQUAT, ())
    run = MotionClip.load("run")
    assert steadied(run) == (run, ())


def over_feet(clip: MotionClip) -> np.ndarray:
    """(F,) m ahead, the centre of mass from the middle of the ankles; he faces +x."""
    poses = kinematics.body_poses(MODEL, clip.root_pos, clip.root_rot, clip.joint_rot)
    return np.asarray(kinematics.center_of_mass(MODEL, poses) - poses.pos[:, list(MODEL.feet)].mean(axis=1))[:, 0]


def _flat_feet(leaning: MotionClip, flat: MotionClip) -> np.ndarray:
    """(F, J, 4) with the ankles turned so that the feet are as in `flat`."""
    joint_rot = leaning.joint_rot.copy()
    here, there = (kinematics.body_poses(MODEL, c.root_pos, c.root_rot, c.joint_rot).rot for c in (leaning, flat))
    for foot in MODEL.feet:
        shin = here[:, MODEL.body_parent[foot]]
        joint_rot[:, MODEL.body_joint[foot]] = rotation.multiply(rotation.conjugate(shin), there[:, foot])
    return joint_rot


def standing(lean: float, sideways: float) -> PolicyInputs:
    """The squat's first pose, in which all of him moves with a velocity, m/s."""
    clip = SQUAT.placed()
    root_pos, root_rot, joint_rot = clip.root_pos[:1], clip.root_rot[:1], clip.joint_rot[:1]
    poses = kinematics.body_poses(MODEL, root_pos, root_rot, joint_rot)
    still = np.zeros((1, 3))
    arrays = (root_pos, root_rot, np.array([[lean, sideways, 0.0]]), still, joint_rot, np.zeros((1, 12, 3)),
              poses.pos, np.array([[0.0, 0.0, -9.8]]), np.zeros(1))  # fmt: skip
    return PolicyInputs(*(torch.tensor(a, dtype=torch.float32) for a in arrays))


def test_it_does_nothing_where_he_is_as_the_clip_and_pushes_back_where_he_is_not() -> None:
    stance = StanceFeedback(MODEL, SQUAT)
    pose, time = torch.tensor(SQUAT.joint_rot[:1], dtype=torch.float32), torch.zeros(1)
    assert (stance(standing(0.0, 0.0), time, pose) - pose).abs().max() < 1e-3
    wanted = stance.wanted(time)
    assert stance.errors(standing(0.3, 0.0), wanted)[0].tolist() == pytest.approx([0, 0, 0.3, 0], abs=2e-3)
    assert stance.errors(standing(0.0, 0.2), wanted)[0].tolist() == pytest.approx([0, 0, 0, 0.2], abs=2e-3)
    # who falls forward presses the toes down: both ankles turn by the same about y
    ankles = [int(MODEL.body_joint[foot]) for foot in MODEL.feet]
    turned = stance(standing(0.1, 0.0), time, pose)[0, ankles, 1] - pose[0, ankles, 1]
    assert turned[0] > 0.01 and turned[0] == pytest.approx(float(turned[1]), abs=1e-4)
    # beside its limits nothing grows, and in the air nothing is done
    assert torch.equal(stance(standing(50.0, 0.0), time, pose), stance(standing(90.0, 0.0), time, pose))
    flying = StanceFeedback(MODEL, MotionClip.load("run"))
    assert torch.allclose(flying(standing(0.3, 0.3), time, pose), pose)


def test_a_squat_stays_up_by_it_alone() -> None:
    config = TrainConfig("squat", hold=2.0)
    without = untrained(config, 1, 5.0)
    kept = untrained(Beginning("nothing", stance=True).applied(config), 1, 5.0)
    assert without.survival < 0.2
    assert kept.survival > 0.5 and kept.life > without.life + 0.3 and kept.reward > 0.6


def test_a_run_with_it_resumes_and_exports(tmp_path: Path) -> None:
    config = TrainConfig("squat", out=tmp_path / "run", stance=True, **SMALL)  # type: ignore[arg-type]
    trainer = Trainer(config)
    trainer.step()
    trainer.save()
    with pytest.raises(ConfigError, match="stance"):
        Trainer(replace(config, stance=False))
    with pytest.raises(ConfigError, match=r"other settings; add --stance"):
        WarmStart(trainer.path).check(replace(config, stance=False), SQUAT)
    spec = export_checkpoint(trainer.path, tmp_path / "squat.onnx")
    assert spec.training["config"]["stance"] is True
    policy = Policy.load(tmp_path / "squat.onnx", MODEL)
    raw = random_inputs(MODEL, 4, 1)
    inputs = PolicyInputs(*(torch.from_numpy(raw[name]) for name in PolicyInputs._fields))
    assert policy.spec.name == "squat" and trainer.graph.stance is not None
    with torch.inference_mode():
        seen, pose = trainer.graph.observe(inputs)
        assert pose.shape == (4, MODEL.num_joints, 4) and bool(torch.isfinite(seen).all())
