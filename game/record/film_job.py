"""FilmJob: a take filmed again, frame by frame, by another process while the game goes on."""

from __future__ import annotations

from pathlib import Path

from game.record.tool_job import CLOSING_SECONDS, ToolJob

RECORDER = "tools.record"


class FilmJob:
    """Makes one film at a time; `poll` returns a message when it is ready."""

    def __init__(self) -> None:
        self._job = ToolJob(RECORDER)
        self._out = Path()

    @staticmethod
    def possible() -> bool:
        """Whether the recorder is here: it comes with a clone, not with an installed game."""
        return ToolJob(RECORDER).possible

    @property
    def goes_on(self) -> bool:
        """Whether a film is being made."""
        return self._job.goes_on

    @property
    def progress(self) -> float | None:
        """How far the film is, 0..1; None where none is made or nothing is known yet."""
        return self._job.progress

    @property
    def name(self) -> str:
        """Of the file that is being made."""
        return self._out.name

    def begin(
        self, take: Path, out: Path, camera: str, avatar: str = "", between: tuple[float, float] | None = None
    ) -> str:
        """Films a take into a file; returns a message for the screen. Raises OSError.

        Args:
            take: the take.
            out: the film.
            camera: one of `game.camera.rigs.NAMES`, or a shot of the take; empty: by the take's cuts if it has some.
            avatar: the figure that is drawn; empty: our own.
            between: s of the take, from and to; None: all of it from its interesting part on.
        """
        if self._job.goes_on:
            return f"{self._out.name} is still being filmed"
        self._out = out
        self._job.begin(
            [str(take), "--out", str(out), *(["--camera", camera] if camera else []),
             *(["--avatar", avatar] if avatar else []),
             *(["--from", f"{between[0]:.6f}", "--to", f"{between[1]:.6f}"] if between is not None else []),
             "--progress"]
        )  # fmt: skip
        return f"filming {take.name} again into {out}; play on"

    def poll(self) -> str | None:
        """A message for the screen when the film is ready or has failed, else None."""
        ended = self._job.poll()
        if ended is None:
            return None
        status, reason = ended
        return f"filmed {self._out}" if status == 0 else f"{self._out.name} was not filmed: {reason}"

    def close(self, seconds: float = CLOSING_SECONDS) -> None:
        """Stops the film that is being made."""
        self._job.close(seconds)
