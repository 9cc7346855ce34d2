"""A first look at a section: which frames are new, where it cuts, how the camera moves."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from tools.capture import CaptureError
from tools.capture.video import MIN_FRAMES, VideoSection

Array = NDArray[np.float64]
Grey = NDArray[np.uint8]

_WIDTH = 320
MAX_FPS = 40.0
CUT_LEVEL = 28.0
"""Mean change of grey level that may be a cut."""


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
    num_duplicates: int
    cuts: tuple[float, ...]
    """s"""
    camera: Array
    """(F, 2, 3) from each frame's pixels to those of the first used frame"""
    camera_path: float
    """How far the picture wandered, as a share of its width."""

    @property
    def used_times(self) -> Array:
        return np.asarray(self.times[self.used])

    @property
    def fps(self) -> float:
        """Frame rate of the grid that the fit works on."""
        return float(np.clip(_rate(self.used_times), 5.0, MAX_FPS + 5.0))


def scan_video(section: VideoSection, each: Callable[[], Any] = lambda: None) -> Scan:
    """Look through a section. Raises CaptureError where there is too little to see."""
    times, changes, moves = [], [], []
    size, scale = (0, 0), 1.0
    before: Grey | None = None
    for frame in section.frames():
        height, width = frame.image.shape[:2]
        size, scale = (width, height), frame.scale
        grey = cv2.cvtColor(frame.image, cv2.COLOR_RGB2GRAY)
        size_small = (_WIDTH, max(2, _WIDTH * height // width))
        small: Grey = np.asarray(cv2.resize(grey, size_small, interpolation=cv2.INTER_AREA), np.uint8)
        times.append(frame.time)
        if before is not None and before.shape == small.shape:
            changes.append(float(np.abs(small.astype(np.int16) - before).mean()))
            moves.append(_camera_step(before, small, width / _WIDTH))
        elif before is not None:
            raise CaptureError(f"{section.path.name}: the size of its pictures changes")
        before = small
        each()
    if len(times) < MIN_FRAMES and not section.claims_more_than(times):
        raise CaptureError(f"{section.path.name}: {len(times)} frame(s) to look at, expected at least {MIN_FRAMES}")
    if section.claims_more_than(times):
        raise CaptureError(
            f"{section.path.name} is damaged: {times[-1] if times else 0.0:.1f} of {section.until:.1f} s can be read; "
            "--end uses what there is"
        )
    change = np.array([0.0, *changes])
    cuts = _cuts(change)
    first, last = _longest(cuts, len(times))
    fresh = ~_duplicates(change)
    shot = np.arange(first, last)
    used = shot[fresh[shot]]
    if len(used) < MIN_FRAMES:
        raise CaptureError(
            f"{section.path.name}: {len(used)} different frames in its longest shot, expected at least {MIN_FRAMES}"
        )
    stride = max(1, int(np.ceil(_rate(np.array(times)[used]) / MAX_FPS - 0.05)))
    camera, path = _camera(moves, int(used[0]), last, size[0])
    return Scan(
        section,
        np.array(times),
        size,
        scale,
        used[::stride],
        int((~fresh[shot]).sum()),
        tuple(float(times[c]) for c in cuts),
        camera,
        path,
    )


def _rate(times: Array) -> float:
    """Frames a second at times (F,), gaps aside: the mean smooths what rounding of timestamps does."""
    steps = np.diff(times)
    return float(1.0 / steps[steps < 1.5 * np.median(steps)].mean())


def _cuts(change: Array) -> list[int]:
    """Frames before which everything changes at once, and nothing like it just before or after."""
    found = []
    for k in np.flatnonzero(change > CUT_LEVEL):
        around = np.concatenate([change[max(1, k - 6) : k], change[k + 1 : k + 7]])
        if len(around) == 0 or change[k] > 4.0 * max(float(np.median(around)), 1.0):
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


def _camera_step(before: Grey, after: Grey, scale: float) -> Array:
    """(2, 3) from pixels of `after` to those of `before`: what most of the picture does."""
    points = _spread_corners(before)
    if len(points) < 12:
        return _IDENTITY
    moved, ok, _ = cv2.calcOpticalFlowPyrLK(before, after, points, np.empty_like(points), winSize=(15, 15), maxLevel=2)
    good = ok.ravel() == 1
    moved, points = moved[good], points[good]
    if len(points) < 12 or np.mean(np.linalg.norm(moved - points, axis=-1) < 0.2) > 0.35:
        return _IDENTITY  # what stands still is the background
    step, inliers = cv2.estimateAffinePartial2D(moved, points, ransacReprojThreshold=1.0)
    if step is None or inliers.mean() < 0.5:
        return _IDENTITY
    share = np.ptp(points[inliers.ravel() == 1, 0], axis=0) / (before.shape[1], before.shape[0])
    if share.min() < 0.4 or share.max() < 0.6:
        return _IDENTITY  # what moves together is not the background
    result = np.asarray(step, float)
    result[:, 2] *= scale
    return result


def _spread_corners(image: Grey, rows: int = 8, columns: int = 14) -> NDArray[np.float32]:
    """(P, 1, 2) the best corner of each cell of a grid that has one."""
    response = cv2.cornerMinEigenVal(image, 5)
    height, width = image.shape[0] // rows, image.shape[1] // columns
    if min(height, width) < 4:
        return np.zeros((0, 1, 2), np.float32)
    cells = response[: rows * height, : columns * width].reshape(rows, height, columns, width).swapaxes(1, 2)
    flat = cells.reshape(rows, columns, -1)
    best, value = flat.argmax(axis=-1), flat.max(axis=-1)
    y = np.arange(rows)[:, None] * height + best // width
    x = np.arange(columns)[None] * width + best % width
    strong = value > max(1e-5, 0.002 * float(response.max()))
    return np.stack([x[strong], y[strong]], axis=-1).astype(np.float32)[:, None]


_IDENTITY: Array = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])


def _camera(moves: list[Array], first: int, last: int, width: int) -> tuple[Array, float]:
    """Chain the steps; returns (F, 2, 3) and the extent of the way, 0 where the camera stands."""
    full = np.tile(np.eye(3), (len(moves) + 1, 1, 1))
    for k in range(first + 1, last):
        step = np.eye(3)
        step[:2] = moves[k - 1]
        full[k] = full[k - 1] @ step
    center = np.array([width / 2, width / 2, 1.0])
    way = (full[first:last] @ center)[:, :2]
    extent = float(np.linalg.norm(np.ptp(way, axis=0)) / width)
    if extent < 0.01:  # a tripod: what is left is noise of the tracking
        return np.tile(_IDENTITY, (len(full), 1, 1)), extent
    return full[:, :2], extent
