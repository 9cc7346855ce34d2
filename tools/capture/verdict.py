"""How far a capture can be trusted: checks of the video and of the fit, beside the clip clinic's of the clip."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from game.sim.motion import MotionClip
from tools.capture.ball_limits import check_balls
from tools.capture.camera_path import CameraPath
from tools.capture.causes import Cause
from tools.capture.choose import Chosen
from tools.capture.clip import FPS, Made
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
    causes: tuple[Cause, ...] = ()

    @property
    def start(self) -> float:
        """s of the video at which the clip begins"""
        return float(self.scan.used_times[self.chosen.span[0]])

    def in_video(self, frame: int) -> float:
        """s of the video that a frame of the clip shows"""
        return self.start + frame / FPS * self.speed.factor

    def clip_frame(self, time: float) -> int:
        """The clip's frame that is nearest to a time of the video, s."""
        return int(np.clip(round((time - self.start) / self.speed.factor * FPS), 0, self.made.clip.num_frames - 1))


def judge(capture: Capture, first: int = 0, end: int | None = None) -> ClipReport:
    """All checks, of the clip's frames from `first` to the one before `end`; each check's frame is one of the clip."""
    end = capture.made.clip.num_frames if end is None else end
    clip = part_of(capture.made.clip, first, end)
    own = [*examine(clip).checks, check_balls(clip)]
    own = [replace(check, frame=check.frame + first if check.frame >= 0 else -1) for check in own]
    times = capture.scan.used_times
    low, high = (capture.in_video(frame) for frame in (first, end - 1))
    used = np.flatnonzero((times > low - 1e-6) & (times < high + 1e-6))
    used = used[(used >= capture.chosen.span[0]) & (used < capture.chosen.span[1])]
    checks = [*_video(capture, used), *_readings(capture, used), *_fit(capture, low, high)]
    return ClipReport(clip.name, (*checks, *own))


def part_of(clip: MotionClip, first: int, end: int) -> MotionClip:
    """The frames from `first` to the one before `end`, where they lie."""
    if first == 0 and end == clip.num_frames:
        return clip
    rows = slice(first, end)
    return replace(clip, root_pos=clip.root_pos[rows], root_rot=clip.root_rot[rows], joint_rot=clip.joint_rot[rows])


def summary(report: ClipReport) -> str:
    """One sentence on the worst."""
    counts = {level: [c.name for c in report.checks if c.verdict == level] for level in (RED, "amber")}
    worse = [f"{level}: {', '.join(names)}" for level, names in counts.items() if names]
    return f"{report.verdict}" + (f" ({'; '.join(worse)})" if report.verdict != GREEN else "")


def _video(capture: Capture, used: NDArray[np.int64]) -> list[Check]:
    """Of the frames that end in the clip, only."""
    first, end = int(used[0]), int(used[-1]) + 1
    repeated = capture.scan.num_duplicates(first, end)
    moved = 100.0 * capture.camera.extent(first, end)
    note = (
        "followed through the room" if capture.camera.travels else "its turns and zoom are taken out" if moved else ""
    )
    return [
        Check("camera movement", moved, "% width", 2.0, 150.0, note=note),
        Check("duplicate frames", 100.0 * repeated / (repeated + end - first), "%", 10.0, 50.0),
    ]


def _readings(capture: Capture, used: NDArray[np.int64]) -> list[Check]:
    readings = [capture.chosen.readings[k] for k in used]
    missing = np.array([reading is None for reading in readings])
    gaps = [stop - start for start, stop in runs(missing)]
    quality = [r.quality for r in readings if r is not None]
    times = capture.scan.used_times[used]
    longest = max(runs(missing), key=lambda run: run[1] - run[0])[0] if gaps else -1
    worst = capture.clip_frame(float(times[longest])) if gaps else -1
    unsure = 100.0 * (1.0 - float(np.median(quality))) if quality else 100.0
    return [
        Check("missing frames", 100.0 * float(missing.mean()), "%", 10.0, 25.0, worst),
        Check("longest gap", float(max(gaps, default=0)), "frames", 5.0, 12.0, worst),
        Check("unsure readings", unsure, "%", 25.0, 33.0, note=_PERSON),
    ]


def _fit(capture: Capture, low: float, high: float) -> list[Check]:
    """Of the fitted frames between two times of the video, s."""
    fitted = capture.fitted
    times = capture.start + np.arange(len(fitted.image_error)) / fitted.video_fps
    inside = np.flatnonzero((times > low - 1e-6) & (times < high + 1e-6))
    beside = 100.0 * np.median(fitted.image_error[inside], axis=1) / BODY_HEIGHT
    worst = capture.clip_frame(float(times[inside[beside.argmax()]]))
    off = np.abs(np.log(fitted.scale))
    return [
        Check("beside the image", float(np.median(beside)), "% height", 3.0, 6.0, worst),
        Check("worst frame", float(np.percentile(beside, 98)), "% height", 10.0, 30.0, worst),
        Check("odd bones", 100.0 * float(np.expm1(off.max())), "%", 15.0, 30.0, note=GROUPS[int(off.argmax())]),
        Check("camera tilt", float(np.degrees(fitted.tilt)), "deg", 15.0, 25.0),
        Check("speed", capture.speed.doubt, "octaves off", 0.5, 3.5, note=capture.speed.reason),
    ]


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
