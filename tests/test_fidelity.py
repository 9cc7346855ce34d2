"""A clip is compared with its source: what follows is green, what was mistaken is red or refused."""

from dataclasses import replace

import numpy as np
import pytest

from game.sim import rotation
from game.sim.motion import ClipError, MotionClip
from tests.support.foreign_rigs import BODIES, MODEL, rig
from tools.clip_clinic.checks import ClipReport
from tools.clip_clinic.edit import cut, mirrored
from tools.import_motion.fidelity import compare
from tools.import_motion.mapping import guess
from tools.import_motion.source import SourceMotion

WALK = cut(MotionClip.load("walk"), 0.0, 1.2)


def source(clip: MotionClip, size: float = 1.0) -> SourceMotion:
    """A clip as a file would hold it, z up, `size` times as large."""
    r = rig(clip, "cmu", turn=rotation.IDENTITY)
    return SourceMotion(
        "a", clip.fps, r.names, MODEL.body_parent, r.rest_pos, r.rest_rot, size * r.pos, r.rot
    )  # fmt: skip


def of(clip: MotionClip, motion: SourceMotion, scale: float = 1.0) -> ClipReport:
    return compare(clip, motion, guess(motion), scale)


def turned_at(joint: str, degrees: float) -> MotionClip:
    """The walk with one joint turned about x by so much in every frame."""
    joint_rot = WALK.joint_rot.copy()
    by = rotation.from_axis_angle((1.0, 0.0, 0.0), np.radians(degrees))
    index = MODEL.joint(joint)
    joint_rot[:, index] = rotation.multiply(np.broadcast_to(by, joint_rot[:, index].shape), joint_rot[:, index])
    return replace(WALK, joint_rot=joint_rot)


def test_the_same_motion_is_green() -> None:
    report = of(WALK, source(WALK, 100.0), 0.01)
    assert report.verdict == "green"
    assert all(check.value < 0.01 for check in report.checks)


def test_a_leg_that_is_off_is_named() -> None:
    report = of(turned_at("left_hip", 25.0), source(WALK))
    check = report["bones off"]
    # a rotation about x by 25 degrees moves the hanging thigh by nearly as much
    assert 20.0 < check.value <= 25.0
    assert check.verdict == "amber"
    assert check.note.startswith("left")
    assert of(turned_at("left_hip", 45.0), source(WALK)).verdict == "red"


def test_a_torso_that_is_off() -> None:
    report = of(turned_at("chest", 40.0), source(WALK))
    # the torso's joint lies halfway: the line from hips to shoulders leans by half as much
    assert 15.0 < report["torso off"].value < 30.0
    assert report["shoulders off"].verdict == "amber"


def test_upside_down_and_back_to_front_are_refused() -> None:
    over = np.broadcast_to(rotation.from_axis_angle((1.0, 0.0, 0.0), np.pi), WALK.root_rot.shape)
    with pytest.raises(ClipError, match=r"would not be the file's motion: .* degrees.*--mapping"):
        of(replace(WALK, root_rot=rotation.multiply(WALK.root_rot, over)), source(WALK))
    with pytest.raises(ClipError, match="hip axis off by 1"):
        of(replace(WALK, root_rot=rotation.multiply(WALK.root_rot, rotation.from_heading(np.full(1, np.pi)))),
           source(WALK))  # fmt: skip


def test_another_speed_is_red() -> None:
    fast = replace(WALK, root_pos=WALK.root_pos * [2.0, 2.0, 1.0])
    assert of(fast, source(WALK))["speed off"].value == pytest.approx(100.0, rel=0.1)


def test_a_mirrored_clip_is_no_copy() -> None:
    clip = cut(MotionClip.load("kick"), 0.0, 1.0)
    with pytest.raises(ClipError):
        of(mirrored(clip), source(clip))
    assert BODIES  # the rig and our model are one
