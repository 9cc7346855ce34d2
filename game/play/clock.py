"""FixedClock: turns the uneven times between frames into whole control ticks."""

from __future__ import annotations

from dataclasses import dataclass

MIN_SPEED, MAX_SPEED = 1.0 / 16.0, 4.0


@dataclass
class FixedClock:
    """Accumulates time and returns the ticks that are due.

    A frame never asks for more than `max_ticks`; the time beyond them is dropped. So a computer that cannot keep up
    shows slow motion instead of falling further and further behind.
    """

    hz: int
    max_ticks: int = 4
    """per frame"""
    speed: float = 1.0
    """simulated seconds per second, 1/16..4"""
    paused: bool = False
    _accumulated: float = 0.0
    """ticks, in [0, 1) after `advance`"""

    def __post_init__(self) -> None:
        if self.hz <= 0 or self.max_ticks <= 0:
            raise ValueError(f"hz {self.hz} and max_ticks {self.max_ticks}: expected positive numbers")

    def set_speed(self, speed: float) -> None:
        """Set the speed; beyond 1/16..4 the nearest limit is used."""
        self.speed = min(max(speed, MIN_SPEED), MAX_SPEED)

    def advance(self, dt: float) -> int:
        """Ticks that are due after dt wall seconds, at most max_ticks."""
        if self.paused or dt <= 0.0:
            return 0
        self._accumulated += dt * self.speed * self.hz
        ticks = int(self._accumulated)
        self._accumulated -= ticks
        return min(ticks, self.max_ticks)

    @property
    def fraction(self) -> float:
        """How far the present moment lies between the last tick and the next, 0..1."""
        return min(self._accumulated, 1.0)
