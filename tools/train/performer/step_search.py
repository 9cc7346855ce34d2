"""python -m tools.train.performer.step_search CHECKPOINT: searches the gains of `step_feedback.Steps`.

CMA-ES (Hansen 2016, by the package cma) over the gains, for the networks of a checkpoint: every candidate walks, turns,
starts, stops, runs and comes to a stand from the ends of the skills through the same sticks, and is as good as it lasts
and as well as it follows them.
"""

from __future__ import annotations

import json
import multiprocessing
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import tyro
from numpy.typing import NDArray

from game.sim.model import CharacterModel
from tools.command_line import parse
from tools.train.performer.performer_environment import PerformerEnvironment
from tools.train.performer.performer_export import load_performer
from tools.train.performer.progress import follow
from tools.train.performer.repertoire import load_ends, load_table, read_motions, read_stages
from tools.train.performer.situations import STAND, Situations
from tools.train.performer.step_feedback import NUM_GAINS

Array = NDArray[np.float64]
TICKS = 150
"""of an episode"""
LIKENESS = 0.4
"""weight of the mean reward, against 1 of the share of the episode that he stays up"""
PER_WORLD = 8
ENDS = 3
"""moments at the end of each skill, from which he comes to a stand"""


@dataclass(frozen=True)
class StepSearchOptions:
    """The command line."""

    checkpoint: tyro.conf.Positional[Path]
    """a run's checkpoint.pt"""
    out: Path = Path("out/step_gains.json")
    """where the mean of the distribution goes, after every generation; a search goes on from what is there, or from the
    checkpoint's gains"""
    slow: bool = False
    """search only those gains that act the more, the slower he is; the others stay"""
    minutes: float = 20.0
    candidates: int = 16
    """of a generation, an even number"""
    spread: float = 0.1
    """standard deviation of the first generation"""
    seed: int = 1


def sticks(paces: tuple[float, float], hz: int) -> list[tuple[Array, float | None]]:
    """What every candidate does: stops at five moments, steps on the spot, walks slowly, starts, turns, jogs, runs.

    Each is commands (TICKS, 2), m/s, and the phase at which he begins, None: standing.
    """
    seconds = np.arange(TICKS) / hz
    walk, run = paces
    still = 0.0 * seconds

    def going(speed: Array | float, degrees: float, phase: float | None) -> tuple[Array, float | None]:
        toward = np.radians(degrees) * seconds
        return (still + speed)[:, None] * np.stack([np.cos(toward), np.sin(toward)], axis=1), phase

    def stopping(speed: float, after: float, phase: float) -> tuple[Array, float | None]:
        return going(np.where(seconds < after, speed, 0.0), 0.0, phase)

    found = [stopping(walk, 0.4 + 0.3 * k, 0.1 + 0.2 * k) for k in range(4)] + [stopping(run, 0.5, 0.2)]
    found += [going(0.04, 0.0, phase) for phase in (0.0, 0.6)] + [going(0.35, 0.0, phase) for phase in (0.3, 0.9)]
    found += [going(np.where(seconds < 0.2, 0.0, speed), 0.0, None) for speed in (walk, 0.5)]
    found += [going(0.0, 0.0, None), going(walk, 0.0, 0.4), going(walk, 60.0, 0.2), going(walk, -60.0, 0.5)]
    found += [going(walk, 100.0, 0.8), going(run, 0.0, 0.7), going(run, 25.0, 0.3), going(run, -25.0, 0.1)]
    return [*found, going(2.2, -20.0, 0.6)]


def situations(model: CharacterModel) -> Situations:
    """Gaits, standing, and the ends of the skills, the same ones each time."""
    gaits = [m for m in read_motions() if m.name in ("walk", "run", STAND)]
    tables = {m.name: load_table(m, model) for m in gaits}
    stages = read_stages()
    return Situations(model, tables, list(tables), TICKS, 0, stages, ends=load_ends(stages, model))


