"""Clips shown as they are: the right poses at the right times, in a film and in a window."""

import os
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from game.sim.kinematics import body_poses
from game.sim.model import CharacterModel
from game.sim.motion import ClipError, MotionClip
from tools.clip_clinic.edit import mirrored
from tools.view_clip import SPACING, main, snapshot_at

ROOT = Path(__file__).parents[1]


def test_a_snapshot_is_the_clip_at_that_time() -> None:
    clip = MotionClip.load("backflip")
    time_s = 10 / clip.fps
    snapshot = snapshot_at([clip, mirrored(clip)], time_s)
    expected = body_poses(CharacterModel.load(), clip.root_pos[10], clip.root_rot[10], clip.joint_rot[10])
    aside = np.array([0.0, 0.5 * SPACING, 0.0])
    assert snapshot.body_pos[0] - aside == pytest.approx(expected.pos, abs=1e-9)
    assert snapshot.body_pos[1, 0] + aside == pytest.approx(expected.pos[0] * [1.0, -1.0, 1.0], abs=1e-9)
    # velocities are those of the poses
    step = 1e-4
    later = snapshot_at([clip, mirrored(clip)], time_s + 0.5 / clip.fps + step)
    now = snapshot_at([clip, mirrored(clip)], time_s + 0.5 / clip.fps)
    moved = (later.body_pos - now.body_pos) / step
    assert np.abs(moved - now.body_vel).mean() < 0.4
    assert snapshot.num_characters == 2
    assert snapshot.ghosts is None


def test_a_ghost_is_another_clip_in_the_same_place() -> None:
    snapshot = snapshot_at([MotionClip.load("walk")], 0.2, MotionClip.load("run"))
    expected = snapshot_at([MotionClip.load("run")], 0.2)
    assert snapshot.ghosts is not None
    assert snapshot.ghosts.poses.pos == pytest.approx(expected.body_pos)
    assert snapshot.ghosts.poses.rot == pytest.approx(expected.body_rot)


def test_clips_of_different_characters_are_refused() -> None:
    clip = MotionClip.load("walk")
    other = replace(clip)
    object.__setattr__(other, "character", "robot")
    with pytest.raises(ClipError, match="walk: humanoid, walk: robot"):
        snapshot_at([clip, other], 0.0)


def pictures(path: Path) -> list[NDArray[Any]]:
    with av.open(str(path)) as film:
        return [np.asarray(frame.to_ndarray(format="rgb24")) for frame in film.decode(video=0)]


@pytest.mark.parametrize("how", ["--shapes", "--quality=lite", "--camera=side"])
def test_a_film_moves(how: str, tmp_path: Path) -> None:
    told = ["backflip", "--out", str(tmp_path / "a.mp4"), "--size", "128x96", "--fps", "10", "--seconds", "0.5"]
    assert main([*told, "--speed", "0.5", "--mirror", how]) == 0
    frames = pictures(tmp_path / "a.mp4")
    assert len(frames) == 10
    assert np.abs(frames[0].astype(int) - frames[-1]).max() > 60


@pytest.mark.parametrize(
    ("told", "message"),
    [
        (["nobody"], "no clip at nobody"),
        (["walk", "--speed", "0"], "expected --speed over 0"),
        (["walk", "--size", "13x11"], "even and positive"),
        (["walk", "--camera", "drone"], "no camera is called 'drone'"),
        (["walk", "--set", "moon"], "moon"),
    ],
)
def test_errors_are_one_line(told: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*told, "--out", str(tmp_path / "a.mp4")]) == 1
    error = capsys.readouterr().err.strip().splitlines()
    assert message in error[-1]


def test_a_window_opens_and_closes(display: str) -> None:
    xdotool = shutil.which("xdotool")
    if xdotool is None:
        pytest.skip("xdotool is missing: sudo apt-get install xdotool")
    env = {**os.environ, "DISPLAY": display}
    command = [sys.executable, "-m", "tools.view_clip", "walk", "--shapes", "--size", "320x240"]
    viewer = subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        found = subprocess.run([xdotool, "search", "--sync", "--name", "^walk$"], env=env, capture_output=True,
                               text=True, timeout=40, check=True)  # fmt: skip
        window = found.stdout.split()[0]
        for key in ("space", "Right", "Escape"):
            time.sleep(0.3)
            subprocess.run([xdotool, "windowfocus", window, "key", key], env=env, check=True, timeout=10)
        output, _ = viewer.communicate(timeout=20)
    finally:
        viewer.kill()
    assert viewer.returncode == 0, output
