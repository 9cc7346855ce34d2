"""MarkedFilm: a film whose beginning and end are marked while playing, and which is drawn afterwards.

On a machine that draws too slowly to film live: as takes repeat bit for bit, another process films the marked part of
the take at the full rate and quality, along the way that the window's camera took.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from game.camera.camera_pose import CameraPose
from game.camera.keyframes import Keyframes
from game.camera.shot import KEY, shot_to_json
from game.input.session_actions import new_file
from game.play.runtime import Runtime
from game.record.film_job import FilmJob
from game.record.take import Take, TakeError
from game.session.session import Session

SHOT = "filmed"
"""of the camera's way, in the take"""
SHORTEST = 0.2
"""s"""


class MarkedFilm:
    """Of one session; films with `job` into files in the folder `out`."""

    def __init__(self, session: Session, job: FilmJob, out: Path, avatar: Callable[[], str] = lambda: "") -> None:
        """avatar: gives the figure that is drawn; empty: our own."""
        self._session, self._job, self._out, self._avatar = session, job, out, avatar
        self._runtime: Runtime | None = None
        self._begin = 0.0
        self._way = Keyframes()

    @property
    def active(self) -> bool:
        """Whether the beginning has been marked, and the end has not."""
        return self._runtime is not None

    @property
    def seconds(self) -> float:
        """s of the take since the beginning was marked."""
        return self._session.snapshot.time - self._begin if self.active else 0.0

    def mark_begin(self) -> str:
        """Marks the beginning; returns a message for the screen."""
        if self._job.goes_on:
            return "a film is still being drawn: one at a time"
        self._runtime, self._begin, self._way = self._session.runtime, self._session.snapshot.time, Keyframes()
        return "filming: it will be drawn at full quality afterwards"

    def frame(self, pose: CameraPose) -> str | None:
        """Call it every frame with the camera's pose. A message where the run has ended under the film."""
        if not self.active:
            return None
        if self._session.runtime is not self._runtime:
            self._runtime = None
            return "the run was restarted: nothing was filmed"
        if self._session.replay is None:
            self._way.record(self._session.snapshot.time, pose)
        return None

    def mark_end(self) -> str:
        """Marks the end, and has the film drawn; returns a message for the screen."""
        end, begin, self._runtime = self._session.snapshot.time, self._begin, None
        way = self._way.shot
        if end - begin < SHORTEST or way is None:
            return f"nothing was filmed: {end - begin:.1f} s, expected {SHORTEST:g} or more"
        session = self._session
        extra = {**session.keyframes.extra(), **session.cuts.extra()}
        shots = {**extra.get(KEY, {}), SHOT: shot_to_json(way)}
        hz = session.runtime.model.control_hz
        take = Take.of(
            session.runtime, set_name=session.set_name, first_tick=round(begin * hz), **{**extra, KEY: shots}
        )
        try:
            path = new_file(self._out, "film", "zip")
            take.save(path)
            return self._job.begin(path, path.with_suffix(".mp4"), SHOT, self._avatar(), (begin, end))
        except (TakeError, OSError) as error:
            return f"the film cannot be drawn: {error}"
