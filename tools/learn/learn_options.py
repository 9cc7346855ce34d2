"""LearnOptions: what he shall learn, and how long it may take; and Effort: how much of everything is done."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from pathlib import Path

import tyro

from game.scene.paths import policies_dir
from game.sim.model import HUMANOID
from tools.learn import LearnError


@dataclass(frozen=True)
class LearnOptions:
    """The command line of tools.learn. A rerun goes on where the last one ended."""

    source: tyro.conf.Positional[str]
    """a video of a person, a motion file (tools.import_motion has the formats), or a clip: its file or its name"""
    out: str = ""
    """the name of what he learns; by default that of the source. All files are in runs/learn/NAME"""
    character: str = HUMANOID
    """whose body learns it: humanoid, or one made by tools.build_avatar --physical"""
    hours: float = 8.0
    """longest time of the training; it ends earlier when he survives .95 of the episodes of 10 s"""
    ranks: int = min(2, os.cpu_count() or 1)
    """processes that learn"""
    publish: Path | None = None
    """folder where the policies go; by default the user's own, which the game always looks into"""


@dataclass(frozen=True)
class Effort:
    """How much of everything is done; the defaults are for real, tests do less."""

    good: float = 0.95
    """survival at which he has learned it"""
    worlds: int = 8
    """Bullet worlds of a rank, with 8 characters each"""
    characters: int = 8
    steps: int = 32
    """control steps of each character in an iteration"""
    hidden: tuple[int, ...] = (256, 256)
    minibatch: int = 1024
    samples: int | None = None
    """control steps after which training ends; None: only the time counts"""
    evaluate_samples: int = 100_000
    """between two evaluations in training"""
    evaluate_seconds: float = 10.0
    try_worlds: int = 2
    """Worlds in which beginnings are compared"""
    search_worlds: int = 4
    """Worlds in which a feedback is searched"""
    excursions: tuple[tuple[int, int], ...] | None = None
    """of that search: in each round how many from each tick, for how many ticks; None: as tools.train.tracker_search"""
    candidates: int = 128
    """in a window of the round of sampling by which a clip is judged"""
    exam_episodes: int = 40
    ages: int = 6
    film_size: tuple[int, int] = (640, 360)
    film_seconds: float = 4.0
    """of each age in the film"""


def check_options(options: LearnOptions) -> None:
    """Raises LearnError for what makes no sense."""
    if not (math.isfinite(options.hours) and options.hours > 0.0):
        raise LearnError(f"--hours {options.hours:g}: expected more than 0")
    if options.ranks < 1:
        raise LearnError(f"--ranks {options.ranks}: expected 1 or more")
    if options.out and not _plain(options.out):
        raise LearnError(f"--out {options.out}: expected a name of letters, digits, - and _")


def name_of(options: LearnOptions) -> str:
    """What the motion is called: --out, or the source's name in letters that file names can have.

    Where a policy of that name ships with the game, which the new one would hide, `_learned` is added.
    """
    if options.out:
        return options.out
    name = "".join(c if _plain(c) else "_" for c in Path(options.source).stem)[:60] or "motion"
    return f"{name}_learned" if (policies_dir() / f"{name}.onnx").is_file() else name


def _plain(name: str) -> bool:
    return name.isascii() and all(c.isalnum() or c in "-_" for c in name)
