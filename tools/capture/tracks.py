"""Corners followed through a film: what the camera's movement is measured on."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Grey = NDArray[np.uint8]

ROWS, COLUMNS = 8, 14
_FEW = 0.75
"""Share of the cells with a corner in sight under which new corners are looked for"""
_RETURN = 0.4
"""px of the small picture by which a corner that is followed there and back may miss its place"""
_WINDOW = (15, 15)


@dataclass
class Tracks:
    """Corners with numbers, frame by frame. A track keeps its number from the frame in which it begins to its last."""

    scale: float
    """px of the decoded picture per px of the small one"""
    numbers: list[NDArray[np.int64]] = field(default_factory=list)
    """of each frame, (P,)"""
    points: list[Array] = field(default_factory=list)
    """of each frame, (P, 2) px of the decoded picture"""
    _next: int = 0

    def begin(self, image: Grey) -> None:
        """The first frame: only new corners."""
        self._take(image, np.zeros(0, np.int64), np.zeros((0, 2), np.float32))

    def step(self, before: Grey, after: Grey) -> NDArray[np.float32] | None:
        """Follow all corners into the next frame.

        Returns:
            (2, 3) similarity from the small picture `before` to `after` that most corners agree on, if there is one.
        """
        numbers = self.numbers[-1]
        points = (self.points[-1] / self.scale).astype(np.float32)
        kept, moved, way = numbers[:0], points[:0], None
        if len(points):
            moved, good = _followed(before, after, points)
            if good.sum() >= 12:
                found, inliers = cv2.estimateAffinePartial2D(points[good], moved[good], ransacReprojThreshold=1.0)
                if found is not None and inliers.mean() > 0.4:
                    way = np.asarray(found, np.float32)
            kept, moved = numbers[good], moved[good]
        self._take(after, kept, moved)
        return way

    def _take(self, image: Grey, numbers: NDArray[np.int64], points: NDArray[np.float32]) -> None:
        cell = cells(points, image.shape[:2])
        if len(np.unique(cell)) < _FEW * ROWS * COLUMNS:
            fresh = spread_corners(image)
            fresh = fresh[~np.isin(cells(fresh, image.shape[:2]), cell)]
            numbers = np.concatenate([numbers, self._next + np.arange(len(fresh))])
            points = np.concatenate([points, fresh])
            self._next += len(fresh)
        self.numbers.append(numbers)
        self.points.append(points.astype(float) * self.scale)

    def common(self, a: int, b: int) -> tuple[Array, Array]:
        """The corners seen in both frames a and b: two (P, 2), px of the decoded picture."""
        _, i, k = np.intersect1d(self.numbers[a], self.numbers[b], assume_unique=True, return_indices=True)
        return self.points[a][i], self.points[b][k]


def _followed(before: Grey, after: Grey, points: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Where points (P, 2) go, and which of them come back when they are followed back."""
    there, ok, _ = cv2.calcOpticalFlowPyrLK(
        before, after, points[:, None], np.empty_like(points[:, None]), winSize=_WINDOW, maxLevel=3
    )
    back, ok_back, _ = cv2.calcOpticalFlowPyrLK(after, before, there, np.empty_like(there), winSize=_WINDOW, maxLevel=3)
    moved = np.asarray(there[:, 0], np.float32)
    height, width = after.shape[:2]
    inside = (moved > 1.0).all(axis=1) & (moved[:, 0] < width - 2) & (moved[:, 1] < height - 2)
    miss = np.linalg.norm(back[:, 0] - points, axis=1)
    return moved, (ok.ravel() == 1) & (ok_back.ravel() == 1) & inside & (miss < _RETURN)


def cells(points: NDArray[np.float32], shape: tuple[int, ...]) -> NDArray[np.int64]:
    """(P,) which cell of a grid over a picture (height, width) each point lies in."""
    height, width = shape
    row = np.clip((points[:, 1] * ROWS / height).astype(np.int64), 0, ROWS - 1)
    column = np.clip((points[:, 0] * COLUMNS / width).astype(np.int64), 0, COLUMNS - 1)
    return np.asarray(row * COLUMNS + column)


def spread_corners(image: Grey) -> NDArray[np.float32]:
    """(P, 2) the best corner of each cell of a grid that has one."""
    response = cv2.cornerMinEigenVal(image, 5)
    height, width = image.shape[0] // ROWS, image.shape[1] // COLUMNS
    if min(height, width) < 4:
        return np.zeros((0, 2), np.float32)
    parts = response[: ROWS * height, : COLUMNS * width].reshape(ROWS, height, COLUMNS, width).swapaxes(1, 2)
    flat = parts.reshape(ROWS, COLUMNS, -1)
    best, value = flat.argmax(axis=-1), flat.max(axis=-1)
    y = np.arange(ROWS)[:, None] * height + best // width
    x = np.arange(COLUMNS)[None] * width + best % width
    strong = value > max(1e-5, 0.002 * float(response.max()))
    return np.stack([x[strong], y[strong]], axis=-1).astype(np.float32)
