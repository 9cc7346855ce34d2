"""Why a capture is bad and what helps, in the video's seconds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tools.capture.choose import EASY_QUALITY, Chosen
from tools.capture.physics import runs
from tools.capture.pose import Reading
from tools.capture.scan import Scan

Flags = NDArray[np.bool_]

SHORTEST = 0.2
"""s for which something must be wrong to be worth a word"""
DARK = 0.17
"""Mean grey level, 0..1, under which a picture is dark"""
SMALL = 80.0
"""px of the decoded picture under which the network sees little of a person"""
FEW = 14.0
"""Pictures a second under which fast movement is lost"""
_FEET, _TRUNK = (27, 28, 31, 32), (11, 12, 23, 24)
_EDGE = 0.01
"""Part of the picture's sides by which a landmark may miss the picture"""


@dataclass(frozen=True)
class Cause:
    """What is wrong from when to when, s of the video, and what to do about it."""

    start: float
    end: float
    what: str
    cure: str

    def __str__(self) -> str:
        return f"{self.start:.2f} to {self.end:.2f} s: {self.what}: {self.cure}"


def find_causes(found: Scan, chosen: Chosen, doubts: Sequence[tuple[int, str]] = ()) -> tuple[Cause, ...]:
    """All that can be said, in order of time; `doubts`: used frames from which who is who is not sure, and why."""
    first, end = chosen.span
    times, readings = found.used_times[first:end], chosen.readings[first:end]
    size = np.array(found.size, float)
    missing = np.array([r is None for r in readings])
    unsure = np.array([r is None or r.quality < EASY_QUALITY for r in readings])
    dark = found.light[found.used[first:end]] < DARK
    trunk = np.array([r is not None and _outside(r, _TRUNK, size) for r in readings])
    feet = np.array([r is not None and _outside(r, _FEET, size) for r in readings]) & ~trunk
    causes = [
        *_stretches(times, trunk, "the person leaves the picture", "film all of the body, or leave this part out"),
        *_stretches(times, feet, "the feet are out of the picture", "film all of the body, or leave this part out"),
        *_stretches(times, unsure & dark, "it is too dark to see him", "film by more light"),
        *_stretches(times, missing & ~dark, "he is not seen: hidden, blurred or cut off", "leave this part out"),
        *_whole(found, chosen),
    ]
    for k, why in doubts:
        if first <= k < end:
            causes.append(
                Cause(float(found.used_times[k]), float(times[-1]), why, "--person or --at says who is meant")
            )
    return tuple(sorted(causes, key=lambda cause: cause.start))


def _whole(found: Scan, chosen: Chosen) -> list[Cause]:
    first, end = chosen.span
    times = float(found.used_times[first]), float(found.used_times[end - 1])
    causes = []
    heights = [r.height for r in chosen.readings if r is not None]
    if heights and (tall := float(np.percentile(heights, 75))) < SMALL:
        causes.append(
            Cause(*times, f"he is only {tall / found.scale:.0f} px tall", "film from nearer, or cut the picture")
        )
    if found.fps < FEW:
        causes.append(
            Cause(*times, f"{found.fps:.0f} pictures a second", "film with 30 or more: fast movement is lost")
        )
    return causes


def _outside(reading: Reading, landmarks: Sequence[int], size: NDArray[np.float64]) -> bool:
    """Whether most of some landmarks lie outside of the picture."""
    xy = reading.xy[list(landmarks)]
    out = (xy < -_EDGE * size).any(axis=1) | (xy > (1.0 + _EDGE) * size).any(axis=1)
    return bool(out.mean() > 0.5)


def _stretches(times: NDArray[np.float64], flags: Flags, what: str, cure: str) -> list[Cause]:
    """A cause for each stretch of flagged frames that is long enough; short breaks are bridged."""
    closed = flags.copy()
    for first, end in runs(~flags):
        if first > 0 and end < len(flags) and times[end] - times[first] < SHORTEST:
            closed[first:end] = True
    return [
        Cause(float(times[first]), float(times[end - 1]), what, cure)
        for first, end in runs(closed)
        if times[end - 1] - times[first] >= SHORTEST
    ]
