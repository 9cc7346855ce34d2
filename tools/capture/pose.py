"""BlazePose on one picture: find people, read 33 landmarks of one of them.

The decoding follows MediaPipe's pose graphs (Apache-2.0): an SSD detector on the letterboxed picture whose key points
give a turned square, and a landmark network on that square. `mirror` reads the square's mirror image too and averages.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from tools.capture.pose_networks import DETECTOR, LANDMARKS, open_network

Array = NDArray[np.float64]
Image = NDArray[np.uint8]

NUM_LANDMARKS = 33
# left and right swapped
MIRRORED = np.array([0, 4, 5, 6, 1, 2, 3, 8, 7, 10, 9, *(k + 1 if k % 2 else k - 1 for k in range(11, 33))])
_DETECTOR_SIZE, _SQUARE_SIZE, _HEATMAP = 224, 256, 64
_SQUARE_SCALE = 1.25
_SUPPORTING = (33, 34)  # the landmark network's own key points for the next frame's square


@dataclass(frozen=True, eq=False)
class Square:
    """A turned square in a picture: center (x, y) px, edge px, and the direction that counts as up, rad."""

    x: float
    y: float
    size: float
    angle: float
    """0: the person stands upright in the picture; positive: turned clockwise as seen."""

    def matrix(self, pixels: int) -> NDArray[np.float32]:
        """(2, 3) from pixels of the square's own picture to pixels of the frame."""
        cos, sin = math.cos(self.angle), math.sin(self.angle)
        linear = np.array([[cos, -sin], [sin, cos]]) * (self.size / pixels)
        shift = np.array([self.x, self.y]) - linear @ np.full(2, pixels / 2)
        return np.concatenate([linear, shift[:, None]], axis=1).astype(np.float32)

    @staticmethod
    def around(hips: Array, reach: Array) -> Square:
        """From the middle of the hips (2,) and a point (2,) on the circle around the body, above the head."""
        dx, dy = reach - hips
        size = 2.0 * math.hypot(dx, dy) * _SQUARE_SCALE
        return Square(float(hips[0]), float(hips[1]), max(size, 1.0), math.pi / 2 - math.atan2(-dy, dx))


@dataclass(frozen=True, eq=False)
class Reading:
    """One reading of one person in one frame."""

    xy: Array
    """(33, 2) px"""
    world: Array
    """(33, 3) m, about the hips' middle, camera frame (x away, y left, z up)"""
    visibility: Array
    """(33,) 0..1"""
    quality: float
    """0..1: the network's own flag, landmark presence and heatmap peaks"""
    square: Square
    next_square: Square
    """Where to look in the neighbouring frames."""
    source: str = "detector"
    look: Array | None = None
    """what the person wears (looks.py), if that was looked at"""

    @property
    def height(self) -> float:
        """Extent of the body in the picture, px: the larger side of its box."""
        return float(np.ptp(self.xy, axis=0).max())


