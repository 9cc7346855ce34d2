"""A first look at a section: which frames are new, where it cuts, what corners it shows, how bright it is."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from tools.capture import CaptureError
from tools.capture.tracks import Tracks
from tools.capture.video import MIN_FRAMES, VideoSection

Array = NDArray[np.float64]
Grey = NDArray[np.uint8]

_WIDTH = 320
MAX_FPS = 40.0
CUT_LEVEL = 4.0
"""Mean change of grey level that may be a cut,"""
CUT_FACTOR, CUT_STEP = 10.0, 3.0
"""if it is so many times what is usual around it, and what the frames next to it change,"""
CUT_SPREAD = 0.15
"""and if so large a share of the picture changes: a caption that appears is none;"""
SURE_CUT, SURE_FACTOR = 28.0, 4.0
"""or a change that is as large and so many times the usual one"""
_CHANGED = 6.0
"""Grey levels by which a cell of the picture counts as changed"""
_AROUND = 12
"""Frames on both sides that say what is usual"""


@dataclass(frozen=True, eq=False)
class Scan:
    """What a section holds. F frames as decoded."""

    section: VideoSection
    times: Array
    """(F,) s"""
    size: tuple[int, int]
    """width, height of the decoded frames, px"""
    scale: float
    """Decoded pixels per pixel of the video."""
    used: NDArray[np.int64]
    """(U,) the frames worth reading: no duplicates, one shot, at most 40 a second"""
    fresh: NDArray[np.bool_]
    """(F,) no duplicate of the frame before"""
    cuts: tuple[float, ...]
    """s"""
    tracks: Tracks
    """corners, of every frame"""
    light: Array
    """(F,) mean grey level, 0..1"""
    samples: tuple[tuple[int, NDArray[np.uint8]], ...]
    """a few frames, (height, width, 3) RGB, with their numbers"""

    @property
    def used_times(self) -> Array:
        return np.asarray(self.times[self.used])

    @property
    def fps(self) -> float:
        """Frame rate of the grid that the fit works on."""
        return float(np.clip(_rate(self.used_times), 5.0, MAX_FPS + 5.0))

    def num_duplicates(self, first: int = 0, end: int | None = None) -> int:
        """Duplicates between the used frames `first` and the one before `end`."""
        used = self.used[first:end]
        return int((~self.fresh[used[0] : used[-1] + 1]).sum())


class _Samples:
    """About a dozen frames, spread over a section whose length is not known before."""

    def __init__(self, most: int = 16) -> None:
        self._most, self._every = most, 1
        self.kept: list[tuple[int, NDArray[np.uint8]]] = []

    def offer(self, index: int, image: NDArray[np.uint8]) -> None:
        if index % self._every:
            return
        self.kept.append((index, image))
        if len(self.kept) > self._most:
            self._every *= 2
            self.kept = [(k, picture) for k, picture in self.kept if k % self._every == 0]


def scan_video(section: VideoSection, each: Callable[[], Any] = lambda: None) -> Scan:
    """Look through a section. Raises CaptureError where there is too little to see."""
    times: list[float] = []
    changes, spreads, light = [0.0], [0.0], []
    size, scale = (0, 0), 1.0
    samples = _Samples()
    tracks: Tracks | None = None
    before: Grey | None = None
    for frame in section.frames():
        height, width = frame.image.shape[:2]
        if before is not None and size != (width, height):
            raise CaptureError(f"{section.path.name}: the size of its pictures changes")
        size, scale = (width, height), frame.scale
        grey = cv2.cvtColor(frame.image, cv2.COLOR_RGB2GRAY)
        size_small = (_WIDTH, max(2, _WIDTH * height // width))
        small: Grey = np.asarray(cv2.resize(grey, size_small, interpolation=cv2.INTER_AREA), np.uint8)
        times.append(frame.time)
        light.append(float(small.mean()) / 255.0)
        samples.offer(frame.index, frame.image)
        if before is None or tracks is None:
            tracks = Tracks(width / _WIDTH)
            tracks.begin(small)
        else:
            size_of_change, spread = _change(before, small, tracks.step(before, small))
            changes.append(size_of_change)
            spreads.append(spread)
        before = small
        each()
    if section.claims_more_than(times):
        raise CaptureError(
            f"{section.path.name} is damaged: {times[-1] if times else 0.0:.1f} of {section.until:.1f} s can be read; "
            "--end uses what there is"
        )
    if len(times) < MIN_FRAMES or tracks is None:
        raise CaptureError(f"{section.path.name}: {len(times)} frame(s) to look at, expected at least {MIN_FRAMES}")
    change = np.array(changes)
    cuts = find_cuts(change, np.array(spreads))
    first, last = _longest(cuts, len(times))
    fresh = ~_duplicates(change)
    shot = np.arange(first, last)
    used = shot[fresh[shot]]
    if len(used) < MIN_FRAMES:
        raise CaptureError(
            f"{section.path.name}: {len(used)} different frames in its longest shot, expected at least {MIN_FRAMES}"
        )
    stride = max(1, int(np.ceil(_rate(np.array(times)[used]) / MAX_FPS - 0.05)))
    return Scan(
        section=section,
        times=np.array(times),
        size=size,
        scale=scale,
        used=used[::stride],
        fresh=fresh,
        cuts=tuple(float(times[c]) for c in cuts),
        tracks=tracks,
        light=np.array(light),
        samples=tuple(samples.kept),
    )


def _rate(times: Array) -> float:
    """Frames a second at times (F,), gaps aside: the mean smooths what rounding of timestamps does."""
    steps = np.diff(times)
    return float(1.0 / steps[steps < 1.5 * np.median(steps)].mean())


def _change(before: Grey, after: Grey, way: NDArray[np.float32] | None) -> tuple[float, float]:
    """Mean change of grey level, and the share of the picture that changes; the camera's movement left out."""
    off = cv2.absdiff(before, after)
    if off.mean() > CUT_LEVEL and way is not None:
        height, width = before.shape[:2]
        warped = cv2.warpAffine(before, way, (width, height), borderMode=cv2.BORDER_REPLICATE)
        compensated = cv2.absdiff(np.asarray(warped, np.uint8), after)
        off = compensated if compensated.mean() < off.mean() else off
    patches = cv2.resize(off, (16, 9), interpolation=cv2.INTER_AREA)
    return float(off.mean()), float((np.asarray(patches) > _CHANGED).mean())


