"""A body of other lengths: its files, its clips, what is refused for it, and a run of the trainer on it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from game.policy.library import PolicyLibrary
from game.policy.policy import Policy, PolicyError
from game.scene.json_fields import SetError
from game.scene.paths import policies_dir
from game.sim import model as model_module
from game.sim.bullet import open_world
from game.sim.kinematics import body_poses, lowest_point, standing_state
from game.sim.model import CharacterModel, ModelError, character_names
from game.sim.motion import ClipError, MotionClip
from game.view.figure import CastFigure
from game.view.figure_folder import find_figure
from game.view.figure_pose import FigurePose
from tools.build_avatar.__main__ import main
from tools.build_avatar.physical_body import body_height, scaled_inertia, size_for, write_body
from tools.build_avatar.proportions import Proportions
from tools.train.config import TrainConfig
from tools.train.policy_export import export_checkpoint
from tools.train.stages import final_stage
from tools.train.trainer import Trainer

USUAL = CharacterModel.load()
NAME = "taller_for_tests"
SIZE = 1.15
TOY = {
    "worlds": 1, "characters": 2, "steps": 6, "hidden": (16,), "minibatch": 8, "epochs": 2, "evaluate_seconds": 0.2,
    "sampling_rounds": 0, "film_minutes": 0.0,
}  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of the user's own bodies, with one that is 15 % larger."""
    folder = tmp_path_factory.mktemp("characters")
    write_body(NAME, Proportions(), SIZE, folder)
    return folder


@pytest.fixture
def taller(folder: Path, monkeypatch: pytest.MonkeyPatch) -> CharacterModel:
    monkeypatch.setattr(model_module, "user_characters_dir", lambda: folder)
    return CharacterModel.load(NAME)


def test_lengths_masses_and_gains_follow_the_size(taller: CharacterModel) -> None:
    assert body_height(taller) == pytest.approx(SIZE * body_height(USUAL))
    assert taller.mass.sum() == pytest.approx(45.0 * SIZE**3, rel=1e-4)
    np.testing.assert_allclose(taller.inertia, USUAL.inertia * SIZE**5, rtol=1e-6)
    np.testing.assert_allclose(taller.com, USUAL.com * SIZE, atol=1e-9)
    np.testing.assert_allclose(taller.torque_limit, USUAL.torque_limit * SIZE**4, rtol=1e-5)
    np.testing.assert_allclose(taller.kp / taller.kd, USUAL.kp / USUAL.kd / SIZE**0.5, rtol=1e-5)
    assert [s.kind for s in taller.shapes] == [s.kind for s in USUAL.shapes]
    assert taller.joint_names == USUAL.joint_names and taller.sha256 != USUAL.sha256
    assert taller.based_on == "humanoid" and taller.leg_scale == pytest.approx(SIZE)
    spheres, usual = taller.roles.shading, USUAL.roles.shading
    np.testing.assert_allclose(spheres.radius, usual.radius * SIZE, atol=1e-4)


def test_the_inertia_of_a_stretched_box() -> None:
    def box(x: float, y: float, z: float) -> np.ndarray:
        mass = 3.0 * x * y * z
        return mass / 12.0 * np.array([y * y + z * z, x * x + z * z, x * x + y * y])

    np.testing.assert_allclose(scaled_inertia(box(1.0, 2.0, 3.0), np.array([2.0, 1.0, 0.5])), box(2.0, 2.0, 1.5))


def test_proportions_move_the_joints(tmp_path: Path) -> None:
    long_legs = Proportions(thighs=1.1, shins=1.2, shoulders=0.9)
    made = model_module.read_model(write_body("legs", long_legs, 1.0, tmp_path) / "legs.json")
    offset = made.body_offset
    assert offset[made.body("left_shin"), 2] == pytest.approx(1.1 * -0.421546)
    assert offset[made.body("left_foot"), 2] == pytest.approx(1.2 * -0.40987)
    assert offset[made.body("left_upper_arm"), 1] == pytest.approx(0.9 * 0.18311)
    assert made.leg_scale == pytest.approx((1.1 * 0.421546 + 1.2 * 0.40987) / (0.421546 + 0.40987), rel=1e-4)
    thigh = made.body("left_thigh")
    assert made.mass[thigh] == pytest.approx(1.1 * 4.5)
    assert made.shapes[thigh].size == pytest.approx((0.055, 1.1 * 0.3))


def test_a_height_in_metres() -> None:
    assert size_for(Proportions(), 1.15 * body_height(USUAL), USUAL) == pytest.approx(1.15)
    assert size_for(Proportions(), None, USUAL) == pytest.approx(1.0)
    with pytest.raises(SetError, match=r"--tall 3: expected 0.97 to 2.59 m"):
        size_for(Proportions(), 3.0, USUAL)


