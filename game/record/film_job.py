"""FilmJob: a take filmed again, frame by frame, by another process while the game goes on."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import IO

RECORDER = "tools.record"


class FilmJob:
    """One film after the other; `poll` tells when one is ready."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._said: IO[bytes] | None = None
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
        """Films a take into a file by a camera of `game.camera.rigs`; returns what to tell the person."""
        if self._process is not None:
            return f"{self._out.name} is still being filmed"
        self._out = out
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 - open until the process has ended
        command = [sys.executable, "-m", RECORDER, str(take), "--camera", camera, "--out", str(out)]
        self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=self._said, stderr=self._said)
        return f"filming {take.name} again into {out}; play on"

    def poll(self) -> str | None:
        """What has become of the film; None while there is nothing to tell."""
        if self._process is None or self._process.poll() is None:
            return None
        status, self._process = self._process.returncode, None
        words = self._last_words()
        return f"filmed {self._out}" if status == 0 else f"{self._out.name} was not filmed: {words}"

    def close(self) -> None:
        """Gives up what is being filmed."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait()
            self._process = None
            self._last_words()

    def _last_words(self) -> str:
        """The last line that the other process said."""
        if self._said is None:
            return ""
        self._said.seek(0)
        lines = self._said.read().decode(errors="replace").replace("\r", "\n").strip().splitlines()
        self._said.close()
        self._said = None
        return lines[-1] if lines else "it said nothing"
