"""ProgressLine: a line that says how far something is. A terminal shows the latest, a file one now and then."""

from __future__ import annotations

import sys
import time

EVERY = 2.0
"""s between lines on a terminal; elsewhere every LOG_EVERY"""
LOG_EVERY = 20.0


class ProgressLine:
    """The first line is shown at once."""

    def __init__(self) -> None:
        self._shown = -LOG_EVERY
        self._open = False
        """whether the terminal's cursor stands in a line that the next one replaces"""

    @property
    def due(self) -> bool:
        """Whether the latest line is old enough for another one."""
        return time.monotonic() - self._shown > (EVERY if sys.stdout.isatty() else LOG_EVERY)

    def show(self, text: str) -> None:
        """Shows a line in the place of the latest, on a terminal; elsewhere below it."""
        self._shown = time.monotonic()
        self._open = sys.stdout.isatty()
        print(f"\r\x1b[K{text}" if self._open else text, end="" if self._open else "\n", flush=True)

    def say(self, text: str) -> None:
        """Prints a line that stays."""
        print(f"\n{text}" if self._open else text, flush=True)
        self._open = False


def in_words(seconds: float) -> str:
    """About how long: `40 s`, `12 min`, `5.5 h`."""
    if seconds < 90.0:
        return f"{seconds:.0f} s"
    return f"{seconds / 60.0:.0f} min" if seconds < 5400.0 else f"{seconds / 3600.0:.1f} h"