class BlazePose:
    """The two networks. Not thread-safe."""

    def __init__(self) -> None:
        self._detector = open_network(DETECTOR)
        self._landmarks = open_network(LANDMARKS)
        self._anchors = _anchors()

    def detect(
        self, image: Image, *, inside: Square | None = None, threshold: float = 0.5, most: int = 4
    ) -> list[Square]:
        """Squares around people, the surest first; `inside`: the part of the picture to look at, all by default."""
        height, width = image.shape[:2]
        area = inside or Square(width / 2, height / 2, max(height, width), 0.0)
        matrix = area.matrix(_DETECTOR_SIZE)
        picture = _warp(image, matrix, _DETECTOR_SIZE) / np.float32(127.5) - np.float32(1.0)
        boxes, logits = self._detector.run(["boxes", "scores"], {"input": picture[None]})
        scores = _sigmoid(logits[0, :, 0])
        order = np.argsort(-scores)
        order = order[scores[order] > threshold]
        points = boxes[0, order, 4:8].reshape(-1, 2, 2) / _DETECTOR_SIZE + self._anchors[order, None]
        centers = boxes[0, order, :2] / _DETECTOR_SIZE + self._anchors[order]
        sizes = boxes[0, order, 2:4].max(axis=1) / _DETECTOR_SIZE
        free, found = np.ones(len(order), bool), []
        for i in range(len(order)):
            if not free[i]:
                continue
            same = free & (np.abs(centers - centers[i]).max(axis=1) < 0.35 * sizes[i])
            free &= ~same
            mean = np.average(points[same], axis=0, weights=scores[order[same]]) * _DETECTOR_SIZE
            hips, reach = mean @ matrix[:, :2].T + matrix[:, 2]
            found.append(Square.around(hips, reach))
            if len(found) == most:
                break
        return found

    def read(self, image: Image, square: Square, *, mirror: bool = False, source: str = "detector") -> Reading:
        """Read the landmarks of whoever is in `square`; `mirror`: in its mirror image, too."""
        matrix = square.matrix(_SQUARE_SIZE)
        picture = _warp(image, matrix, _SQUARE_SIZE) / np.float32(255.0)
        xy, world, visibility, quality = self._run(picture)
        if mirror:
            other_xy, other_world, other_visibility, other_quality = self._run(picture[:, ::-1])
            other_xy[:, 0] = _SQUARE_SIZE - other_xy[:, 0]
            other_world[:, 0] *= -1.0
            swap = np.concatenate([MIRRORED, _SUPPORTING])
            share = other_quality / max(quality + other_quality, 1e-9)
            xy += share * (other_xy[swap] - xy)
            world += share * (other_world[MIRRORED] - world)
            visibility += share * (other_visibility[MIRRORED] - visibility)
            quality += share * (other_quality - quality)
        xy = xy @ matrix[:, :2].T + matrix[:, 2]
        cos, sin = math.cos(square.angle), math.sin(square.angle)
        right, down = world[:, 0] * cos - world[:, 1] * sin, world[:, 0] * sin + world[:, 1] * cos
        return Reading(
            xy=xy[:NUM_LANDMARKS],
            world=np.stack([world[:, 2], -right, -down], axis=1),
            visibility=visibility,
            quality=quality,
            square=square,
            next_square=Square.around(*xy[list(_SUPPORTING)]),
            source=source,
        )

    def _run(self, picture: NDArray[np.float32]) -> tuple[Array, Array, Array, float]:
        """Landmarks (35, 2) px of the picture, (33, 3) m (right, down, away), visibility (33,), quality."""
        names = ["landmarks", "presence", "heatmap", "world"]
        flat, presence, heatmap, world = self._landmarks.run(names, {"input": np.ascontiguousarray(picture[None])})
        values = flat[0].reshape(39, 5)[:35].astype(np.float64)
        heat = _sigmoid(heatmap[0, :, :, :35])
        xy = _refined(values[:, :2], heat)
        peaks = heat[:, :, 11:29].max(axis=(0, 1)).mean()
        inside = _sigmoid(values[11:33, 4]).mean()
        quality = float(presence[0, 0]) * float(0.5 * peaks + 0.5 * inside)
        points = world[0].reshape(39, 3)[:NUM_LANDMARKS].astype(np.float64)
        return xy, points, _sigmoid(values[:NUM_LANDMARKS, 3]), quality


def _anchors() -> Array:
    """(2254, 2) centers of the detector's cells, 0..1: strides 8, 16 and 32, two, two and six boxes a cell."""
    parts = []
    for stride, boxes in ((8, 2), (16, 2), (32, 6)):
        count = _DETECTOR_SIZE // stride
        axis = (np.arange(count) + 0.5) / count
        x, y = np.meshgrid(axis, axis)
        parts.append(np.repeat(np.stack([x.ravel(), y.ravel()], axis=1), boxes, axis=0))
    return np.concatenate(parts)


def _warp(image: Image, matrix: NDArray[np.float32], size: int) -> NDArray[np.float32]:
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(image, matrix, (size, size), flags=flags, borderValue=0).astype(np.float32)


def _refined(xy: Array, heat: NDArray[Any], radius: int = 3) -> Array:
    """Move landmarks (L, 2) to the center of mass of their heatmaps (64, 64, L) nearby, where those are sure."""
    scale = _SQUARE_SIZE / _HEATMAP
    moved = xy.copy()
    for k, (x, y) in enumerate((xy / scale).astype(int)):
        if not (0 <= x < _HEATMAP and 0 <= y < _HEATMAP):
            continue
        left, top = max(x - radius, 0), max(y - radius, 0)
        patch = heat[top : y + radius + 1, left : x + radius + 1, k]
        if patch.max() < 0.5:
            continue
        total = patch.sum()
        moved[k, 0] = (patch.sum(axis=0) @ np.arange(left, left + patch.shape[1])) / total * scale
        moved[k, 1] = (patch.sum(axis=1) @ np.arange(top, top + patch.shape[0])) / total * scale
    return moved


def _sigmoid(x: NDArray[Any]) -> Array:
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(x, -60.0, 60.0))), float)
