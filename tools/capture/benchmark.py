"""python -m tools.capture.benchmark [CLIP ...]: film the mannequin in known clips, capture the films, compare.

Prints the Markdown table of README.md; with --hard the one of bad footage.
"""

from __future__ import annotations

import math
import tempfile
from dataclasses import dataclass
from pathlib import Path

import tyro

from game.scene.paths import models_dir
from tools.command_line import parse


@dataclass(frozen=True)
class BenchmarkOptions:
    """The command line of tools.capture.benchmark."""

    clips: tyro.conf.Positional[tuple[str, ...]] = ()
    """by default all of models/clips that are not captured themselves; with --hard the backflip"""
    yaw: float = 30.0
    """deg, of the camera: 0 from the right, 90 from the front"""
    hard: tuple[str, ...] | None = None
    """film footage that is degraded in the ways of these names, or in every way"""


def main(arguments: list[str] | None = None) -> None:
    """Every clip, or those named."""
    options = parse(BenchmarkOptions, "tools.capture.benchmark", __doc__, arguments)
    # torch takes seconds to load: --help does without
    from tools.capture.benchmark_rows import HARD_HEAD, HEAD, hard_row, row
    from tools.capture.degradations import ALL

    if options.hard is not None:
        print(HARD_HEAD, flush=True)
        with tempfile.TemporaryDirectory() as scratch:
            for how in ALL:
                if not options.hard or how.name in options.hard:
                    for name in options.clips or ["backflip"]:
                        print(hard_row(name, how, math.radians(options.yaw), Path(scratch)), flush=True)
        return
    names = options.clips or _uncaptured()
    print(HEAD, flush=True)
    with tempfile.TemporaryDirectory() as scratch:
        for name in names:
            print(row(name, math.radians(options.yaw), Path(scratch)), flush=True)


def _uncaptured() -> list[str]:
    """Names of the clips in models/clips that no capture made."""
    from game.sim.motion import MotionClip

    clips = (MotionClip.load(path) for path in sorted((models_dir() / "clips").glob("*.json")))
    return [clip.name for clip in clips if "capture" not in clip.notes]


if __name__ == "__main__":
    main()
