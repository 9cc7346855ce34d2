"""python -m tools.build_avatar --out FOLDER [--shirt "#c03028" --style curls --height 1.05 --build 0.5 ...]"""

from __future__ import annotations

import sys

import tyro

from tools.build_avatar.build import build
from tools.build_avatar.options import AvatarConfig


def main(arguments: list[str] | None = None) -> None:
    config = tyro.cli(AvatarConfig, args=arguments, description=__doc__)
    for path in build(config, lambda text: print(text, file=sys.stderr, flush=True)):
        print(f"{path}  {path.stat().st_size / 1e3:.0f} kB")


if __name__ == "__main__":
    main()
