"""Writes what a training run keeps as one self-describing policy file.

python -m tools.export runs/backflip/best.pt policies/backflip.onnx
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro


@dataclass(frozen=True)
class ExportConfig:
    """The command line."""

    source: Annotated[Path, tyro.conf.Positional]
    """best.pt, checkpoint.pt or ages/NN.pt of a run"""
    target: Annotated[Path, tyro.conf.Positional]
    """the .onnx file to write"""
    name: str = ""
    """name of the policy; default: the file's"""
    skill: str = ""
    """what it does, the same for all its ages; default: the clip's name, without _mended"""
    age: float | None = None
    """0 newborn .. 1 trained"""


def main(args: list[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    config = tyro.cli(ExportConfig, args=args, prog="python -m tools.export", description=__doc__)
    # torch takes seconds to load: --help does without
    from game.policy.policy import PolicyError
    from tools.train.checkpoint import CheckpointError
    from tools.train.policy_export import export_checkpoint

    try:
        spec = export_checkpoint(config.source, config.target, name=config.name, age=config.age, skill=config.skill)
    except (CheckpointError, PolicyError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(f"{config.target}: {spec.name}, {spec.training['samples']} samples, {config.target.stat().st_size} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
