"""Quality: the three qualities of drawing (lite, std, film), and which of them a machine is fast enough for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

Tier = Literal["lite", "std", "film"]
TARGET_SECONDS = 1.0 / 30.0
"""s; the longest frame time that is good to play with"""


@dataclass(frozen=True)
class Quality:
    """How finely the stage is drawn."""

    name: Tier
    shadow_size: int
    """texels along a side of the shadow map, a power of two, or 0 for none"""
    shadow_taps: int
    """samples of the shadow map per pixel; 1 gives sharp edges"""
    shadow_reach: float
    """m, edge of the square that the shadow map covers"""
    contact_hardening: bool
    """whether shadows are softer farther away from what casts them"""
    blobs: int
    """number of spheres with which a character shades what is near it"""
    samples: int
    """multisampling that the window or buffer should have"""
    anisotropy: int
    texture_size: int
    detail: float
    """share of the full number of segments of round shapes"""
    avatar: Literal["high", "mid", "low"]
    scale: float = 1.0
    """of the edges of what the window draws, before it is enlarged and sharpened"""


QUALITIES: dict[Tier, Quality] = {
    "lite": Quality("lite", 512, 1, 4.5, False, 0, 0, 1, 256, 0.5, "low", 0.6),
    "std": Quality("std", 1024, 6, 6.0, False, 6, 0, 4, 512, 0.75, "mid"),
    "film": Quality("film", 2048, 20, 8.5, True, 16, 4, 8, 1024, 1.0, "high"),
}


def quality(name: str) -> Quality:
    """The quality of a name. Raises ValueError if there is none."""
    for tier, found in QUALITIES.items():
        if tier == name:
            return found
    raise ValueError(f"no quality is called {name!r}; available: {', '.join(QUALITIES)}")


class FirstFrames:
    """Chooses a quality by how long the first frames take, starting with std."""

    def __init__(self, start: Tier = "std", skip: int = 3, measured: int = 8, target: float = TARGET_SECONDS) -> None:
        """`skip`: first frames, which load data; `measured`: frames after them; `target`: s per frame."""
        self.tier: Tier = start
        self._skip, self._measured, self._target = skip, measured, target
        self._times: list[float] = []

    def add(self, seconds: float) -> Tier | None:
        """Adds one frame's time, s. Returns the quality to change to after the last measured frame, else None.

        `lite` if frames take longer than the target; `film` only if they take less than a quarter of it.
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
