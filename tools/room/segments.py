"""Straight line segments in a picture: by OpenCV's detector (LSD) where it is installed, else by our own in numpy."""

from __future__ import annotations

import importlib.util

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Picture = NDArray[np.uint8]

EDGE = 1100
"""px, longer side of the picture that is searched; larger ones are reduced first"""
SHORTEST = 0.025
"""of the picture's diagonal; shorter segments are left out"""
MOST = 700
"""segments, the longest ones"""
BINS = 12
"""of the direction of the brightness's gradient"""


def find_segments(picture: Picture, own: bool = False) -> Array:
    """(S, 4) u, v, u, v of the ends of each segment, px, the longest first.

    Args:
        picture: (height, width, 3) RGB.
        own: use the detector in numpy, even if OpenCV is installed.
    """
    step = max(1, round(max(picture.shape[:2]) / EDGE))
    gray = _reduced(picture @ np.array([0.299, 0.587, 0.114]), step)
    detect = _by_gradient if own or importlib.util.find_spec("cv2") is None else _by_opencv
    ends = detect(gray) * step + 0.5 * (step - 1)
    length = np.hypot(ends[:, 2] - ends[:, 0], ends[:, 3] - ends[:, 1])
    ends = ends[np.argsort(-length, kind="stable")]
    enough = np.sort(length)[::-1] >= SHORTEST * np.hypot(*picture.shape[:2])
    return np.asarray(ends[enough][:MOST])


def _reduced(gray: Array, step: int) -> Array:
    """The mean of each square of `step` pixels."""
    height, width = (n // step * step for n in gray.shape)
    squares = gray[:height, :width].reshape(height // step, step, width // step, step)
    return np.asarray(squares.mean((1, 3)))


def _by_opencv(gray: Array) -> Array:
    import cv2

    found = cv2.createLineSegmentDetector().detect(np.round(gray).astype(np.uint8))[0]
    return np.zeros((0, 4)) if found is None else np.asarray(found, float).reshape(-1, 4)


def _by_gradient(gray: Array) -> Array:
    """Neighbouring pixels whose gradient has one direction are a segment: Burns, Hanson and Riseman, 1986."""
    smooth = _blurred(gray)
    gv, gu = np.gradient(smooth)
    strength, angle = np.hypot(gu, gv), np.arctan2(gv, gu)
    strong = strength > 4.0
    found = []
    for shift in (0.0, 0.5):  # a line whose direction lies between two bins is whole in the other division
        bins = np.floor((angle / (2 * np.pi) * BINS + shift) % BINS).astype(int)
        found.append(_fitted(_regions(np.where(strong, bins, -1)), strength))
    ends = np.concatenate(found)
    return _without_twins(ends[np.argsort(-np.hypot(ends[:, 2] - ends[:, 0], ends[:, 3] - ends[:, 1]))])


def _blurred(gray: Array) -> Array:
    for axis in (0, 1):
        padded = np.pad(gray, [(1, 1) if a == axis else (0, 0) for a in (0, 1)], "edge")
        n = gray.shape[axis]
        gray = sum(w * np.take(padded, range(k, k + n), axis) for k, w in enumerate((0.25, 0.5, 0.25)))  # type: ignore[assignment]
    return np.asarray(gray)


def _regions(bins: NDArray[np.int64]) -> NDArray[np.int64]:
    """(height, width) a number for each group of touching pixels of one bin, -1 where the bin is -1."""
    label = np.where(bins >= 0, np.arange(bins.size).reshape(bins.shape), -1)
    pairs = []
    for dv, du in ((0, 1), (1, 0), (1, 1), (1, -1)):
        a = bins[: bins.shape[0] - dv, max(-du, 0) : bins.shape[1] - max(du, 0)]
        b = bins[dv:, max(du, 0) : bins.shape[1] - max(-du, 0)]
        same = (a == b) & (a >= 0)
        la = label[: bins.shape[0] - dv, max(-du, 0) : bins.shape[1] - max(du, 0)]
        lb = label[dv:, max(du, 0) : bins.shape[1] - max(-du, 0)]
        pairs.append(np.stack([la[same], lb[same]]))
    first, second = np.concatenate(pairs, 1)
    root = np.arange(bins.size)
    while True:  # the smallest number goes round each group
        low = np.minimum(root[first], root[second])
        before = root.copy()
        np.minimum.at(root, first, low)
        np.minimum.at(root, second, low)
        root = root[root]
        if (root == before).all():
            return np.asarray(np.where(bins >= 0, root[label], -1))


def _fitted(region: NDArray[np.int64], strength: Array) -> Array:
    """(R, 4) the ends of a line through each region of enough pixels, weighted by the gradient's strength."""
    v, u = np.nonzero(region >= 0)
    names, index, count = np.unique(region[v, u], return_inverse=True, return_counts=True)
    w, n = strength[v, u], len(names)
    total = np.bincount(index, w, n)
    cu, cv = np.bincount(index, w * u, n) / total, np.bincount(index, w * v, n) / total
    du, dv = u - cu[index], v - cv[index]
    uu, vv, uv = (np.bincount(index, w * a, n) / total for a in (du * du, dv * dv, du * dv))
    turn = 0.5 * np.arctan2(2 * uv, uu - vv)
    c, s = np.cos(turn), np.sin(turn)
    along = du * c[index] + dv * s[index]
    low, high = np.full(n, np.inf), np.full(n, -np.inf)
    np.minimum.at(low, index, along)
    np.maximum.at(high, index, along)
    thin = np.sqrt(np.maximum(uu * s * s + vv * c * c - 2 * uv * s * c, 0.0))
    good = (count >= 12) & (high - low > 8.0) & (thin < 0.06 * (high - low) + 0.8)
    return np.asarray(np.stack([cu + low * c, cv + low * s, cu + high * c, cv + high * s], 1)[good])


def _without_twins(ends: Array) -> Array:
    """Leaves out a segment whose middle lies on a longer one of nearly the same direction."""
    kept: list[Array] = []
    for end in ends:
        middle, way = 0.5 * (end[:2] + end[2:]), end[2:] - end[:2]
        length = float(np.hypot(*way))
        if length < 8.0:
            break
        if kept:
            others = np.array(kept)
            direction = others[:, 2:] - others[:, :2]
            size = np.hypot(direction[:, 0], direction[:, 1])
            direction = direction / size[:, None]
            off = middle - others[:, :2]
            along = (off * direction).sum(1)
            aside = np.abs(off[:, 0] * direction[:, 1] - off[:, 1] * direction[:, 0])
            turn = np.abs(direction[:, 0] * way[1] - direction[:, 1] * way[0]) / length
            if ((along > 0) & (along < size) & (aside < 2.5) & (turn < 0.12)).any():
                continue
        kept.append(end)
    return np.array(kept).reshape(-1, 4)
