"""BloopersOptions: the options of a reel of falls."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import tyro

from game.view.quality import Tier
from tools.command_line import FrameRate, Size


@dataclass(frozen=True)
class BloopersOptions:
    """The command line of tools.bloopers."""

    out: Path
    """folder for reel.mp4, sheet.png, takes/ and attempts.json"""
    policy: str | None = None
    """a policy or a skill, all of its ages are tried; the backflip by default"""
    policies: tyro.conf.UseAppendAction[tuple[Path, ...]] = ()
    """a further folder of policies"""
    attempts: int = 100
    """how many are run, 1 to 100000"""
    seconds: float = 6.0
    """length of an attempt, 1 to 60"""
    best: int = 5
    """how many are cut into the film, 1 to 100"""
    set: str = "living_room"
    """a name in models/sets, or a set's file"""
    seed: int = 0
    """the same seed draws the same attempts"""
    size: Size = (1280, 720)
    """of the film, pixels"""
    fps: FrameRate = 30
    """pictures a second, 1 to 240"""
    quality: Tier = "std"
    """how well it is drawn"""
    avatar: str = "own"
    """what he is drawn as: own, or a figure made by tools.cast, or its file"""