def test_it_stands_under_its_own_gains(taller: CharacterModel) -> None:
    with open_world(taller) as world:
        world.add_character()
        for _ in range(15):
            world.step(standing_state(taller).joint_rot[None])
        snapshot = world.snapshot()
    assert np.isfinite(snapshot.body_pos).all()
    assert snapshot.body_pos[0, taller.roles.head, 2] == pytest.approx(SIZE * 1.34, abs=0.12)


def test_clips_are_done_by_the_larger_body(taller: CharacterModel) -> None:
    walk = MotionClip.load("walk")
    mine = walk.on_body(taller)
    assert mine.character == NAME and mine.duration == pytest.approx(walk.duration * SIZE**0.5)
    np.testing.assert_allclose(mine.cycle_shift, walk.cycle_shift * SIZE)
    lows = [
        lowest_point(m, body_poses(m, c.root_pos, c.root_rot, c.joint_rot)) for m, c in ((USUAL, walk), (taller, mine))
    ]
    np.testing.assert_allclose(lows[1], lows[0] * SIZE, atol=1e-4)
    assert walk.on_body(USUAL) is walk
    with pytest.raises(ClipError, match=f"walk moves '{NAME}', expected 'humanoid'"):
        mine.on_body(USUAL)


def test_policies_of_another_body_are_refused(taller: CharacterModel) -> None:
    with pytest.raises(PolicyError, match="made for another body: character is humanoid, expected " + NAME):
        Policy.load(policies_dir() / "deepmimic_walk.onnx", taller)


def test_bodies_are_found_by_name(taller: CharacterModel, folder: Path) -> None:
    assert character_names() == ["humanoid", taller.name]
    broken = folder / "broken"
    broken.mkdir()
    (broken / "broken.json").write_text('{"schema": 1, "name": "broken"}')
    with pytest.raises(ModelError, match=r"broken.json is refused, because it lacks 'physics_hz'"):
        CharacterModel.load("broken")


def test_the_trainer_begins_with_the_usual_bodys_networks(taller: CharacterModel, tmp_path: Path) -> None:
    torch.set_num_threads(1)
    first = Trainer(TrainConfig("walk", out=tmp_path / "usual", **TOY))  # type: ignore[arg-type]
    first.step()
    first.save()
    config = TrainConfig("walk", out=tmp_path / "mine", character=NAME, init=first.path, **TOY)  # type: ignore[arg-type]
    mine = Trainer(config)
    for key, value in mine.graph.networks.state_dict().items():
        assert torch.equal(value, first.average.networks.state_dict()[key]), key
    # both stages follow the clip as this body does it
    expected = MotionClip.load("walk").duration * SIZE**0.5
    assert mine.clip.duration == pytest.approx(expected)
    last = final_stage(config, mine.clip, taller)
    assert last.reference.duration == pytest.approx(expected)
    mine.step()
    mine.save()
    spec = export_checkpoint(mine.path, tmp_path / "mine.onnx")
    assert (spec.character, spec.character_sha256) == (NAME, taller.sha256)
    library = PolicyLibrary(taller, [tmp_path])
    try:
        assert library.get("mine").spec.clip is not None
    finally:
        library.close()
    with pytest.raises(PolicyError, match="made for another body"):
        Policy.load(tmp_path / "mine.onnx", USUAL)


def test_a_body_has_its_figure(tmp_path: Path) -> None:
    toy = ["--voxel", "0.02", "--triangles", "3000", "1500", "800", "--no-picture"]
    assert main(["--physical", "--name", "big", "--tall", "1.86", "--out", str(tmp_path), *toy]) == 0
    model = model_module.read_model(tmp_path / "big" / "big.json")
    path = find_figure("own", model=model)
    assert path == tmp_path / "big" / "figure.glb" and find_figure("own", model=USUAL) is None
    figure, state = CastFigure.load(path), standing_state(model)
    poses = body_poses(model, state.root_pos, state.root_rot, state.joint_rot)
    places, _ = FigurePose(figure, model).pose(poses.pos, poses.rot)
    # its bones are as long as the links: every joint is where the body's is
    assert np.abs(places[: model.num_bodies] - poses.pos).max() < 0.03


def test_what_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--physical", "--tall", "1.8", "--out", str(tmp_path)]) == 1
    assert "what is it called? add --name ME" in capsys.readouterr().err
    assert main(["--physical", "--name", "humanoid", "--out", str(tmp_path)]) == 1
    assert "humanoid is the body that comes with the game" in capsys.readouterr().err
    assert main(["--physical", "--name", "giant", "--tall", "9", "--out", str(tmp_path)]) == 1
    assert "--tall 9: expected" in capsys.readouterr().err
    assert replace(TrainConfig("walk"), character=NAME).character == NAME
