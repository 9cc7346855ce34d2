"""FigureDesk: figures from elsewhere while the game goes on: files that come are cast, and then worn."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from game.record.tool_job import ToolJob
from game.view.figure_folder import ENDINGS, FigureFolder, figure_name

CASTER = "tools.cast"
LOOK_SECONDS = 1.0
"""from one look into the folder to the next"""


class FigureDesk:
    """Casts one file at a time, in another process. Call `poll` once a frame."""

    def __init__(self, folder: FigureFolder, wear: Callable[[str], str]) -> None:
        """`wear`: draws a figure by its name and returns a message for the screen."""
        self.folder = folder
        self._wear = wear
        self._job = ToolJob(CASTER)
        self._now: Path | None = None
        self._queue: list[Path] = []
        self._seen: dict[Path, tuple[int, int]] = {}
        """size and time of the waiting files when the folder was last looked into"""
        self._refused: dict[Path, tuple[int, int]] = {}
        self._next_look = 0.0

    @property
    def casting(self) -> str:
        """The name of the file that is being cast; empty where none is."""
        return self._now.name if self._now is not None else ""

    def cast(self, path: Path) -> str:
        """Makes a figure of a file and wears it as soon as it is ready; returns a message for the screen."""
        if path.suffix.lower() not in ENDINGS:
            return f"{path.name} is no figure: expected a file that ends in {', '.join(ENDINGS)}"
        if not self._job.possible:
            return f"{path.name} cannot be cast here: python -m tools.cast comes with a clone of the project"
        if path not in self._queue and path != self._now:
            self._queue.append(path)
        return f"casting {path.name}; play on"

    def poll(self) -> list[str]:
        """Messages for the screen since the last call."""
        messages = []
        ended = self._job.poll()
        if ended is not None and self._now is not None:
            status, words = ended
            path, self._now = self._now, None
            if status == 0:
                messages.append(self._wear(figure_name(path.stem)))
            else:
                self._refused[path] = _state(path)
                messages.append(f"{words.removeprefix('error: ')}; the previous figure plays on")
        self._look()
        if self._queue and not self._job.goes_on:
            self._now = self._queue.pop(0)
            name, out = figure_name(self._now.stem), str(self.folder.ready)
            try:
                self._job.begin([str(self._now), "--name", name, "--out", out])
            except OSError as error:
                messages.append(f"{self._now.name} cannot be cast: {error}")
                self._now = None
        return messages

    def close(self) -> None:
        """Gives up what is being cast."""
        self._job.close()

    def _look(self) -> None:
        """Takes up files that have come into the folder and no longer grow."""
        now = time.monotonic()
        if now < self._next_look:
            return
        self._next_look = now + LOOK_SECONDS
        seen = {path: _state(path) for path in self.folder.waiting()}
        for path, state in seen.items():
            if self._seen.get(path) == state and self._refused.get(path) != state:
                self.cast(path)
        self._seen = seen


def _state(path: Path) -> tuple[int, int]:
    try:
        stat = path.stat()
    except OSError:
        return 0, 0
    return stat.st_size, stat.st_mtime_ns
