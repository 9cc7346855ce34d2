"""Which way is up, of people who lie, crawl, flip, walk and stand on their hands."""

from dataclasses import replace

import numpy as np
import pytest

from game.sim import rotation
from game.sim.motion import MotionClip
from tests.support.foreign_rigs import MODEL, Y_UP, rig
from tools.clip_clinic.edit import cut
from tools.import_motion.mapping import guess
from tools.import_motion.source import SourceMotion
from tools.import_motion.up_axis import upright

X_UP = rotation.from_axis_angle((0.0, 1.0, 0.0), np.pi / 2)


def motion(clip: MotionClip, turn: np.ndarray, *, usual_up: str = "y", rest_in_file: bool = True) -> SourceMotion:
    r = rig(clip, "cmu", turn=turn)
    return SourceMotion(
        "a", clip.fps, r.names, MODEL.body_parent, r.rest_pos, r.rest_rot, r.pos, r.rot, usual_up=usual_up,
        rest_in_file=rest_in_file,
    )  # fmt: skip


def lying(clip: MotionClip) -> MotionClip:
    """The same turned onto its back, 15 cm above the floor."""
    turn = np.broadcast_to(rotation.from_axis_angle((0.0, 1.0, 0.0), -np.pi / 2), clip.root_rot.shape)
    place = clip.root_pos * [1.0, 1.0, 0.0] * 0.05 + [0.0, 0.0, 0.15]
    return replace(clip, root_pos=place, root_rot=rotation.multiply(turn, clip.root_rot))


def up_of(source: SourceMotion) -> str:
    turned, said = upright(source, guess(source))
    name = said.partition(" ")[0]
    # the name and the turn agree: what was up in the file is z now
    axis = np.eye(3)["xyz".index(name[-1])] * (-1.0 if name[0] == "-" else 1.0)
    assert turned.pos[5, 3] @ [0.0, 0.0, 1.0] == pytest.approx(source.pos[5, 3] @ axis)
    return name


@pytest.mark.parametrize("name", ["walk", "backflip", "cartwheel", "crawl", "getup_facedown", "roll", "idle"])
@pytest.mark.parametrize("heading", [0.0, 1.6, 3.1])
def test_y_up(name: str, heading: float) -> None:
    turn = rotation.multiply(Y_UP, rotation.from_heading(heading))
    assert up_of(motion(MotionClip.load(name), turn)) == "y"


@pytest.mark.parametrize("name", ["walk", "backflip", "idle", "spinkick", "jump"])
def test_z_up(name: str) -> None:
    assert up_of(motion(MotionClip.load(name), rotation.from_heading(1.0))) == "z"


@pytest.mark.parametrize("rest_in_file", [True, False])
def test_who_lies_all_the_time_keeps_the_usual_axis(rest_in_file: bool) -> None:
    clip = lying(cut(MotionClip.load("idle"), 0.0, 2.0))
    for turn, usual in ((Y_UP, "y"), (rotation.IDENTITY, "z")):
        assert up_of(motion(clip, turn, usual_up=usual, rest_in_file=rest_in_file)) == usual


def test_who_stands_still_on_a_floor_at_0_stands() -> None:
    """With a rest pose along y and a motion along z, as some files have it."""
    clip = cut(MotionClip.load("idle"), 0.0, 1.0)
    still, moving = motion(clip, Y_UP), motion(clip, rotation.IDENTITY)
    assert up_of(replace(moving, rest_pos=still.rest_pos, rest_rot=still.rest_rot)) == "z"


def test_who_stands_on_his_hands() -> None:
    clip = cut(MotionClip.load("idle"), 0.0, 1.0)
    over = np.broadcast_to(rotation.from_axis_angle((1.0, 0.0, 0.0), np.pi), clip.root_rot.shape)
    assert up_of(motion(replace(clip, root_rot=rotation.multiply(over, clip.root_rot)), Y_UP)) == "y"


def test_smpl_poses_with_y_up_are_seen_to_be_so() -> None:
    """The rest pose of such a file is not its own, and z is usual."""
    clip = MotionClip.load("walk")
    assert up_of(motion(clip, Y_UP, usual_up="z", rest_in_file=False)) == "y"
    assert up_of(motion(clip, rotation.IDENTITY, usual_up="z", rest_in_file=False)) == "z"


def test_a_format_that_says_so_is_believed() -> None:
    clip = MotionClip.load("walk")
    told = replace(motion(clip, Y_UP), up="z")
    assert up_of(told) == "z"
