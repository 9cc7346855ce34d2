"""A clip that does not loop ends in a stand: settled, cut where a step begins, or left alone."""

from dataclasses import replace

import numpy as np
import pytest

from game.sim import kinematics, rotation
from game.sim.model import CharacterModel
from game.sim.motion import MotionClip
from tools.clip_clinic.endings import AHEAD, SETTLE, come_to_stand
from tools.clip_clinic.feet import sole_corners
from tools.clip_clinic.fixes import mend
from tools.clip_clinic.flight import poses_of

MODEL = CharacterModel.load()
UPRIGHT = 0.421546 + 0.40987 + 0.05
"""m, root over the floor with straight legs: thigh, shin, and the sole under the ankle (0.0225 + 0.0275)."""
FPS = 60.0


def shifted(x: np.ndarray) -> MotionClip:
    """Somebody stiff whose root is at x (F,), on the floor."""
    frames = len(x)
    root = np.stack([x, np.zeros(frames), np.full(frames, UPRIGHT - 0.02)], axis=-1)
    still = np.tile(rotation.IDENTITY, (frames, MODEL.num_joints, 1))
    return MotionClip("stiff", FPS, False, root, still[:, 0].copy(), still)


def speed(clip: MotionClip) -> np.ndarray:
    """(F - 1,) m/s of the centre of mass."""
    com = kinematics.center_of_mass(MODEL, poses_of(clip))
    return np.asarray(np.linalg.norm(np.diff(com, axis=0), axis=-1) * clip.fps)


def test_a_kick_ends_on_flat_soles_over_its_feet() -> None:
    kick, _ = mend(MotionClip.load("kick"))
    settled, (said,) = come_to_stand(kick)
    assert said == f"let him come to a stand in {SETTLE:g} s"
    assert settled.duration == pytest.approx(kick.duration + SETTLE, abs=0.5 / kick.fps)
    kept = kick.num_frames
    assert np.array_equal(settled.joint_rot[:kept], kick.joint_rot)
    poses = poses_of(settled)
    assert sole_corners(MODEL, poses)[-1, ..., 2] == pytest.approx(0.0, abs=1e-3)
    over = kinematics.center_of_mass(MODEL, poses)[-1] - poses.pos[-1, list(MODEL.feet)].mean(axis=0)
    assert np.linalg.norm(over[:2]) == pytest.approx(AHEAD, abs=2e-3)
    assert speed(settled)[-1] < 0.01
    # no jerk where the two meet: no joint turns faster there than the kick itself does
    rates = rotation.angle_between(settled.joint_rot[:-1], settled.joint_rot[1:]) * settled.fps
    assert rates[kept - 1 :].max() < rates[: kept - 1].max()
    # it is done once
    assert come_to_stand(settled) == (settled, ())


def test_a_step_that_begins_at_the_end_is_cut_off() -> None:
    """He stands for a second, then is carried off ever faster, ankles and all: 0.3 s later at 0.9 m/s."""
    time = np.arange(0.0, 1.3, 1.0 / FPS)
    clip = shifted(1.5 * np.maximum(0.0, time - 1.0) ** 2)
    settled, (said,) = come_to_stand(clip)
    assert said.startswith("cut the last 0.") and "beginning of a step" in said
    cut = clip.duration + SETTLE - settled.duration
    # at 3 m/s2 the capture point, v / 3.4 s ahead, passes the toes, some 0.14 m before the ankles, within 0.2 s
    assert 0.05 < cut < 0.25
    assert speed(settled)[-1] < 0.01


def test_what_needs_no_end_or_can_have_none_is_left_alone() -> None:
    standing = shifted(np.zeros(60))
    assert come_to_stand(standing) == (standing, ())
    # at 1.2 m/s nobody stops within his feet
    sliding = shifted(1.2 * np.arange(60) / FPS)
    assert come_to_stand(sliding) == (sliding, ())
    loop = MotionClip.load("walk")
    assert come_to_stand(loop) == (loop, ())
    lying = replace(standing, root_pos=standing.root_pos * [1.0, 1.0, 0.2])
    assert come_to_stand(lying) == (lying, ())
