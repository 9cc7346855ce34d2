"""What physics says about a moving body: floor, contacts that do not slide, parabolas in flight. F frames, K points."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

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
USUAL_SPEEDS, NEAR_USUAL = (0.5, 2.0, 4.0, 8.0), 1.15
"""Times slower than life that videos play beside real time (0.5: sped up); gravity tells them to a tenth or so."""
MAX_FLIGHT = 1.5
"""s of life; nobody stays off a floor for longer"""
_LIFT = 0.10
"""m by which feet leave the floor in a flight that is to tell the video's speed"""
_EDGE = 3
"""Frames around a flight within which something must touch the floor"""


@dataclass(frozen=True, eq=False)
class Phases:
    """When the body touches what."""

    touch: Tensor
    """(F, K) 0..1, skin points at rest on the floor"""
    flying: Tensor
    """(F,) 0 or 1"""
    fall: float | None = None
    """m/s2 of the surest flight, if there is one"""
    doubtful: float | None = None
    """times slower than life that a parabola looks which is not believed, if there is one"""

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
    low = height.min(dim=1).values.numpy().astype(float)
    found = flights(low, com_height.numpy().astype(float), fps)
    flying = torch.tensor(found.flying, dtype=torch.float32)
    return Phases(touch * (1.0 - flying)[:, None], flying, found.fall, found.doubtful)


class Flights(NamedTuple):
    """When a body flies."""

    flying: NDArray[np.bool_]
    """(F,)"""
    fall: float | None
    """m/s2 of the surest flight, if there is one"""
    doubtful: float | None
    """times slower than life that the largest parabola looks which is not believed, if there is one"""


def flights(low: Array, com_height: Array, fps: float) -> Flights:
    """Frames in flight: off the floor, the centre of mass on a parabola; not those on a box or a wall.

    A parabola that falls as things do in real time is believed. One that falls faster or slower may be a video that is
    sped up or slowed down, but also a squat, somebody who lies down, or a floor that is not where it seems: it is
    believed only between a take-off and a landing, with its highest point well between them, if the feet come off the
    floor clearly, and if its fall is near that of one of USUAL_SPEEDS.

    Args:
        low: (F,) height of what is lowest over the floor, m.
        com_height: (F,) m.
        fps: frames a second.
    """
    clear = low > CLEAR
    arcs: list[_Arc] = []
    doubtful: list[_Arc] = []
    rest = list(runs(clear))
    while rest:
        first, end = rest.pop()
        arc = _longest_arc(com_height[first:end], fps)
        if arc is not None:
            arc = replace(arc, first=first + arc.first, end=first + arc.end)
            rest += [(first, arc.first), (arc.end, end)]
            if _usual(arc.fall) and arc.end - arc.first <= MAX_FLIGHT * fps:
                arcs.append(arc)
            elif _jumps(arc, low):
                usual = near_usual(arc.slower)
                within = usual is not None and arc.end - arc.first <= MAX_FLIGHT * fps * usual
                (arcs if within else doubtful).append(arc)
    flying = np.zeros_like(clear)
    hint = max(doubtful, key=lambda arc: arc.rise).slower if doubtful else None
    if not arcs:
        return Flights(flying, None, hint)
    surest = max(arcs, key=lambda arc: arc.rise)
    for arc in arcs:
        if surest.fall / SAME_FALL < arc.fall < surest.fall * SAME_FALL:
            flying[arc.first : arc.end] = True
    return Flights(flying, surest.fall, hint)


def near_usual(slower: float) -> float | None:
    """The one of USUAL_SPEEDS that a measured factor is near, if any."""
    usual = min(USUAL_SPEEDS, key=lambda speed: abs(math.log(speed / slower)))
    return usual if 1.0 / NEAR_USUAL < slower / usual < NEAR_USUAL else None


def _jumps(arc: _Arc, low: Array) -> bool:
    """Whether a take-off and a landing are seen around an arc, and the feet come off the floor in it."""
    before, after = low[max(arc.first - _EDGE, 0) : arc.first], low[arc.end : arc.end + _EDGE]
    if not (len(before) and len(after) and before.min() <= CLEAR and after.min() <= CLEAR):
        return False
    lifted = low[arc.first : arc.end].max() > max(_LIFT, 0.2 * arc.rise)
    return bool(lifted and 0.15 < arc.top < 0.85)


@dataclass(frozen=True)
class _Arc:
    first: int
    end: int
    fall: float
    """m/s2"""
    rise: float
    """m, of the middle over the chord"""
    top: float
    """where its highest point lies, as a part of its length"""

    @property
    def slower(self) -> float:
        """Times slower than life that it looks."""
        return math.sqrt(GRAVITY / self.fall)


def _longest_arc(height: Array, fps: float) -> _Arc | None:
    """The longest part of heights (n,) that a parabola explains and that is deeper than noise."""
    for length in range(len(height), max(4, round(MIN_FLIGHT * fps)) - 1, -1):
        basis, triangle = np.linalg.qr(np.vander(np.arange(length), 3, increasing=True).astype(float))
        windows = np.lib.stride_tricks.sliding_window_view(height, length)
        parts = windows @ basis
        error = np.sqrt(np.maximum((windows**2).sum(axis=1) - (parts**2).sum(axis=1), 0.0) / length)
        curve = np.linalg.solve(triangle, parts.T)
        fall = -2.0 * curve[2] * fps**2
        rise = fall * (length / fps) ** 2 / 8.0
        whole = length == len(height)
        slack = np.maximum(0.02, 0.2 * windows.std(axis=1)) if whole else 0.012
        usual = _usual(fall)
        # slow motion keeps a jump's rise: what bends slowly and little is somebody getting up
        good = (error < slack) & (rise > np.where(usual, 0.03 if whole else 0.08, 0.12)) & (fall > 0.1)
        if good.any():
            start = int(np.argmin(np.where(good, error, np.inf)))
            top = -0.5 * float(curve[1, start] / curve[2, start]) / (length - 1)
            return _Arc(start, start + length, float(fall[start]), float(rise[start]), top)
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
