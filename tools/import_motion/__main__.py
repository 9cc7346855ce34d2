"""python -m tools.import_motion FILE --out CLIP: a motion file becomes a clip of our humanoid."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field, replace
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
    loop: bool = False
    """the motion repeats"""
    source: str = ""
    """where the motion comes from, kept in the clip"""
    licence: str = ""
    """its licence, kept in the clip"""
    options: tyro.conf.OmitArgPrefixes[ImportOptions] = field(default_factory=ImportOptions)
    """what the file itself may lack"""


def main(arguments: list[str] | None = None) -> int:
    """Returns 0, or 1 after one line on what is wrong."""
    command = parse(ImportCommand, "tools.import_motion", __doc__, arguments)
    try:
        imported = read(command.file, command.options)
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
    if imported.fidelity:
        print(table([imported.fidelity]))
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
