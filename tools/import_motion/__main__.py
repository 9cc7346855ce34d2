"""python -m tools.import_motion FILE --out CLIP: a motion file, or a folder of them, becomes clips of our humanoid."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field, replace
from pathlib import Path

import tyro

from game.sim.motion import ClipError, MotionClip
from tools.clip_clinic.checks import examine
from tools.clip_clinic.text_report import table
from tools.command_line import parse
from tools.import_motion.read import Imported, ImportOptions, read
from tools.import_motion.readers import ENDINGS, animations


@dataclass(frozen=True)
class ImportCommand:
    """The command line of tools.import_motion."""

    file: tyro.conf.Positional[Path]
    """motion file: .bvh .glb .gltf .vrm .vrma .fbx .amc .c3d .trc .npz .npy .pkl .txt .json; or a folder of them"""
    out: Path | None = None
    """the clip's .json, beside the file by default; of a folder: a folder, it/clips by default"""
    list: bool = False
    """only say which animations are in the file"""
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
    """Returns 0, or 1 after one line on what is wrong; of a folder 1 only if nothing in it could be read."""
    command = parse(ImportCommand, "tools.import_motion", __doc__, arguments)
    try:
        if command.list:
            print("\n".join(animations(command.file)))
            return 0
        return _all(command) if command.file.is_dir() else _one(command)
    except (ClipError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


def _one(command: ImportCommand) -> int:
    imported = read(command.file, command.options)
    out = command.out or command.file.with_suffix(".json")
    clip = _named(imported, command, command.name or out.stem)
    for remark in imported.remarks:
        print(f"  {remark}")
    if imported.fidelity:
        print(table([imported.fidelity]))
    print(table([examine(clip)]))
    if out == command.file:
        raise ClipError(f"{out} would overwrite what was read; give --out")
    _save(clip, out)
    print(f"{out}: {clip.num_frames} frames at {clip.fps:g} fps, {clip.duration:.2f} s")
    return 0


def _all(command: ImportCommand) -> int:
    """A folder: a line a file, and all that can be read is written."""
    if command.name or command.options.picture:
        raise ClipError("--name and --picture are for one file, not for a folder")
    files = sorted(path for path in command.file.rglob("*") if path.suffix.lower() in ENDINGS and path.is_file())
    folder = command.out or command.file / "clips"
    files = [path for path in files if folder not in path.parents]
    if not files:
        raise ClipError(f"{command.file}: none of its files ends in {' '.join(ENDINGS)}")
    count = 0
    for path in files:
        inside = path.relative_to(command.file)
        try:
            imported = read(path, command.options)
        except ClipError as error:
            print(f"{inside}: refused: {error}")
            continue
        # two files of one name, such as a.bvh and b/a.glb, are told apart
        out = folder / inside.with_suffix(".json")
        if out.exists() and any(other != path and other.with_suffix("") == path.with_suffix("") for other in files):
            out = out.with_name(f"{path.stem}_{path.suffix[1:]}.json")
        clip = _named(imported, command, out.stem)
        _save(clip, out)
        follows = f"follows its source: {imported.fidelity.verdict}, " if imported.fidelity else ""
        print(f"{inside}: {clip.duration:.2f} s, {follows}clinic: {examine(clip).verdict}")
        count += 1
    print(f"{folder}: {count} of {len(files)} files")
    return 0 if count else 1


def _named(imported: Imported, command: ImportCommand, name: str) -> MotionClip:
    """The clip with what the command line says of it."""
    clip = imported.clip
    return replace(
        clip,
        name=name,
        loop=command.loop or clip.loop,
        source=command.source or clip.source,
        licence=command.licence or clip.licence,
    )


def _save(clip: MotionClip, out: Path) -> None:
    out.parent.mkdir(parents=True, exist_ok=True)
    clip.save(out)


if __name__ == "__main__":
    sys.exit(main())
