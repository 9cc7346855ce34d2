"""CaptureOptions: which video is captured, and how."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import tyro


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
    """times slower than life; found from gravity in flight by default"""
    fov: float | None = None
    """deg, the camera's horizontal field of view, if known"""
    source: str | None = None
    """where the video comes from, noted in the clip; its name or address by default"""
    licence: str = "unknown"
    """the video's, noted in the clip"""
    force: bool = False
    """write the clip and exit with 0 even if the verdict is red"""
    no_film: bool = False
    """do not draw the side-by-side film"""
