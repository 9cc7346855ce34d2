"""Bodies that jump from one place or pose to another within a frame, as after a cut that the picture does not show."""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray

from tools.capture.camera_path import CameraPath, rays, tangents
from tools.capture.choose import Chosen
from tools.capture.scan import Scan

Array = NDArray[np.float64]

_CORE = [11, 12, 23, 24]
_BODY = slice(11, 29)
REACH = 0.10
"""Body heights by which a step may differ from the steps before and after it, whatever the time between frames,"""
PUSH = 35.0
"""and in addition body heights/s2: the hardest landing has 27"""
FACTOR = 6.0
"""times what is usual around it"""
GLITCH = 0.4
"""s after which who jumped does not jump back: that was a wrong reading"""
_AROUND = 10
_SHAPE = 0.5
"""A change of the pose counts so much of a change of the place, per landmark"""


def stretches(found: Scan, chosen: Chosen, focal: float, path: CameraPath, height: float) -> list[tuple[int, int]]:
    """First used frames and ends of the parts between which the body jumps; one where it does not."""
    first, end = chosen.span
    seen = [k for k in range(first, end) if chosen.readings[k] is not None]
    places = []
    for k in seen:
        reading = chosen.readings[k]
        assert reading is not None
        ray = rays(tangents(reading.xy[_BODY], np.array(found.size, float), focal * path.zoom[k])) @ path.rot[k].T
        flat = -focal * ray[:, 1:] / np.maximum(ray[:, :1], 0.05)
        places.append(flat / height)
    edges = [first, *(seen[j] for j in find_jumps(np.array(places), found.used_times[seen])), end]
    return list(itertools.pairwise(edges))


def find_jumps(places: Array, times: Array) -> list[int]:
    """Frames before which a body jumps.

    Args:
        places: (F, L, 2) landmarks in body heights.
        times: (F,) s.
    """
    if len(places) < 4:
        return []
    middle = places.mean(axis=1)
    shape = places - middle[:, None]
    gap = np.diff(times)
    way = np.concatenate(
        [np.diff(middle, axis=0)[:, None], _SHAPE * np.diff(shape, axis=0)], axis=1
    )  # (F - 1, 1 + L, 2)
    speed = way / gap[:, None, None]
    # how far each step is from both its neighbours' speeds
    off = np.full((len(way), 2), np.inf)
    off[1:, 0] = _size((speed[1:] - speed[:-1]) * gap[1:, None, None])
    off[:-1, 1] = _size((speed[:-1] - speed[1:]) * gap[:-1, None, None])
    sudden = off.min(axis=1)
    found: list[int] = []
    for j in range(1, len(way) - 1):
        around = np.delete(sudden[max(0, j - _AROUND) : j + _AROUND + 1], min(j, _AROUND))
        usual = float(np.median(around))
        if sudden[j] > max(REACH + PUSH * gap[j] ** 2, FACTOR * usual):
            found.append(j + 1)
    # readings that are wrong for a moment jump there and back
    wrong: set[int] = set()
    for j, k in itertools.pairwise(found):
        larger = max(float(_size(way[j - 1])), float(_size(way[k - 1])))
        if times[k] - times[j] < GLITCH and float(_size(way[j - 1] + way[k - 1])) < 0.7 * larger:
            wrong |= {j, k}
    return [j for j in found if j not in wrong]


def _size(change: Array) -> Array:
    """(...) the place's change (..., 0, 2), or the mean one of the pose (..., 1:, 2), whichever is larger."""
    length = np.linalg.norm(change, axis=-1)
    return np.asarray(np.maximum(length[..., 0], length[..., 1:].mean(axis=-1)))
