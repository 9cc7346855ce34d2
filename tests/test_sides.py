"""Left and right the wrong way round: seen by toes, else by bent knees; exchanged, with a word about it."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from game.sim import rotation
from game.sim.kinematics import body_poses
from game.sim.motion import MotionClip
from tests.support.foreign_rigs import MODEL, NAMES, bvh_text, glb_bytes, rig
from tools.clip_clinic.edit import cut
from tools.import_motion.mapping import guess
from tools.import_motion.read import ImportOptions, read
from tools.import_motion.sides import other_side, swapped
from tools.import_motion.source import SourceMotion

AS_IS = ImportOptions(ground=False)


@pytest.mark.parametrize("name", ["walk", "backflip", "crawl", "kick", "run"])
def test_who_is_right_is_left_alone(name: str) -> None:
    """Also whoever walks backward, flips and crawls, however the axes lie."""
    turn = rotation.normalize(np.array([0.3, -0.5, 0.2, 0.7]))
    r = rig(MotionClip.load(name), "cmu", turn=turn)
    for pos in (r.pos, r.pos[::-1]):
        motion = SourceMotion("a", r.fps, r.names, MODEL.body_parent, r.rest_pos, r.rest_rot, pos, r.rot)
        roles = guess(motion)
        assert not swapped(motion, roles)
        assert swapped(motion, other_side(roles))


def test_a_file_with_the_names_exchanged(tmp_path: Path) -> None:
    clip = cut(MotionClip.load("walk"), 0.0, 0.6).placed()
    r = rig(clip, "mixamo")
    other = {name: NAMES["mixamo"][body.replace("right", "?").replace("left", "right").replace("?", "left")]
             for body, name in NAMES["mixamo"].items()}  # fmt: skip
    wrong = replace(r, names=tuple(other[name] for name in r.names))
    (tmp_path / "a.bvh").write_text(bvh_text(wrong))
    (tmp_path / "a.glb").write_bytes(glb_bytes(wrong))
    for file in ("a.bvh", "a.glb"):
        got = read(tmp_path / file, AS_IS)
        assert any("left and right the wrong way round" in remark for remark in got.remarks)
        poses = [body_poses(MODEL, c.root_pos, c.root_rot, c.joint_rot).pos for c in (got.clip, clip)]
        difference = poses[0] - poses[1]
        difference[..., 2] -= difference[..., 2].mean()
        assert np.linalg.norm(difference, axis=-1).max() < 2e-3


def test_exchanging_twice_is_nothing() -> None:
    roles = {"pelvis": "a", "right_hip": "b", "left_hip": "c", "left_toe": "d"}
    assert other_side(roles) == {"pelvis": "a", "left_hip": "b", "right_hip": "c", "right_toe": "d"}
    assert other_side(other_side(roles)) == roles
