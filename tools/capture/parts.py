"""The longest good part of a capture."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from tools.capture.clip import FPS
from tools.capture.first_guess import Start
from tools.capture.verdict import Capture, judge, part_of
from tools.clip_clinic.checks import AMBER, GREEN, RED, Check, ClipReport

SHORTEST = 0.7
"""s that a part must last to be of use"""
MOST = 60
"""Parts that are looked at"""
_MARGIN = 2
"""Frames left out on both sides of one that is bad"""


@dataclass(frozen=True)
class Part:
    """Frames of a clip, from `first` to the one before `end`, with their verdict."""

    first: int
    end: int
    report: ClipReport

    def sentence(self, capture: Capture) -> str:
        """As on the command line: green from 0.40 to 2.90 s: --start 0.40 --end 2.90."""
        start, end = capture.in_video(self.first), capture.in_video(self.end - 1)
        return f"{self.report.verdict} from {start:.2f} to {end:.2f} s: --start {start:.2f} --end {end:.2f}"


def best_part(capture: Capture, whole: ClipReport) -> Part | None:
    """The longest part with a better verdict than the whole, green before amber; None where there is none."""
    count = capture.made.clip.num_frames
    return search(count, whole, lambda first, end: judge(capture, first, end), round(SHORTEST * FPS))


def search(count: int, whole: ClipReport, judged: Callable[[int, int], ClipReport], shortest: int) -> Part | None:
    """Look at parts of `count` frames, the longest first, each cut in two where it is worst.

    Args:
        count: frames of the clip.
        whole: its report.
        judged: the report of the frames from one to the one before another.
        shortest: frames.
    """
    queue = [(-count, 0, count)]
    seen = {(0, count)}
    amber: Part | None = None
    for _ in range(MOST):
        if not queue:
            break
        _, first, end = heapq.heappop(queue)
        report = whole if (first, end) == (0, count) else judged(first, end)
        if report.verdict == GREEN:
            return None if (first, end) == (0, count) else Part(first, end, report)
        if report.verdict == AMBER and whole.verdict == RED and amber is None:
            amber = Part(first, end, report)
        for part in _halves(first, end, _worst(report)):
            if part[1] - part[0] >= shortest and part not in seen:
                seen.add(part)
                heapq.heappush(queue, (part[0] - part[1], *part))
    return amber


def _worst(report: ClipReport) -> Check:
    """The check that is furthest over its limit, of those that name a frame if there are any."""
    bad = [check for check in report.checks if check.verdict != GREEN]
    placed = [check for check in bad if check.frame >= 0]
    return max(placed or bad, key=lambda check: (check.verdict == RED, check.value / max(check.good, 1e-6)))


def _halves(first: int, end: int, worst: Check) -> list[tuple[int, int]]:
    """What lies before and behind the worst frame; where none is named, what is left without either quarter."""
    inside = first <= worst.frame < end
    quarter = max((end - first) // 4, 1)
    if not inside:
        return [(first, end - quarter), (first + quarter, end)]
    before, behind = worst.frame - _MARGIN, worst.frame + _MARGIN + 1
    # at least a little must go, also where the worst frame is the first or the last
    return [(first, min(before, end - 1)), (max(behind, first + 1), end)]


def only(capture: Capture, part: Part) -> Capture:
    """The capture of a part alone, where it lies."""
    times = capture.scan.used_times
    low, high = capture.in_video(part.first), capture.in_video(part.end - 1)
    span = capture.chosen.span
    used = np.flatnonzero((times > low - 1e-3) & (times < high + 1e-3))
    used = used[(used >= span[0]) & (used < span[1])]
    start = float(times[used[0]])
    first = capture.clip_frame(start)
    grid = round((start - capture.start) * capture.fitted.video_fps)
    until = round((float(times[used[-1]]) - capture.start) * capture.fitted.video_fps) + 1
    fitted, seen, rows = capture.fitted, capture.seen, slice(grid, until)
    body = Start(*(getattr(fitted.body, name)[rows] for name in ("root_pos", "root_rot", "joint_rot", "hinge")))
    return replace(
        capture,
        chosen=replace(capture.chosen, span=(int(used[0]), int(used[-1]) + 1)),
        seen=replace(
            seen,
            uv=seen.uv[rows],
            world=seen.world[rows],
            weight=seen.weight[rows],
            camera_rot=seen.camera_rot[rows],
            camera_pos=seen.camera_pos[rows],
        ),
        fitted=replace(
            fitted,
            body=body,
            flying=fitted.flying[rows],
            markers=fitted.markers[rows],
            image_error=fitted.image_error[rows],
            eye=fitted.eye[rows],
            camera_rot=fitted.camera_rot[rows],
        ),
        made=replace(capture.made, clip=part_of(capture.made.clip, first, part.end), eye=capture.made.eye[rows]),
    )
