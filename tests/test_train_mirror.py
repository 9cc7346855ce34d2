"""The mirror against the features themselves: mirroring before is mirroring after."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from game.sim import kinematics, rotation
from game.sim.model import CharacterModel
from game.sim.motion import MotionClip
from tools.train.config import ConfigError, TrainConfig
from tools.train.features import PolicyInputs
from tools.train.mirror import Mirror, mirrored, mirrored_turns, symmetrized
from tools.train.network import ActorCritic
from tools.train.policy_graph import PolicyGraph
from tools.train.ppo import PPO, Batch, log_prob
from tools.train.trainer import Trainer

MODEL = CharacterModel.load()
CLIPS = ("backflip", "jump", "getup_facedown")
TOY = {
    "worlds": 1,
    "characters": 2,
    "steps": 6,
    "hidden": (8,),
    "minibatch": 8,
    "sampling_rounds": 0,
    "film_minutes": 0.0,
}


def wild(count: int, seed: int = 0) -> PolicyInputs:
    """States without any symmetry, with bodies where they belong."""
    rng = np.random.default_rng(seed)
    joint = rng.normal(scale=0.7, size=(count, MODEL.num_joints, 3))
    joint_vel = rng.normal(scale=5.0, size=joint.shape)
    for turns in (joint, joint_vel):
        turns[:, MODEL.joint_is_hinge] *= np.array([0.0, 1.0, 0.0])
    root_pos, root_rot = rng.normal(size=(count, 3)), rotation.from_rotvec(rng.normal(size=(count, 3)))
    joint_rot = rotation.from_rotvec(joint)
    bodies = kinematics.body_poses(MODEL, root_pos, root_rot, joint_rot).pos
    vel, ang_vel, gravity = (rng.normal(scale=s, size=(count, 3)) for s in (3.0, 5.0, 9.8))
    arrays = (root_pos, root_rot, vel, ang_vel, joint_rot, joint_vel, bodies, gravity, rng.random(count) * 4.0)
    return PolicyInputs(*(torch.tensor(a, dtype=torch.float32) for a in arrays))


def reflected(x: PolicyInputs) -> PolicyInputs:
    """The same states seen in a mirror that stands in the plane y = 0."""
    v, q = torch.tensor([1.0, -1.0, 1.0]), torch.tensor([-1.0, 1.0, -1.0, 1.0])
    joints, bodies = MODEL.roles.opposite_joint, MODEL.roles.opposite_body
    return PolicyInputs(
        x.root_pos * v, x.root_rot * q, x.root_vel * v, -x.root_ang_vel * v,
        (x.joint_rot * q)[:, joints], (-x.joint_vel * v)[:, joints], (x.body_pos * v)[:, bodies], x.gravity * v, x.time,
    )  # fmt: skip


def graph_of(clip: str) -> PolicyGraph:
    """With a feed-forward, as after sampling."""
    graph = PolicyGraph(MODEL, symmetrized(MotionClip.load(clip), MODEL), (8,), 1.0, 3.0, 0.35)
    turns = np.random.default_rng(5).normal(scale=0.3, size=(40, MODEL.num_joints, 3))
    turns[:, MODEL.joint_is_hinge] *= np.array([0.0, 1.0, 0.0])
    graph.feedforward = torch.from_numpy(0.5 * (turns + mirrored_turns(turns, MODEL))).float()
    return graph


def test_the_body_is_its_own_mirror_image() -> None:
    swap = MODEL.roles.opposite_body
    np.testing.assert_allclose(MODEL.body_offset * [1, -1, 1], MODEL.body_offset[swap], atol=1e-12)
    np.testing.assert_allclose(MODEL.mass, MODEL.mass[swap])
    np.testing.assert_allclose(MODEL.com * [1, -1, 1], MODEL.com[swap], atol=1e-12)


@pytest.mark.parametrize("clip", CLIPS)
def test_a_symmetrized_clip_is_its_own_mirror_image(clip: str) -> None:
    own = symmetrized(MotionClip.load(clip), MODEL)
    image = mirrored(own, MODEL)
    np.testing.assert_allclose(image.root_pos, own.root_pos, atol=1e-12)
    assert rotation.angle_between(image.root_rot, own.root_rot).max() < 1e-7
    assert rotation.angle_between(image.joint_rot, own.joint_rot).max() < 1e-7
    # and still the same motion
    assert rotation.angle_between(own.joint_rot, MotionClip.load(clip).joint_rot).mean() < 0.2


def test_a_turn_of_one_arm_becomes_the_other_arms() -> None:
    turns = np.zeros((1, MODEL.num_joints, 3))
    turns[0, MODEL.joint("right_shoulder")] = (0.1, 0.2, 0.3)
    image = mirrored_turns(turns, MODEL)
    np.testing.assert_allclose(image[0, MODEL.joint("left_shoulder")], (-0.1, 0.2, -0.3))
    assert np.count_nonzero(image) == 3


@pytest.mark.parametrize("clip", CLIPS)
def test_features_of_mirrored_states_are_mirrored_features(clip: str) -> None:
    graph, states = graph_of(clip), wild(32)
    mirror = Mirror(MODEL, graph.features)
    seen, pose = graph.observe(states)
    image, image_pose = graph.observe(reflected(states))
    torch.testing.assert_close(image, mirror.observation(seen), atol=1e-5, rtol=1e-5)
    # twice is nothing; once is something, where it is not on the plane
    torch.testing.assert_close(mirror.observation(mirror.observation(seen)), seen)
    assert ((image - seen).abs().amax(0) > 1e-3).float().mean() > 0.75
    action = torch.randn(32, 28, generator=torch.Generator().manual_seed(1))
    target = graph.target(pose, action)
    turned = graph.target(image_pose, mirror.action(action))
    expected = (target * torch.tensor([-1.0, 1.0, -1.0, 1.0]))[:, MODEL.roles.opposite_joint]
    aligned = turned * torch.where((turned * expected).sum(-1, keepdim=True) < 0.0, -1.0, 1.0)
    torch.testing.assert_close(aligned, expected, atol=1e-5, rtol=1e-5)


def test_a_policy_that_learns_in_the_mirror_learns_the_same_again() -> None:
    """From a symmetric batch, the normaliser and the losses are those of the batch's mirror image."""
    graph = graph_of("backflip")
    mirror, config = Mirror(MODEL, graph.features), TrainConfig("backflip", minibatch=12, epochs=1, mirror=True)
    with torch.no_grad():
        seen = graph.observe(wild(16))[0].view(4, 4, -1)
        action = 0.1 * torch.randn(3, 4, 28, generator=torch.Generator().manual_seed(2))
    rest, std, updates = torch.zeros(3, 4), torch.full((3, 4), 0.1), []
    for turn in (False, True):
        torch.manual_seed(3)
        networks = ActorCritic(graph.features.size, 28, (8,))
        observed, acted = (mirror.observation(seen), mirror.action(action)) if turn else (seen, action)
        with torch.no_grad():
            old = log_prob(acted, networks.act(observed[:-1]), std)
        batch = Batch(observed, acted, std, old, torch.linspace(0.0, 1.0, 12).view(3, 4), rest, rest)
        ppo = PPO(networks, config, mirror)
        update = ppo.update(batch, torch.Generator().manual_seed(4))
        assert update.clipped == 0.0 and update.kl < 1e-6  # one step: both kinds were drawn by the policy itself
        assert float(networks.normalizer.count) == 24.0
        torch.testing.assert_close(mirror.observation(networks.normalizer.mean), networks.normalizer.mean)
        updates.append((networks.normalizer.mean, update))
    torch.testing.assert_close(updates[0][0], updates[1][0])


def test_a_run_in_the_mirror_resumes_exactly(tmp_path: Path) -> None:
    config = TrainConfig("backflip", out=tmp_path, mirror=True, **TOY)  # type: ignore[arg-type]
    trainer = Trainer(config)
    trainer.step()
    trainer.save()
    expected = trainer.step()[0]
    assert Trainer(config).step()[0] == expected
    plain = Trainer(TrainConfig("backflip", out=tmp_path / "plain", **TOY)).step()[0]  # type: ignore[arg-type]
    assert plain.policy_loss != expected.policy_loss


def test_a_clip_whose_sides_differ_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"--mirror: left and right do not do the same in walk"):
        Trainer(TrainConfig("walk", out=tmp_path, mirror=True, **TOY))  # type: ignore[arg-type]
