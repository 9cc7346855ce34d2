"""Our torques against PyBullet's own STABLE_PD_CONTROL, on the same body in the same state."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pybullet_data
import pytest

from game.sim import rotation, stable_pd
from game.sim.bullet import BulletEngine, open_world
from game.sim.bullet.c_api import quiet
from game.sim.joint_layout import JointLayout
from game.sim.model import CharacterModel, Shape
from game.sim.motion import MotionClip
from game.sim.state import CharacterState
from game.sim.world import World

with quiet():
    import pybullet as pb

MODEL = CharacterModel.load()
SUBSTEP = replace(MODEL, control_hz=MODEL.physics_hz)
"""the same body, one physics step a tick"""
LAYOUT = JointLayout(MODEL)
States = Callable[[np.random.Generator, int], tuple[CharacterState, np.ndarray]]


def wild_states(rng: np.random.Generator, n: int) -> tuple[CharacterState, np.ndarray]:
    """Random states high above the floor, and random targets (n, J, 4)."""

    def turns(*shape: int) -> np.ndarray:
        return rotation.normalize(rng.normal(size=(*shape, 4)))

    joint_rot, target = turns(n, MODEL.num_joints), turns(n, MODEL.num_joints)
    joint_vel = 5.0 * rng.normal(size=(n, MODEL.num_joints, 3))
    for j, (hinge, (low, high)) in enumerate(zip(MODEL.joint_is_hinge, MODEL.joint_limits, strict=True)):
        if hinge:
            for array in (joint_rot, target):
                array[:, j] = rotation.from_axis_angle((0, 1, 0), rng.uniform(low + 0.2, high - 0.2, n))
            joint_vel[:, j, [0, 2]] = 0.0
    root_pos = np.tile([0.0, 0.0, 5.0], (n, 1))
    state = CharacterState(
        root_pos, turns(n), joint_rot, 3.0 * rng.normal(size=(n, 3)), 4.0 * rng.normal(size=(n, 3)), joint_vel
    )
    return state, target


def clip_states(rng: np.random.Generator, n: int) -> tuple[CharacterState, np.ndarray]:
    clip = MotionClip.load("backflip")
    time = rng.uniform(0.0, clip.duration, n)
    return clip.sample(time).moved(np.array([0.0, 0.0, 2.0])), clip.sample(time + 0.1).joint_rot


class Original:
    """PyBullet's humanoid under its own STABLE_PD_CONTROL.

    That controller takes every hinge to turn about z, so it is right for its own y-up body alone. The two are the same
    body: (x, y, z) of ours is (x, z, -y) there, and a hinge about our y turns the other way about its z. Neither
    collides with itself here: which way Bullet's friction acts first depends on the axes, not on the controller.
    """

    LINKS = (1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13)

    def __init__(self) -> None:
        self.client = pb.connect(pb.DIRECT)
        pb.setPhysicsEngineParameter(fixedTimeStep=1 / 240, numSolverIterations=10, physicsClientId=self.client)
        pb.setGravity(0, -9.8, 0, physicsClientId=self.client)
        urdf = str(Path(pybullet_data.getDataPath()) / "humanoid" / "humanoid.urdf")
        flags = (
            pb.URDF_MAINTAIN_LINK_ORDER | pb.URDF_USE_SELF_COLLISION | pb.URDF_USE_SELF_COLLISION_EXCLUDE_ALL_PARENTS
        )
        self.body = pb.loadURDF(urdf, globalScaling=0.25, flags=flags, physicsClientId=self.client)
        for link in range(-1, MODEL.num_bodies):
            pb.changeDynamics(
                self.body, link, lateralFriction=MODEL.friction, linearDamping=0, angularDamping=0, jointDamping=0,
                physicsClientId=self.client,
            )  # fmt: skip
        for link in range(-1, MODEL.num_bodies):
            pb.setCollisionFilterGroupMask(self.body, link, 0, 0, self.client)
        for link, hinge in zip(self.LINKS, MODEL.joint_is_hinge, strict=True):
            if hinge:
                pb.setJointMotorControl2(self.body, link, pb.VELOCITY_CONTROL, force=0, physicsClientId=self.client)
            else:
                pb.setJointMotorControlMultiDof(
                    self.body, link, pb.POSITION_CONTROL, targetPosition=[0, 0, 0, 1], positionGain=0,
                    velocityGain=0, force=[0, 0, 0], physicsClientId=self.client,
                )  # fmt: skip

    def velocities_after_substep(self, state: CharacterState, target: np.ndarray) -> np.ndarray:
        """Of one state and targets (J, 4), in our frames: root linear, angular, joints."""
        client, widths = self.client, [1 if hinge else 3 for hinge in MODEL.joint_is_hinge]
        pb.resetBasePositionAndOrientation(self.body, there(state.root_pos), there(state.root_rot), client)
        pb.resetBaseVelocity(self.body, there(state.root_vel), there(state.root_ang_vel), physicsClientId=client)
        pb.resetJointStatesMultiDof(
            self.body, self.LINKS, self.joints(state.joint_rot), self.rates(state.joint_vel), physicsClientId=client
        )
        pb.setJointMotorControlMultiDofArray(
            self.body,
            self.LINKS,
            pb.STABLE_PD_CONTROL,
            targetPositions=self.joints(target),
            targetVelocities=[[0.0] * w for w in widths],
            forces=[[limit] * w for limit, w in zip(MODEL.torque_limit, widths, strict=True)],
            positionGains=MODEL.kp.tolist(),
            velocityGains=MODEL.kd.tolist(),
            physicsClientId=client,
        )
        pb.stepSimulation(client)
        linear, angular = pb.getBaseVelocity(self.body, client)
        joints = [j[1] for j in pb.getJointStatesMultiDof(self.body, self.LINKS, client)]
        joint_vel = [[0.0, -v[0], 0.0] if len(v) == 1 else here(v) for v in joints]
        return np.concatenate([here(linear), here(angular), np.ravel(joint_vel)])

    @staticmethod
    def joints(joint_rot: np.ndarray) -> list[list[float]]:
        q = LAYOUT.pack_rotations(joint_rot[None])[0]
        rows = [q[s] for s in LAYOUT.q_slices]
        return [[-float(r[0])] if len(r) == 1 else there(r) for r in rows]

    @staticmethod
    def rates(joint_vel: np.ndarray) -> list[list[float]]:
        return [[-float(v[1])] if h else there(v) for v, h in zip(joint_vel, MODEL.joint_is_hinge, strict=True)]


def there(v: np.ndarray) -> list[float]:
    """(x, y, z[, w]) of ours -> (x, z, -y[, w])."""
    return [float(v[0]), float(v[2]), -float(v[1]), *(float(w) for w in v[3:])]


def here(v: Sequence[float]) -> np.ndarray:
    return np.array([v[0], -v[2], v[1]])


def velocities_after_our_substep(world: World, state: CharacterState, target: np.ndarray) -> np.ndarray:
    world.reset([0], state[None])
    world.step(target[None])
    return np.concatenate([world.state.root_vel[0], world.state.root_ang_vel[0], world.state.joint_vel[0].ravel()])


@pytest.mark.parametrize("states", [clip_states, wild_states])
def test_one_substep_equals_bullets_controller(states: States) -> None:
    state, target = states(np.random.default_rng(7), 40)
    with quiet():
        original = Original()
    differences, effects = [], []
    engine = BulletEngine(SUBSTEP)
    with World(engine) as world:
        world.add_character()
        for link in range(-1, MODEL.num_bodies):
            engine.client.set_filter(engine.characters[0].bullet_id, link, 0, 0)
        for k in range(len(target)):
            theirs = original.velocities_after_substep(state[k], target[k])
            ours = velocities_after_our_substep(world, state[k], target[k])
            differences.append(np.abs(ours - theirs).max())
            effects.append(np.abs(theirs[6:] - state.joint_vel[k].ravel()).max())
    pb.disconnect(original.client)
    assert max(effects) > 1.0  # rad/s: the torques do something
    assert max(differences) < 1e-4


@pytest.mark.parametrize("characters", [1, 3])
def test_the_inner_loop_rounds_as_the_controller_itself_does(characters: int) -> None:
    """Bit for bit: trained policies live on it, and so do takes. Code that is compiled into its caller rounds anew."""
    state, target = wild_states(np.random.default_rng(5), characters)
    with open_world(SUBSTEP) as world:
        for _ in range(characters):
            world.add_character((2.0 * world.num_characters, 0.0))
        world.reset(range(characters), state)
        before, out = world.engine.states.table.copy(), np.zeros((characters, LAYOUT.num_v))
        world.step(target)
        torque = world.engine.torque.copy()
    ends = np.cumsum([0, 3, 4, 3, 3, LAYOUT.num_q, LAYOUT.num_v])
    _, root_rot, _, root_ang_vel, q, qd = (before[:, a:b] for a, b in pairwise(ends))
    gains = [np.tile(gain, (characters, 1)) for gain in (MODEL.kp, MODEL.kd, MODEL.torque_limit)]
    wanted = LAYOUT.pack_rotations(target)
    stable_pd.torques(LAYOUT.tree, world.dt, root_rot, root_ang_vel, q, qd, wanted, *gains, out)  # type: ignore[call-arg]
    np.testing.assert_array_equal(torque, out)


def test_capsule_inertia_is_bullets_not_the_exact_one() -> None:
    # by hand: r = 1, h = 2, unit density scaled to mass 1: cylinder 2 pi of (2 + 4/3) pi = 0.6, caps 0.2 each
    inertia = stable_pd.shape_inertia(Shape("capsule", (1.0, 2.0), (0.0, 0.0, 0.0)), 1.0)
    across = 0.6 * (0.25 + 4.0 / 12.0) + 2 * 0.2 * (0.4 + 0.75 + 2.0)
    np.testing.assert_allclose(inertia, [across, across, 0.3 + 0.16])


def test_no_strength_no_torque() -> None:
    state, target = wild_states(np.random.default_rng(1), 3)
    out = np.full((3, LAYOUT.num_v), np.nan)
    zero = np.zeros((3, MODEL.num_joints))
    stable_pd.torques(
        LAYOUT.tree, 1 / 240, state.root_rot, state.root_ang_vel,
        LAYOUT.pack_rotations(state.joint_rot), LAYOUT.pack_velocities(state.joint_vel),
        LAYOUT.pack_rotations(target), zero, zero, zero, out,
    )  # fmt: skip
    np.testing.assert_array_equal(out, 0.0)
