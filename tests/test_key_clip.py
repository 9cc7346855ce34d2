"""Keyed clips: feet that stay, weight over them, and the files that ship."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from game.scene.paths import models_dir
from game.sim import kinematics
from game.sim.model import CharacterModel
from game.sim.motion import ClipError, MotionClip
from tools.key_clip import COM_AHEAD, key_clip, load_keys

KEYED = sorted(path.stem for path in (models_dir() / "keyed").glob("*.json"))


def poses(clip: MotionClip) -> tuple[CharacterModel, kinematics.BodyPoses]:
    model = CharacterModel.load()
    return model, kinematics.body_poses(model, clip.root_pos, clip.root_rot, clip.joint_rot)


@pytest.mark.parametrize("name", KEYED)
def test_feet_stay_flat_where_they_stand(name: str) -> None:
    model, bodies = poses(key_clip(load_keys(name)))
    feet = bodies.pos[:, list(model.feet)]
    np.testing.assert_allclose(feet, np.broadcast_to(feet[:1], feet.shape), atol=2e-3)
    assert np.abs(kinematics.lowest_point(model, bodies)).max() < 2e-3


@pytest.mark.parametrize("name", ["bow", "squat"])
def test_the_weight_stays_over_the_feet(name: str) -> None:
    model, bodies = poses(key_clip(load_keys(name)))
    middle = bodies.pos[:, list(model.feet), :2].mean(axis=1)
    off = kinematics.center_of_mass(model, bodies)[:, :2] - middle - [COM_AHEAD, 0.0]
    assert np.abs(off).max() < 2e-3


def test_who_sits_sits_behind_his_feet() -> None:
    model, bodies = poses(key_clip(load_keys("sit_down_stand_up")))
    behind = bodies.pos[75, list(model.feet), 0].mean() - bodies.pos[75, 0, 0]
    assert behind == pytest.approx(0.34, abs=1e-3)


@pytest.mark.parametrize("name", KEYED)
def test_what_ships_is_what_the_keys_make(name: str) -> None:
    made, shipped = key_clip(load_keys(name)), MotionClip.load(name)
    np.testing.assert_allclose(made.joint_rot, shipped.joint_rot, atol=1e-5)
    assert made.loop == shipped.loop


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"right_knees_y": 3}, "keys hold right_knees_y; there are time, back, chest_x"),
        ({"time": -1.0}, "expected each later than the one before"),
        ({"time": "soon"}, "a key has no time"),
    ],
)
def test_wrong_keys_are_refused(change: dict[str, Any], message: str) -> None:
    keys = [{"time": 0.0}, {"time": 1.0} | change]
    with pytest.raises(ClipError, match=message):
        key_clip({"name": "wrong", "keys": keys})


def test_the_command_line(tmp_path: Path) -> None:
    out, command = tmp_path / "bow.json", [sys.executable, "-m", "tools.key_clip"]
    done = subprocess.run([*command, "bow", "--out", str(out)], capture_output=True, text=True, check=False)
    assert (done.returncode, json.loads(out.read_text())["name"]) == (0, "bow"), done.stderr
    done = subprocess.run([*command, "nothing", "--out", str(out)], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "there are bow" in done.stderr
