"""Stage 8, ages: earlier, clumsier versions of him, spread over what he has learned."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

from tools.learn.journal import Result
from tools.learn.task import Task
from tools.train import checkpoint
from tools.train.evaluation import Scores
from tools.train.policy_export import export_checkpoint


class Age(NamedTuple):
    """A policy kept on the way."""

    file: Path
    score: float
    """of its evaluation, 0 to 1"""
    samples: int
    seconds: float
    episodes: int


def kept(task: Task) -> list[Age]:
    """All that the trainer kept, in their order. Raises CheckpointError."""
    found = []
    for file in sorted((task.run / "ages").glob("*.pt")):
        content = checkpoint.load(file, ("scores", "samples", "seconds", "episodes"))
        score = Scores(**content["scores"]).score
        found.append(Age(file, score, content["samples"], content["seconds"], content["episodes"]))
    return found


def spread(ages: list[Age], count: int) -> list[Age]:
    """`count` of them, the first and the last among them, whose scores are as evenly spread as there are any."""
    if len(ages) <= count:
        return ages
    wanted = np.linspace(ages[0].score, ages[-1].score, count)
    chosen: list[int] = []
    for k, score in enumerate(wanted):
        # those that are still free, and leave one for each that follows
        free = range(chosen[-1] + 1 if chosen else 0, len(ages) - (count - 1 - k))
        chosen.append(min(free, key=lambda n: abs(ages[n].score - score)))
    return [ages[n] for n in chosen]


def keep_ages(task: Task) -> Result:
    """Export them as NAME_age_0.onnx and so on. Raises CheckpointError, PolicyError."""
    ages = spread(kept(task), task.effort.ages)
    for old in task.policies.glob(f"{task.name}_age_*.onnx"):
        old.unlink()
    for number, age in enumerate(ages):
        name = f"{task.name}_age_{number}"
        # the policy itself is of age 1
        share = min(0.99, max(0.0, age.score))
        export_checkpoint(age.file, task.policies / f"{name}.onnx", name=name, skill=task.name, age=share)
    rows = [
        {"age": number, "score": round(age.score, 3), "samples": age.samples, "minutes": round(age.seconds / 60.0, 1)}
        for number, age in enumerate(ages)
    ]
    return {"said": f"{len(rows)} of them", "ages": rows}
