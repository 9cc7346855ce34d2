"""Whole runs of the trainer, at toy size: exact resuming, ranks, interruption, export, gymnasium."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest
import torch
import tyro
from gymnasium.utils.env_checker import check_env

from game.policy.policy import Policy
from game.sim.model import CharacterModel
from game.sim.motion import MotionClip
from tools import export
from tools.train import checkpoint, evaluation, example_gym, example_sb3, throughput
from tools.train.config import ConfigError, TrainConfig
from tools.train.environment import ImitationEnvironment
from tools.train.evaluation import Scores, evaluate
from tools.train.gym_env import NAME, Imitate, export_actor
from tools.train.policy_export import export_checkpoint
from tools.train.policy_graph import PolicyGraph
from tools.train.pybullet_env import PyBulletDeepMimic
from tools.train.trainer import Trainer

MODEL = CharacterModel.load()
ROOT = Path(__file__).resolve().parent.parent
TOY = {
    "worlds": 1,
    "characters": 2,
    "steps": 6,
    "hidden": (16,),
    "minibatch": 8,
    "epochs": 2,
    "evaluate_seconds": 0.2,
    "sampling_rounds": 0,
    "film_minutes": 0.0,
}


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


def toy(out: Path, **more: object) -> TrainConfig:
    return TrainConfig("backflip", out=out, **{**TOY, **more})  # type: ignore[arg-type]


def losses(trainer: Trainer, iterations: int) -> list[tuple[float, float]]:
    updates = [trainer.step()[0] for _ in range(iterations)]
    return [(u.policy_loss, u.value_loss) for u in updates]


def test_resuming_is_exact(tmp_path: Path) -> None:
    trainer = Trainer(toy(tmp_path, start_own=0.5))
    losses(trainer, 2)
    trainer.save()
    uninterrupted = losses(trainer, 2)
    resumed = Trainer(toy(tmp_path, start_own=0.5))
    assert resumed.iteration == 2 and resumed.samples == 24
    assert losses(resumed, 2) == uninterrupted


def test_resuming_is_exact_among_disturbances(tmp_path: Path) -> None:
    config = toy(tmp_path, start_own=0.5, push_every=0.1)
    trainer = Trainer(config)
    trainer.robust_since = -(10**9)
    trainer.environment.disturbances.begin(trainer.environment.rng)
    world = trainer.environment.batched_worlds.worlds[0]
    for value, usual, low, high in (
        (world.mass_scale, 1.0, 0.9, 1.1),
        (world.strength, 1.0, 0.9, 1.0),
        (world.gravity[2:], -9.8, -10.78, -8.82),
        (np.array([world.floor_friction]), 0.9, 0.675, 1.125),
    ):
        assert (value >= low).all() and (value <= high).all() and (value != usual).all()
    losses(trainer, 1)
    trainer.save()
    assert trainer.environment.batched_worlds.worlds[0].mass_scale.tolist() != [1.0, 1.0]
    uninterrupted = losses(trainer, 2)
    assert losses(Trainer(config), 2) == uninterrupted


def test_stages_follow_what_the_evaluation_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Landed: the final stage; surviving, at the next evaluation: disturbances. A resumed run is where it was."""
    config = toy(tmp_path, final_stage_at=0.9, robust_at=0.9)
    trainer = Trainer(config)

    def say(landed: float, survival: float) -> None:
        scores = Scores(survival, 0.1, 0.1, landed, 1.0, survival)
        monkeypatch.setattr(evaluation, "evaluate", lambda *_, **__: scores)
        trainer.evaluate()

    say(landed=0.8, survival=0.0)
    assert trainer.environment.stage.reference is trainer.environment.followed
    assert trainer.stage == "learns"
    kept = trainer.best
    say(landed=0.95, survival=0.95)
    for environment in (trainer.environment, trainer.testing):
        assert environment.stage.reference is not environment.followed
        assert environment.stage.reward.weights[0] == pytest.approx(0.65)
    assert (trainer.final_stage_since, trainer.robust_since, trainer.stage) == (0, None, "final stage")
    say(landed=0.5, survival=0.9)
    assert (trainer.final_stage_since, trainer.robust_since, trainer.stage) == (0, 0, "disturbed 20%")
    assert kept > 0.0
    losses(trainer, 1)
    trainer.save()
    uninterrupted = losses(trainer, 1)
    resumed = Trainer(config)
    assert resumed.environment.stage.reference is not resumed.environment.followed
    assert losses(resumed, 1) == uninterrupted


