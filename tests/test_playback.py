"""A take run again: looked at, and played on from its end."""

import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from game.play.events import Play, Push, Remove, Reset, Spawn, Timed
from game.play.runtime import Runtime
from game.policy.library import PolicyLibrary
from game.record import film_job
from game.record.film_job import FilmJob
from game.record.playback import Playback, rerun, verify
from game.record.take import Take, TakeError
from game.scene.set_spec import ItemSpec, PartSpec
from game.session.opening import BARE
from game.session.session import Session
from tests.support.small_policy import MODEL, write


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    write(tmp_path / "keep.onnx")
    library = PolicyLibrary(MODEL, [tmp_path])
    session = Session(Runtime(library), "keep")
    yield session
    session.runtime.close()
    library.close()


def played(session: Session, ticks: int) -> Take:
    """Some ticks with a push and a reset."""
    session.post(Push((300.0, 0.0, 0.0), "torso"))
    for tick in range(ticks):
        if tick == ticks - 2:
            session.post(Reset())
        session.step()
    return Take.of(session.runtime)


def test_every_tick_says_what_its_props_are_and_whether_it_is_a_cut(session: Session) -> None:
    ball = ItemSpec("ball", (3.0, 0.0, 1.0), mass=1.0, parts=(PartSpec("sphere", (0.1,)),))
    events = [Timed(0, Spawn(ball)), Timed(2, Reset()), Timed(3, Remove(0))]
    with Playback(Runtime(session.runtime.library), events, 5) as playback:
        ticks = list(playback)
        assert [tick.snapshot.tick for tick in ticks] == [1, 2, 3, 4, 5]
        assert [list(tick.items.values()) for tick in ticks] == [[ball], [ball], [ball], [], []]
        assert [tick.cut for tick in ticks] == [False, False, True, False, False]
        assert list(playback) == []


def test_events_may_be_added_while_it_runs(session: Session) -> None:
    push = Push((300.0, 0.0, 0.0), "torso")
    with Playback(Runtime(session.runtime.library), [Timed(0, Play("keep", place=True))], 4) as playback:
        for tick in playback:
            if tick.snapshot.tick == 2:
                playback.add(Timed(2, push))
                with pytest.raises(ValueError, match="at tick 1: the run is at tick 2 already"):
                    playback.add(Timed(1, push))
        assert [timed.tick for timed in playback.runtime.log] == [0, 2]


def test_it_ends_where_the_take_ended_and_goes_on(session: Session) -> None:
    take = played(session, 12)
    end, library = session.snapshot, session.runtime.library
    again = rerun(take, library)
    assert np.array_equal(again.runtime.snapshot.body_pos, end.body_pos)
    assert [frame.snapshot.tick for frame in again.frames] == list(range(1, 13))
    assert [i for i, frame in enumerate(again.frames) if frame.cut] == [0, 10]
    session.resume(again, BARE)
    assert session.runtime is again.runtime and session.runtime.library is library
    assert session.replay is None and len(session.recent) == 12
    assert session.policy_of(0) == "keep" and session.policy_names == ("keep",)
    session.post(Play("keep"))
    assert session.pending == [Play("keep")]
    session.step()
    assert verify(Take.of(session.runtime)) is None


def test_it_is_looked_at_from_its_first_tick(session: Session) -> None:
    take = played(session, 12)
    session.resume(rerun(take, session.runtime.library), BARE, first_tick=5)
    assert session.replay is not None
    assert session.replay.shown().tick == 5
    session.end_replay()
    assert session.shown().tick == 12


def test_the_takes_policies_come_with_it(session: Session, tmp_path: Path) -> None:
    take = played(session, 3)
    (tmp_path / "empty").mkdir()
    other = PolicyLibrary(MODEL, [tmp_path / "empty"])
    again = rerun(take, other)
    assert other.names == ("keep",)
    again.runtime.close()
    other.close()


def test_a_take_that_does_not_run_says_so(session: Session) -> None:
    take = replace(played(session, 2), policies={})
    with pytest.raises(TakeError, match="no policy 'keep'"):
        rerun(take, session.runtime.library)


def finished(film: FilmJob) -> str:
    until = time.monotonic() + 30.0
    while (words := film.poll()) is None:
        assert time.monotonic() < until
        time.sleep(0.02)
    return words


def test_another_process_films(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(film_job, "RECORDER", "recorder")
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path)])
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    (tmp_path / "recorder.py").write_text(
        "import sys\nprint('one\\rtwo')\nopen(sys.argv[3], 'w').write(sys.argv[5])\n"
        "sys.exit(int(sys.argv[1] == 'bad'))\n"
    )
    film, out = FilmJob(), tmp_path / "film.mp4"
    assert film.poll() is None
    assert "play on" in film.begin(tmp_path / "take.zip", out, "side") and film.goes_on
    assert "still" in film.begin(tmp_path / "take.zip", out, "side")
    assert finished(film) == f"filmed {out}"
    assert out.read_text() == "side"
    film.begin(Path("bad"), out, "side")
    assert finished(film) == "film.mp4 was not filmed: two"
    film.begin(tmp_path / "take.zip", out, "side")
    film.close()
    assert not film.goes_on


def test_the_recorder_is_here() -> None:
    assert FilmJob.possible()
