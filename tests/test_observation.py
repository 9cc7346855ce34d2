"""What policies see: by hand, and in any choice of inputs."""

from __future__ import annotations

import numpy as np

from game.policy.anchor import Anchor, from_anchor
from game.policy.observation import SHAPES, Observation, fill, observe, shapes_for
from game.sim import kinematics, rotation
from game.sim.kinematics import BodyPoses, BodyVelocities
from game.sim.model import CharacterModel
from game.sim.state import CharacterState

MODEL = CharacterModel.load()
GRAVITY = np.array([9.8, 0.0, 0.0])


def moving(m: int) -> tuple[CharacterState, BodyPoses, BodyVelocities]:
    rng = np.random.default_rng(m)
    joints = MODEL.num_joints
    state = CharacterState(
        rng.normal(size=(m, 3)), rotation.normalize(rng.normal(size=(m, 4))),
        rotation.normalize(rng.normal(size=(m, joints, 4))), rng.normal(size=(m, 3)), rng.normal(size=(m, 3)),
        rng.normal(size=(m, joints, 3)),
    )  # fmt: skip
    poses = kinematics.body_poses(MODEL, state.root_pos, state.root_rot, state.joint_rot)
    speeds = kinematics.body_velocities(MODEL, poses, state.root_vel, state.root_ang_vel, state.joint_vel)
    return state, poses, speeds


def test_every_input_has_a_shape_and_a_place() -> None:
    assert tuple(SHAPES) == Observation._fields


def test_an_anchor_that_faces_y_by_hand() -> None:
    """What lies along y is ahead (x), what lies along x is to the right (-y); heights and joints stay."""
    state, poses, velocities = moving(1)
    state.root_pos[:], state.root_vel[:] = [[1.0, 5.0, 0.9]], [[0.0, 2.0, 3.0]]
    state.root_rot[:] = rotation.from_heading(np.array([0.5 * np.pi]))
    seen = observe([Anchor(1.0, 2.0, 0.5 * np.pi)], state, poses, velocities, GRAVITY, np.array([0.25]))
    np.testing.assert_allclose(seen["root_pos"], [[3.0, 0.0, 0.9]], atol=1e-6)
    np.testing.assert_allclose(seen["root_rot"], [rotation.IDENTITY], atol=1e-6)
    np.testing.assert_allclose(seen["root_vel"], [[2.0, 0.0, 3.0]], atol=1e-6)
    np.testing.assert_allclose(seen["gravity"], [[0.0, -9.8, 0.0]], atol=1e-6)
    np.testing.assert_array_equal(seen["joint_rot"], state.joint_rot.astype(np.float32))
    np.testing.assert_array_equal(seen["time"], [0.25])


def test_bodies_come_back_from_the_anchor() -> None:
    state, poses, velocities = moving(3)
    anchors = [Anchor(0.3, -2.0, 2.5), Anchor(0.0, 0.0, -0.4), Anchor(5.0, 1.0, 0.0)]
    seen = observe(anchors, state, poses, velocities, GRAVITY, np.zeros(3))
    back = from_anchor(anchors, BodyPoses(seen["body_pos"].astype(float), seen["body_rot"].astype(float)))
    np.testing.assert_allclose(back.pos, poses.pos, atol=1e-5)
    np.testing.assert_allclose(rotation.angle_between(back.rot, poses.rot), 0.0, atol=2e-3)


def test_a_choice_of_inputs_is_as_in_the_whole() -> None:
    state, poses, velocities = moving(4)
    rest = ([Anchor(0.1 * k, 0.0, k) for k in range(4)], state, poses, velocities, GRAVITY, np.arange(4.0))
    every = observe(*rest)
    for name in SHAPES:
        alone = observe(*rest, names=(name,))
        assert list(alone) == [name]
        np.testing.assert_array_equal(alone[name], every[name])


def test_each_character_may_have_a_gravity_of_its_own() -> None:
    state, poses, velocities = moving(2)
    gravity = np.array([[0.0, 0.0, -9.8], [1.0, 0.0, 0.0]])
    inputs = {"gravity": np.zeros((2, *shapes_for(MODEL.num_joints, MODEL.num_bodies)["gravity"]), np.float32)}
    world = Observation.of(state, poses, velocities, gravity, np.zeros(2))
    fill(np.array([[0.0, 0.0, 0.0], [0.0, 0.0, np.pi]]), world, Observation.to_fill(inputs))
    np.testing.assert_allclose(inputs["gravity"], [[0.0, 0.0, -9.8], [-1.0, 0.0, 0.0]], atol=1e-6)
