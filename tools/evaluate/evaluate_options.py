"""The options of tools.evaluate."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import tyro

from game.sim.model import HUMANOID


@dataclass(frozen=True)
class EvaluateOptions:
    """The command line of tools.evaluate."""

    policies: tyro.conf.Positional[tuple[Path, ...]]
    """policy files"""
    character: str = HUMANOID
    """whose body: humanoid, or one made by tools.build_avatar --physical"""
    episodes: int = 40
    """episodes of each skill from random phases; 10 more start from phase 0; 0 for none"""
    seconds: float = 20.0
    """length of an episode"""
    pushes: bool = False
    """also find the largest push that each skill survives"""
    disturbed: bool = False
    """also run the episodes under pushes, in other conditions"""
    getup: int = 0
    """falls from pushes, to get up from: upright for 2 s within 10 s"""
    chain: bool = False
    """begin every upright skill in the middle of every other one, at 3 moments: no fall within 4 s"""
    steer: float = 0.0
    """seconds of a random stick: falls, errors of direction and speed"""
    runs: int = 20
    """of --steer"""
    stand: bool = False
    """stand for 60 s, and take pushes from 8 directions"""
    clip: tyro.conf.UseAppendAction[tuple[Path, ...]] = ()
    """a clip's file that the performer never saw (may be given again): how far it follows it"""
    seed: int = 0
    """of everything that is drawn at random"""
    write: bool = False
    """put the scores on the policies' cards"""


def wrong(options: EvaluateOptions) -> str:
    """What makes no sense about the options; empty if nothing."""
    numbers = {name: getattr(options, name) for name in ("episodes", "getup", "steer")}
    if not options.policies:
        return "no policies: expected one file or more"
    if negative := [f"--{name} {value}" for name, value in numbers.items() if value < 0]:
        return f"{', '.join(negative)}: expected 0 or more"
    if options.seconds <= 0.0 or options.runs < 1:
        return f"{options.runs} runs, episodes of {options.seconds} s: expected positive numbers"
    if options.disturbed and not options.episodes:
        return "--disturbed with --episodes 0: expected 1 or more"
    return ""
