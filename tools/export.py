"""Writes what a training run keeps as one self-describing policy file.

python -m tools.export runs/backflip/best.pt policies/backflip.onnx
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import tyro

from tools.command_line import parse


@dataclass(frozen=True)
class PolicyExportOptions:
    """The command line of tools.export."""

    source: tyro.conf.Positional[Path]
    """best.pt, checkpoint.pt or ages/NN.pt of a run"""
    target: tyro.conf.Positional[Path]
    """the .onnx file to write"""
    name: str = ""
    """name of the policy; default: the file's"""
    skill: str = ""
    """what it does, the same for all its ages; default: the clip's name, without _mended"""
    age: float | None = None
    """0 newborn .. 1 trained"""


def main(arguments: list[str] | None = None) -> int:
    """Returns 0, or 1 after one line on what is wrong."""
    options = parse(PolicyExportOptions, "tools.export", __doc__, arguments)
    # torch takes seconds to load: --help does without
    from game.policy.policy import PolicyError
    from tools.train.checkpoint import CheckpointError
    from tools.train.policy_export import export_checkpoint

    try:
        spec = export_checkpoint(
            options.source, options.target, name=options.name, age=options.age, skill=options.skill
        )
    except (CheckpointError, PolicyError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(f"{options.target}: {spec.name}, {spec.training['samples']} samples, {options.target.stat().st_size} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
