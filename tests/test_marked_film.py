"""A film that is marked while playing and drawn afterwards, along the way that the camera took."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from game.app.marked_film import SHOT, MarkedFilm
from game.camera.camera_pose import CameraPose
from game.camera.rigs import camera
from game.play.runtime import Runtime
from game.policy.library import PolicyLibrary
from game.record import film_job
from game.record.film_job import FilmJob
from game.record.take import Take
from game.session.opening import BARE
from game.session.session import Session
from tests.support.small_policy import MODEL, write


class Desk(FilmJob):
    """Notes what is to be filmed."""

    asked: tuple[Path, Path, str, tuple[float, float] | None] | None = None

    def begin(
        self, take: Path, out: Path, camera: str, avatar: str = "", between: tuple[float, float] | None = None
    ) -> str:
        assert avatar == ""
        self.asked = take, out, camera, between
        return "begun"


@pytest.fixture
def session(tmp_path: Path) -> Session:
    write(tmp_path / "keep.onnx")
    return Session(Runtime(PolicyLibrary(MODEL, [tmp_path])), "keep")


def look(session: Session) -> CameraPose:
    return CameraPose.look((session.snapshot.time, -3.0, 1.0), (0.0, 0.0, 1.0), 0.7)


def test_the_marked_part_and_the_cameras_way_are_filmed(session: Session, tmp_path: Path) -> None:
    desk = Desk()
    film = MarkedFilm(session, desk, tmp_path / "out")
    for _ in range(10):
        session.step()
        assert film.frame(look(session)) is None
    assert "afterwards" in film.mark_begin()
    for _ in range(30):
        session.step()
        film.frame(look(session))
    assert film.seconds == pytest.approx(1.0)
    assert film.mark_end() == "begun"
    assert desk.asked is not None and not film.active
    path, out, name, between = desk.asked
    assert (out.suffix, name) == (".mp4", SHOT)
    assert between == pytest.approx((10 / 30, 40 / 30))
    take = Take.load(path)
    assert take.num_ticks == 40 and take.first_tick == 10
    shot = camera(SHOT, BARE, extra=take.extra)
    snapshot = session.snapshot
    assert shot.update(snapshot, 0.0).position == pytest.approx([40 / 30, -3.0, 1.0], abs=0.05)


def test_a_run_that_is_restarted_ends_it(session: Session, tmp_path: Path) -> None:
    film = MarkedFilm(session, Desk(), tmp_path / "out")
    film.mark_begin()
    session.step()
    session.change_set(BARE)
    assert film.frame(look(session)) == "the run was restarted: nothing was filmed"
    assert not film.active
    film.mark_begin()
    assert "nothing was filmed" in film.mark_end()


def progress_of(job: FilmJob) -> float | None:
    return job.progress


def test_the_bar_goes_as_far_as_the_recorder_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(film_job, "RECORDER", "slow_recorder")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    (tmp_path / "slow_recorder.py").write_text(
        "import pathlib, sys, time\nprint('film.mp4:   5%|#    | 1/20\\rfilm.mp4:  40%|##   | 8/20', flush=True)\n"
        "pathlib.Path(sys.argv[3]).write_text(' '.join(sys.argv))\ntime.sleep(60)\n"
    )
    job, out = FilmJob(), tmp_path / "film.mp4"
    assert progress_of(job) is None
    job.begin(tmp_path / "take.zip", out, SHOT, between=(0.5, 2.0))
    until = time.monotonic() + 60.0
    while progress_of(job) is None or not out.exists():
        assert time.monotonic() < until
        time.sleep(0.02)
    assert progress_of(job) == 0.4
    assert "--camera filmed --from 0.500000 --to 2.000000 --progress" in out.read_text()
    job.close()
    assert progress_of(job) is None