def test_what_is_kept_is_the_mean_of_the_last_updates(tmp_path: Path) -> None:
    """Until the final stage the latest weights, then their average, which a resumed run goes on with."""

    def apart(trainer: Trainer) -> float:
        pairs = zip(trainer.average.networks.parameters(), trainer.graph.networks.parameters(), strict=True)
        return max(float((a - b).detach().abs().max()) for a, b in pairs)

    learning = Trainer(toy(tmp_path / "a"))
    losses(learning, 2)
    assert apart(learning) == 0.0
    config = toy(tmp_path / "b", final_stage_at=0.0, average_samples=50)
    trainer = Trainer(config)
    losses(trainer, 2)
    assert apart(trainer) > 1e-5
    trainer.save()
    resumed = Trainer(config)
    assert apart(resumed) == apart(trainer)
    assert losses(resumed, 1) == losses(trainer, 1)
    assert apart(resumed) == apart(trainer)


def test_the_final_stage_can_begin_at_once(tmp_path: Path) -> None:
    Trainer(toy(tmp_path)).save()
    assert Trainer(toy(tmp_path)).final_stage_since is None
    assert Trainer(toy(tmp_path, final_stage_at=0.0)).final_stage_since == 0


def test_a_checkpoint_of_schema_1_resumes_exactly(tmp_path: Path) -> None:
    """The same file, with the names that its parts had then."""
    config = toy(tmp_path, start_own=0.5, final_stage_at=0.0)
    trainer = Trainer(config)
    losses(trainer, 2)
    trainer.save()
    uninterrupted = losses(trainer, 2)
    content = checkpoint.load(tmp_path / "checkpoint.pt")
    for part, names in checkpoint.RENAMED.items():
        earlier = {new: old for old, new in names.items()}
        assert earlier.keys() <= content[part].keys()
        content[part] = {earlier.get(key, key): value for key, value in content[part].items()}
    content["config"]["entropy"] = 0.0
    torch.save(content | {"schema": 1}, tmp_path / "checkpoint.pt")
    resumed = Trainer(config)
    assert (resumed.iteration, resumed.final_stage_since) == (2, 0)
    assert losses(resumed, 2) == uninterrupted


@pytest.mark.parametrize("name", ["backflip", "getup_faceup", "roll"])
def test_what_is_in_progress_goes_on(tmp_path: Path, name: str) -> None:
    folder = shutil.copytree(ROOT / "policies" / "in_progress" / name, tmp_path / name)
    content = checkpoint.load(folder / "checkpoint.pt")
    settings: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in content["config"].items()}
    settings |= {"out": folder, "worlds": 1, "characters": 2, "steps": 4}
    trainer = Trainer(TrainConfig(**settings))
    assert trainer.samples == content["counters"]["samples"] and trainer.final_stage_since == 0
    weights = trainer.graph.networks.state_dict()
    assert all(torch.equal(weights[key], value) for key, value in content["learner"].items())
    trainer.step()


def test_resuming_something_else_is_refused(tmp_path: Path) -> None:
    Trainer(toy(tmp_path)).save()
    with pytest.raises(ConfigError, match=r"hidden \[16\].*expected.*hidden \[8\].*another --out"):
        Trainer(toy(tmp_path, hidden=(8,)))


def test_a_checkpoint_is_no_pickle(tmp_path: Path) -> None:
    path = tmp_path / "bad.pt"
    torch.save({"schema": 1, "path": Path()}, path)
    with pytest.raises(checkpoint.CheckpointError, match=r"bad\.pt cannot be read"):
        checkpoint.load(path)


