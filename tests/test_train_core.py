"""The trainer's parts, each at toy size and against values that were worked out by hand or by the game's own code."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from game.play.initial_state import starting_state
from game.policy.anchor import Anchor
from game.policy.observation import observe
from game.policy.policy import Policy
from game.sim import kinematics, rotation
from game.sim.bullet import open_world
from game.sim.floor_contacts import allowed_contacts
from game.sim.model import CharacterModel
from game.sim.motion import MotionClip
from game.sim.state import CharacterState
from tools.train import checkpoint, clip_states, environment, quaternion, rewards, terminations
from tools.train.average import Average
from tools.train.batched_inputs import anchored
from tools.train.config import ConfigError, TrainConfig
from tools.train.features import PolicyInputs
from tools.train.initial_states import EXPLORED, InitialStates
from tools.train.network import ActorCritic, Normalizer
from tools.train.ppo import PPO, Batch, NonFiniteError, advantages, log_prob
from tools.train.preflight import check
from tools.train.reference_table import Reference, ReferenceTable, ReferenceTrack
from tools.train.rewards import DEEPMIMIC, TRAINING, ImitationReward, TrackedMotion
from tools.train.stages import final_stage

MODEL = CharacterModel.load()
ROOT = Path(__file__).resolve().parent.parent


def quaternions(count: int) -> np.ndarray:
    return rotation.normalize(np.random.default_rng(0).normal(size=(count, 4)))


def test_torch_rotations_are_the_games() -> None:
    a, b = quaternions(8), quaternions(8)[::-1].copy()
    v = np.random.default_rng(1).normal(size=(8, 3))
    ta, tb, tv = (torch.from_numpy(x) for x in (a, b, v))
    np.testing.assert_allclose(quaternion.multiply(ta, tb), rotation.multiply(a, b), atol=1e-12)
    np.testing.assert_allclose(quaternion.rotate(ta, tv), rotation.rotate(a, v), atol=1e-12)
    np.testing.assert_allclose(quaternion.to_rotvec(ta), rotation.to_rotvec(a), atol=1e-12)
    np.testing.assert_allclose(quaternion.from_rotvec(tv), rotation.from_rotvec(v), atol=1e-12)
    axes = rotation.to_matrix(a)
    expected = np.concatenate([axes[:, :, 0], axes[:, :, 1]], axis=1)
    np.testing.assert_allclose(quaternion.tangent_normal(ta), expected, atol=1e-12)


def test_differences_are_seen_from_both_frames() -> None:
    a, b = quaternions(8), quaternions(8)[::-1].copy()
    found = quaternion.differences(torch.from_numpy(a), torch.from_numpy(b))
    np.testing.assert_allclose(found[:, :3], rotation.difference(a, b), atol=1e-12)
    np.testing.assert_allclose(
        found[:, 3:], rotation.to_rotvec(rotation.multiply(b, rotation.conjugate(a))), atol=1e-12
    )


@pytest.mark.parametrize("angle", [1e-30, 1e-9, 1e-4, 3.14159, -3.14159, 3.2, 6.2831])
def test_rotvecs_hold_in_float32_where_they_are_delicate(angle: float) -> None:
    """No turn at all, half a turn, and beyond it, where the shorter way is the other one."""
    about = torch.tensor([0.0, 0.6, 0.8], dtype=torch.float32)
    half = torch.tensor([0.5 * angle], dtype=torch.float64)
    q = torch.cat([about * torch.sin(half), torch.cos(half)]).float()
    expected = about * (angle if abs(angle) <= math.pi else angle - 2.0 * math.pi)
    torch.testing.assert_close(quaternion.to_rotvec(q), expected, rtol=1e-6, atol=1e-6 if abs(angle) > 1.0 else 0.0)
    still = torch.tensor([0.0, 0.0, 0.0, 1.0])
    found = quaternion.differences(still, q)
    torch.testing.assert_close(found[:3], expected, rtol=1e-6, atol=1e-6 if abs(angle) > 1.0 else 0.0)
    torch.testing.assert_close(found[3:], found[:3])
    if abs(angle) <= math.pi:
        torch.testing.assert_close(quaternion.from_rotvec(expected), q, rtol=1e-6, atol=1e-7)


def test_exactly_half_a_turn_is_one_of_the_two_ways() -> None:
    found = quaternion.to_rotvec(torch.tensor([[0.0, 1.0, 0.0, 0.0], [0.0, 1.0, 0.0, -0.0]]))
    torch.testing.assert_close(found.abs(), torch.tensor([[0.0, math.pi, 0.0]] * 2))


def test_rotvec_of_nothing_is_nothing() -> None:
    still = torch.tensor([0.0, 0.0, 0.0, 1.0])
    assert torch.equal(quaternion.to_rotvec(still), torch.zeros(3))
    assert torch.equal(quaternion.from_rotvec(torch.zeros(3)), still)
    assert torch.equal(quaternion.to_rotvec(-still), torch.zeros(3))
    assert torch.equal(quaternion.differences(still, -still), torch.zeros(6))


@pytest.mark.parametrize("name", ["backflip", "walk", "crawl", "getup_facedown"])
def test_reference_samples_like_the_clip(name: str) -> None:
    clip = MotionClip.load(name)
    times = np.linspace(0.0, 1.99 * clip.duration, 97)
    expected = clip.placed().sample(times)
    pose = Reference(clip)(torch.tensor(times, dtype=torch.float32)[:, None])
    np.testing.assert_allclose(pose.root_pos[:, 0], expected.root_pos, atol=2e-4)
    assert rotation.angle_between(pose.root_rot[:, 0].double().numpy(), expected.root_rot).max() < 2e-3
    assert rotation.angle_between(pose.joint_rot[:, 0].double().numpy(), expected.joint_rot).max() < 5e-3


def test_a_cycle_does_not_slip_into_the_next_ones_first_frame() -> None:
    """A loop whose last frame is not quite its first one: the motion jumps at the seam, and does not bend before it."""
    clip = MotionClip.load("run")
    bent = clip.joint_rot.copy()
    bent[-1, 0] = rotation.multiply(bent[-1, 0], rotation.from_rotvec(np.array([0.2, 0.0, 0.0])))
    clip = replace(clip, joint_rot=bent)
    for time in (clip.duration - 1e-4, 2.0 * clip.duration - 1e-3, -1e-4):
        pose = Reference(clip)(torch.tensor([[time]]))
        expected = clip.placed().sample(np.array([time]))
        np.testing.assert_allclose(pose.joint_rot[0], expected.joint_rot, atol=2e-4)
        np.testing.assert_allclose(pose.root_pos[0], expected.root_pos, atol=2e-4)


@pytest.mark.parametrize(("loop", "turns"), [(True, 1.0), (False, 0.5)])
def test_phase_goes_around(loop: bool, turns: float) -> None:
    """Half way through a loop half around the circle, and through what ends a quarter."""
    clip = replace(MotionClip.load("run"), loop=loop)
    phase = Reference(clip)(torch.tensor([[0.5 * clip.duration]])).phase[0, 0]
    angle = turns * math.pi
    expected = [math.sin(angle), math.cos(angle), math.sin(2.0 * angle), math.cos(2.0 * angle)]
    np.testing.assert_allclose(phase, expected, atol=1e-5)


def test_time_wraps_at_cycles_even_where_float32_falls_short() -> None:
    reference = Reference(MotionClip.load("backflip"))
    times = torch.tensor([0.0, 1.0, 1.75, 1.75 * 7 - 1e-5, 1.75 * 7 + 1.0])
    np.testing.assert_allclose(reference.wrap(times), [0.0, 1.0, 0.0, 0.0, 1.0], atol=2e-5)


def test_table_holds_what_the_clip_and_kinematics_say() -> None:
    clip = MotionClip.load("walk")
    times = np.array([0.0, 0.3, 1.1])
    track = ReferenceTable(clip, MODEL)(torch.tensor(times, dtype=torch.float32))
    state = clip.placed().sample(times)
    np.testing.assert_allclose(track.root_vel, state.root_vel, atol=1e-2)
    np.testing.assert_allclose(track.joint_vel, state.joint_vel, atol=0.1)
    np.testing.assert_allclose(track.body_pos[:, 0], state.root_pos, atol=1e-4)


def still_track(count: int = 1) -> ReferenceTrack:
    identity = torch.tensor([0.0, 0.0, 0.0, 1.0])
    return ReferenceTrack(
        root_pos=torch.zeros(count, 3), root_rot=identity.expand(count, 4), joint_rot=identity.expand(count, 12, 4),
        root_vel=torch.zeros(count, 3), root_ang_vel=torch.zeros(count, 3), joint_vel=torch.zeros(count, 12, 3),
        body_pos=torch.zeros(count, 15, 3), com=torch.zeros(count, 3),
    )  # fmt: skip


def test_perfect_imitation_earns_one() -> None:
    track = still_track()
    for table in (TRAINING, DEEPMIMIC):
        reward = ImitationReward(table, MODEL)
        terms = reward(TrackedMotion(*track), track)
        assert torch.equal(terms, torch.ones(1, len(table)))
        assert float(terms @ reward.weights) == pytest.approx(1.0)


def test_reward_terms_by_hand() -> None:
    track = still_track()
    weights = rewards.joint_weights(MODEL)
    knee = MODEL.joint_names.index("right_knee")
    # 0.3 of a sum of 1 + .5 + .3 + 2 (.5 + .3 + .2 + .3 + .2) = 4.8
    assert float(weights[1 + knee]) == pytest.approx(0.3 / 4.8)
    bent = track.joint_rot.clone()
    bent[0, knee] = torch.tensor([0.0, math.sin(0.25), 0.0, math.cos(0.25)])
    velocity = torch.zeros(1, 12, 3)
    velocity[0, knee, 1] = 2.0
    hand = torch.zeros(1, 15, 3)
    hand[0, 8, 0] = 0.2
    motion = TrackedMotion(*track)._replace(
        joint_rot=bent, joint_vel=velocity, body_pos=hand, root_vel=torch.tensor([[0.0, 3.0, 0.0]]),
        com=torch.tensor([[0.1, 0.0, 0.0]]),
    )  # fmt: skip
    terms = ImitationReward(TRAINING, MODEL)(motion, track)[0]
    expected = [
        math.exp(-2.0 * 0.3 / 4.8 * 0.5**2),
        math.exp(-0.05 * 0.3 / 4.8 * 2.0**2),
        math.exp(-10.0 * 0.2**2 / 4),
        math.exp(-8.0 * 0.01 * 3.0**2),
        math.exp(-10.0 * 0.1**2),
    ]
    np.testing.assert_allclose(terms, expected, rtol=1e-5)


def test_drift_can_be_ignored() -> None:
    track = still_track()
    shift = torch.tensor([0.4, -0.3, 0.1])
    moved = TrackedMotion(*track)._replace(
        root_pos=track.root_pos + shift, body_pos=track.body_pos + shift, com=track.com + shift
    )
    ignored = rewards.without_drift(moved, track)
    for array in (ignored.root_pos[0], ignored.body_pos[0, 7], ignored.com[0]):
        np.testing.assert_allclose(array, [0.0, 0.0, 0.1], atol=1e-6)


def test_drift_is_ignored_until_the_final_stage() -> None:
    """Two steps alike but for where the clip has gone in the meantime: nowhere, half a metre and two metres off."""
    config = TrainConfig("walk", worlds=1, ignore_drift=True, start_noise=0.0)
    clip = MotionClip.load("walk").placed()

    def step(final: bool) -> environment.Outcome:
        env = environment.ImitationEnvironment(config, clip, MODEL, 1, 3)
        if final:
            env.stage = final_stage(config, clip, MODEL)
        env.reset(np.arange(3), np.zeros(3))
        env.anchor[:, 0] += [0.0, 0.5, 2.0]
        outcome = env.step(np.tile(clip.joint_rot[0], (3, 1, 1)))
        env.close()
        return outcome

    before, after = step(False), step(True)
    np.testing.assert_allclose(before.terms[1:], before.terms[:1].expand(2, -1), atol=1e-4)
    assert before.terminated.tolist() == [False, False, False]
    assert after.terminated.tolist() == [False, False, True]
    com = [term.name for term in DEEPMIMIC].index("com")
    assert after.terms[0, com] > 0.99
    assert float(after.terms[1, com]) == pytest.approx(math.exp(-10.0 * 0.5**2), rel=0.1)


def test_terminations_by_hand() -> None:
    here = torch.zeros(2, 15, 3)
    there = here.clone()
    there[1, 3] = torch.tensor([0.6, 0.5, 0.0])
    assert terminations.tracking_lost(here, there, 0.75).tolist() == [False, True]
    contact = np.zeros((2, 15), bool)
    contact[0, 5], contact[1, 4] = True, True
    allowed = np.zeros(15, bool)
    allowed[5] = True
    assert terminations.fell(contact, allowed).tolist() == [False, True]


def test_a_clip_allows_what_it_puts_on_the_floor() -> None:
    def names(clip: str) -> set[str]:
        return {MODEL.body_names[b] for b in np.flatnonzero(allowed_contacts(MotionClip.load(clip), MODEL))}

    assert names("backflip") == names("run") == {"right_foot", "left_foot"}
    assert {"right_hand", "left_hand"} <= names("cartwheel") and "head" not in names("cartwheel")
    assert "torso" in names("getup_faceup")


def test_advantages_by_hand() -> None:
    reward = torch.tensor([[1.0], [1.0], [1.0]])
    value = torch.tensor([[0.5], [0.5], [0.5], [2.0]])
    done = torch.tensor([[0.0], [1.0], [0.0]])
    bootstrap = torch.tensor([[0.0], [4.0], [0.0]])
    # step 1 ended by time in a state worth 4; step 2 belongs to the next episode
    expected_2 = 1.0 + 0.9 * 2.0 - 0.5
    expected_1 = 1.0 + 0.9 * 4.0 - 0.5
    expected_0 = 1.0 + 0.9 * 0.5 - 0.5 + 0.9 * 0.8 * expected_1
    found = advantages(reward, value, done, bootstrap, 0.9, 0.8)[:, 0]
    np.testing.assert_allclose(found, [expected_0, expected_1, expected_2], rtol=1e-6)


def test_normalizer_merges_batches_exactly() -> None:
    data = torch.randn(300, 4, generator=torch.Generator().manual_seed(0)) * 3.0 + 1.0
    normalizer = Normalizer(4)
    for part in torch.split(data, 100):
        normalizer.merge(part.mean(0), part.var(0, unbiased=False), len(part))
    np.testing.assert_allclose(normalizer.mean, data.mean(0), atol=1e-5)
    np.testing.assert_allclose(normalizer.var, data.var(0, unbiased=False), rtol=1e-5)


def guess(networks: ActorCritic, ppo: PPO, generator: torch.Generator, std: float = 0.3) -> float:
    """One iteration of a game that pays for actions near twice the observation. Returns the mean reward."""
    observation = torch.rand(9, 64, 1, generator=generator) - 0.5
    with torch.no_grad():
        mean = networks.act(observation[:-1].flatten(0, 1)).view(8, 64, 1)
    action = mean + std * torch.randn(mean.shape, generator=generator)
    spread = torch.full((8, 64), std)
    reward = torch.exp(-4.0 * (action - 2.0 * observation[:-1]).square().sum(-1))
    ones = torch.ones(8, 64)
    ppo.update(Batch(observation, action, spread, log_prob(action, mean, spread), reward, ones, 0 * ones), generator)
    return float(reward.mean())


def test_an_average_forgets_over_its_samples() -> None:
    networks = ActorCritic(3, 2, (4,))
    average, never = Average(networks, 100), Average(networks, 0)
    with torch.no_grad():
        for weight in networks.parameters():
            weight.add_(1.0)
        networks.normalizer.mean.fill_(5.0)
    before = [weight.clone() for weight in average.networks.parameters()]
    average.follow(networks, 100 * math.log(2.0))
    for weight, old in zip(average.networks.parameters(), before, strict=True):
        torch.testing.assert_close(weight, old + 0.5)
    assert average.networks.normalizer.mean.tolist() == [5.0, 5.0, 5.0]
    for each, samples in ((average, math.inf), (never, 1.0)):
        each.follow(networks, samples)
        for weight, latest in zip(each.networks.parameters(), networks.parameters(), strict=True):
            torch.testing.assert_close(weight, latest)


def test_ppo_learns_a_toy_problem() -> None:
    torch.manual_seed(0)
    networks = ActorCritic(1, 1, (32,))
    ppo = PPO(networks, TrainConfig("backflip", minibatch=128, actor_rate=2e-3, actor_rate_range=(1e-4, 1e-2)))
    generator = torch.Generator().manual_seed(0)
    earned = [guess(networks, ppo, generator) for _ in range(25)]
    assert earned[0] < 0.5
    # the noise alone costs exp(-4 * 0.09) or so
    assert np.mean(earned[-3:]) > 0.7


def test_nan_stops_the_update_and_is_named() -> None:
    networks = ActorCritic(3, 2, (8,))
    ppo = PPO(networks, TrainConfig("backflip", minibatch=8))
    observation = torch.zeros(3, 4, 3)
    observation[1, 2, 0] = math.nan
    zero = torch.zeros(2, 4)
    with pytest.raises(NonFiniteError, match=r"observation is not finite \(rank 0, first at \[1, 2, 0\]"):
        ppo.update(Batch(observation, torch.zeros(2, 4, 2), zero, zero, zero, zero, zero), torch.Generator())


def test_he_explores_more_after_starts_that_fail() -> None:
    starts = InitialStates(TrainConfig("backflip", explore=6.0), 1.75, True, 8)
    starts.start_failure[:] = 0.0
    starts.start_failure[15] = 0.8
    begun = np.array([0.51, 0.51, 0.49, np.nan, 1.0])
    found = starts.exploration(begun, np.array([0.0, EXPLORED, 0.0, 0.0, 0.0]))
    np.testing.assert_allclose(found, [5.0, 1.0 + 4.0 / math.e, 1.0, 1.0, 1.0])
    assert (InitialStates(TrainConfig("backflip"), 1.75, True, 8).exploration(begun, np.zeros(5)) == 1.0).all()


def test_config_refuses_nonsense() -> None:
    with pytest.raises(ConfigError, match="at least 1"):
        TrainConfig("backflip", ranks=0)
    assert TrainConfig("backflip").folder == Path("runs/backflip")
    assert TrainConfig("backflip", noise=(0.4, 0.1), noise_samples=100).noise_at(50) == pytest.approx(0.2)


def test_noise_falls_with_the_samples_and_once_more_when_the_skill_stands() -> None:
    config = TrainConfig("walk", noise=(0.16, 0.04), noise_samples=100, robust_noise=0.01)
    assert config.noise_at(0) == pytest.approx(0.16)
    assert config.noise_at(50) == pytest.approx(0.08)
    assert config.noise_at(1000) == pytest.approx(0.04)
    assert config.noise_at(1000, robust=0.5) == pytest.approx(0.02)
    assert config.noise_at(1000, robust=1.0) == pytest.approx(0.01)
    assert replace(config, robust_noise=0.1).noise_at(1000, robust=1.0) == pytest.approx(0.04)


def test_a_run_is_not_resumed_with_other_actions(tmp_path: Path) -> None:
    config = TrainConfig("backflip", out=tmp_path, kd_scale=1.0)
    checkpoint.save(tmp_path / "checkpoint.pt", {"config": config.to_json()})
    check(config)
    check(replace(config, noise=(0.1, 0.1), kd_scale=1.0))
    with pytest.raises(ConfigError, match=r"with clip backflip, kd_scale 1.0; expected clip walk, kd_scale 0.375"):
        check(replace(config, clip="walk", kd_scale=0.375))


def test_training_and_play_tell_a_policy_the_same() -> None:
    rng, n, bodies = np.random.default_rng(0), 5, MODEL.num_bodies
    q = rotation.normalize(rng.normal(size=(n, 1 + MODEL.num_joints, 4)))
    vel = rng.normal(size=(n, 3 + MODEL.num_joints, 3))
    state = CharacterState(vel[:, 0], q[:, 0], q[:, 1:], vel[:, 1], vel[:, 2], vel[:, 3:])
    poses = kinematics.BodyPoses(rng.normal(size=(n, bodies, 3)), rotation.normalize(rng.normal(size=(n, bodies, 4))))
    anchors = [Anchor(*row) for row in rng.normal(size=(n, 3)) * [5.0, 5.0, 3.0]]
    frame, gravity, time = np.array([(a.x, a.y, a.heading) for a in anchors]), rng.normal(size=3), rng.random(n)
    inputs, com = anchored(MODEL, frame, state, poses.pos, poses.rot, np.tile(gravity, (n, 1)), time)
    still = kinematics.BodyVelocities(poses.pos, poses.pos)
    played = observe(anchors, state, poses, still, gravity, time, PolicyInputs._fields)
    for name, value in inputs._asdict().items():
        np.testing.assert_allclose(value.numpy(), played[name], atol=2e-6, err_msg=name)
    centers = kinematics.center_of_mass(MODEL, poses)
    back = rotation.rotate(rotation.from_heading(frame[:, 2]), com.double().numpy()) + frame * [1.0, 1.0, 0.0]
    np.testing.assert_allclose(back, centers, atol=2e-6)


@pytest.mark.parametrize("name", ["backflip", "getup_facedown"])
def test_the_final_stage_starts_as_the_game_does(name: str) -> None:
    """Both from poses half a physics step apart, and as deep in the floor: what is evaluated is what was learned."""
    policy = Policy.load(ROOT / "policies" / f"{name}.onnx", MODEL)
    clip = policy.spec.clip
    assert clip is not None
    config = TrainConfig(clip.name, start_noise=0.0, start_path=0.0)
    followed = MotionClip.load(clip.name).placed()
    env = environment.ImitationEnvironment(config, followed, MODEL, 1, 8)
    env.stage = final_stage(config, followed, MODEL)
    phases = np.array([0.0, 0.13, 0.3, 0.47, 0.61, 0.75, 0.88, 1.0])
    env.reset(np.arange(8), phases * clip.duration)
    with open_world(MODEL) as world:
        played = CharacterState.stack([starting_state(world, policy, float(phase)) for phase in phases])
    ours = env.batched_worlds.state
    np.testing.assert_allclose(ours.root_pos - env.batched_worlds.places, played.root_pos, atol=2e-3)
    # frames of 16 Hz meet at angles, which a table at the physics rate rounds off
    for field, tolerance in (("root_vel", 0.1), ("root_ang_vel", 0.3), ("joint_vel", 0.5)):
        error = np.abs(getattr(ours, field) - getattr(played, field)).reshape(8, -1).max(1)
        assert np.median(error) < 0.02, field
        assert error.max() < tolerance, field
    env.close()


@pytest.mark.parametrize("name", ["backflip", "walk", "getup_faceup"])
def test_rows_of_a_clip_are_its_samples(name: str) -> None:
    clip = MotionClip.load(name).placed()
    times = np.random.default_rng(0).random(50) * clip.duration
    found = clip_states.unpack(clip_states.ClipRows(clip, MODEL.physics_hz)(times), MODEL.num_joints)
    expected = clip.sample(times)
    np.testing.assert_allclose(found.root_pos, expected.root_pos, atol=1e-3)
    assert rotation.angle_between(found.root_rot, expected.root_rot).max() < 5e-3
    assert rotation.angle_between(found.joint_rot, expected.joint_rot).max() < 5e-3
    np.testing.assert_allclose(found.joint_vel, expected.joint_vel, atol=0.5)
    # at the table's own times exactly
    own = np.arange(4) * clip.duration / round(clip.duration * MODEL.physics_hz)
    exact = clip_states.unpack(clip_states.ClipRows(clip, MODEL.physics_hz)(own), MODEL.num_joints)
    np.testing.assert_allclose(exact.root_vel, clip.sample(own).root_vel, atol=1e-9)
    assert rotation.angle_between(exact.joint_rot, clip.sample(own).joint_rot).max() < 1e-7


def test_limbs_are_forgiven_ever_less_often() -> None:
    config = TrainConfig("backflip", lenient_samples=(100, 300))
    assert [config.lenient_at(samples) for samples in (0, 100, 150, 300, 400)] == [1.0, 1.0, 0.75, 0.0, 0.0]
    assert TrainConfig("backflip").lenient_at(0) == 0.0


def test_drift_is_measured_over_the_ground() -> None:
    here, there = torch.tensor([[0.0, 0.0, 0.9], [0.3, 0.4, 0.0]]), torch.tensor([[0.0, 0.0, 3.0], [0.0, 0.0, 0.0]])
    assert terminations.drifted(here, there, 0.49).tolist() == [False, True]
    assert terminations.drifted(here, there, 0.51).tolist() == [False, False]


def test_states_between_others_by_hand() -> None:
    ends = MotionClip.load("backflip").sample(np.array([0.2, 0.7]))
    first, second = ends[:1], ends[1:]
    np.testing.assert_allclose(
        clip_states.pack(first.towards(second, np.zeros(1))), clip_states.pack(first), atol=1e-12
    )
    half = first.towards(second, np.full(1, 0.5))
    np.testing.assert_allclose(half.root_pos[0], ends.root_pos.mean(0))
    np.testing.assert_allclose(half.joint_vel[0], ends.joint_vel.mean(0))
    # as far from the one as from the other
    to_first, to_second = (rotation.angle_between(half.joint_rot[0], ends.joint_rot[k]) for k in (0, 1))
    np.testing.assert_allclose(to_first, to_second, atol=1e-9)


def test_the_final_stage_is_about_the_clip_itself() -> None:
    """He follows another way through the clip, here one a hand higher; rewards are the clip's, starts lie between."""
    config = TrainConfig("walk", worlds=1, start_path=1.0, start_zero=0.0, start_own=0.0, start_noise=0.0)
    clip = MotionClip.load("walk").placed()
    path = replace(clip, root_pos=clip.root_pos + np.array([0.0, 0.0, 0.1]))
    env = environment.ImitationEnvironment(config, path, MODEL, 1, 8)
    env.stage = final_stage(config, path, MODEL)
    env.seed(0)
    env.reset(np.arange(8), np.zeros(8))  # asked for, not drawn
    placed = env.batched_worlds.state.root_pos[:, 2] - env.batched_worlds.places[:, 2]
    np.testing.assert_allclose(placed, clip.sample(np.zeros(8)).root_pos[:, 2], atol=0.01)
    env.reset(np.arange(8))
    above = (
        env.batched_worlds.state.root_pos[:, 2] - env.batched_worlds.places[:, 2] - clip.sample(env.time).root_pos[:, 2]
    )
    assert (above > -0.001).all() and (above < 0.111).all()
    assert np.ptp(above) > 0.03
    standing = torch.zeros(8)
    np.testing.assert_allclose(
        env.stage.reference(standing).root_pos[:, 2], clip.sample(np.zeros(8)).root_pos[:, 2], atol=1e-5
    )
    np.testing.assert_allclose(
        env.followed(standing).root_pos[:, 2], path.sample(np.zeros(8)).root_pos[:, 2], atol=1e-5
    )
    env.close()
