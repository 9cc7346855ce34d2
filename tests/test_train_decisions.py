"""What the trainer decides by itself: to search first, to follow what it found, the last stage, and when he is good."""

from pathlib import Path

import numpy as np
import pytest
import torch

from game.sim.model import CharacterModel
from game.sim.motion import MotionClip
from tools.train import checkpoint, evaluation, feasible_motion
from tools.train.config import TrainConfig
from tools.train.disturbances import NEVER
from tools.train.environment import ImitationEnvironment
from tools.train.evaluation import Scores
from tools.train.feasible_motion import find_motion, needs_search
from tools.train.interruption import Interruption
from tools.train.trainer import Trainer

MODEL = CharacterModel.load()
LITTLE = {
    "worlds": 1, "characters": 2, "steps": 6, "hidden": (16,), "minibatch": 8, "epochs": 2, "evaluate_seconds": 10.0,
    "film_minutes": 0.0,
}  # fmt: skip


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


def little(clip: str, out: Path, **more: object) -> TrainConfig:
    return TrainConfig(clip, out=out, **{**LITTLE, **more})  # type: ignore[arg-type]


def test_what_flies_or_is_upside_down_is_searched_first() -> None:
    searched = {"backflip", "captured_backflip", "cartwheel", "roll", "jump", "spinkick", "spin", "dance_b"}
    learned = {"walk", "run", "crawl", "getup_facedown", "kick", "punch", "squat", "idle", "dance_a"}
    assert {name for name in searched | learned if needs_search(MotionClip.load(name))} == searched


def test_a_hopeless_search_is_given_up_and_not_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By default; who asks for rounds gets them, and what they found."""
    monkeypatch.setattr(feasible_motion, "ROUNDS", 3)
    monkeypatch.setattr(feasible_motion, "TRIAL", 1)
    config = little("backflip", tmp_path / "a", sampling_candidates=8)
    found = find_motion(config, MODEL, Interruption())
    content = checkpoint.load(tmp_path / "a" / "path.pt")
    # eight candidates come nowhere near
    assert content["rounds"] == 1 and float(content["cost"].mean()) > feasible_motion.HOPELESS_COST
    assert found.reference is None and found.samples > 0
    # nor is it searched again
    again = find_motion(config, MODEL, Interruption())
    assert again.reference is None and again.samples == found.samples
    monkeypatch.setattr(feasible_motion, "GOOD_COST", 1e9)
    assert find_motion(config, MODEL, Interruption()).reference is not None
    asked = little("backflip", tmp_path / "b", sampling_candidates=8, sampling_rounds=1)
    assert find_motion(asked, MODEL, Interruption()).reference is not None


def test_the_last_stage_waits_for_cycles_in_a_row_and_brings_its_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trainer = Trainer(little("walk", tmp_path))

    def say(landed: float, cycles: float, survival: float = 0.0) -> None:
        scores = Scores(survival, 0.5, 0.5, landed, cycles, survival)
        monkeypatch.setattr(evaluation, "evaluate", lambda *_, **__: scores)
        trainer.evaluate()

    say(landed=1.0, cycles=1.9)
    assert trainer.stage == "learns"
    ticks = trainer.environment.max_ticks
    say(landed=1.0, cycles=2.0)
    assert trainer.stage == "final stage"
    config = trainer.environment.config
    assert (config.cycles, config.start_weighted, config.explore) == (1.5, 0.85, 2.0)
    assert trainer.environment.starts.config is config
    assert trainer.environment.max_ticks == round(ticks / 2)
    # what the checkpoint and the policy's card say stays what was asked for
    assert trainer.config.cycles == 3.0
    by_hand = Trainer(little("walk", tmp_path / "hand", final_stage_at=0.0))
    assert by_hand.environment.config.cycles == 3.0


def test_a_long_clip_needs_only_as_many_cycles_as_an_evaluation_has_room_for(tmp_path: Path) -> None:
    trainer = Trainer(little("idle", tmp_path))
    # 0.7 of 10 s over 9 s
    assert trainer._ready(Scores(1.0, 1.0, 1.0, 1.0, 0.8, 1.0))
    assert not trainer._ready(Scores(1.0, 1.0, 1.0, 1.0, 0.7, 1.0))
    assert not trainer._ready(Scores(1.0, 1.0, 1.0, 0.8, 1.0, 1.0))


def test_a_run_ends_when_he_is_good(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not by what he could before, nor before the last stage; what was good is kept though others scored more."""
    good = Scores(0.96, 0.9, 0.1, 1.0, 5.0, 1.0)
    monkeypatch.setattr(evaluation, "evaluate", lambda *_, **__: good)
    trainer = Trainer(little("walk", tmp_path, good=0.95, evaluate_samples=12, samples=600))
    trainer.run()
    # at 0 the last stage begins; at 12 he is in it
    assert (trainer.iteration, trainer.samples, trainer.good) == (1, 12, True)
    assert checkpoint.load(tmp_path / "best.pt")["samples"] == 12


def test_a_push_opens_the_limit_of_the_tracking_error_for_two_seconds(tmp_path: Path) -> None:
    config = little("walk", tmp_path, push_every=1e-6, push_force=1e-6, pushed_error_limit=1.4)
    environment = ImitationEnvironment(config, MotionClip.load("walk"), MODEL, 1, 2)
    environment.reset(np.arange(2), np.zeros(2))
    environment.tracking_error_limit = 0.75
    inputs, com = environment._anchored()
    from tools.train.batched_inputs import tracked_motion

    motion = tracked_motion(inputs, com)
    reference = environment.followed(torch.zeros(2))
    # a metre beside the reference
    apart = motion._replace(body_pos=reference.body_pos + torch.tensor([1.0, 0.0, 0.0]))
    assert environment.disturbances.since_push.tolist() == [NEVER, NEVER]
    assert environment._tracking_lost(apart, reference).tolist() == [True, True]
    environment.disturbances.since_push[:] = (59, 60)
    assert environment._tracking_lost(apart, reference).tolist() == [False, True]
    environment.disturbances.begin(np.random.default_rng(0))
    environment.disturbances.tick(np.random.default_rng(0))
    assert environment.disturbances.since_push.tolist() == [0, 0]
    environment.reset(np.array([1]), np.zeros(1))
    assert environment.disturbances.since_push.tolist() == [0, NEVER]
    environment.close()
