"""python -m tools.capture.table [CLIP ...]: film the mannequin in known clips, capture the films, compare.

Prints the Markdown table of README.md.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import math
import tempfile
from pathlib import Path

from game.motion import MotionClip
from game.paths import models_dir
from tools.capture import truth
from tools.capture.__main__ import main as capture

HEAD = (
    "| clip | joints (mm) | root rotation (deg) | root height (cm) | world (mm) | missing | hard | verdict | s |\n"
    "|---|---|---|---|---|---|---|---|---|"
)


def row(name: str, yaw: float, folder: Path) -> str:
    """Film, capture and compare one clip. Raises RuntimeError when it cannot be captured."""
    clip, film = MotionClip.load(name), folder / f"{name}.mp4"
    truth.film(clip, film, yaw=yaw)
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()) as errors:
        code = capture([str(film), "--out", str(folder / name), "--report", str(folder), "--force", "--no-film"])
    if code:
        raise RuntimeError(f"{name}: {errors.getvalue()}")
    facts = json.loads((folder / f"{name}.report.json").read_text("utf-8"))
    found = truth.compare(MotionClip.load(folder / f"{name}.json"), clip, facts["video"]["from"])
    missing = next(check["value"] for check in facts["checks"] if check["name"] == "missing frames")
    return (
        f"| {name} | {1000 * found.joints:.0f} | {math.degrees(found.root_rotation):.1f} | {100 * found.height:.1f} "
        f"| {1000 * found.world:.0f} | {missing:.0f} % | {facts['fit']['hard_frames']} | {facts['verdict']} "
        f"| {sum(facts['seconds'].values()):.0f} |"
    )


def _mocap() -> list[str]:
    clips = (MotionClip.load(path) for path in sorted((models_dir() / "clips").glob("*.json")))
    return [clip.name for clip in clips if "capture" not in clip.notes]


def main() -> None:
    """Every clip, or those named."""
    parser = argparse.ArgumentParser(prog="python -m tools.capture.table", description=__doc__)
    parser.add_argument("clips", nargs="*", help="all of models/clips that are not captured themselves")
    parser.add_argument(
        "--yaw", type=float, default=30.0, help="of the camera, deg: 0 from the right, 90 from the front"
    )
    options = parser.parse_args()
    names = options.clips or _mocap()
    print(HEAD, flush=True)
    with tempfile.TemporaryDirectory() as scratch:
        for name in names:
            print(row(name, math.radians(options.yaw), Path(scratch)), flush=True)


if __name__ == "__main__":
    main()
