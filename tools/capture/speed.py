"""How many times slower than life a video plays, from how things fall in it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tools.capture.fitted import Fitted
from tools.capture.physics import GRAVITY, near_usual, runs

MIN_FLYING = 6
"""Frames of one flight from which gravity, and so the video's speed, can be measured."""


@dataclass(frozen=True)
class Speed:
    """What is known of a video's speed."""

    factor: float
    """times slower than life that the clip takes the video for; under 1: sped up"""
    known: bool
    """whether something tells it; else real time is assumed"""
    reason: str
    looks: float | None = None
    """times slower than life that gravity looks in flight, where something flies"""

    @property
    def doubt(self) -> float:
        """Octaves between the speed that is taken and what gravity looks like; 0 where nothing flies."""
        return 0.0 if self.looks is None else float(abs(np.log2(self.looks / self.factor)))


def given(factor: float) -> Speed:
    """The speed that somebody who knows the video says."""
    return Speed(factor, True, f"{described(factor)}, as --slow-motion says")


def measured(fitted: Fitted) -> Speed:
    """The speed of a video that was fitted as if it played in real time."""
    longest = max((end - first for first, end in runs(fitted.flying)), default=0)
    if longest < MIN_FLYING:
        if fitted.doubtful is not None:
            return _unknown(fitted.doubtful)
        return Speed(1.0, False, "no flight tells the speed: real time is assumed, else give --slow-motion")
    looks = float(np.sqrt(GRAVITY / fitted.gravity))
    if fitted.real_time:
        return Speed(1.0, True, f"real time: things fall with {fitted.gravity:.1f} m/s2", looks)
    usual = near_usual(looks)
    if usual is None:
        return _unknown(looks)
    return Speed(usual, True, f"{described(usual)}: things fall with {fitted.gravity:.1f} m/s2", looks)


def described(factor: float) -> str:
    """A factor in words: 4 times slower than life, 2 times faster than life, real time."""
    if factor == 1.0:
        return "real time"
    return f"{factor:.3g} times slower than life" if factor > 1.0 else f"{1.0 / factor:.3g} times faster than life"


def _unknown(looks: float) -> Speed:
    reason = (
        f"the speed is not known: something falls as if it were {described(looks)}, which is no usual speed; "
        f"real time is assumed, else give --slow-motion {looks:.2g}"
    )
    return Speed(1.0, False, reason, looks)
