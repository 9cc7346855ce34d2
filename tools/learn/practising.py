"""Stage 6, training: the trainer as a process of its own, until he is good or the time is up."""

from __future__ import annotations

import dataclasses
import json
import math
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType
from typing import Any

from tools.learn import LearnError
from tools.learn.beginnings import LITTLE_NOISE
from tools.learn.clip_setting import setting
from tools.learn.journal import Result
from tools.learn.learnability import beginning_of
from tools.learn.task import Task
from tools.train.config import TrainConfig

ROOT = Path(__file__).resolve().parents[2]
POLL = 0.5
"""s between two looks at how it goes"""
DONE = 0.5
"""survival before anything is learned, from which on little noise will do"""
JUDGED = "learnability"
"""the stage that chose the beginning"""


def practise(task: Task) -> Result:
    """Train, on from where the last one ended.

    Raises:
        LearnError: the trainer gave up; what it said last.
        KeyboardInterrupt: somebody ended it. The trainer has written its checkpoint.
    """
    judged = task.journal[JUDGED]
    config = beginning_of(judged).applied(setting(task))
    if judged.get("survival", 0.0) >= DONE:
        config = dataclasses.replace(config, **LITTLE_NOISE)
    task.run.mkdir(parents=True, exist_ok=True)
    log = task.run / "log.txt"
    command = [sys.executable, "-m", "tools.train", *arguments(config)]
    began = log.stat().st_size if log.is_file() else 0
    with log.open("ab") as output:
        # a session of its own: Ctrl-C comes to it once, from here
        process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
        )
        status, interrupted = _wait(process, task)
    if interrupted:
        raise KeyboardInterrupt
    if status:
        lines = log.read_bytes()[began:].decode("utf-8", "replace").split("\n")
        said = [line for line in lines if line.strip()] or [f"exit status {status}"]
        raise LearnError(f"training ended: {said[-1].removeprefix('error: ')} (all of it: {log})")
    found = evaluations(task.run)
    if not found:
        raise LearnError(f"training ended before anything was evaluated; give it more --hours than {config.hours:g}")
    if not over(found[-1], config):
        raise LearnError(
            f"something else ended the training after {found[-1]['samples'] / 1e6:.2f} M samples; what was learned is"
            f" kept in {task.run}, and the same command goes on from there"
        )
    return summary(found, task.effort.good) | {"hours": task.options.hours, "command": " ".join(command[1:])}


def over(row: dict[str, Any], config: TrainConfig) -> bool:
    """Whether the trainer ended by itself, after this evaluation: he is good, or time or samples are used up."""
    hours, samples = config.hours or math.inf, config.samples or math.inf
    return bool(row["survival"] >= config.good or row["seconds"] >= 3600.0 * hours or row["samples"] >= samples)


def unfinished(task: Task) -> bool:
    """Whether a training that ended with its time goes on now, as there is more."""
    result = task.journal["training"]
    return not result["good"] and task.options.hours > result["hours"]


def arguments(config: TrainConfig) -> list[str]:
    """The command line of tools.train that stands for a configuration: what differs from the defaults."""
    words = [str(Path(config.clip).resolve())]
    for field in dataclasses.fields(config):
        value = getattr(config, field.name)
        if field.name != "clip" and value != field.default:
            # a switch that is on has no value
            many = value if isinstance(value, tuple) else () if value is True else (value,)
            path = [str(v.resolve()) if isinstance(v, Path) else str(v) for v in many]
            words += [f"--{field.name.replace('_', '-')}", *path]
    return words


def evaluations(run: Path) -> list[dict[str, Any]]:
    """The trainer's evaluations so far, in their order."""
    return [row for row in metrics(run) if row.get("kind") == "evaluation"]


def metrics(run: Path) -> list[dict[str, Any]]:
    """All that the trainer has noted so far, in its order: iterations and evaluations."""
    table = run / "metrics.jsonl"
    rows = []
    for line in table.read_text("utf-8", errors="replace").splitlines() if table.is_file() else ():
        try:
            row = json.loads(line)
        except ValueError:
            continue  # it is being written
        rows.append(row)
    return rows


def summary(rows: list[dict[str, Any]], good: float) -> Result:
    """What a training gave: the best evaluation, and what it took."""
    best, last = max(rows, key=lambda row: (row["survival"], row["reward"])), rows[-1]
    reached = last["survival"] >= good
    spent = f"{last['samples'] / 1e6:.2f} M samples, {last['seconds'] / 60.0:.0f} min"
    return {
        "said": f"{'good' if reached else 'not good yet'}: survival {best['survival']:.2f} after {spent}",
        "good": reached,
        "survival": best["survival"],
        "survival_zero": best["survival_zero"],
        "reward": best["reward"],
        "samples": last["samples"],
        "minutes": round(last["seconds"] / 60.0, 1),
    }


def _wait(process: subprocess.Popen[bytes], task: Task) -> tuple[int, bool]:
    """Wait for the trainer, and show how it goes; its exit status, and whether somebody ended it."""
    ended = False

    def end(_: int, __: FrameType | None) -> None:
        nonlocal ended
        ended = True
        process.send_signal(signal.SIGINT)

    before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    began, limit = time.monotonic(), 3600.0 * task.options.hours
    try:
        while process.poll() is None:
            time.sleep(POLL)
            if task.progress.due:
                rows = metrics(task.run)
                # what an earlier call spent counts, too; before the first row of this one only the clock is known
                spent = max(rows[-1]["seconds"] if rows else 0.0, time.monotonic() - began)
                task.progress.show(min(1.0, spent / limit), progress_words(rows), max(0.0, limit - spent))
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
        for number, handler in before.items():
            signal.signal(number, handler)
    return int(process.returncode), ended


def progress_words(rows: list[dict[str, Any]]) -> str:
    """How it goes, of the trainer's rows: samples so far, and what the latest evaluation said."""
    if not rows:
        return "it starts"
    found = [row for row in rows if row.get("kind") == "evaluation"]
    samples = f"{rows[-1]['samples'] / 1e6:.2f} M samples"
    if not found:
        return samples
    row = found[-1]
    return f"{samples}; survival {row['survival']:.0%}, {row['cycles']:.1f} cycles at {row['samples'] / 1e6:.2f} M"
