"""What the benchmark measures of one clip: film the mannequin in it, capture the film, compare."""

from __future__ import annotations

import contextlib
import io
import json
import math
from pathlib import Path

import numpy as np

from game.sim.motion import MotionClip
from tools.capture import CaptureError, ground_truth, side_by_side
from tools.capture.__main__ import main as capture
from tools.capture.capture_options import CaptureOptions
from tools.capture.chain import chain
from tools.capture.degradations import Degradation, film, within
from tools.capture.verdict import judge

HEAD = (
    "| clip | joints (mm) | root rotation (deg) | root height (cm) | world (mm) | missing | hard | verdict | s |\n"
    "|---|---|---|---|---|---|---|---|---|"
)


def row(name: str, yaw: float, folder: Path) -> str:
    """Film, capture and compare one clip. Raises RuntimeError when it cannot be captured."""
    clip, film = MotionClip.load(name), folder / f"{name}.mp4"
    ground_truth.film(clip, film, yaw=yaw)
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()) as errors:
        code = capture([str(film), "--out", str(folder / name), "--report", str(folder), "--force", "--no-film"])
    if code:
        raise RuntimeError(f"{name}: {errors.getvalue()}")
    facts = json.loads((folder / f"{name}.report.json").read_text("utf-8"))
    found = ground_truth.compare(MotionClip.load(folder / f"{name}.json"), clip, facts["video"]["from"])
    missing = next(check["value"] for check in facts["checks"] if check["name"] == "missing frames")
    return (
        f"| {name} | {1000 * found.joints:.0f} | {math.degrees(found.root_rotation):.1f} | {100 * found.height:.1f} "
        f"| {1000 * found.world:.0f} | {missing:.0f} % | {facts['fit']['hard_frames']} | {facts['verdict']} "
        f"| {sum(facts['seconds'].values()):.0f} |"
    )


HARD_HEAD = (
    "| footage | in flight on the ground truth | of frames | missing | hard | joints (mm) | verdict |\n"
    "|---|---|---|---|---|---|---|"
)
_HEAD, _HIPS, _ANKLES = (7, 8), (23, 24), (28, 27)


def hard_row(name: str, how: Degradation, yaw: float, folder: Path) -> str:
    """Film a clip degraded in one way, capture it, and say how often it lies on the ground truth in the picture."""
    clip, path = MotionClip.load(name), folder / f"{how.name.replace(' ', '_')}.mp4"
    reel = film(clip, how, path, yaw)
    options = CaptureOptions(path)
    label = f"| {name}, {how.name} |"
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            found, _, _ = chain(options, path, name)
    except CaptureError as error:
        return f"{label} 0 % ({error}) | {int(reel.flying.sum())} | - | - | - | red |"
    times, points = side_by_side.in_video(found)
    number = {int(k): n for n, k in enumerate(found.seen.landmarks)}
    spots = [points[:, [number[k] for k in pair]].mean(axis=1) for pair in (_HEAD, _HIPS)]
    share, _ = within(reel, times, np.stack([*spots, *(points[:, number[k]] for k in _ANKLES)], axis=1))
    first, end = found.chosen.span
    missing = np.mean([reading is None for reading in found.chosen.readings[first:end]])
    errors = ground_truth.compare(found.made.clip, clip, float(times[0]) / how.slower)
    return (
        f"{label} {share:.0%} | {int(reel.flying.sum())} | {missing:.0%} | {int(found.chosen.hard.sum())} "
        f"| {1000 * errors.joints:.0f} | {judge(found).verdict} |"
    )
