"""Sampling before learning, at toy size."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from game.play.initial_state import starting_state
from game.policy.policy import Policy
from game.sim import rotation
from game.sim.bullet import open_world
from game.sim.model import CharacterModel
from game.sim.motion import MotionClip
from tools.train import checkpoint, clip_states
from tools.train.batched_worlds import BatchedWorlds
from tools.train.config import ConfigError, TrainConfig
from tools.train.feasible_reference import BLEND, feasible
from tools.train.policy_export import export_checkpoint
from tools.train.sampling import SETTLE, WINDOW, SampledPath, Sampler, _select, symmetric
from tools.train.trainer import Trainer
from tools.train.warm_start import WarmStart

MODEL = CharacterModel.load()


def test_rows_keep_states() -> None:
    state = MotionClip.load("walk").sample(np.array([0.1, 0.7]))
    back = clip_states.unpack(clip_states.pack(state), MODEL.num_joints)
    for name in clip_states.NAMES:
        np.testing.assert_array_equal(getattr(back, name), getattr(state, name))


def test_the_cheapest_go_on_but_not_all_of_one_parent() -> None:
    cost = np.arange(10.0)
    parent = np.array([0] * 8 + [1] * 2)
    assert _select(cost, parent, 8).tolist() == [0, 1, 2, 3, 4, 5, 8, 9]


def test_which_clips_are_symmetric() -> None:
    assert symmetric(MotionClip.load("backflip"), MODEL)
    assert not symmetric(MotionClip.load("spinkick"), MODEL)


def test_a_way_becomes_a_clip_that_joins_its_own_start() -> None:
    clip = MotionClip.load("backflip").placed()
    windows = int(np.ceil(clip.duration * MODEL.control_hz / WINDOW))
    known = np.arange(windows + 1) * WINDOW / MODEL.control_hz
    states = clip_states.pack(clip.sample(known))
    states[:, 0] += 0.1 * known
    path = SampledPath(np.full((windows, MODEL.num_joints, 3), 0.0), states, np.zeros(windows))
    found = feasible(clip, MODEL, path, lead=3.0)
    assert found.clip.duration == clip.duration
    # follows the path in the middle, is the clip's own again at the end, but is not drawn back over the ground
    assert found.clip.root_pos[8, 0] - clip.root_pos[8, 0] == pytest.approx(0.05, abs=0.02)
    carried = 0.1 * BLEND * clip.duration
    np.testing.assert_allclose(found.clip.root_pos[-1] - clip.root_pos[-1], [carried, 0.0, 0.0], atol=0.02)
    assert rotation.angle_between(found.clip.joint_rot, clip.joint_rot).mean() < 0.1
    # nothing was corrected, so that the feed-forward is only what coarser frames have lost
    assert np.abs(found.feedforward).mean() < 0.1
    assert found.starts[:, -1].max() < clip.duration


def test_a_way_through_a_clip_that_ends_goes_on_until_he_stands() -> None:
    clip = MotionClip.load("kick").placed()
    batched_worlds = BatchedWorlds(MODEL, 1, 2)
    windows = Sampler(clip, MODEL, batched_worlds, TrainConfig("kick", sampling_candidates=8)).num_windows
    batched_worlds.close()
    known = np.arange(windows + 1) * WINDOW / MODEL.control_hz
    assert known[-1] == pytest.approx(clip.duration + SETTLE, abs=WINDOW / MODEL.control_hz)
    corrections, states = np.full((windows, MODEL.num_joints, 3), 0.2), clip_states.pack(clip.sample(known))
    states[:, 2] -= 0.05
    found = feasible(clip, MODEL, SampledPath(corrections, states, np.zeros(windows)), lead=1.75)
    # he is to stand as the clip does, not as a wobble of the path had him when it ended
    np.testing.assert_allclose((clip.root_pos - found.clip.root_pos)[[5, -1], 2], [0.05, 0.0], atol=1e-3)
    assert found.clip.duration == clip.duration and found.starts[:, -1].max() < clip.duration
    # corrected to the end, then less and less, and at last not at all: the last one is held
    size = np.linalg.norm(found.feedforward, axis=-1).mean(-1)
    last = int(clip.duration * MODEL.control_hz)
    assert len(size) == WINDOW * windows
    assert size[:last].min() > 0.15 and (np.diff(size[last + 1 :]) < 0.0).all() and size[-1] < 0.01


def test_more_rounds_find_no_worse_ways_and_the_trainer_follows(tmp_path: Path) -> None:
    torch.set_num_threads(1)
    batched_worlds = BatchedWorlds(MODEL, 1, 4)
    sampler = Sampler(MotionClip.load("run"), MODEL, batched_worlds, TrainConfig("run", sampling_candidates=16))
    first, second = sampler.search(2)
    path, later = second.best, list(sampler.search(2, first))
    batched_worlds.close()
    assert path.cost.sum() <= first.best.cost.sum()
    assert sampler.spent(second.rounds) == 2 * 16 * WINDOW * sampler.num_windows
    # a search that goes on from a round's end tries the same; contacts that Bullet remembers differ
    assert len(later) == 1 and later[0].rounds == 2 and later[0].mean.shape == second.mean.shape
    assert np.isfinite(path.states).all() and path.states.shape[0] == sampler.num_windows + 1
    toy = TrainConfig(
        "run", out=tmp_path, sampling_rounds=1, sampling_candidates=8, worlds=1, characters=2, steps=4, hidden=(8,),
        minibatch=4, epochs=1,
    )  # fmt: skip
    cut_off = Trainer(toy)
    trainer = Trainer(replace(toy, sampling_rounds=2))
    assert cut_off.samples > 0 and trainer.samples == 2 * cut_off.samples
    assert checkpoint.load(tmp_path / "path.pt")["rounds"] == 2
    assert trainer.graph.feedforward.abs().sum() > 0
    trainer.step()
    trainer.save()
    # who has learned along a path keeps to it, whatever is asked for
    resumed = Trainer(replace(toy, sampling_rounds=3))
    assert checkpoint.load(tmp_path / "path.pt")["rounds"] == 2
    assert torch.equal(resumed.graph.feedforward, trainer.graph.feedforward)
    np.testing.assert_array_equal(resumed.clip.joint_rot, trainer.clip.joint_rot)


def test_an_exported_policy_tells_of_the_clip_not_of_the_path(tmp_path: Path) -> None:
    torch.set_num_threads(1)
    toy = TrainConfig(
        "run", out=tmp_path, sampling_rounds=1, sampling_candidates=8, worlds=1, characters=2, steps=4, hidden=(8,),
        minibatch=4, epochs=1,
    )  # fmt: skip
    trainer = Trainer(toy)
    trainer.save()
    export_checkpoint(tmp_path / "checkpoint.pt", tmp_path / "run.onnx")
    policy = Policy.load(tmp_path / "run.onnx", MODEL)
    clip, time = MotionClip.load("run").placed(), 0.3
    with open_world(MODEL) as world:
        state = starting_state(world, policy, time / clip.duration)
    expected = clip.sample(np.array([time]))[0]
    assert rotation.angle_between(state.joint_rot, expected.joint_rot).max() < 0.02
    assert rotation.angle_between(trainer.clip.sample(np.array([time]))[0].joint_rot, expected.joint_rot).max() > 0.05


def test_a_run_starts_from_the_networks_and_the_path_of_another(tmp_path: Path) -> None:
    torch.set_num_threads(1)
    toy = TrainConfig(
        "run", out=tmp_path / "a", sampling_rounds=1, sampling_candidates=8, worlds=1, characters=2, steps=4,
        hidden=(8,), minibatch=4, epochs=1,
    )  # fmt: skip
    first = Trainer(toy)
    first.step()
    first.save()
    init = tmp_path / "a" / "checkpoint.pt"
    # the same motion at another pace: the path is that of the first, at the new one's
    slower = replace(MotionClip.load("run"), name="slower", fps=0.95 * MotionClip.load("run").fps)
    slower.save(tmp_path / "slower.json")
    more = replace(
        toy,
        clip=str(tmp_path / "slower.json"),
        out=tmp_path / "b",
        seed=1,
        init=init,
        final_stage_at=0.0,
        sampling_rounds=None,
    )
    second = Trainer(more)
    for name, weight in first.graph.networks.state_dict().items():
        assert torch.equal(second.graph.networks.state_dict()[name], weight), name
    assert second.clip.duration == pytest.approx(slower.duration)
    np.testing.assert_allclose(second.clip.root_pos[:, 2], first.clip.root_pos[:, 2], atol=0.05)
    assert (first.samples > 0, second.samples) == (True, 0)
    second.save()
    assert second.inherited == {"samples": first.samples, "seconds": first.seconds}
    assert WarmStart(tmp_path / "b" / "checkpoint.pt").spent == second.inherited
    assert torch.equal(Trainer(more).graph.feedforward, second.graph.feedforward)
    with pytest.raises(ConfigError, match="through another clip; --final-stage-at 0 rewards"):
        Trainer(replace(more, out=tmp_path / "f", final_stage_at=0.9))
    with pytest.raises(ConfigError, match=r"the path in .* lasts 0.80 s, the clip 1.27 s"):
        Trainer(replace(toy, clip="walk", out=tmp_path / "c", init=init))
    with pytest.raises(ConfigError, match=r"other settings; add --hidden 8 --lead 1.75"):
        Trainer(replace(more, out=tmp_path / "d", hidden=(9,), lead=3.0))
    with pytest.raises(ConfigError, match="there is no checkpoint"):
        Trainer(replace(toy, out=tmp_path / "e", init=tmp_path / "none.pt"))
