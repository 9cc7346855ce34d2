"""python -m tools.build_avatar --out FOLDER [--shirt "#c03028" --style curls --height 1.05 --build 0.5 ...]"""

from __future__ import annotations

import sys

from tools.build_avatar.options import AvatarConfig
from tools.command_line import parse


def main(arguments: list[str] | None = None) -> None:
    config = parse(AvatarConfig, "tools.build_avatar", __doc__, arguments)
    # the surface is built by scikit-image, which takes a second to load: --help does without
    from tools.build_avatar.build import build

    for path in build(config, lambda text: print(text, file=sys.stderr, flush=True)):
        print(f"{path}  {path.stat().st_size / 1e3:.0f} kB")


if __name__ == "__main__":
    main()
