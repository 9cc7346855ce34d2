"""Stage 5, can it be learned? A score from 0 to 1 in seconds, and the beginning that does best untrained."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np

from game.sim.motion import MotionClip
from tools.clip_clinic.checks import examine
from tools.clip_clinic.flight import flights
from tools.learn.beginnings import Beginning, beginnings, untrained
from tools.learn.clip_setting import setting
from tools.learn.journal import Result
from tools.learn.task import Task
from tools.train.batched_worlds import BatchedWorlds
from tools.train.config import TrainConfig
from tools.train.evaluation import Scores
from tools.train.sampling import Sampler
from tools.train.subject import body_of, clip_of

COMPARED = 5.0
"""s of the episodes by which beginnings are compared"""


def judge_clip(task: Task) -> Result:
    """The score, what it is made of, and the beginning. Raises ClipError, CheckpointError, ConfigError."""
    config = setting(task)
    clip, model = clip_of(config), body_of(config)
    tried = beginnings(clip, model, task.folder.parent.parent, task.tracker if task.tracker.is_file() else None)
    seconds = min(COMPARED, task.effort.evaluate_seconds)
    scores: list[tuple[float, Beginning, Scores]] = []
    for number, beginning in enumerate(tried):
        task.progress.show(number / (len(tried) + 1), f"begun with {beginning.title}")
        found = untrained(beginning.applied(config), task.effort.try_worlds, seconds)
        scores.append((_quality(found), beginning, found))
    best = max(scores, key=lambda entry: entry[0])
    measures = measured(clip, config, scores[0][2], task.effort.candidates)
    file, easy = best[1].file, score(measures)
    found_for = ", ".join(f"{beginning.title} {value:.2f}" for value, beginning, _ in scores)
    return {
        "said": f"{easy:.2f} of 1; training begins with {best[1].title} ({found_for})",
        "score": round(easy, 3),
        "measures": measures,
        "untrained": {b.title: round(value, 3) for value, b, _ in scores},
        "survival": round(best[2].survival, 3),
        "beginning": best[1].kind,
        "stance": best[1].stance,
        "checkpoint": None if file is None else str(file.absolute()),
    }


def beginning_of(result: Result) -> Beginning:
    """The beginning that a result names."""
    file = None if result["checkpoint"] is None else Path(result["checkpoint"])
    return Beginning(result["beginning"], file, result.get("stance", False))


def measured(clip: MotionClip, config: TrainConfig, alone: Scores, candidates: int) -> dict[str, float]:
    """What the score is made of. `alone`: how well the clip's poses alone, as targets, do it.

    Of the clip: how far it is out of balance, cm; its longest flight, s; of physics: how long the clip's poses
    alone keep him up (share of the time), and what a path through it costs a window after one small round of sampling.
    """
    report = examine(clip)
    balance = next((check.value for check in report.checks if check.name == "balance"), 0.0)
    air = max((flight.past - flight.first for flight in flights(clip)), default=0) / clip.fps
    return {
        "out_of_balance_cm": round(balance, 2),
        "flight_seconds": round(air, 2),
        "alone": round(alone.life, 3),
        "path_cost": round(path_cost(clip, config, candidates), 2),
    }


def path_cost(clip: MotionClip, config: TrainConfig, candidates: int) -> float:
    """Mean cost a window of the best path of one round of sampling."""
    worlds = BatchedWorlds(body_of(config), 2, config.characters)
    try:
        sampler = Sampler(clip, body_of(config), worlds, replace(config, sampling_candidates=candidates))
        (search,) = sampler.search(1)
    finally:
        worlds.close()
    return float(np.mean(search.best.cost))


def score(measures: dict[str, float]) -> float:
    """0 (hopeless) to 1 (done at once). README.md has how it ranks the clips whose training is known."""
    cost = 1.0 / (1.0 + measures["path_cost"] / 20.0)
    firm = math.exp(-measures["out_of_balance_cm"] / 15.0)
    ground = math.exp(-measures["flight_seconds"] / 0.5)
    return 0.4 * measures["alone"] + 0.3 * cost + 0.2 * firm + 0.1 * ground


def _quality(scores: Scores) -> float:
    """One number to choose beginnings by: how long he is up, and how like the clip that is."""
    return 0.5 * (scores.life + scores.reward)
