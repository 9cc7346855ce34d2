"""How fast training is: samples per second of one rank, where they go, and what a second rank adds.

python -m tools.train.bench
"""

from __future__ import annotations

import importlib
import json
import multiprocessing
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
import tyro

from game.motion import MotionClip
from game.sim.model import CharacterModel
from tools.train.config import TrainConfig
from tools.train.environment import ImitationEnvironment
from tools.train.policy_graph import PolicyGraph
from tools.train.ppo import PPO
from tools.train.rollout import collect

_world_module: Any = importlib.import_module("game.sim.world")
PYBULLET_ENV = (310.0, 330.0)
"""control steps/s of PyBullet's own DeepMimic environment in one process of an idle machine of this kind"""


@dataclass
class _Clock:
    """Seconds spent in wrapped calls."""

    seconds: float = 0.0

    def wrap(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*args: Any, **kwargs: Any) -> Any:
            begun = time.process_time()
            result = call(*args, **kwargs)
            self.seconds += time.process_time() - begun
            return result

        return timed


class _Timed:
    """A stand-in for the pybullet module that times one of its functions."""

    def __init__(self, module: Any, name: str, clock: _Clock) -> None:
        self._module = module
        setattr(self, name, clock.wrap(getattr(module, name)))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._module, name)


def measure(clip: str = "backflip", iterations: int = 3, config: TrainConfig | None = None) -> dict[str, Any]:
    """Collect and learn a few iterations in this process; microseconds per sample by part, samples/s, overhead.

    `overhead` is what a collected sample costs over its bare stepSimulation calls. The parts add up to `total`. All in
    CPU time of this process, which other jobs on the machine hardly change.
    """
    torch.set_num_threads(1)
    config = config or TrainConfig(clip)
    model, motion = CharacterModel.load(), MotionClip.load(clip)
    graph = PolicyGraph(model, motion, config.hidden, config.action_scale, config.lead, config.lateral)
    environment = ImitationEnvironment(config, motion, model, config.worlds, config.characters)
    return _measure(config, graph, environment, iterations)


def _measure(
    config: TrainConfig, graph: PolicyGraph, environment: ImitationEnvironment, iterations: int
) -> dict[str, Any]:
    environment.seed(0)
    environment.reset(torch.arange(environment.num_characters).numpy())
    learner, generator = PPO(graph.networks, config), torch.Generator().manual_seed(0)
    bare, crowd, observe, reset = _Clock(), _Clock(), _Clock(), _Clock()
    original = _world_module.pb
    collect(environment, graph, 4, 0.1, generator)
    environment.crowd.step = crowd.wrap(environment.crowd.step)  # type: ignore[method-assign]
    environment.end = reset.wrap(environment.end)  # type: ignore[method-assign]
    graph.observe = observe.wrap(graph.observe)  # type: ignore[method-assign]
    _world_module.pb = _Timed(original, "stepSimulation", bare)
    try:
        collecting = learning = 0.0
        for _ in range(iterations):
            begun = time.process_time()
            batch, _ = collect(environment, graph, config.steps, 0.1, generator)
            collecting += time.process_time() - begun
            begun = time.process_time()
            learner.update(batch, 0.1, generator)
            learning += time.process_time() - begun
    finally:
        _world_module.pb = original
        environment.close()
    samples = iterations * config.steps * environment.num_characters
    parts = {
        "stepSimulation": bare.seconds,
        "rest of World.step": crowd.seconds - bare.seconds,
        "observe": observe.seconds,
        "reset": reset.seconds,
        "reward, terminations, actions": collecting - crowd.seconds - observe.seconds - reset.seconds,
        "learn": learning,
    }
    micro = {name: round(1e6 * seconds / samples, 1) for name, seconds in parts.items()}
    return {
        "samples": samples,
        "samples_per_second_collecting": round(samples / collecting),
        "samples_per_second": round(samples / (collecting + learning)),
        "overhead": round(collecting / bare.seconds, 2),
        "times_pybullet_env": round(samples / collecting / (sum(PYBULLET_ENV) / 2), 2),
        "microseconds_per_sample": {**micro, "total": round(1e6 * (collecting + learning) / samples, 1)},
    }


def _worker(queue: multiprocessing.Queue[dict[str, Any]], clip: str, iterations: int) -> None:
    queue.put(measure(clip, iterations))


def scaling(clip: str = "backflip", iterations: int = 3, num_ranks: int = 2) -> float:
    """Samples per CPU second of num_ranks processes side by side, collecting and learning."""
    context = multiprocessing.get_context("spawn")
    queue: multiprocessing.Queue[dict[str, Any]] = context.Queue()
    workers = [context.Process(target=_worker, args=(queue, clip, iterations)) for _ in range(num_ranks)]
    for worker in workers:
        worker.start()
    rates = [queue.get(timeout=600)["samples_per_second"] for _ in workers]
    for worker in workers:
        worker.join()
    return float(sum(rates))


def main(clip: str = "backflip", iterations: int = 3, ranks: int = 2) -> None:
    """Print the figures as one JSON object."""
    figures = measure(clip, iterations)
    figures[f"samples_per_second_{ranks}_ranks"] = scaling(clip, iterations, ranks)
    print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    tyro.cli(main)
