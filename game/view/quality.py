"""Quality: the three tiers of drawing, and which of them a machine is fast enough for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

Tier = Literal["lite", "std", "film"]
TARGET_SECONDS = 1.0 / 30.0
"""A frame that takes longer does not feel like play."""


@dataclass(frozen=True)
class Quality:
    """What drawing may cost."""

    name: Tier
    shadow_size: int
    """texels along a side of the shadow map, a power of two, or 0 for none"""
    shadow_taps: int
    """samples for each pixel; 1 is sharp"""
    shadow_reach: float
    """m, edge of the square that the shadow map covers"""
    contact_hardening: bool
    """shadows that soften with their distance from what throws them"""
    blobs: int
    """spheres that darken what is near them"""
    samples: int
    """multisampling of what the stage's owner opens"""
    anisotropy: int
    texture_size: int
    detail: float
    """of round shapes, 1 is full"""
    avatar: Literal["high", "mid", "low"]


QUALITIES: dict[Tier, Quality] = {
    "lite": Quality("lite", 512, 1, 4.5, False, 0, 0, 1, 256, 0.5, "low"),
    "std": Quality("std", 1024, 6, 6.0, False, 6, 0, 4, 512, 0.75, "mid"),
    "film": Quality("film", 2048, 20, 8.5, True, 16, 4, 8, 1024, 1.0, "high"),
}


def quality(name: str) -> Quality:
    """Raises ValueError for a tier that does not exist."""
    for tier, found in QUALITIES.items():
        if tier == name:
            return found
    raise ValueError(f"no quality is called {name!r}; available: {', '.join(QUALITIES)}")


class FirstFrames:
    """Chooses a tier by what the first frames cost: begins at std, once it has seen enough it says what to take."""

    def __init__(self, start: Tier = "std", skip: int = 3, measured: int = 8, target: float = TARGET_SECONDS) -> None:
        """`skip` frames at the start are still loading; `target` in seconds."""
        self.tier: Tier = start
        self._skip, self._measured, self._target = skip, measured, target
        self._times: list[float] = []

    def add(self, seconds: float) -> Tier | None:
        """Takes one frame's cost; returns the tier to change to when it is time to, else None.

        Software rendering ends at lite. film is for footage, and live only where it costs a quarter of the target.
        """
        self._times.append(seconds)
        if len(self._times) != self._skip + self._measured:
            return None
        typical = float(np.median(self._times[self._skip :]))
        best: Tier = self.tier
        if typical > self._target:
            best = "lite"
        elif typical < 0.25 * self._target and self.tier == "std":
            best = "film"
        changed = best != self.tier
        self.tier = best
        return best if changed else None
