"""python -m tools.import_motion FILE --out CLIP: a motion file becomes a clip of our humanoid."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

from game.sim.motion import ClipError
from tools.clip_clinic.checks import examine
from tools.clip_clinic.text_report import table
from tools.import_motion.read import ENDINGS, ImportOptions, read


def main(arguments: list[str] | None = None) -> int:
    """Returns 0, or 1 after one line on what is wrong."""
    told = _parser().parse_args(arguments)
    options = ImportOptions(told.mapping, told.up, told.take, told.fps, told.start, told.end, told.scale,
                            not told.no_ground, told.mirror)  # fmt: skip
    try:
        imported = read(told.file, options)
    except (ClipError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    out = told.out or told.file.with_suffix(".json")
    clip = replace(
        imported.clip,
        name=told.name or out.stem,
        loop=told.loop or imported.clip.loop,
        source=told.source or imported.clip.source,
        licence=told.licence or imported.clip.licence,
    )
    for remark in imported.remarks:
        print(f"  {remark}")
    print(table([examine(clip)]))
    if out == told.file:
        print(f"error: {out} would overwrite what was read; give --out", file=sys.stderr)
        return 1
    out.parent.mkdir(parents=True, exist_ok=True)
    clip.save(out)
    print(f"{out}: {clip.num_frames} frames at {clip.fps:g} fps, {clip.duration:.2f} s")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tools.import_motion", description=__doc__)
    parser.add_argument("file", type=Path, help="motion file: " + " ".join(ENDINGS))
    parser.add_argument("--out", type=Path, help="the clip's .json (default: beside the file)")
    parser.add_argument("--name", default="", help="the clip's name (default: of --out)")
    parser.add_argument("--mapping", type=Path, help='JSON of {"right_hip": "a joint of the file", ...}')
    parser.add_argument("--up", default="", help="axis that points up, such as y or -z (default: found)")
    parser.add_argument("--take", default="", help="name of the animation in a glTF file")
    parser.add_argument("--fps", type=float, default=0.0, help="frame rate (default: the file's, at most 60)")
    parser.add_argument("--start", type=float, default=0.0, metavar="S", help="s")
    parser.add_argument("--end", type=float, default=float("inf"), metavar="S", help="s")
    parser.add_argument("--scale", type=float, default=0.0, help="factor to our lengths (default: by the legs)")
    parser.add_argument("--loop", action="store_true", help="the motion repeats")
    parser.add_argument("--mirror", action="store_true", help="swap left and right")
    parser.add_argument("--no-ground", action="store_true", help="leave feet that slip or dig in as they are")
    parser.add_argument("--source", default="", help="where the motion comes from, kept in the clip")
    parser.add_argument("--licence", default="", help="its licence, kept in the clip")
    return parser


if __name__ == "__main__":
    sys.exit(main())