def test_zero_action_follows_the_clip_for_a_while() -> None:
    environment = ImitationEnvironment(TrainConfig("walk", start_noise=0.0), MotionClip.load("walk"), MODEL, 1, 2)
    environment.reset(np.arange(2), np.zeros(2))
    graph = PolicyGraph(MODEL, MotionClip.load("walk"), (8,))
    rewards = []
    for _ in range(8):
        _, pose = graph.observe(environment.inputs())
        outcome = environment.step(graph.target(pose, torch.zeros(2, 28)).double().numpy())
        rewards.append(outcome.reward)
    assert not outcome.terminated.any()
    assert torch.stack(rewards).min() > 0.5
    # both do the same
    np.testing.assert_allclose(outcome.reward[0], outcome.reward[1], atol=1e-3)


def test_the_anchor_is_taken_anew_at_every_cycle() -> None:
    clip = MotionClip.load("backflip")
    environment = ImitationEnvironment(TrainConfig("backflip", start_noise=0.0), clip, MODEL, 1, 1)
    environment.reset(np.zeros(1, np.int64), np.array([clip.duration - 1.5 / 30.0]))
    before = environment.anchor.copy()
    still = clip.sample(np.zeros(1)).joint_rot
    outcomes = [environment.step(still) for _ in range(3)]
    assert [bool(o.wrapped[0]) for o in outcomes] == [False, True, False]
    assert not np.allclose(environment.anchor, before)
    # half a tick after the wrap the policy is told to be near its anchor again
    assert np.abs(environment.inputs().root_pos[0, :2].numpy()).max() < 0.2


def test_evaluation_counts_falls(tmp_path: Path) -> None:
    trainer = Trainer(toy(tmp_path))
    scores = evaluate(trainer.testing, trainer.graph, 2.5)
    assert scores.survival == scores.landed == 0.0
    assert 0.1 < scores.life < 0.9 and 0.0 < scores.reward < scores.life


@pytest.mark.parametrize("clip", ["backflip", "getup_faceup", "jump_mended"])
def test_export_is_what_was_trained(tmp_path: Path, clip: str) -> None:
    trainer = Trainer(TrainConfig(clip, out=tmp_path, **TOY))  # type: ignore[arg-type]
    trainer.evaluate()
    spec = export_checkpoint(tmp_path / "best.pt", tmp_path / "x.onnx", age=0.0)
    policy = Policy.load(tmp_path / "x.onnx", MODEL)
    assert policy.spec == spec
    assert str(tmp_path) not in spec.to_json()
    assert (spec.skill, spec.family) == (clip.removesuffix("_mended"), spec.skill)
    assert spec.clip is not None and spec.clip.name == clip
    assert spec.anchor == ("start" if clip == "getup_faceup" else "cycle")
    assert ("torso" in spec.allowed_contacts) == (clip == "getup_faceup")
    # play sees and does what training saw and did
    environment = trainer.environment
    inputs = environment.inputs()
    with torch.no_grad():
        expected = trainer.graph(*inputs)[0]
    found = policy.run({k: v.numpy() for k, v in inputs._asdict().items()})
    np.testing.assert_allclose(found.joint_target, expected, atol=1e-4)
    trainer.step()
    trainer.save()
    assert export.main([str(tmp_path / "checkpoint.pt"), str(tmp_path / "y.onnx"), "--name", "later"]) == 0
    later = Policy.load(tmp_path / "y.onnx", MODEL).spec
    assert (spec.training["samples"], later.training["samples"]) == (0, trainer.samples)
    assert later.name == "later"


