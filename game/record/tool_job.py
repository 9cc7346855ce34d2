"""ToolJob: one of the project's tools at work in another process while the game goes on."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from typing import IO

PERCENT = re.compile(rb"(\d{1,3})%\|")
"""in a tool's bar"""
TAIL_BYTES = 4096
"""of what a tool has printed, that are looked at"""
CLOSING_SECONDS = 10.0
"""that the other process has for closing its files"""


class ToolJob:
    """Runs `python -m TOOL ...`, one at a time."""

    def __init__(self, tool: str) -> None:
        """`tool`: the module, such as tools.record."""
        self._tool = tool
        self._process: subprocess.Popen[bytes] | None = None
        self._output: IO[bytes] | None = None

    @property
    def possible(self) -> bool:
        """Whether the tool is here: tools come with a clone, not with an installed game."""
        return importlib.util.find_spec("tools") is not None and importlib.util.find_spec(self._tool) is not None

    @property
    def goes_on(self) -> bool:
        """Whether it works."""
        return self._process is not None

    @property
    def progress(self) -> float | None:
        """How far it is, 0..1, by the bar that it prints; None where it does not work or has printed none."""
        if self._process is None or self._output is None:
            return None
        file = self._output.fileno()
        # the other process writes where this file's position is: it must not be moved
        tail = os.pread(file, TAIL_BYTES, max(0, os.fstat(file).st_size - TAIL_BYTES))
        found = PERCENT.findall(tail)
        return int(found[-1]) / 100.0 if found else None

    def begin(self, arguments: Sequence[str]) -> None:
        """Starts it. Raises OSError."""
        self._output = tempfile.TemporaryFile()  # noqa: SIM115 - open until the process has ended
        command = [sys.executable, "-m", self._tool, *arguments]
        self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=self._output, stderr=self._output)

    def poll(self) -> tuple[int, str] | None:
        """Exit status and last printed line, once, when it has ended; else None."""
        if self._process is None or self._process.poll() is None:
            return None
        status, self._process = self._process.returncode, None
        return status, self._last_line()

    def close(self, seconds: float = CLOSING_SECONDS) -> None:
        """Stops it."""
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(seconds)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None
            self._last_line()

    def _last_line(self) -> str:
        if self._output is None:
            return ""
        self._output.seek(0)
        lines = self._output.read().decode(errors="replace").replace("\r", "\n").strip().splitlines()
        self._output.close()
        self._output = None
        return lines[-1] if lines else "it printed nothing"
