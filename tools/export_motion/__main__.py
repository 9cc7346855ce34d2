"""python -m tools.export_motion TAKE --out FILE: a take (or a clip) for other programs, as .bvh or .glb."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from game.camera.rigs import NAMES, CameraError
from game.camera.shot import ShotError
from game.policy.policy import PolicyError
from game.record.take import Take, TakeError
from game.scene.gltf_file import GltfError
from game.scene.json_fields import SetError
from game.sim.motion import ClipError, MotionClip
from tools.export_motion import bvh_export, glb_export
from tools.export_motion.recording import Recording


def main(arguments: list[str] | None = None) -> int:
    """Returns 0, or 1 after one line on what is wrong."""
    parser = argparse.ArgumentParser(prog="python -m tools.export_motion", description=__doc__)
    parser.add_argument("take", help="a take (folder or .zip), or a clip (.json, or its name in models/clips)")
    parser.add_argument("--out", type=Path, required=True, help="the file: .bvh or .glb")
    parser.add_argument("--character", type=int, default=1, help="which one of a crowd a .bvh holds, 1 the first")
    parser.add_argument("--detail", choices=("low", "mid", "high"), default="mid", help="of the avatar in a .glb")
    parser.add_argument("--metres", action="store_true", help="write a .bvh in metres, not centimetres")
    parser.add_argument("--camera", action="append", choices=NAMES, help="cameras of a .glb, several if wanted "
                        "(default: follow); the shots of a take are in it anyway")  # fmt: skip
    parser.add_argument("--no-set", action="store_true", help="leave the room or park out of a .glb")
    told = parser.parse_args(arguments)
    try:
        ending = told.out.suffix.lower()
        if ending not in (".bvh", ".glb"):
            raise ClipError(f"{told.out.name}: no writer for {ending!r} files; there are .bvh .glb")
        recording = _read(told.take, told.camera or ["follow"], with_set=ending == ".glb" and not told.no_set)
        if ending == ".glb":
            glb_export.write(told.out, recording, told.detail)
        else:
            written = bvh_export.text(recording, told.character - 1, 1.0 if told.metres else bvh_export.CENTIMETRES)
            told.out.parent.mkdir(parents=True, exist_ok=True)
            told.out.write_text(written, "utf-8")
    except (ClipError, GltfError, TakeError, SetError, CameraError, ShotError, PolicyError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    seconds = (recording.num_frames - 1) / recording.fps
    count = recording.num_characters
    print(f"{told.out}: {seconds:.2f} s at {recording.fps:g} fps, {count} character(s), {len(recording.props)} prop(s)")
    return 0


def _read(source: str, cameras: list[str], with_set: bool) -> Recording:
    """A take or a clip. Raises TakeError, SetError, CameraError, ShotError, PolicyError or ClipError."""
    path = Path(source)
    if path.is_dir() or path.suffix.lower() == ".zip":
        return Recording.of_take(Take.load(path), path.stem, cameras, with_set)
    return Recording.of_clip(MotionClip.load(source), cameras)


if __name__ == "__main__":
    sys.exit(main())
