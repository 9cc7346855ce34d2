"""How the camera turns, zooms and travels, from corners of what lies behind the people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from tools.capture.pose import Square
from tools.capture.scan import Scan

Array = NDArray[np.float64]
Number = NDArray[np.int64]

STILL = 0.01
"""Picture widths; a camera that wanders less stands: what is left is noise of the tracking"""
PARALLAX = 0.0012
"""Picture widths by which corners may miss a camera that only turns and zooms; more, and it travels"""
_FEWEST = 8
_KEEP = 0.5
"""Share of a key frame's corners that must still be seen; then the next key frame begins"""


@dataclass(frozen=True, eq=False)
class CameraPath:
    """Poses of the camera in each of U used frames, in the axes of the camera in the first one."""

    rot: Array
    """(U, 3, 3) from the axes of that frame's camera (away, left, up) to those of the first"""
    zoom: Array
    """(U,) focal length over the first one"""
    pos: Array
    """(U, 3) in a unit that pictures do not tell: the mean distance of what is seen; 0 where it does not travel"""
    wander: Array
    """(U, 3) how far the background has moved in the picture: picture widths to the right and down, log of its size"""
    miss: float = 0.0
    """picture widths, median miss of corners when the camera is taken to turn and zoom only"""

    @staticmethod
    def standing(count: int) -> CameraPath:
        eye = np.tile(np.eye(3), (count, 1, 1))
        return CameraPath(eye, np.ones(count), np.zeros((count, 3)), np.zeros((count, 3)))

    @property
    def travels(self) -> bool:
        return bool(np.abs(self.pos).max() > 0.0)

    def extent(self, first: int = 0, end: int | None = None) -> float:
        """How far the picture wanders between two used frames, in its widths; growing to double size counts as 0.35."""
        way = self.wander[first:end] * [1.0, 1.0, 0.5]
        return float(np.linalg.norm(np.ptp(way, axis=0)))


def camera_path(found: Scan, focal: float, people: Sequence[Sequence[Square | None]] = ()) -> CameraPath:
    """The camera's turn and zoom in all used frames; `focal`: px; `people`: squares around each, by used frame."""
    corners = [background(found, people, k) for k in range(len(found.used))]
    links = key_frames(corners)
    size = np.array(found.size, float)
    wander = _wander(corners, links, size[0])
    path = CameraPath.standing(len(corners))
    if np.linalg.norm(np.ptp(wander * [1.0, 1.0, 0.5], axis=0)) < STILL:
        return CameraPath(path.rot, path.zoom, path.pos, np.zeros_like(wander))
    rot, zoom, misses = path.rot.copy(), path.zoom.copy(), []
    for k, key in enumerate(links):
        if k == key:
            continue
        a, b = _common(corners[key], corners[k])
        if len(a) < _FEWEST:
            rot[k], zoom[k] = rot[k - 1], zoom[k - 1]
            continue
        turn, scale, miss = turned(tangents(a, size, focal * zoom[key]), tangents(b, size, focal))
        rot[k], zoom[k] = rot[key] @ turn, scale
        misses.append(miss * focal / size[0])
    return CameraPath(rot, zoom, path.pos, wander, float(np.median(misses)) if misses else 0.0)


def tangents(points: Array, size: Array, focal: float) -> Array:
    """(P, 2) px to left and up over distance."""
    return np.asarray(-(points - 0.5 * size) / focal)


def rays(uv: Array) -> Array:
    """(..., 2) to directions (..., 3) with 1 ahead."""
    return np.concatenate([np.ones_like(uv[..., :1]), uv], axis=-1)


def turned(before: Array, after: Array, rounds: int = 12) -> tuple[Array, float, float]:
    """The turn and the zoom that bring tangents (P, 2) `before` to `after`, most of them.

    Returns:
        (3, 3) from the later camera's axes to the earlier's, the later focal length over that of `after`'s tangents,
        and the median miss, a tangent.
    """
    similar, inside = cv2.estimateAffinePartial2D(
        (1000.0 * before).astype(np.float32), (1000.0 * after).astype(np.float32), ransacReprojThreshold=4.0
    )
    weight = np.ones(len(before)) if similar is None or inside.sum() < _FEWEST else 0.02 + inside.ravel().astype(float)
    unit = rays(before) / np.linalg.norm(rays(before), axis=-1, keepdims=True)
    zoom, turn = 1.0, np.eye(3)
    off = np.zeros(len(before))
    for _ in range(rounds):
        seen = rays(after / zoom)
        seen /= np.linalg.norm(seen, axis=-1, keepdims=True)
        u, _, vt = np.linalg.svd((weight[:, None] * unit).T @ seen)
        turn = u @ np.diag([1.0, 1.0, np.linalg.det(u @ vt)]) @ vt
        local = unit @ turn
        ahead = local[:, 1:] / np.maximum(local[:, :1], 1e-3)
        zoom = float((weight[:, None] * ahead * after).sum() / max((weight[:, None] * ahead**2).sum(), 1e-9))
        off = np.linalg.norm(zoom * ahead - after, axis=-1)
        weight = 1.0 / (1.0 + (off / max(1.5 * float(np.median(off)), 3e-4)) ** 2)
    return turn, zoom, float(np.median(off))


Corners = tuple[Number, Array]
"""Numbers (P,) and places (P, 2), px, of one frame's corners."""


def background(found: Scan, people: Sequence[Sequence[Square | None]], used: int) -> Corners:
    """Corners of a used frame that no person covers; before a bare wall there may be none, and the camera stands."""
    frame = int(found.used[used])
    numbers, points = found.tracks.numbers[frame], found.tracks.points[frame]
    free = np.ones(len(points), bool)
    for squares in people:
        square = squares[used]
        if square is not None:
            free &= np.abs(points - [square.x, square.y]).max(axis=1) > 0.45 * square.size
    return numbers[free], points[free]


def _common(a: Corners, b: Corners) -> tuple[Array, Array]:
    _, i, k = np.intersect1d(a[0], b[0], assume_unique=True, return_indices=True)
    return a[1][i], b[1][k]


def key_frames(corners: Sequence[Corners]) -> list[int]:
    """For each frame, the earlier one that it is compared with: as far back as enough corners are still seen."""
    links = [0]
    key = 0
    for k in range(1, len(corners)):
        shared = len(np.intersect1d(corners[key][0], corners[k][0], assume_unique=True))
        if shared < max(_KEEP * len(corners[key][0]), _FEWEST) and key != k - 1:
            key = k - 1
        links.append(key)
    return links


def _wander(corners: Sequence[Corners], links: Sequence[int], width: float) -> Array:
    """(U, 3) the background's way in the picture and the log of its size, by medians over its corners."""
    way = np.zeros((len(corners), 3))
    for k, key in enumerate(links):
        if k == key:
            continue
        a, b = _common(corners[key], corners[k])
        if len(a) < _FEWEST:
            way[k] = way[k - 1]
            continue
        spread = [np.linalg.norm(p - np.median(p, axis=0), axis=1) for p in (a, b)]
        far = spread[0] > 0.05 * width
        grown = float(np.median(np.log(np.maximum(spread[1][far], 1.0) / spread[0][far]))) if far.sum() > 3 else 0.0
        way[k] = way[key] + [*(np.median(b - a, axis=0) / width), grown]
    return way