def test_exporting_nothing_is_an_error_not_a_traceback(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert export.main([str(tmp_path / "none.pt"), str(tmp_path / "x.onnx")]) == 1
    assert capsys.readouterr().err.startswith("error: no checkpoint at")


def test_gymnasium_likes_the_environment() -> None:
    env = gymnasium.make(NAME, clip="backflip")
    check_env(env.unwrapped, skip_render_check=True)
    env.close()


def test_the_gymnasium_environment_has_the_gains_it_was_asked_for() -> None:
    """And says what an action of 1 is: 4 times action_scale about y, `lateral` of that about x and z."""
    env = Imitate("backflip", kd_scale=0.5, kp_scale=0.8, action_scale=0.25, lateral=0.5)
    used = env._environment.model
    np.testing.assert_allclose(used.kd, 0.5 * MODEL.kd)
    np.testing.assert_allclose(used.kp, 0.8 * MODEL.kp)
    assert env.action_radians.shape == (28,) and set(env.action_radians.tolist()) == {1.0, 0.5}
    env.reset(seed=0, options={"time": 0.2})
    pose = env._pose.clone()
    hinge = int(np.flatnonzero(MODEL.joint_is_hinge)[0])
    column = int(np.flatnonzero(env._residual.spread[:, 3 * hinge + 1].numpy())[0])
    action = torch.zeros(1, 28)
    action[0, column] = 4.0  # what the environment makes of 1
    turned = env._residual(pose, action)
    angle = 2.0 * torch.arccos((turned[0, hinge] * pose[0, hinge]).sum().abs().clamp(max=1.0))
    assert float(angle) == pytest.approx(1.0, abs=1e-3)
    env.close()


def test_the_card_names_the_gains_that_an_actor_has_learned_with(tmp_path: Path) -> None:
    env = Imitate("crawl", kd_scale=0.5)
    export_actor(env, torch.nn.Linear(env._features.size, 28), tmp_path / "x.onnx", "by hand")
    policy = Policy.load(tmp_path / "x.onnx", MODEL)
    np.testing.assert_allclose(policy.gains[1], 0.5 * MODEL.kd)
    assert policy.spec.allowed_contacts == env.allowed_contacts != ()
    env.close()


def test_the_card_names_no_path_of_the_machine(tmp_path: Path) -> None:
    MotionClip.load("backflip").save(tmp_path / "mine.json")
    trainer = Trainer(replace(toy(tmp_path / "run"), clip=str(tmp_path / "mine.json")))
    trainer.save()
    card = export_checkpoint(tmp_path / "run" / "checkpoint.pt", tmp_path / "x.onnx").to_json()
    assert str(tmp_path) not in card and '"clip": "backflip"' in card


def test_stable_baselines3_learns_and_exports(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("stable_baselines3", reason="stable-baselines3 is missing: pip install stable-baselines3")
    target = tmp_path / "theirs.onnx"
    arguments = ["backflip", str(target), "--steps", "64", "--rollout", "32"]
    assert example_sb3.main(arguments) == 0, capsys.readouterr().err
    assert "stable-baselines3" in Policy.load(target, MODEL).spec.provenance
    assert example_sb3.main(["nowhere", str(target)]) == 1
    assert "no clip at nowhere" in capsys.readouterr().err


def test_the_gymnasium_example_exports_a_policy(tmp_path: Path) -> None:
    target = tmp_path / "mine.onnx"
    example_gym.main(example_gym.ExampleConfig("backflip", target, rounds=1))
    assert Policy.load(target, MODEL).spec.provenance == "random search"


# ---------------------------------------------------------------- processes
TEXT = (
    "backflip --worlds 1 --characters 2 --steps 6 --hidden 16 --minibatch 8 --epochs 2 --evaluate-seconds 0.2 "
    "--evaluate-samples 1000000 --checkpoint-minutes 0.001 --sampling-rounds 0 --film-minutes 0"
)
FLAGS = TEXT.split()


def command(out: Path, *more: str) -> list[str]:
    return [sys.executable, "-m", "tools.train", *FLAGS, "--out", str(out), *more]


def environ() -> dict[str, str]:
    clean = {k: v for k, v in os.environ.items() if k not in ("RANK", "WORLD_SIZE")}
    return {**clean, "OMP_NUM_THREADS": "1"}


def table(out: Path) -> list[dict[str, float]]:
    lines = (out / "metrics.jsonl").read_text("utf-8").split("\n")[:-1]
    rows = [json.loads(line) for line in lines if line.endswith("}")]
    keys = ("samples", "policy_loss", "value_loss", "kl")
    return [{k: row[k] for k in keys} for row in rows if row["kind"] == "train"]


def test_kill_9_loses_one_interval_and_ctrl_c_none(tmp_path: Path) -> None:
    run = subprocess.Popen(command(tmp_path, "--ranks", "1"), cwd=ROOT, env=environ(), stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 100
    while not (tmp_path / "checkpoint.pt").exists():
        assert time.monotonic() < deadline and run.poll() is None
        time.sleep(0.1)
    run.kill()
    run.wait()
    kept = checkpoint.load(tmp_path / "checkpoint.pt")["counters"]["samples"]
    assert kept > 0
    lost = table(tmp_path)[-1]["samples"]
    with (tmp_path / "metrics.jsonl").open("a") as file:
        file.write('{"kind": "train", "samples": ')  # the line that it was writing
    run = subprocess.Popen(command(tmp_path, "--ranks", "1"), cwd=ROOT, env=environ(), stdout=subprocess.DEVNULL)
    while not (rows := table(tmp_path)) or rows[-1]["samples"] < lost + 36:
        assert time.monotonic() < deadline and run.poll() is None
        time.sleep(0.1)
    run.send_signal(signal.SIGINT)
    assert run.wait(timeout=60) == 0
    counted = [round(row["samples"]) for row in table(tmp_path)]
    assert counted == list(range(12, counted[-1] + 1, 12))  # each once
    assert checkpoint.load(tmp_path / "checkpoint.pt")["counters"]["samples"] == counted[-1]


def test_a_signal_to_the_command_ends_all_its_ranks(tmp_path: Path) -> None:
    run = subprocess.Popen(command(tmp_path, "--ranks", "2"), cwd=ROOT, env=environ(), stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 100
    while not (tmp_path / "metrics.jsonl").exists() or not table(tmp_path):
        assert time.monotonic() < deadline and run.poll() is None
        time.sleep(0.1)
    run.send_signal(signal.SIGTERM)
    assert run.wait(timeout=60) == 0
    assert checkpoint.load(tmp_path / "checkpoint.pt")["counters"]["samples"] == table(tmp_path)[-1]["samples"]


def test_ctrl_c_in_the_search_is_clean(tmp_path: Path) -> None:
    """Two ranks get it, as from a terminal, in the first round; nothing is kept that would be a policy."""
    run = subprocess.Popen(
        [*command(tmp_path, "--ranks", "2", "--publish", str(tmp_path / "ages")), "--sampling-rounds", "1000"],
        cwd=ROOT, env=environ(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
    )  # fmt: skip
    assert run.stdout is not None
    with run, run.stdout:
        printed = [run.stdout.readline()]
        assert printed[0].startswith(f"backflip: 2 ranks of 2 characters, anew in {tmp_path}; it starts")
        while not printed[-1].startswith("sampling round 1 of 1000: window 1 of "):
            assert printed[-1], printed  # it has ended
            printed.append(run.stdout.readline())
        os.killpg(run.pid, signal.SIGINT)
        rest = run.stdout.read()
        assert run.wait(timeout=60) == 0
    assert "interrupted in round" in rest and "Traceback" not in rest
    assert list((tmp_path / "ages").iterdir()) == [] and not (tmp_path / "best.pt").exists()


def test_only_what_is_learned_from_counts(tmp_path: Path) -> None:
    """The search takes more samples than are asked for: one iteration is made all the same, but not a second time."""
    config = toy(tmp_path, sampling_rounds=1, sampling_candidates=8, samples=12, publish=tmp_path / "ages")
    trainer = Trainer(config)
    assert trainer.searched > 12 and trainer.samples == trainer.searched
    trainer.run()
    assert (trainer.iteration, trainer.samples) == (1, trainer.searched + 12)
    assert (tmp_path / "ages" / "backflip.onnx").is_file()
    written = (tmp_path / "metrics.jsonl").read_text("utf-8")
    again = Trainer(config)
    again.run()
    assert again.iteration == 1
    assert (tmp_path / "metrics.jsonl").read_text("utf-8") == written


def test_a_search_that_takes_all_the_time_publishes_nothing(tmp_path: Path) -> None:
    config = toy(tmp_path, sampling_rounds=1, sampling_candidates=8, hours=1e-6, publish=tmp_path / "ages")
    trainer = Trainer(config)
    with pytest.raises(ConfigError, match=r"nothing was learned: --hours 1e-06 .* the path is kept in"):
        trainer.run()
    assert list((tmp_path / "ages").iterdir()) == []
    assert not (tmp_path / "checkpoint.pt").exists() and (tmp_path / "path.pt").exists()


def test_two_ranks_are_two_nodes_of_torchrun(tmp_path: Path) -> None:
    # a checkpoint goes on in fresh worlds, so when it falls due must not depend on the clock
    flags = ["60" if flag == "0.001" else flag for flag in FLAGS]
    end = ("--samples", "72", "--out")
    alone = [sys.executable, "-m", "tools.train", *flags, "--ranks", "2", *end, str(tmp_path / "one")]
    subprocess.run(alone, cwd=ROOT, env=environ(), check=True)
    nodes = [
        subprocess.Popen(
            [
                sys.executable, "-m", "torch.distributed.run", "--nnodes", "2", "--nproc-per-node", "1",
                "--node-rank", str(node), "--master-addr", "127.0.0.1", "--master-port", "29631",
                "-m", "tools.train", *flags, *end, str(tmp_path / "two"),
            ],
            cwd=ROOT, env=environ(),
        )
        for node in (0, 1)
    ]  # fmt: skip
    assert [node.wait(timeout=90) for node in nodes] == [0, 0]
    assert table(tmp_path / "one") == table(tmp_path / "two") and len(table(tmp_path / "one")) == 3


def test_what_is_wrong_is_said_in_one_line(tmp_path: Path) -> None:
    wrong = {"nobody": "error: no clip at nobody; there are backflip", "walk": "error: --init: there is no checkpoint"}
    for clip, said in wrong.items():
        asked = [sys.executable, "-m", "tools.train", clip, "--out", str(tmp_path), "--init", str(tmp_path / "none.pt")]
        done = subprocess.run(asked, cwd=ROOT, env=environ(), capture_output=True, text=True, check=False)
        assert done.returncode == 1
        assert done.stderr.startswith(said) and done.stderr.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_the_command_explains_itself(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        tyro.cli(TrainConfig, args=["--help"])
    text = capsys.readouterr().out
    assert "--noise-samples" in text and "first learning rate" in text


def test_the_parts_of_a_sample_add_up() -> None:
    config = TrainConfig("backflip", **TOY)  # type: ignore[arg-type]
    figures = throughput.measure("backflip", 1, config)
    parts = {key: value for key, value in figures.items() if key.startswith("us_")}
    total = parts.pop("us_total")
    assert sum(parts.values()) == pytest.approx(total) and min(parts.values()) >= 0.0
    assert figures["samples"] == 12 and figures["overhead"] > 1.0
    assert figures["times_pybullet_env"] == pytest.approx(
        figures["samples_per_second_collecting"] / figures["pybullet_env_per_second"]
    )
    assert figures["samples_per_second"] == pytest.approx(1e6 / total)


def test_the_bench_trains_with_one_rank_and_with_two() -> None:
    figures = throughput.scaling("backflip", 1, TrainConfig("backflip", **TOY))  # type: ignore[arg-type]
    assert figures["scaling"] == pytest.approx(
        figures["samples_per_second_2_ranks"] / figures["samples_per_second_1_rank"]
    )
    assert figures["scaling_cpu"] > 0.0 and 0.1 < figures["rank_gb"] < 2.0


def test_the_bench_prints_its_figures_last(capsys: pytest.CaptureFixture[str]) -> None:
    throughput.show({"samples": 12, "overhead": 1.51234})
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].split() == ["overhead", "1.51"] and json.loads(lines[-1]) == {"samples": 12, "overhead": 1.5123}


def test_pybullets_own_environment_falls_and_begins_anew() -> None:
    theirs = PyBulletDeepMimic("backflip")
    begun: list[float] = []
    reset = theirs._env.reset

    def counted() -> None:
        begun.append(theirs._env.t)
        reset()

    theirs._env.reset = counted
    assert theirs.measure(90) > 0.0
    # three seconds without a policy: he has fallen, long before its time limit of 20 s
    assert begun and max(begun) < 6.0
    theirs.close()
    with pytest.raises(FileNotFoundError, match="no clip 'moonwalk'"):
        PyBulletDeepMimic("moonwalk")
