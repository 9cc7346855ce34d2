"""The tracker: linear models and their regulator by hand, errors by hand, and a shrug that is kept up by it alone."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from game.policy.policy import Policy
from game.sim.model import CharacterModel
from game.sim.motion import MotionClip
from tools.learn.beginnings import Beginning, untrained
from tools.policy_file import random_inputs
from tools.train import checkpoint
from tools.train.config import ConfigError, TrainConfig
from tools.train.features import PolicyInputs
from tools.train.linear_models import Excursion, LinearModels, fitted, regulator
from tools.train.policy_export import export_checkpoint
from tools.train.tracker import Tracked, Tracker, read_tracker, tracker_of
from tools.train.tracker_search import TrackerSearch
from tools.train.trainer import Trainer

MODEL = CharacterModel.load()
SHRUG = MotionClip.load("shrug")
NONE = np.zeros(0, np.int64)


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


def test_a_regulator_by_hand() -> None:
    """e' = e + u + c with cost e2 + u2 for ever: the cost to go is the golden ratio, the gain -0.618.

    With c the error comes to rest where u = -c holds it: e + u + c = e, and u = -0.618 e + offset.
    """
    one = np.ones((1, 1, 1))
    models = LinearModels(one, one, np.full((1, 1), 0.3))
    found = regulator(models, one, 1.0, False, NONE)
    golden = 0.5 * (1.0 + np.sqrt(5.0))
    assert found.gain[0, 0, 0] == pytest.approx(-golden / (1.0 + golden))
    error = 5.0
    for _ in range(100):
        error = error + found.gain[0, 0, 0] * error + found.offset[0, 0] + 0.3
    assert found.gain[0, 0, 0] * error + found.offset[0, 0] == pytest.approx(-0.3)
    # where a new anchor takes the error away before long, less is done about it the nearer that is
    many = LinearModels(*(np.repeat(part, 4, axis=0) for part in (one, one, np.zeros((1, 1)))))
    loop = regulator(many, np.repeat(one, 4, axis=0), 1.0, True, np.array([0]))
    assert loop.gain[3, 0, 0] == pytest.approx(0.0) and loop.gain[0, 0, 0] < loop.gain[2, 0, 0] < 0.0


def test_models_are_found_in_what_they_made() -> None:
    rng, ticks, width, turns = np.random.default_rng(0), 6, 3, 2
    a, b, c = rng.normal(size=(width, width)), rng.normal(size=(width, turns)), rng.normal(size=(ticks, width))
    tick = np.repeat(np.arange(ticks), 200)
    before, turned = rng.normal(size=(len(tick), width)), rng.normal(size=(len(tick), turns))
    data = Excursion(tick, before, turned, before @ a.T + turned @ b.T + c[tick])
    found = fitted(data, ticks, False, np.eye(width))
    assert found.a == pytest.approx(np.tile(a, (ticks, 1, 1)), abs=0.02)
    assert found.b == pytest.approx(np.tile(b, (ticks, 1, 1)), abs=0.02)
    assert found.c == pytest.approx(c, abs=0.05)
    # where nothing is known, things are as expected
    empty = fitted(Excursion(tick[:0], before[:0], turned[:0], before[:0]), ticks, True, np.eye(width))
    assert empty.a[2] == pytest.approx(np.eye(width)) and not empty.b.any()


def on_clip(clip: MotionClip, time: np.ndarray) -> Tracked:
    state = clip.placed().sample(time)
    return Tracked(*(torch.from_numpy(getattr(state, name)).float() for name in Tracked._fields))


def test_errors_by_hand_and_without_gains_the_clip() -> None:
    walk = MotionClip.load("walk")
    tracker, time = Tracker(MODEL, walk, 1.75), np.array([0.2, 0.9])
    state, when = on_clip(walk, time), torch.from_numpy(time).float()
    # between two ticks velocities bend a little
    assert tracker.errors(state, when)[:, : tracker.num_errors // 2].abs().max() < 0.02
    off = tracker.errors(state._replace(root_pos=state.root_pos + torch.tensor([0.1, -0.2, 0.3])), when)
    assert (off - tracker.errors(state, when))[0, :3].tolist() == pytest.approx([0.1, -0.2, 0.3], abs=1e-5)
    pose = walk.placed().sample(time + 1.75 / 30.0).joint_rot
    shown = tracker.target(tracker.turns(off, when), when).double().numpy()
    assert np.abs((shown * pose).sum(-1)).min() > np.cos(0.02)
    # a gain of 2 from the root's height to the first turn
    tracker.gain.view(tracker.num_ticks, tracker.num_turns, tracker.num_errors)[:, 0, 2] = 2.0
    assert tracker.turns(off, when)[0, 0] == pytest.approx(2.0 * float(off[0, 2]))
    # a cycle later it is the same
    later = when + walk.duration
    assert torch.allclose(tracker.turns(off, later), tracker.turns(off, when), atol=1e-3)


def test_a_shrug_is_kept_up_by_it_alone_and_a_run_on_it_exports(tmp_path: Path) -> None:
    config = TrainConfig("shrug", hold=2.0, worlds=1, characters=8)
    search = TrackerSearch(config, 2)
    try:
        parts = list(search.round(20, 5))
    finally:
        search.close()
    assert parts[-1] == 1.0 and search.samples == len(parts) * 16 * 5
    file = tmp_path / "tracker.pt"
    checkpoint.save(file, search.found)
    alone, kept = (
        untrained(Beginning(kind, f).applied(config), 1, 4.0) for kind, f in (("nothing", None), ("tracker", file))
    )
    assert kept.life > alone.life + 0.3 and kept.reward > alone.reward + 0.3, (alone, kept)
    small = replace(
        config, out=tmp_path / "run", tracker=file, characters=2, steps=6, hidden=(16,), minibatch=8, film_minutes=0.0
    )
    trainer = Trainer(small)
    trainer.step()
    trainer.save()
    # the run goes on without the file, and so does its policy
    file.unlink()
    spec = export_checkpoint(trainer.path, tmp_path / "shrug.onnx")
    assert "on top of the tracker" in spec.provenance
    policy = Policy.load(tmp_path / "shrug.onnx", MODEL)
    raw = random_inputs(MODEL, 4, 1)
    inputs = PolicyInputs(*(torch.from_numpy(raw[name]) for name in PolicyInputs._fields))
    with torch.inference_mode():
        target = trainer.graph(*inputs)[0].numpy()
    assert policy.spec.name == "shrug" and np.isfinite(target).all()
    checkpoint.save(file, {"gain": torch.zeros(2, 2), "offset": torch.zeros(2, 2)})
    with pytest.raises(ConfigError, match=r"--tracker: its gain is of shape \(2, 2\); shrug needs"):
        tracker_of(MODEL, SHRUG, 1.75, read_tracker(file))
