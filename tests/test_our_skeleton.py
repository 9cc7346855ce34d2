"""Round trip: what the project exports, it reads back, every clip of the house."""

from pathlib import Path

import numpy as np
import pytest

from game.sim import rotation
from game.sim.kinematics import body_poses
from game.sim.model import CharacterModel
from game.sim.motion import MotionClip
from tools.export_motion import bvh_export, glb_export
from tools.export_motion.recording import Recording
from tools.import_motion.read import OURS, ImportOptions, read

MODEL = CharacterModel.load()
CLIPS = sorted((Path(__file__).parents[1] / "models" / "clips").glob("*.json"))


@pytest.mark.parametrize("path", CLIPS, ids=lambda path: path.stem)
def test_every_clip_comes_back(path: Path, tmp_path: Path) -> None:
    """Within a centimetre and a degree; measured: 0.01 mm and 0.01 degrees."""
    clip = MotionClip.load(path)
    recording = Recording.of_clip(clip)
    (tmp_path / "a.bvh").write_text(bvh_export.text(recording))
    glb_export.write(tmp_path / "a.glb", recording, "low")
    wanted = clip.placed()
    then = body_poses(MODEL, wanted.root_pos, wanted.root_rot, wanted.joint_rot)
    for name in ("a.bvh", "a.glb"):
        got = read(tmp_path / name)
        assert got.remarks == (OURS,)
        now = got.clip
        assert now.fps == pytest.approx(clip.fps, rel=1e-4)
        assert now.num_frames == clip.num_frames
        poses = body_poses(MODEL, now.root_pos, now.root_rot, now.joint_rot)
        assert np.linalg.norm(poses.pos - then.pos, axis=-1).max() < 0.002
        assert np.degrees(rotation.angle_between(poses.rot, then.rot)).max() < 0.1


def test_options_that_contradict_it_count(tmp_path: Path) -> None:
    (tmp_path / "a.bvh").write_text(bvh_export.text(Recording.of_clip(MotionClip.load("bow"))))
    assert OURS not in read(tmp_path / "a.bvh", ImportOptions(up="y")).remarks
    assert read(tmp_path / "a.bvh", ImportOptions(source_fps=15.0)).clip.fps == 15.0
    half = read(tmp_path / "a.bvh", ImportOptions(start=1.0, end=2.0, fps=15.0)).clip
    assert half.num_frames == 16
    assert half.fps == pytest.approx(15.0)
