"""Frames of any video that PyAV reads: upright, at most 1280 px, one at a time, with their times."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from tools.capture import CaptureError, animated_webp

Image = NDArray[np.uint8]

MAX_SECONDS = 30.0
MIN_FRAMES = 10
MAX_SIDE = 1280
MAX_PIXELS = 8192 * 8192


@dataclass(frozen=True, eq=False)
class VideoFrame:
    index: int
    """Counted from the start of the section."""
    time: float
    """s, from the start of the video"""
    image: Image
    """(height, width, 3) RGB"""
    scale: float
    """Its pixels per pixel of the upright video."""


@dataclass(frozen=True)
class VideoSection:
    """A stretch of a video file."""

    path: Path
    start: float
    end: float
    """s, exclusive; may be infinite"""
    until: float
    """s, where it should end as the file claims; may be infinite"""
    turn: int = 0
    """deg clockwise by which its pictures are turned after what the file itself says: 0, 90, 180 or 270"""

    def claims_more_than(self, times: list[float]) -> bool:
        """Whether frames at `times` are clearly fewer than what the file claims to hold."""
        if not math.isfinite(self.until):
            return False
        reached = times[-1] if times else self.start
        return self.until - reached > max(0.5, 0.2 * (self.until - self.start))

    def frames(self) -> Iterator[VideoFrame]:
        """Decode it. Raises CaptureError where the file is broken or the section is too long."""
        for index, (time, image, scale) in enumerate(self._timed_pictures()):
            if time - self.start > MAX_SECONDS:
                raise CaptureError(_too_long(self.path, None))
            yield VideoFrame(index, time, np.ascontiguousarray(np.rot90(image, -self.turn // 90)), scale)

    def picture_size(self) -> tuple[float, float]:
        """Width and height, px, of the video's upright picture, from its first frame. Raises CaptureError."""
        frame = next(self.frames(), None)
        if frame is None:
            raise CaptureError(f"{self.path.name}: no picture from {self.start:g} s on")
        height, width = frame.image.shape[:2]
        return width / frame.scale, height / frame.scale

    def _timed_pictures(self) -> Iterator[tuple[float, Image, float]]:
        """Times, upright pictures as the file has them, and their scale, within the section."""
        if animated_webp.is_webp(self.path):
            for time, image in animated_webp.frames(self.path):
                if self.start - 1e-6 <= time < self.end:
                    yield time, *_limited(image)
            return
        with _opened(self.path) as (container, stream):
            if self.start > 0.5:
                container.seek(int((self.start - 0.5) / stream.time_base) + (stream.start_time or 0), stream=stream)
            last = -math.inf
            for frame in _decoded(container, self.path):
                time = _time(frame, stream)
                if time < self.start - 1e-6 or time <= last:
                    continue  # a repeated timestamp is a repeated picture
                if time >= self.end:
                    return
                last = time
                yield time, *_upright(frame, stream)


def open_section(path: Path, start: float | None, end: float | None, turn: int | None = None) -> VideoSection:
    """Check a file and which part of it is to be used, s; `turn`: deg clockwise. Raises CaptureError."""
    if not path.is_file():
        raise CaptureError(f"there is no file {path}")
    if start is not None and end is not None and end <= start:
        raise CaptureError(f"--end {end:g} lies before --start {start:g}")
    seconds = _seconds(path)
    begin = max(start or 0.0, 0.0)
    if seconds is not None and begin >= seconds:
        raise CaptureError(f"--start {begin:g} lies behind the end of {path.name}, {seconds:.1f} s")
    until = end if end is not None else (seconds if seconds is not None else math.inf)
    if math.isfinite(until) and min(until, seconds or until) - begin > MAX_SECONDS + 0.5:
        raise CaptureError(_too_long(path, seconds))
    last = min(until, seconds) if seconds is not None else math.inf
    return VideoSection(path, begin, math.inf if end is None else end, last, turn or 0)


def _seconds(path: Path) -> float | None:
    """How long a file says that it is, if it does. Raises CaptureError where it holds no pictures of a usual size."""
    if animated_webp.is_webp(path):
        seconds, (width, height) = animated_webp.measure(path)
    else:
        with _opened(path) as (container, stream):
            width, height = stream.codec_context.width, stream.codec_context.height
            seconds = float(container.duration) / av.time_base if container.duration else None
            if stream.duration:  # the sound may last longer
                seconds = float(stream.duration * stream.time_base)
    if not 0 < width * height <= MAX_PIXELS:
        raise CaptureError(f"{path.name}: pictures of {width}x{height} px, expected at most 8192x8192")
    return seconds


def _too_long(path: Path, seconds: float | None) -> str:
    length = "more" if seconds is None else f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} minutes"
    return f"{path.name} is too long ({length}): choose at most {MAX_SECONDS:g} s of it with --start and --end"


@contextmanager
def _opened(path: Path) -> Iterator[tuple[Any, Any]]:
    try:
        container = av.open(str(path), metadata_errors="replace")
    except (av.FFmpegError, OSError, ValueError) as error:
        raise CaptureError(f"{path.name} is no video that can be read: {_reason(error)}") from error
    with container:
        if not container.streams.video:
            raise CaptureError(f"{path.name} holds no pictures")
        stream = container.streams.video[0]
        if stream.codec_context is None:
            raise CaptureError(f"{path.name}: its codec is unknown")
        stream.thread_type = "AUTO"
        yield container, stream


def _decoded(container: Any, path: Path) -> Iterator[Any]:
    """Frames up to the first that is broken; an error only where none was whole."""
    count = 0
    try:
        for frame in container.decode(video=0):
            count += 1
            yield frame
    except av.FFmpegError as error:
        if count < MIN_FRAMES:
            raise CaptureError(f"{path.name} breaks off after {count} frames: {_reason(error)}") from error


def _reason(error: BaseException) -> str:
    return getattr(error, "strerror", None) or str(error).splitlines()[0]


def _time(frame: Any, stream: Any) -> float:
    if frame.pts is None:
        return math.inf
    return float((frame.pts - (stream.start_time or 0)) * stream.time_base)


def _limited(image: Image) -> tuple[Image, float]:
    """A picture scaled down to at most MAX_SIDE; and the scale."""
    height, width = image.shape[:2]
    scale = min(1.0, MAX_SIDE / max(width, height))
    if scale == 1.0:
        return image, scale
    size = max(2, round(width * scale)), max(2, round(height * scale))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8), scale


def _upright(frame: Any, stream: Any) -> tuple[Image, float]:
    """RGB with square pixels, scaled down, turned as the file's rotation flag says; and the scale."""
    aspect = float(stream.sample_aspect_ratio or 1.0) or 1.0
    width, height = frame.width * aspect, float(frame.height)
    scale = min(1.0, MAX_SIDE / max(width, height))
    size = max(2, round(width * scale)), max(2, round(height * scale))
    image = frame.reformat(*size, format="rgb24", interpolation="AREA").to_ndarray()
    turns = round((frame.rotation or 0) / 90) % 4
    return np.ascontiguousarray(np.rot90(image, turns)), scale
