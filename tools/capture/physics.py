"""What physics says about a moving body: floor, contacts that do not slide, parabolas in flight. F frames, K points."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

Array = NDArray[np.float64]
Tensor = torch.Tensor

GRAVITY = 9.8
MIN_FLIGHT = 0.17
"""s"""
SAME_FALL = 1.6
"""Gravity is one in a video: flights whose falls differ by more than this factor are not both flights."""
HOVER_SIZE = 0.02
CLEAR = 0.05
"""m over the floor from which on a body may be in flight"""


@dataclass(frozen=True, eq=False)
class Phases:
    """When the body touches what."""

    touch: Tensor
    """(F, K) 0..1, skin points at rest on the floor"""
    flying: Tensor
    """(F,) 0 or 1"""
    fall: float | None = None
    """m/s2 of the surest flight, if there is one"""

    @property
    def num_flying(self) -> int:
        return int(self.flying.sum())


def phases(points: Tensor, height: Tensor, com_height: Tensor, fps: float) -> Phases:
    """Find contacts and flights.

    Args:
        points: (F, K, 3) m.
        height: (F, K) of the skin over the floor, m.
        com_height: (F,) m.
        fps: frames a second.
    """
    step = (points[1:] - points[:-1]).norm(dim=-1) * fps
    speed = torch.cat([step[:1], torch.maximum(step[1:], step[:-1]), step[-1:]])
    touch = torch.sigmoid((0.7 - speed) / 0.12) * torch.sigmoid((0.07 - height) / 0.015)
    clear = (height.min(dim=1).values > CLEAR).numpy()
    found, fall = flights(clear, com_height.numpy().astype(float), fps)
    flying = torch.tensor(found, dtype=torch.float32)
    return Phases(touch * (1.0 - flying)[:, None], flying, fall)


def flights(clear: NDArray[np.bool_], com_height: Array, fps: float) -> tuple[NDArray[np.bool_], float | None]:
    """Frames in flight: off the floor, the centre of mass on a parabola; not those on a box or a wall.

    Args:
        clear: (F,) nothing is near the floor.
        com_height: (F,) m.
        fps: frames a second.

    Returns:
        (F,) of every stretch that is clear, the longest parts that a parabola explains; and how fast the surest
        of them falls, m/s2.
    """
    arcs: list[_Arc] = []
    rest = list(runs(clear))
    while rest:
        first, end = rest.pop()
        arc = _longest_arc(com_height[first:end], fps)
        if arc is not None:
            arc = replace(arc, first=first + arc.first, end=first + arc.end)
            rest += [(first, arc.first), (arc.end, end)]
            # slow motion is believed where take-off and landing are seen: somebody who crawls in sinks slowly, too
            if _usual(arc.fall) or (arc.first > 0 and arc.end < len(clear)):
                arcs.append(arc)
    flying = np.zeros_like(clear)
    if not arcs:
        return flying, None
    surest = max(arcs, key=lambda arc: arc.rise)
    for arc in arcs:
        if surest.fall / SAME_FALL < arc.fall < surest.fall * SAME_FALL:
            flying[arc.first : arc.end] = True
    return flying, surest.fall


@dataclass(frozen=True)
class _Arc:
    first: int
    end: int
    fall: float
    """m/s2"""
    rise: float
    """m, of the middle over the chord"""


def _longest_arc(height: Array, fps: float) -> _Arc | None:
    """The longest part of heights (n,) that a parabola explains and that is deeper than noise."""
    for length in range(len(height), max(4, round(MIN_FLIGHT * fps)) - 1, -1):
        basis, triangle = np.linalg.qr(np.vander(np.arange(length), 3, increasing=True).astype(float))
        windows = np.lib.stride_tricks.sliding_window_view(height, length)
        parts = windows @ basis
        error = np.sqrt(np.maximum((windows**2).sum(axis=1) - (parts**2).sum(axis=1), 0.0) / length)
        fall = -2.0 * np.linalg.solve(triangle, parts.T)[2] * fps**2
        rise = fall * (length / fps) ** 2 / 8.0
        whole = length == len(height)
        slack = np.maximum(0.02, 0.2 * windows.std(axis=1)) if whole else 0.012
        usual = _usual(fall)
        # slow motion keeps a jump's rise: what bends slowly and little is somebody getting up
        good = (error < slack) & (rise > np.where(usual, 0.03 if whole else 0.08, 0.12)) & (fall > 0.1)
        if good.any():
            start = int(np.argmin(np.where(good, error, np.inf)))
            return _Arc(start, start + length, float(fall[start]), float(rise[start]))
    return None


def _usual(fall: Array | float) -> Any:
    """Whether falls, m/s2, are near enough to 9.8 for real time."""
    return np.abs(np.log(np.maximum(fall, 1e-3) / GRAVITY)) < math.log(SAME_FALL)


def runs(mask: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """First and end of each stretch of `mask` (F,)."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], mask.astype(int), [0]])))
    return [(int(first), int(end)) for first, end in zip(edges[::2], edges[1::2], strict=True)]


def floor_error(height: Tensor, found: Phases, size: float, hover: float = 0.05) -> Tensor:
    """Through the floor anywhere, off it in contact, or hovering a little where nothing flies (weighed by `hover`)."""
    through = (torch.relu(-height) / size).square().sum(dim=1).mean()
    lifted = (found.touch * (height / size).square()).sum(dim=1).mean()
    lowest = torch.relu(height.min(dim=1).values) / HOVER_SIZE
    # a box or a wall may carry the body: what is far from the floor is not drawn to it
    hovering = ((1.0 - found.flying) * torch.log1p(lowest.square())).mean()
    return 0.3 * through + 0.1 * lifted + hover * hovering


def slide_error(points: Tensor, touch: Tensor, fps: float, size: float) -> Tensor:
    """Contacts that move, m/s over `size`."""
    both = torch.minimum(touch[1:], touch[:-1])
    speed = ((points[1:] - points[:-1]) * (fps / size)).square().sum(dim=-1)
    return 0.05 * (both * speed).sum(dim=1).mean()


def flight_error(com: Tensor, up: Tensor, gravity: Tensor, flying: Tensor, fps: float, size: float) -> Tensor:
    """The centre of mass off free fall, m/s2 over `size`, averaged over all frames."""
    residual = acceleration(com, fps) + gravity * up
    whole = torch.minimum(torch.minimum(flying[2:], flying[1:-1]), flying[:-2])
    return 0.1 * (whole * (residual / size).square().sum(dim=-1)).mean()


def acceleration(values: Tensor, fps: float) -> Tensor:
    """Second difference along the first axis, (F - 2, ...)."""
    return (values[2:] - 2.0 * values[1:-1] + values[:-2]) * fps**2
