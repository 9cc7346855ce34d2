"""Films: every few minutes a short film of the policy, made by a process of its own beside the training."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from tools.train import checkpoint, distributed
from tools.train.config import TrainConfig

ROOT = Path(__file__).resolve().parents[2]
NICENESS = 10
"""of the process: with 19 a film would take as long as the time until the next"""
NO_GRAPHICS = 3
"""film.py's exit status where nothing can be drawn"""
POLICY_FOLDER = ".policy"
"""begins the name of the folder beside the film that film.py exports to"""


class Films:
    """Writes FOLDER/films/NNN.mp4. Rank 0 only; at most one at a time; the first as soon as there is a policy."""

    def __init__(self, config: TrainConfig, say: Callable[[str], None] = print) -> None:
        self._folder, self._say = config.folder.resolve() / "films", say
        self._period = 60.0 * config.film_minutes
        self.active = config.film_minutes > 0.0 and distributed.rank() == 0
        self._next = 1 + max((int(f.stem) for f in self._folder.glob("*.mp4") if f.stem.isdigit()), default=-1)
        self._due = time.monotonic() + (self._period if self._next else 0.0)
        self._process: subprocess.Popen[bytes] | None = None
        self._log: IO[bytes] | None = None

    def consider(self, content: Callable[[], dict[str, Any]]) -> None:
        """After an iteration: look after the process, and film what `content` gives when a film is due.

        Args:
            content: what tools.export takes, with samples, seconds and episodes.
        """
        if not self.active:
            return
        if self._process is not None and self._process.poll() is not None:
            self._ended()
        if not self.active or time.monotonic() < self._due:
            return
        self._due = time.monotonic() + self._period
        if self._process is None:
            self._start(content())

    def _start(self, content: dict[str, Any]) -> None:
        source = self._folder / "next.pt"
        try:
            checkpoint.save(source, content)
        except checkpoint.CheckpointError as error:
            self._say(f"no film: {error}")
            return
        self._log = (self._folder / "log.txt").open("w+b")
        command = [sys.executable, "-m", "tools.train.checkpoint_film", str(source), str(self._unfinished)]
        # a session of its own: the terminal's Ctrl-C is for the ranks, which end this process themselves
        self._process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=self._log, stderr=self._log, start_new_session=True
        )
        if hasattr(os, "setpriority"):
            nice = os.getpriority(os.PRIO_PROCESS, 0)
            os.setpriority(os.PRIO_PROCESS, self._process.pid, min(19, nice + NICENESS))

    @property
    def _unfinished(self) -> Path:
        return self._folder / f"{self._next:03d}.part.mp4"

    def _ended(self) -> None:
        """Keep what came of it, or print what went wrong; on a machine without graphics no other film is tried."""
        assert self._process is not None and self._log is not None
        status, self._process = self._process.returncode, None
        self._log.seek(0)
        lines = self._log.read().decode("utf-8", "replace").splitlines() or [f"exit status {status}"]
        self._log.close()
        if status == 0:
            self._unfinished.replace(self._folder / f"{self._next:03d}.mp4")
            self._next += 1
            return
        self.active = status != NO_GRAPHICS
        self._say(f"{'no film' if self.active else 'no films'}: {lines[-1]}")

    def finish(self, patience: float = 60.0) -> None:
        """At the end of a run: wait so many seconds for the film that is under way."""
        if self._process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(patience)
                self._ended()

    def close(self) -> None:
        """End what is under way; films that are finished stay."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
        if self._log is not None:
            self._log.close()
            for rest in ("next.pt", "log.txt", "*.part.mp4", ".*.plain", f"{POLICY_FOLDER}*/*"):
                for file in self._folder.glob(rest):
                    file.unlink(missing_ok=True)
            for folder in self._folder.glob(f"{POLICY_FOLDER}*"):
                folder.rmdir()
