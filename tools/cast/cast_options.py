"""CastOptions: the command line of tools.cast."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import tyro


@dataclass(frozen=True)
class CastOptions:
    """What is cast, and where it goes."""

    file: tyro.conf.Positional[Path]
    """a rigged humanoid: .glb, .vrm or .gltf"""
    name: str = ""
    """what the figure is called; the file's name by default"""
    mapping: Path | None = None
    """JSON of {"right_hip": "bone of the file", ...} for bones that are not found by themselves"""
    out: Path | None = None
    """another folder than that of the game, which is figures/cast beside the user's settings"""
    no_picture: bool = False
    """draw no picture for the panel"""
