"""Joints that nobody drives: they keep to a human's limits, and come to rest."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from game.sim import rotation
from game.sim.bullet import open_world
from tests.support.small_policy import MODEL


def fall(seed: int, *, free: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A limp body falls, turned at random; its joint rotations (T, J, 4) and where its bodies are at 5 s and 9 s."""
    random = np.random.default_rng(seed)
    axis = random.normal(size=3)
    with open_world(MODEL) as world:
        world.add_character()
        turn = rotation.from_axis_angle(axis / np.linalg.norm(axis), random.uniform(-2.0, 2.0))
        state = replace(world.standing((0.0, 0.0)), root_pos=np.array([0.0, 0.0, 1.4]), root_rot=turn)
        world.reset([0], state[None])
        world.strength[:] = 0.0
        world.free_joints[:] = free
        joints, places = [], []
        for tick in range(270):
            world.step(state.joint_rot[None])
            joints.append(world.state.joint_rot[0])
            if tick in (149, 269):
                places.append(world.body_poses.pos[0].copy())
    return np.array(joints), places[0], places[1]


def test_a_limp_body_bends_as_a_person_does_and_comes_to_rest() -> None:
    limits = MODEL.roles.limp
    for seed in (0, 3):
        joints, early, late = fall(seed, free=False)
        turned = rotation.to_rotvec(joints[-1])
        turned[MODEL.joint_is_hinge] *= [0.0, 1.0, 0.0]
        beyond = np.maximum(limits.low - turned, turned - limits.high).max(axis=1)
        assert np.degrees(beyond.max()) < 20.0, MODEL.joint_names[int(beyond.argmax())]
        assert np.degrees(np.linalg.norm(rotation.to_rotvec(joints), axis=-1)[:, MODEL.joint_is_hinge]).max() < 170.0
        assert np.abs(late - early).max() < 0.01


def test_free_joints_turn_as_they_did_in_old_takes() -> None:
    joints, _, _ = fall(3, free=True)
    assert np.degrees(np.linalg.norm(rotation.to_rotvec(joints), axis=-1)).max() > 170.0


def test_the_sides_have_mirrored_limits() -> None:
    limits, other = MODEL.roles.limp, MODEL.roles.opposite_joint
    mirror = np.array([-1.0, 1.0, -1.0])
    np.testing.assert_allclose(np.minimum(limits.low * mirror, limits.high * mirror), limits.low[other])
    np.testing.assert_allclose(limits.friction, limits.friction[other])


@pytest.mark.parametrize("strength", [0.25, 1.0])
def test_a_joint_with_strength_is_left_to_its_policy(strength: float) -> None:
    ends = []
    for free in (True, False):
        with open_world(MODEL) as world:
            world.add_character()
            world.strength[:], world.free_joints[:] = strength, free
            for _ in range(20):
                world.step(world.standing((0.0, 0.0)).joint_rot[None])
            ends.append(world.state_bytes)
    assert ends[0] == ends[1]
