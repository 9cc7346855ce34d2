"""References: clips under a character, joined from where he is, headings of bodies that lie."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from game.play.clip_sampler import ClipSampler, Placement
from game.play.reference import ClipStream, HeldStream, JoinedStream, aligned_heading
from game.sim import kinematics, rotation
from game.sim.model import CharacterModel
from game.sim.motion import MotionClip
from game.sim.state import CharacterState

HZ = 30
AHEAD = np.array([0.0, 1.0, 2.0, 4.0, 8.0, 16.0, 1.75]) / HZ


@pytest.fixture(scope="module")
def walk() -> ClipSampler:
    return ClipSampler(MotionClip.load("walk"))


@pytest.mark.parametrize("name", ["walk", "getup_faceup", "spin", "crawl_mended", "cartwheel_mended"])
def test_a_sampler_agrees_with_the_clip(name: str) -> None:
    clip = MotionClip.load(name).placed()
    times = np.array([0.0, 0.013, 0.5, 1.0, 1.5, 2.5, 4.1, 9.0])
    heading, place = 0.7, np.array([1.0, -2.0, 0.0])
    expected = clip.sample(times).moved(np.zeros(3), heading).moved(place)
    found = ClipSampler(clip).poses(times, Placement(1.0, -2.0, heading))
    np.testing.assert_allclose(found.root_pos, expected.root_pos, atol=1e-9)
    for a, b in ((found.root_rot, expected.root_rot), (found.joint_rot, expected.joint_rot)):
        assert np.max(rotation.angle_between(a, b)) < 1e-5


def test_the_heading_of_an_upright_body_is_its_turn() -> None:
    reference = rotation.from_rotvec(np.array([0.1, 0.2, 0.0]))
    turned = rotation.multiply(rotation.from_heading(1.2), reference)
    assert aligned_heading(turned, reference) == pytest.approx(1.2)


@pytest.mark.parametrize("roll", np.linspace(-0.4, 0.4, 5))
def test_the_heading_of_a_lying_body_does_not_jump(roll: float) -> None:
    """On his back the x axis points up and its heading is chance: a hair of roll turns it right round."""
    lying = rotation.from_axis_angle((0.0, 1.0, 0.0), -0.5 * np.pi)
    tilted = rotation.multiply(rotation.from_axis_angle((1.0, 0.0, 0.0), roll), lying)
    tilted = rotation.multiply(rotation.from_heading(0.5), tilted)
    assert aligned_heading(tilted, lying) == pytest.approx(0.5, abs=0.01)


def at(place: np.ndarray) -> CharacterState:
    """Of who stands with his root somewhere."""
    return replace(kinematics.standing_state(CharacterModel.load()), root_pos=place)


def test_a_clip_begins_under_the_character(walk: ClipSampler) -> None:
    root_pos, root_rot = np.array([3.0, -1.0, 0.4]), rotation.from_heading(2.0)
    stream = ClipStream(walk, HZ, root_pos, root_rot, phase=0.25)
    pose = stream.poses(np.zeros(1))
    np.testing.assert_allclose(pose.root_pos[0, :2], root_pos[:2], atol=1e-9)
    assert aligned_heading(root_rot, pose.root_rot[0]) == pytest.approx(0.0, abs=1e-9)


def test_a_loop_is_put_under_him_anew_every_cycle(walk: ClipSampler) -> None:
    stream = ClipStream(walk, HZ, np.zeros(3), rotation.IDENTITY, cycles=2)
    here = np.array([5.0, 5.0, 0.9])
    ticks = int(walk.duration * HZ) + 1
    for _ in range(ticks - 1):
        stream.advance(at(here))
    assert stream.poses(np.zeros(1)).root_pos[0, 0] < 2.0
    stream.advance(at(here))
    np.testing.assert_allclose(stream.poses(np.zeros(1)).root_pos[0, :2], here[:2], atol=1e-9)
    assert not stream.finished
    for _ in range(ticks):
        stream.advance(at(here))
    assert stream.finished


def test_a_clip_that_ends_is_finished_and_holds_its_last_pose() -> None:
    sampler = ClipSampler(MotionClip.load("getup_faceup"))
    stream = ClipStream(sampler, HZ, np.zeros(3), rotation.IDENTITY)
    for _ in range(int(sampler.duration * HZ) + 1):
        assert not stream.finished
        stream.advance(at(np.ones(3)))
    assert stream.finished
    pose = stream.poses(AHEAD)
    np.testing.assert_allclose(pose.root_pos, np.repeat(pose.root_pos[:1], len(AHEAD), axis=0), atol=1e-9)


def moving_state(model: CharacterModel) -> CharacterState:
    rng = np.random.default_rng(3)
    joints = rotation.from_rotvec(rng.normal(0.0, 0.3, (model.num_joints, 3)))
    return CharacterState(
        np.array([1.0, 2.0, 0.7]), rotation.from_rotvec(np.array([0.2, 0.1, 0.9])), joints,
        np.array([1.5, -0.5, 0.2]), np.array([0.3, 0.0, -0.5]), rng.normal(0.0, 0.5, (model.num_joints, 3)),
    )  # fmt: skip


def test_a_joined_stream_begins_in_his_pose_and_with_his_velocity(walk: ClipSampler) -> None:
    state = moving_state(CharacterModel.load())
    own = ClipStream(walk, HZ, state.root_pos, state.root_rot)
    joined = JoinedStream(own, state, HZ)
    h = 1e-4
    now = joined.poses(np.array([0.0, h]))
    np.testing.assert_allclose(now.root_pos[0], state.root_pos, atol=1e-9)
    assert rotation.angle_between(now.root_rot[0], state.root_rot) < 1e-6
    assert np.max(rotation.angle_between(now.joint_rot[0], state.joint_rot)) < 1e-6
    velocity = (now.root_pos[1] - now.root_pos[0]) / h
    # the clip's own velocity is a difference over a quarter of a tick
    np.testing.assert_allclose(velocity, state.root_vel, atol=0.05)


def test_a_joined_stream_becomes_the_stream_itself(walk: ClipSampler) -> None:
    state = moving_state(CharacterModel.load())
    own = ClipStream(walk, HZ, state.root_pos, state.root_rot)
    joined = JoinedStream(own, state, HZ, seconds=0.4)
    before = joined.poses(np.array([0.4]))
    for _ in range(12):
        joined.advance(state)
    after = joined.poses(np.zeros(1))
    np.testing.assert_allclose(after.root_pos, before.root_pos, atol=1e-9)
    np.testing.assert_allclose(after.joint_rot, own.poses(np.zeros(1)).joint_rot)


def test_a_held_pose_stays() -> None:
    state = moving_state(CharacterModel.load())
    held = HeldStream(state.root_pos, state.root_rot, state.joint_rot)
    held.shift(np.array([1.0, 0.0]))
    assert held.finished
    np.testing.assert_allclose(held.poses(AHEAD).root_pos[3], [2.0, 2.0, 0.7])
