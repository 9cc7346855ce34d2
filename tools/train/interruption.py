"""Interruption: Ctrl-C and SIGTERM end a run where all its ranks are at the same point."""

from __future__ import annotations

import signal

import torch

from tools.train import distributed


class RunInterruptedError(Exception):
    """A run was ended from outside before it had learned anything; says what is kept."""


class Interruption:
    """Whether somebody wants this process to end."""

    def __init__(self) -> None:
        self.wanted = False

    def listen(self) -> None:
        """Notes signals from now on, instead of what they did."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._note)

    def _note(self, *_: object) -> None:
        self.wanted = True

    def agreed(self) -> bool:
        """Whether any rank has been interrupted: all ranks call it at the same point, and all get the same answer."""
        return bool(distributed.total(torch.tensor([float(self.wanted)])).item())
