"""python -m tools.import_motion FILE --out CLIP: a motion file becomes a clip of our humanoid."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from pathlib import Path

import tyro

from game.sim.motion import ClipError
from tools.clip_clinic.checks import examine
from tools.clip_clinic.text_report import table
from tools.command_line import parse
from tools.import_motion.read import ImportOptions, read


@dataclass(frozen=True)
class ImportCommand:
    """The command line of tools.import_motion."""

    file: tyro.conf.Positional[Path]
    """motion file: .bvh .glb .gltf .vrm .vrma .txt .json .pkl .npz .c3d"""
    out: Path | None = None
    """the clip's .json; beside the file by default"""
    name: str = ""
    """the clip's name; that of --out by default"""
    mapping: Path | None = None
    """JSON of {"right_hip": "a joint of the file", ...}"""
    up: str = ""
    """axis that points up, such as y or -z; found by default"""
    take: str = ""
    """name of the animation in a glTF file; the one that moves most by default"""
    fps: float = 0.0
    """frame rate; 0: the file's, at most 60"""
    start: float = 0.0
    """s of the file, where the clip begins"""
    end: float = float("inf")
    """s of the file, where the clip ends"""
    scale: float = 0.0
    """factor to our lengths; 0: by the length of the legs"""
    loop: bool = False
    """the motion repeats"""
    mirror: bool = False
    """swap left and right"""
    no_ground: bool = False
    """leave feet that slip or dig in as they are"""
    source: str = ""
    """where the motion comes from, kept in the clip"""
    licence: str = ""
    """its licence, kept in the clip"""


def main(arguments: list[str] | None = None) -> int:
    """Returns 0, or 1 after one line on what is wrong."""
    command = parse(ImportCommand, "tools.import_motion", __doc__, arguments)
    options = ImportOptions(
        mapping=command.mapping,
        up=command.up,
        take=command.take,
        fps=command.fps,
        start=command.start,
        end=command.end,
        scale=command.scale,
        ground=not command.no_ground,
        mirror=command.mirror,
    )
    try:
        imported = read(command.file, options)
    except (ClipError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    out = command.out or command.file.with_suffix(".json")
    clip = replace(
        imported.clip,
        name=command.name or out.stem,
        loop=command.loop or imported.clip.loop,
        source=command.source or imported.clip.source,
        licence=command.licence or imported.clip.licence,
    )
    for remark in imported.remarks:
        print(f"  {remark}")
    print(table([examine(clip)]))
    if out == command.file:
        print(f"error: {out} would overwrite what was read; give --out", file=sys.stderr)
        return 1
    out.parent.mkdir(parents=True, exist_ok=True)
    clip.save(out)
    print(f"{out}: {clip.num_frames} frames at {clip.fps:g} fps, {clip.duration:.2f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
