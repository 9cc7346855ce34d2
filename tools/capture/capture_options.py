"""CaptureOptions: which video is captured, and how."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import tyro

from tools.capture import CaptureError

FOV_RANGE = (5.0, 170.0)
"""deg, from a long telephoto lens to a fisheye"""
SPEED_RANGE = (0.1, 64.0)
"""times slower than life"""


@dataclass(frozen=True)
class CaptureOptions:
    """The command line of tools.capture."""

    video: tyro.conf.Positional[Path | None] = None
    """any file with moving pictures"""
    url: str | None = None
    """fetch the video from the web instead (yt-dlp)"""
    start: float | None = None
    """s, where the part begins that is used"""
    end: float | None = None
    """s, where the part ends that is used"""
    person: int | None = None
    """which person, counted from the left from 1"""
    at: tuple[float, float] | None = None
    """or where that person is at first, x y: pixels, or fractions 0..1"""
    out: Path | None = None
    """the clip; models/clips/NAME-OF-THE-VIDEO.json by default"""
    report: Path | None = None
    """folder for the report and the film; out/capture/NAME by default"""
    slow_motion: float | None = None
    """times slower than life, under 1 for footage that is sped up; found from gravity in flight by default"""
    turn: int | None = None
    """deg clockwise by which the picture is turned: 0, 90, 180 or 270; found from how people stand by default"""
    fov: float | None = None
    """deg, the camera's horizontal field of view, if known"""
    source: str | None = None
    """where the video comes from, noted in the clip; its name or address by default"""
    licence: str = "unknown"
    """the video's, noted in the clip"""
    auto: bool = False
    """keep only the longest part with a green verdict, or else an amber one"""
    force: bool = False
    """write the clip and exit with 0 even if the verdict is red"""
    no_film: bool = False
    """do not draw the side-by-side film"""


def check_options(options: CaptureOptions) -> None:
    """Refuse what no video can make right, before any file is opened.

    Raises:
        CaptureError: one line with the option, what it was given and what it takes.
    """
    if (options.video is None) == (options.url is None):
        raise CaptureError("give either a video file or --url")
    if options.video is not None and options.video.is_dir():
        raise CaptureError(f"{options.video} is a folder: give one video file of it")
    _check_number("--start", options.start, 0.0, math.inf, "seconds from 0 on")
    _check_number("--end", options.end, 0.0, math.inf, "seconds from 0 on")
    if options.start is not None and options.end is not None and options.end <= options.start:
        raise CaptureError(f"--end {options.end:g} lies before --start {options.start:g}")
    low, high = FOV_RANGE
    _check_number("--fov", options.fov, low, high, f"degrees from {low:g} to {high:g}")
    low, high = SPEED_RANGE
    _check_number("--slow-motion", options.slow_motion, low, high, f"{low:g} to {high:g} times slower than life")
    if options.turn not in (None, 0, 90, 180, 270):
        raise CaptureError(f"--turn {options.turn} is no quarter turn: expected 0, 90, 180 or 270")
    if options.person is not None and options.person < 1:
        raise CaptureError(f"--person {options.person}: people are counted from the left from 1")
    if options.at is not None:
        if options.person is not None:
            raise CaptureError("give --person or --at, not both")
        if not all(math.isfinite(value) and value >= 0.0 for value in options.at):
            raise CaptureError(f"--at {options.at[0]:g} {options.at[1]:g}: expected pixels, or fractions from 0 to 1")
    _check_targets(options)


def check_place(at: tuple[float, float], size: tuple[float, float]) -> None:
    """Refuse a place outside of a picture of `size` px; (0..1, 0..1) are fractions of it. Raises CaptureError."""
    if max(at) > 1.0 and (at[0] > size[0] or at[1] > size[1]):
        picture = f"{size[0]:.0f} px wide and {size[1]:.0f} high"
        raise CaptureError(f"--at {at[0]:g} {at[1]:g} lies outside of the picture, which is {picture}")


def _check_number(name: str, value: float | None, low: float, high: float, expected: str) -> None:
    if value is not None and not (math.isfinite(value) and low <= value <= high):
        raise CaptureError(f"{name} {value:g}: expected {expected}")


def _check_targets(options: CaptureOptions) -> None:
    """The clip is a file in a folder, the report is a folder."""
    if options.out is not None and options.out.is_dir():
        raise CaptureError(f"--out {options.out} is a folder: give the clip's file, such as {options.out / 'NAME'}")
    for name, folder in (("--out", options.out and options.out.parent), ("--report", options.report)):
        blocked = (
            next((p for p in (folder, *folder.parents) if p.exists() and not p.is_dir()), None) if folder else None
        )
        if blocked is not None:
            raise CaptureError(f"{name}: {blocked} is a file, expected a folder")
