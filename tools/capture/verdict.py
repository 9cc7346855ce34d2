"""How far a capture can be trusted: checks of the video and of the fit, beside the clip clinic's of the clip."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tools.capture.camera_path import CameraPath
from tools.capture.choose import Chosen
from tools.capture.clip import Made
from tools.capture.first_guess import Observations
from tools.capture.fitted import Fitted
from tools.capture.landmark_skeleton import GROUPS
from tools.capture.physics import runs
from tools.capture.scan import Scan
from tools.capture.speed import Speed
from tools.clip_clinic.checks import GREEN, RED, Check, ClipReport, examine

_PERSON = "the network's own doubt that this is a whole person"
BODY_HEIGHT = 1.62
"""m, the humanoid's"""


@dataclass(frozen=True, eq=False)
class Capture:
    """Everything that one run found out."""

    scan: Scan
    chosen: Chosen
    camera: CameraPath
    seen: Observations
    focal: float
    fitted: Fitted
    made: Made
    speed: Speed


def judge(capture: Capture) -> ClipReport:
    """All checks."""
    checks = [*_video(capture), *_readings(capture.chosen), *_fit(capture.fitted, capture.speed)]
    return ClipReport(capture.made.clip.name, (*checks, *examine(capture.made.clip).checks))


def summary(report: ClipReport) -> str:
    """One sentence on the worst."""
    counts = {level: [c.name for c in report.checks if c.verdict == level] for level in (RED, "amber")}
    worse = [f"{level}: {', '.join(names)}" for level, names in counts.items() if names]
    return f"{report.verdict}" + (f" ({'; '.join(worse)})" if report.verdict != GREEN else "")


def _video(capture: Capture) -> list[Check]:
    """Of the frames that end in the clip, only."""
    found, (first, end) = capture.scan, capture.chosen.span
    repeated = found.num_duplicates(first, end)
    moved = 100.0 * capture.camera.extent(first, end)
    note = (
        "followed through the room" if capture.camera.travels else "its turns and zoom are taken out" if moved else ""
    )
    return [
        Check("camera movement", moved, "% width", 2.0, 150.0, note=note),
        Check("duplicate frames", 100.0 * repeated / (repeated + end - first), "%", 10.0, 50.0),
    ]


def _readings(chosen: Chosen) -> list[Check]:
    first, end = chosen.span
    missing = np.array([reading is None for reading in chosen.readings[first:end]])
    gaps = [stop - start for start, stop in runs(missing)]
    quality = [r.quality for r in chosen.readings if r is not None]
    worst = first + max(runs(missing), key=lambda run: run[1] - run[0])[0] if gaps else -1
    return [
        Check("missing frames", 100.0 * float(missing.mean()), "%", 10.0, 25.0),
        Check("longest gap", float(max(gaps, default=0)), "frames", 5.0, 12.0, worst),
        Check("unsure readings", 100.0 * (1.0 - float(np.median(quality))), "%", 25.0, 33.0, note=_PERSON),
    ]


def _fit(fitted: Fitted, speed: Speed) -> list[Check]:
    beside = np.median(fitted.image_error, axis=1)
    off = np.abs(np.log(fitted.scale))
    return [
        Check("beside the image", 100.0 * float(np.median(beside)) / BODY_HEIGHT, "% height", 3.0, 6.0,
              int(beside.argmax())),
        Check("worst frame", 100.0 * float(np.percentile(beside, 98)) / BODY_HEIGHT, "% height", 10.0, 30.0,
              int(beside.argmax())),
        Check("odd bones", 100.0 * float(np.expm1(off.max())), "%", 15.0, 30.0, note=GROUPS[int(off.argmax())]),
        Check("camera tilt", float(np.degrees(fitted.tilt)), "deg", 15.0, 25.0),
        Check("speed", speed.doubt, "octaves off", 0.5, 3.5, note=speed.reason),
    ]  # fmt: skip


def per_frame(capture: Capture) -> dict[str, NDArray[np.float64]]:
    """Curves for the report: used frames' quality and hardness, the fit's error in the image, the root's height."""
    first, end = capture.chosen.span
    quality = [np.nan if r is None else r.quality for r in capture.chosen.readings[first:end]]
    return {
        "quality": np.array(quality),
        "hard": capture.chosen.hard[first:end].astype(float),
        "beside": 100.0 * np.median(capture.fitted.image_error, axis=1),
        "flying": capture.fitted.flying.astype(float),
        "root height": capture.made.clip.root_pos[:, 2],
    }
