"""What physics says about a moving body: floor, contacts that do not slide, parabolas in flight. F frames, K points."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

Array = NDArray[np.float64]
Tensor = torch.Tensor

GRAVITY = 9.8
MIN_FLIGHT = 0.17
"""s"""
CLEAR = 0.05
"""m over the floor from which on a body may be in flight"""


@dataclass(frozen=True, eq=False)
class Phases:
    """When the body touches what."""

    touch: Tensor
    """(F, K) 0..1, skin points at rest on the floor"""
    flying: Tensor
    """(F,) 0 or 1"""

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
    held = long_runs((speed.min(dim=1).values < 0.4).numpy(), round(0.2 * fps))
    flying = torch.tensor(flights(clear, held, com_height.numpy().astype(float), fps), dtype=torch.float32)
    return Phases(touch * (1.0 - flying)[:, None], flying)


def flights(clear: NDArray[np.bool_], held: NDArray[np.bool_], com_height: Array, fps: float) -> NDArray[np.bool_]:
    """Frames in flight: off the floor, on a parabola.

    Args:
        clear: (F,) nothing is near the floor.
        held: (F,) some part rests: on a box or a wall, perhaps, or at the top of a slow-motion jump.
        com_height: (F,) m.
        fps: frames a second.

    Returns:
        (F,) whole clear stretches that look like one parabola, else what is not held of them.
    """
    least = max(4, round(MIN_FLIGHT * fps))
    flying = np.zeros_like(clear)
    for first, end in runs(clear):
        if _is_parabola(com_height[first:end], fps, least):
            flying[first:end] = True
            continue
        for start, stop in runs(clear[first:end] & ~held[first:end]):
            if _is_parabola(com_height[first + start : first + stop], fps, least):
                flying[first + start : first + stop] = True
    return flying


def _is_parabola(height: Array, fps: float, least: int) -> bool:
    """Whether these heights (n,) fall at 1 m/s2 or more and a parabola explains nearly all of them."""
    if len(height) < least:
        return False
    frames = np.arange(len(height))
    fitted = np.polynomial.Polynomial.fit(frames, height, 2)
    fall = -2.0 * fitted.convert().coef[2] * fps**2 if len(fitted.convert().coef) > 2 else 0.0
    rest = float(np.std(height - fitted(frames)))
    return bool(fall > 1.0 and rest < max(0.025, 0.25 * float(np.std(height))))


def runs(mask: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """First and end of each stretch of `mask` (F,)."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], mask.astype(int), [0]])))
    return [(int(first), int(end)) for first, end in zip(edges[::2], edges[1::2], strict=True)]


def long_runs(mask: NDArray[np.bool_], least: int) -> NDArray[np.bool_]:
    """The stretches of `mask` (F,) that are at least so long."""
    kept = np.zeros_like(mask)
    for first, end in runs(mask):
        kept[first:end] = end - first >= least
    return kept


def floor_error(height: Tensor, touch: Tensor, size: float) -> Tensor:
    """Through the floor anywhere, or off it in contact."""
    through = (torch.relu(-height) / size).square().sum(dim=1).mean()
    return 0.3 * through + 0.1 * (touch * (height / size).square()).sum(dim=1).mean()


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
