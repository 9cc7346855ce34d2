"""FilmJob: a take filmed again, frame by frame, by another process while the game goes on."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import IO

RECORDER = "tools.record"
CLOSING_SECONDS = 10.0
"""that the other process has for closing its film"""


class FilmJob:
    """Makes one film at a time; `poll` returns a message when it is ready."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._output: IO[bytes] | None = None
        self._out = Path()

    @staticmethod
    def possible() -> bool:
        """Whether the recorder is here: it comes with a clone, not with an installed game."""
        return importlib.util.find_spec("tools") is not None and importlib.util.find_spec(RECORDER) is not None

    @property
    def goes_on(self) -> bool:
        """Whether a film is being made."""
        return self._process is not None

    def begin(self, take: Path, out: Path, camera: str) -> str:
        """Films a take into a file; returns a message for the screen.

        `camera`: one of `game.camera.rigs.NAMES`; empty: by the take's cuts if it has some.
        """
        if self._process is not None:
            return f"{self._out.name} is still being filmed"
        self._out = out
        self._output = tempfile.TemporaryFile()  # noqa: SIM115 - open until the process has ended
        command = [sys.executable, "-m", RECORDER, str(take), "--out", str(out)]
        command += ["--camera", camera] if camera else []
        self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=self._output, stderr=self._output)
        return f"filming {take.name} again into {out}; play on"

    def poll(self) -> str | None:
        """A message for the screen when the film is ready or has failed, else None."""
        if self._process is None or self._process.poll() is None:
            return None
        status, self._process = self._process.returncode, None
        reason = self._last_line()
        return f"filmed {self._out}" if status == 0 else f"{self._out.name} was not filmed: {reason}"

    def close(self, seconds: float = CLOSING_SECONDS) -> None:
        """Stops the film that is being made."""
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
        """The last line that the other process printed."""
        if self._output is None:
            return ""
        self._output.seek(0)
        lines = self._output.read().decode(errors="replace").replace("\r", "\n").strip().splitlines()
        self._output.close()
        self._output = None
        return lines[-1] if lines else "it printed nothing"
