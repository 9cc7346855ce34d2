"""How fast training is: samples/s and where they go, over PyBullet's own environment, and what a second rank adds.

`python -m tools.bench --train` prints them: a table, and last a JSON line.

Machines are noisy and shared, so all is CPU time of the process and what counts are ratios of things measured by turns
in one run; the wall clock is in `samples_per_second_1_rank`, `_2_ranks` and `scaling` alone.
"""

from __future__ import annotations

import dataclasses
import json
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from game.sim.model import CharacterModel
from game.sim.motion import MotionClip
from tools.substep_clock import STEP, SubstepClock
from tools.train import distributed
from tools.train.config import TrainConfig
from tools.train.environment import ImitationEnvironment
from tools.train.policy_graph import PolicyGraph
from tools.train.ppo import PPO
from tools.train.pybullet_env import PyBulletDeepMimic
from tools.train.rollout import collect
from tools.train.trainer import Trainer

Figures = dict[str, float]
NOISE = 0.1
"""of the actions"""
THEIR_STEPS = 60
"""control steps of PyBullet's environment for each of our iterations"""


@dataclass
class _Clock:
    """CPU seconds spent in wrapped calls."""

    seconds: float = 0.0

    def wrap(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*args: Any, **kwargs: Any) -> Any:
            started = time.process_time()
            result = call(*args, **kwargs)
            self.seconds += time.process_time() - started
            return result

        return timed


def measure(clip: str = "backflip", iterations: int = 3, config: TrainConfig | None = None) -> Figures:
    """Collect and learn a few iterations in this process, by turns with PyBullet's environment.

    Returns:
        samples; samples_per_second_collecting and, with learning, samples_per_second; overhead, what a collected sample
        costs over its bare physics steps; pybullet_env_per_second, and times_pybullet_env, learning not counted;
        us_*, microseconds of a sample by part, which add up to us_total.
    """
    torch.set_num_threads(1)
    config = config or TrainConfig(clip)
    model, motion = CharacterModel.load(), MotionClip.load(clip)
    graph = PolicyGraph(model, motion, config.hidden, config.action_scale, config.lead, config.lateral)
    environment = ImitationEnvironment(config, motion, model, config.worlds, config.characters)
    theirs = PyBulletDeepMimic(Path(clip).stem)
    try:
        return _measure(config, graph, environment, theirs, iterations)
    finally:
        environment.close()
        theirs.close()


def _measure(
    config: TrainConfig, graph: PolicyGraph, environment: ImitationEnvironment, theirs: PyBulletDeepMimic, num: int
) -> Figures:
    environment.seed(0)
    environment.reset(torch.arange(environment.num_characters).numpy())
    learner, generator = PPO(graph.networks, config), torch.Generator().manual_seed(0)
    collect(environment, graph, 4, NOISE, generator)
    theirs.measure(4)
    stepping, observe, reset, clock = _Clock(), _Clock(), _Clock(), SubstepClock(STEP)
    for world in environment.batched_worlds.worlds:
        clock.put_into(world)
    environment.batched_worlds.step = stepping.wrap(environment.batched_worlds.step)  # type: ignore[method-assign]
    environment.end = reset.wrap(environment.end)  # type: ignore[method-assign]
    graph.observe = observe.wrap(graph.observe)  # type: ignore[method-assign]
    collecting = learning = their_seconds = 0.0
    with clock.on():
        for _ in range(num):
            started = time.process_time()
            batch, _ = collect(environment, graph, config.steps, NOISE, generator)
            collecting += time.process_time() - started
            started = time.process_time()
            learner.update(batch, generator)
            learning += time.process_time() - started
            their_seconds += theirs.measure(THEIR_STEPS)
    spent = clock.read()
    # what the clock itself cost is no part of it
    collecting, stepping.seconds = collecting - spent["watch"], stepping.seconds - spent["watch"]
    samples = num * config.steps * environment.num_characters
    parts = {
        "step": spent["step"],
        "rest_of_world": stepping.seconds - spent["step"],
        "observe": observe.seconds,
        "reset": reset.seconds,
        "reward_and_actions": collecting - stepping.seconds - observe.seconds - reset.seconds,
        "learn": learning,
        "total": collecting + learning,
    }
    their_rate = num * THEIR_STEPS / their_seconds
    return {
        "samples": samples,
        "samples_per_second": samples / (collecting + learning),
        "samples_per_second_collecting": samples / collecting,
        "overhead": collecting / spent["step"],
        "pybullet_env_per_second": their_rate,
        "times_pybullet_env": samples / collecting / their_rate,
        **{f"us_{name}": 1e6 * seconds / samples for name, seconds in parts.items()},
    }


def scaling(clip: str = "backflip", iterations: int = 3, config: TrainConfig | None = None) -> Figures:
    """Whole iterations of one rank, then of two side by side: samples/s of the wall clock, and of CPU time.

    Returns:
        samples_per_second_1_rank and _2_ranks, and scaling, their ratio; scaling_cpu, twice the ratio of samples per
        second of CPU time, which other jobs on the machine hardly change; rank_gb, the most memory of a rank of two.
    """
    config = config or TrainConfig(clip)
    rates, found = [], {}
    for num_ranks in (1, 2):
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder)
            plain = dataclasses.replace(config, out=out, sampling_rounds=0, film_minutes=0.0)
            distributed.launch(_rank, num_ranks, plain, iterations)
            found = json.loads((out / "bench.json").read_text("utf-8"))
        rates.append((found["wall_rate"], found["cpu_rate"]))
    (one, one_cpu), (two, two_cpu) = rates
    return {
        "samples_per_second_1_rank": one,
        "samples_per_second_2_ranks": two,
        "scaling": two / one,
        "scaling_cpu": 2.0 * two_cpu / one_cpu,
        "rank_gb": found["gb"],
    }


def _rank(config: TrainConfig, iterations: int) -> None:
    """Train for some iterations as one rank; the first writes what came of all."""
    distributed.join()
    try:
        trainer = Trainer(config)
        trainer.step()
        samples, wall, cpu = trainer.samples, time.monotonic(), time.process_time()
        for _ in range(iterations):
            trainer.step()
        samples, wall = trainer.samples - samples, time.monotonic() - wall
        cpu = float(distributed.total(torch.tensor([time.process_time() - cpu]).double()))
        gb = float(distributed.gather(torch.tensor([_peak_gb()]).double()).max())
        figures = {"wall_rate": samples / wall, "cpu_rate": samples / cpu, "gb": gb}
        if distributed.rank() == 0:
            config.folder.mkdir(parents=True, exist_ok=True)
            (config.folder / "bench.json").write_text(json.dumps(figures), "utf-8")
        trainer.environment.close()
        trainer.testing.close()
    finally:
        distributed.leave()


def _peak_gb() -> float:
    """The most memory that this process had, GB (10^9 bytes); nan where the system does not say."""
    status = Path("/proc/self/status")
    if not status.is_file():
        return float("nan")
    line = next(row for row in status.read_text("utf-8").splitlines() if row.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024 / 1e9


def figures(clip: str = "backflip", iterations: int = 3) -> Figures:
    """The figures of `measure` and of `scaling`."""
    return measure(clip, iterations) | scaling(clip, iterations)


def show(found: Figures) -> None:
    """Print a table, and last a JSON line."""
    for key, value in found.items():
        print(f"{key:30} {value:10.2f}")
    print(json.dumps({key: round(value, 4) for key, value in found.items()}), flush=True)
