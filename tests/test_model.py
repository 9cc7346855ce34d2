"""The humanoid as data, and what a model's files may get wrong."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from game.scene.paths import models_dir
from game.sim import kinematics, model, rotation
from game.sim.model import CharacterModel, ModelError

HUMANOID = CharacterModel.load()


def test_it_is_deepmimics_humanoid() -> None:
    assert HUMANOID.mass.sum() == pytest.approx(45.0)
    assert HUMANOID.num_bodies == 15
    assert HUMANOID.num_joints == 12
    assert HUMANOID.joint_is_hinge.sum() == 4
    assert HUMANOID.substeps == 8
    assert HUMANOID.body("right_foot") in HUMANOID.feet
    assert HUMANOID.kp[HUMANOID.joint("chest")] == 1000.0


def test_the_default_pose_by_hand() -> None:
    root = np.zeros(3)
    poses = kinematics.body_poses(HUMANOID, root, rotation.IDENTITY, np.tile(rotation.IDENTITY, (12, 1)))
    np.testing.assert_allclose(poses.pos[HUMANOID.body("right_foot")], [0, -0.084887, -0.831416], atol=1e-6)
    # sole: ankle - 0.0225 - half of 0.055
    assert kinematics.lowest_point(HUMANOID, poses) == pytest.approx(-0.881416, abs=1e-6)
    assert kinematics.center_of_mass(HUMANOID, poses)[1] == pytest.approx(0.0, abs=1e-12)


def test_a_bent_knee_brings_the_shin_back() -> None:
    joints = np.tile(rotation.IDENTITY, (12, 1))
    joints[HUMANOID.joint("left_knee")] = rotation.from_axis_angle((0, 1, 0), np.pi / 2)
    poses = kinematics.body_poses(HUMANOID, np.zeros(3), rotation.IDENTITY, joints)
    knee, ankle = (poses.pos[HUMANOID.body(b)] for b in ("left_shin", "left_foot"))
    np.testing.assert_allclose(ankle - knee, [-0.40987, 0, 0], atol=1e-6)


def test_velocities_are_the_derivative_of_poses() -> None:
    rng = np.random.default_rng(3)
    joints = rotation.from_rotvec(rng.normal(size=(12, 3)))
    root_rot, rates = rotation.from_rotvec(rng.normal(size=3)), rng.normal(size=(12, 3))
    vel, ang = rng.normal(size=3), rng.normal(size=3)

    def at(t: float) -> kinematics.BodyPoses:
        turned = rotation.multiply(rotation.from_rotvec(ang * t), root_rot)
        return kinematics.body_poses(
            HUMANOID, vel * t, turned, rotation.multiply(joints, rotation.from_rotvec(rates * t))
        )

    h = 1e-6
    moving = kinematics.body_velocities(HUMANOID, at(0.0), vel, ang, rates)
    np.testing.assert_allclose(moving.vel, (at(h).pos - at(-h).pos) / (2 * h), atol=1e-6)
    spin = rotation.to_rotvec(rotation.multiply(at(h).rot, rotation.conjugate(at(-h).rot))) / (2 * h)
    np.testing.assert_allclose(moving.ang_vel, spin, atol=1e-6)


def test_kinematics_takes_any_batch() -> None:
    rng = np.random.default_rng(0)
    pos, rot = rng.normal(size=(2, 3, 3)), rotation.normalize(rng.normal(size=(2, 3, 4)))
    joints = rotation.normalize(rng.normal(size=(2, 3, 12, 4)))
    many = kinematics.body_poses(HUMANOID, pos, rot, joints)
    one = kinematics.body_poses(HUMANOID, pos[1, 2], rot[1, 2], joints[1, 2])
    np.testing.assert_array_equal(many.pos[1, 2], one.pos)


def test_unknown_names_say_what_there_is() -> None:
    with pytest.raises(ModelError, match="no body is called 'tail'; there are pelvis"):
        HUMANOID.body("tail")
    with pytest.raises(ModelError, match="no character is called 'centaur'; there are humanoid"):
        CharacterModel.load("centaur")
    with pytest.raises(ModelError, match=r"no character is called '../humanoid': expected letters, digits"):
        CharacterModel.load("../humanoid")


@pytest.fixture
def files(tmp_path: Path) -> Path:
    shutil.copytree(models_dir() / "humanoid", tmp_path / "humanoid", ignore=shutil.ignore_patterns("*.glb"))
    return tmp_path / "humanoid"


@pytest.mark.parametrize(
    ("file", "old", "new", "reason"),
    [
        ("humanoid.json", '"schema": 1', '"schema": 2', "schema 2, expected 1"),
        ("humanoid.json", '"physics_hz": 240', '"physics_hz": 250', "no multiple"),
        ("humanoid.json", '"neck"', '"nack"', "lists joints"),
        ("humanoid.urdf", '<sphere radius="0.09"/>', "<cone/>", "expected sphere, capsule or box"),
        ("humanoid.urdf", '<mass value="6"/>', "", "has no <mass>"),
        ("humanoid.urdf", 'type="revolute"', 'type="prismatic"', "found prismatic"),
    ],
)
def test_broken_files_say_why(files: Path, file: str, old: str, new: str, reason: str) -> None:
    path = files / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(ModelError, match=reason):
        model.read_model(files / "humanoid.json")


def test_the_hash_knows_the_content_not_the_line_ends(files: Path) -> None:
    before = model.read_model(files / "humanoid.json").sha256
    assert before == HUMANOID.sha256
    for path in (files / "humanoid.json", files / "humanoid.urdf"):
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert model.read_model(files / "humanoid.json").sha256 == before
    card = json.loads((files / "humanoid.json").read_text())
    card["joints"]["neck"]["kp"] = 101
    (files / "humanoid.json").write_text(json.dumps(card))
    assert model.read_model(files / "humanoid.json").sha256 != before
