"""Import PyBullet's trained DeepMimic policies: `python -m tools.import_deepmimic [NAME ...] [--out policies]`."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, get_args

import tyro

from game.scene.paths import policies_dir
from tools.command_line import parse

Name = Literal["backflip", "walk", "walk_COMenabled", "jump", "spinkick"]
NAMES: tuple[Name, ...] = get_args(Name)


@dataclass(frozen=True)
class PublishedOptions:
    """The command line of tools.import_deepmimic."""

    names: tyro.conf.Positional[tuple[Name, ...]] = NAMES
    """which of the published policies"""
    out: Path = field(default_factory=policies_dir)
    """folder to write to"""


def main(arguments: list[str] | None = None) -> int:
    """Returns 0, or 1 after one line on what is wrong."""
    options = parse(PublishedOptions, "tools.import_deepmimic", __doc__, arguments)
    # torch takes seconds to load: --help does without
    from game.policy.policy import PolicyError
    from tools.import_deepmimic.published_policy import import_policy
    from tools.import_deepmimic.tensor_bundle import TensorBundleError

    for name in options.names:
        try:
            print(import_policy(name, options.out))
        except (TensorBundleError, PolicyError, OSError) as error:
            print(f"error: {name}: {error}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
