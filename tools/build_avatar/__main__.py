"""python -m tools.build_avatar --photo ME.jpg [--portrait FACE.jpg] [--name ME]: a figure like whoever stands there.

Without --photo: the person that comes with the game, otherwise, into --out FOLDER [--shirt "#c03028" --style curls].
Nothing leaves the machine, and nothing is downloaded.
"""

from __future__ import annotations

import sys
from pathlib import Path

from tools.build_avatar.build_options import BuildOptions
from tools.command_line import parse


def main(arguments: list[str] | None = None) -> int:
    """Returns 0, or 1 after one line on what is wrong."""
    options = parse(BuildOptions, "tools.build_avatar", __doc__, arguments)
    if options.photo is not None or options.portrait is not None or options.physical:
        return _from_photo(options)
    # the surface is built by scikit-image, which takes a second to load: --help does without
    from tools.build_avatar.build import build

    for path in build(options, _say):
        print(f"{path}  {path.stat().st_size / 1e3:.0f} kB")
    return 0


def _from_photo(options: BuildOptions) -> int:
    from game.scene.json_fields import SetError
    from tools.build_avatar.photo_build import build_from_photo
    from tools.build_avatar.photo_person import PhotoError
    from tools.capture import CaptureError

    try:
        built = build_from_photo(options, _say)
    except (PhotoError, SetError, CaptureError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    for line in built.lines:
        print(f"  {line}")
    if not options.no_picture:
        _draw(built.path)
    if options.physical:
        print(f"{built.path.parent}: python -m game --character {built.name}")
        return 0
    print("  he is drawn so; he weighs, reaches and falls as before")
    named = built.name if options.out == BuildOptions.out else built.path
    print(f"{built.path}: python -m game --avatar {named}")
    return 0


def _draw(path: Path) -> None:
    from game.sim.motion import ClipError
    from game.view.figure_parts import FigureError
    from tools.cast.picture import draw_picture
    from tools.footage.studio import StudioError

    try:
        draw_picture(path, path.with_suffix(".png"))
    except (StudioError, FigureError, ClipError, OSError) as error:
        print(f"note: no picture of it: {error}", file=sys.stderr)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