def find_cuts(change: Array, spread: Array) -> list[int]:
    """Frames before which much changes at once, and nothing like it around: by how much is usual, not in all.

    Args:
        change: (F,) mean change of grey level against the frame before.
        spread: (F,) share of the picture that changes.
    """
    found = []
    for k in np.flatnonzero(change > CUT_LEVEL):
        around = np.concatenate([change[max(1, k - _AROUND) : k], change[k + 1 : k + _AROUND + 1]])
        beside = np.concatenate([change[max(1, k - 2) : k], change[k + 1 : k + 3]])
        moving = around[around > 0.05]  # not repeated frames
        usual = float(np.median(moving)) if len(moving) else 0.0
        sudden = change[k] > CUT_FACTOR * usual and change[k] > CUT_STEP * float(beside.max(initial=0.0))
        sure = change[k] > SURE_CUT and change[k] > SURE_FACTOR * max(usual, 1.0)
        if (sudden and spread[k] > CUT_SPREAD) or sure:
            found.append(int(k))
    return found


def _longest(cuts: list[int], count: int) -> tuple[int, int]:
    edges = [0, *cuts, count]
    return max(itertools.pairwise(edges), key=lambda shot: shot[1] - shot[0])


def _duplicates(change: Array) -> NDArray[np.bool_]:
    """Frames that repeat the one before in the middle of movement."""
    repeated = np.zeros(len(change), bool)
    for k in range(1, len(change)):
        around = np.delete(change[max(1, k - 8) : k + 9], min(k - 1, 8))
        repeated[k] = change[k] < 0.12 * np.percentile(around, 60) and change[k] < 0.6
    return repeated
