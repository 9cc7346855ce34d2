"""python -m tools.export_motion TAKE --out FILE: a take (or a clip) for other programs, as .bvh, .glb or USD."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import tyro

from tools.command_line import parse

if TYPE_CHECKING:
    from tools.export_motion.recording import Recording

_USD = (".usdc", ".usda")


@dataclass(frozen=True)
class ExportOptions:
    """The command line of tools.export_motion."""

    take: tyro.conf.Positional[str]
    """a take (folder or .zip), or a clip (.json, or its name in models/clips)"""
    out: Path
    """the file: .bvh, .glb, or with usd-core (pip install usd-core) .usdc or .usda"""
    character: int = 1
    """which one of a crowd a .bvh holds, 1 the first"""
    detail: Literal["low", "mid", "high"] = "mid"
    """of the avatar in a .glb or USD file"""
    metres: bool = False
    """write a .bvh in metres, not centimetres"""
    camera: tyro.conf.UseAppendAction[tuple[str, ...]] = ()
    """cameras of a .glb or USD file, several if wanted; follow by default. A take's shots and cuts are in it anyway"""
    avatar: str = "own"
    """what he is in a .glb: own, or a figure made by tools.cast, or its file"""
    no_set: bool = False
    """leave the room or park out of a .glb or USD file"""
    no_sound: bool = False
    """write no .wav beside the .glb or USD file of a take"""


def main(arguments: list[str] | None = None) -> int:
    """Returns 0, or 1 after one line on what is wrong."""
    options = parse(ExportOptions, "tools.export_motion", __doc__, arguments)
    # the physics and the renderer take a second to load: --help does without
    from game.camera.cuts import CutError
    from game.camera.rigs import CameraError
    from game.camera.shot import ShotError
    from game.policy.policy import PolicyError
    from game.record.take import TakeError
    from game.scene.gltf_file import GltfError
    from game.scene.json_fields import SetError
    from game.sim.motion import ClipError
    from game.view.figure_folder import find_figure
    from game.view.figure_parts import FigureError
    from tools.export_motion import bvh_export, glb_export
    from tools.footage.wav import write_wav

    try:
        ending = options.out.suffix.lower()
        if ending not in (".bvh", ".glb", *_USD):
            raise ClipError(f"{options.out.name}: no writer for {ending!r} files; there are .bvh .glb {' '.join(_USD)}")
        if ending in _USD and find_spec("pxr") is None:
            raise ClipError(f"{options.out.name}: USD needs usd-core, which is not installed (pip install usd-core)")
        if ending in _USD and options.avatar != "own":
            raise ClipError(f"{options.out.name}: USD holds his own avatar only; figures of tools.cast go into a .glb")
        with_set = ending != ".bvh" and not options.no_set
        recording = _read(options.take, list(options.camera) or ["follow"], with_set)
        sound = None
        if recording.sound is not None and ending != ".bvh" and not options.no_sound:
            wav = options.out.with_suffix(".wav")
            write_wav(wav, recording.sound)
            sound = wav.name
        if ending == ".glb":
            glb_export.write(options.out, recording, options.detail, find_figure(options.avatar), sound)
        elif ending in _USD:
            from tools.export_motion import usd_export  # takes a second to load

            usd_export.write(options.out, recording, options.detail, sound)
        else:
            units = 1.0 if options.metres else bvh_export.CENTIMETRES
            written = bvh_export.text(recording, options.character - 1, units)
            options.out.parent.mkdir(parents=True, exist_ok=True)
            options.out.write_text(written, "utf-8")
    except (
        ClipError,
        FigureError,
        GltfError,
        TakeError,
        SetError,
        CameraError,
        ShotError,
        CutError,
        PolicyError,
        OSError,
    ) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    seconds = (recording.num_frames - 1) / recording.fps
    count = recording.num_characters
    what = f"{count} character(s), {len(recording.props)} prop(s)"
    if recording.impacts and ending != ".bvh":
        what += f", {len(recording.impacts)} impact(s)"
    print(f"{options.out}: {seconds:.2f} s at {recording.fps:g} fps, {what}{'' if sound is None else f'; {sound}'}")
    return 0


def _read(source: str, cameras: list[str], with_set: bool) -> Recording:
    """A take or a clip. Raises TakeError, SetError, CameraError, ShotError, PolicyError or ClipError."""
    from game.record.take import Take
    from game.sim.motion import MotionClip
    from tools.export_motion.recording import Recording

    path = Path(source)
    if path.is_dir() or path.suffix.lower() == ".zip":
        return Recording.of_take(Take.load(path), path.stem, cameras, with_set)
    return Recording.of_clip(MotionClip.load(source), cameras)


if __name__ == "__main__":
    sys.exit(main())
