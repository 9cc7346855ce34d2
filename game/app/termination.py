"""SIGTERM as an orderly end: whatever is open is closed, and children end, as after closing the window."""

from __future__ import annotations

import signal
import sys
from types import FrameType


def exit_on_sigterm() -> None:
    """From now on SIGTERM raises SystemExit in the main thread, so that every `finally` and `with` is carried out."""
    signal.signal(signal.SIGTERM, _exit)


def _exit(number: int, _frame: FrameType | None) -> None:
    signal.signal(number, signal.SIG_IGN)  # a second one shall not interrupt the closing
    sys.exit(128 + number)
