"""python -m tools.room PHOTO: a photograph of a room becomes a set that he falls in.

Camera, floor and walls are found in the picture's straight lines; corners, furniture and light can be marked with
--window or in a file, --marks. Then: python -m game --set NAME. No picture leaves this machine.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from pathlib import Path

import tyro

from tools.command_line import parse


@dataclass(frozen=True)
class RoomOptions:
    """The command line of tools.room."""

    photo: tyro.conf.Positional[Path]
    """a picture: JPEG, PNG, WebP"""
    name: str = ""
    """of the set; by default the picture's"""
    out: Path | None = None
    """folder of the set; by default your own sets, where --set NAME finds it"""
    marks: Path | None = None
    """corners, lines, furniture and light, as JSON (tools/room/README.md); by default NAME.marks of an earlier run"""
    window: bool = False
    """mark corners and furniture with the mouse first"""
    corner: tuple[str, ...] = ()
    """a corner, NAME=U,V in pixels: back_left, back_right, top_left, top_right, front_left or front_right"""
    camera_height: float | None = None
    """m; by default 1.5, or what a ceiling of 2.5 m gives"""
    ceiling: float | None = None
    """m, how high the room is"""
    sun: tuple[float, float] | None = None
    """degrees: where the light comes from, 0 the right, 90 straight ahead, 180 the left; and how high"""
    check: Path | None = None
    """write a picture with what was found drawn into it"""


def main(arguments: list[str] | None = None) -> int:
    """Returns 0, or 1 after one line on what is wrong."""
    options = parse(RoomOptions, "tools.room", __doc__, arguments)
    from game.scene.json_fields import SetError

    try:
        return _run(options)
    except (SetError, OSError) as error:
        print(error, file=sys.stderr)
        return 1


def _run(options: RoomOptions) -> int:
    from game.scene.json_fields import SetError
    from game.scene.paths import user_dir
    from tools.room.check_picture import check_picture
    from tools.room.marks import Marks, load_marks
    from tools.room.photograph import read_photograph, save_picture
    from tools.room.room_pipeline import Scale, photographed_room, write_room

    name = options.name or re.sub(r"\W+", "_", options.photo.stem).strip("_").lower() or "room"
    if not re.fullmatch(r"[\w-]{1,60}", name):
        raise SetError(f"--name {name!r}: expected letters, digits, - and _")
    for what, value, low, high in (("--camera-height", options.camera_height, 0.1, 20.0),
                                   ("--ceiling", options.ceiling, 1.0, 50.0)):  # fmt: skip
        if value is not None and not low <= value <= high:
            raise SetError(f"{what} {value:g}: expected {low:g} to {high:g} m")
    out = (options.out or user_dir() / "sets") / f"{name}.json"
    photo = read_photograph(options.photo)
    earlier = out.with_suffix(".marks")
    source = options.marks or (earlier if earlier.is_file() else None)
    marks = load_marks(source) if source else Marks()
    marks.corners |= _corners(options.corner)
    marks.sun = options.sun or marks.sun
    scale = Scale(options.camera_height, options.ceiling)
    if options.window:
        from tools.room.marking_window import mark_in_window

        marks = mark_in_window(photo, marks, scale, earlier)
    room = photographed_room(photo, marks, scale)
    write_room(room, photo, marks, out, name.replace("_", " ").capitalize())
    print("\n".join(room.notes))
    print(f"{out}: {len(room.boxes)} pieces of furniture; python -m game --set {name if options.out is None else out}")
    if options.check is not None:
        save_picture(check_picture(photo.picture, room, marks), options.check)
    return 0


def _corners(given: tuple[str, ...]) -> dict[str, tuple[float, float]]:
    from game.scene.json_fields import SetError
    from tools.room.marks import CORNERS

    found = {}
    for words in given:
        match = re.fullmatch(r"(\w+)=(-?[\d.]+),(-?[\d.]+)", words)
        if match is None or match[1] not in CORNERS:
            raise SetError(f"--corner {words}: expected NAME=U,V with a name of {', '.join(CORNERS)}")
        found[match[1]] = (float(match[2]), float(match[3]))
    return found


if __name__ == "__main__":
    sys.exit(main())