class StepTrial:
    """Tries gains, a part of a generation at a time."""

    def __init__(self, checkpoint: Path, candidates: int) -> None:
        torch.set_num_threads(1)
        model = CharacterModel.load()
        self.graph, _ = load_performer(checkpoint, model)
        drawn = situations(model)
        assert drawn.gait is not None
        self.episodes = [
            drawn.walking(drawn.going(command, phase), command, "step", drift=5.0, stray=5.0)
            for command, phase in sticks(drawn.gait.clips.paces, model.control_hz)
        ]
        self.episodes += [drawn.to_stand(name) for name in drawn.ends for _ in range(ENDS)]
        count = candidates * len(self.episodes)
        self.environment = PerformerEnvironment(model, -(-count // PER_WORLD), PER_WORLD, TICKS + 2)

    def scores(self, candidates: list[Array]) -> Array:
        """(C,) of C candidates (NUM_GAINS,)."""
        environment, graph, each = self.environment, self.graph, len(self.episodes)
        count = environment.num_characters
        gains = np.zeros((count, NUM_GAINS))
        gains[: each * len(candidates)] = np.repeat(candidates, each, axis=0)
        graph.sight.steps.gains = torch.tensor(gains, dtype=torch.float32)
        batch = (self.episodes * -(-count // each))[:count]
        _, life, reward = follow(environment, graph, batch, TICKS)
        earned = (life + LIKENESS * reward)[: each * len(candidates)]
        return np.asarray(earned.reshape(len(candidates), each).mean(axis=1) / TICKS)


_trials: dict[tuple[Path, int], StepTrial] = {}


def _scores(task: tuple[Path, list[Array]]) -> Array:
    """In a process of the pool, which keeps its worlds."""
    checkpoint, candidates = task
    key = checkpoint, len(candidates)
    if key not in _trials:
        _trials[key] = StepTrial(*key)
    return _trials[key].scores(candidates)


def search(options: StepSearchOptions) -> Array:
    """The mean of the distribution (NUM_GAINS,) when the time is up; prints a line after every generation."""
    import cma  # type: ignore[import-untyped]

    first = _present(options)
    fixed = first[: NUM_GAINS // 2 if options.slow else 0]
    strategy = cma.CMAEvolutionStrategy(
        first[len(fixed) :], options.spread, {"popsize": options.candidates, "seed": options.seed, "verbose": -9}
    )
    options.out.parent.mkdir(parents=True, exist_ok=True)
    end, half = time.monotonic() + 60.0 * options.minutes, options.candidates // 2
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        while time.monotonic() < end:
            candidates = strategy.ask()
            whole = [np.concatenate([fixed, candidate]) for candidate in candidates]
            parts = [(options.checkpoint, whole[:half]), (options.checkpoint, whole[half:])]
            scores = np.concatenate(pool.map(_scores, parts, chunksize=1))
            strategy.tell(candidates, (-scores).tolist())
            mean = np.concatenate([fixed, strategy.mean])
            options.out.write_text(json.dumps([round(float(v), 4) for v in mean]), "utf-8")
            print(f"{strategy.countiter}: {scores.mean():.3f}, best {scores.max():.3f}, spread {strategy.sigma:.3f}")
    return np.concatenate([fixed, strategy.mean])


def _present(options: StepSearchOptions) -> Array:
    """The gains (NUM_GAINS,) that a search goes on from."""
    if options.out.is_file():
        return np.array(json.loads(options.out.read_text("utf-8")), float)
    graph, _ = load_performer(options.checkpoint, CharacterModel.load())
    return graph.sight.steps.gains.numpy().astype(float)


def main(arguments: list[str] | None = None) -> int:
    """Returns 0."""
    search(parse(StepSearchOptions, "tools.train.performer.step_search", __doc__, arguments))
    return 0


if __name__ == "__main__":
    sys.exit(main())
