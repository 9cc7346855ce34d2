"""Time, replays, marks and takes by wish; cameras by turns."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from game.camera import rigs
from game.camera.camera_pose import CameraPose
from game.camera.camera_rig import FREE, RING, SHOT, CameraRig
from game.camera.keyframes import Keyframes
from game.camera.shot import shots_of
from game.input.session_actions import SessionActions, new_file
from game.play.events import Drag, Play, Push, Reset
from game.play.runtime import Runtime
from game.policy.library import PolicyLibrary
from game.record.take import Take
from game.scene.set_file import load_set
from game.session.opening import BARE
from game.session.session import Session
from game.sim.model import CharacterModel


@pytest.fixture(scope="module")
def library() -> Iterator[PolicyLibrary]:
    library = PolicyLibrary(CharacterModel.load())
    yield library
    library.close()


@pytest.fixture
def session(library: PolicyLibrary) -> Iterator[Session]:
    session = Session(Runtime(library), "deepmimic_walk")
    yield session
    session.runtime.close()


@pytest.fixture
def camera_rig(session: Session) -> CameraRig:
    return CameraRig(BARE, session.keyframes)


@pytest.fixture
def session_actions(session: Session, camera_rig: CameraRig, tmp_path: Path) -> SessionActions:
    return SessionActions(session, camera_rig, tmp_path)


def run(session: Session, ticks: int) -> list[str]:
    said = []
    for _ in range(ticks):
        session.step()
        said += session.poll()
    return said


def test_a_replay_holds_the_run(session: Session, session_actions: SessionActions) -> None:
    assert session_actions.replay() == "nothing has happened yet"
    assert session_actions.scrub(0) == "there is no replay to scrub: begin one first"
    assert "begin one first" in str(session_actions.mark())
    run(session, 40)
    session_actions.replay()
    assert session.replay is not None
    session_actions.slower()
    assert (session.speed, session.clock.speed) == (0.5, 1.0)
    assert [s.tick for s in session.advance(0.2)] == [2, 3, 4]  # 40 ticks are less than 5 s: it begins at the first
    assert session.replay.position == pytest.approx(3.0)
    session.replay.seek(39.0)
    session_actions.leap(0)
    assert (session.replay.position, session.paused, session.clock.paused) == (24.0, True, False)
    session_actions.scrub(1)
    assert session.shown().tick == 26
    session_actions.step()
    assert session.shown().tick == 27
    assert session.runtime.tick_count == 40
    session_actions.replay()
    assert session.shown().tick == 40


def test_marks_are_kept_with_the_take(
    session: Session, session_actions: SessionActions, camera_rig: CameraRig, tmp_path: Path
) -> None:
    run(session, 500)
    session_actions.replay()
    assert SHOT not in camera_rig.names
    session_actions.mark()
    assert session.replay is not None
    session.replay.seek(100.0)
    assert session_actions.mark() == "camera mark 2: the camera 'shot' goes along them"
    assert camera_rig.names[-1] == SHOT
    session_actions.save_last()
    session_actions.close()
    (path,) = tmp_path.glob("*.zip")
    take = Take.load(path)
    assert take.first_tick == 49  # 451 ticks are seen again, the first of them is the 50th
    (earlier, later) = shots_of(take.extra)["marked"].keyframes
    assert earlier.time == pytest.approx(150 / 30)
    assert later.time > earlier.time
    session_actions.marks_clear()
    assert len(session.keyframes) == 0


def test_the_last_seconds_of_a_short_run_are_all_of_it(
    session: Session, session_actions: SessionActions, tmp_path: Path
) -> None:
    run(session, 5)
    assert str(session_actions.save_last()).startswith("saving take_")
    assert str(session_actions.save_take()).startswith("saving take_")  # under another name
    session_actions.close()
    assert [words.split()[0] for words in session_actions.poll()] == ["saved", "saved"]
    assert session_actions.poll() == []
    assert [Take.load(path).first_tick for path in tmp_path.glob("*.zip")] == [0, 0]


def test_what_cannot_be_saved_is_told(session: Session, camera_rig: CameraRig, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file where the folder should be")
    assert "cannot be saved" in str(SessionActions(session, camera_rig, tmp_path / "out").save_take())


def test_new_files_have_new_names(tmp_path: Path) -> None:
    first = new_file(tmp_path, "take", "zip")
    first.touch()
    assert new_file(tmp_path, "take", "zip") != first


def test_after_a_fall_comes_the_next_attempt(session: Session, session_actions: SessionActions) -> None:
    run(session, 10)
    assert session_actions.after_fall() == "after a fall comes the next attempt"
    session.post(Push((900.0, 0.0, 0.0), "torso"))
    said = run(session, 90)
    assert len(said) == 1
    assert said[0].startswith("Attempt 1: ")
    assert session.runtime.log[-1].event == Reset()
    assert session.attempts.number == 2
    assert session_actions.after_fall() == "after a fall he stays where he is"
    session.post(Push((900.0, 0.0, 0.0), "torso"))
    assert len(run(session, 90)) == 1
    assert not isinstance(session.runtime.log[-1].event, Reset)


def test_another_set_begins_anew(session: Session) -> None:
    run(session, 20)
    session.begin_replay()
    park = load_set("park")
    session.change_set(park)
    assert (session.runtime.tick_count, session.replay, session.set_name) == (0, None, "park")
    session.step()
    furniture = sum(1 for item in park.items if item.parts)
    assert len(session.items) == furniture
    assert list(session.placed) == []
    assert session.runtime.log[-1].event == Play("deepmimic_walk", place=True)
    assert len(session.recent) == 1


def test_a_hand_is_only_where_it_is_at_the_tick(session: Session) -> None:
    session.step()
    for x in (0.1, 0.2, 0.3):
        session.post(Drag((x, 0.0, 1.0)))
    session.step()
    assert [timed.event for timed in session.runtime.log[-2:]][1] == Drag((0.3, 0.0, 1.0))
    assert sum(isinstance(timed.event, Drag) for timed in session.runtime.log) == 1


def test_cameras_in_turn(session: Session, camera_rig: CameraRig) -> None:
    session.step()
    seen = [camera_rig.name]
    for _ in RING:
        assert camera_rig.cycle(1).startswith("camera: ")
        pose = camera_rig.update(session.shown(), 0, 1 / 30, session.time)
        assert np.isfinite(pose.position).all()
        assert np.linalg.norm(camera_rig.forward) == pytest.approx(1.0)
        assert camera_rig.forward @ camera_rig.right == pytest.approx(0.0)
        seen.append(camera_rig.name)
    assert seen == [*RING, FREE]
    assert set(RING) == {FREE, *rigs.NAMES}


def test_a_drag_takes_over_where_the_camera_is(session: Session, camera_rig: CameraRig) -> None:
    session.step()
    camera_rig.choose("side")
    side = camera_rig.update(session.shown(), 0, 1 / 30, session.time)
    camera_rig.drag(0.0, 0.0)
    free = camera_rig.update(session.shown(), 0, 0.0, session.time)
    assert camera_rig.name == FREE
    assert free.position == pytest.approx(side.position)
    assert free.forward == pytest.approx(side.forward, abs=1e-6)


def test_the_shot_goes_along_the_marks() -> None:
    marks = Keyframes()
    camera_rig = CameraRig(BARE, marks)
    a, b = (CameraPose.look((x, -4.0, 1.0), (0.0, 0.0, 1.0), 0.7) for x in (0.0, 2.0))
    marks.put(2.0, b)
    marks.put(1.0, a)
    marks.put(2.005, b)  # replaces the one beside it
    assert marks.times == [1.0, 2.005]
    assert marks.shot is not None
    assert marks.shot.at(0.0).position == pytest.approx(a.position)
    assert camera_rig.names[-1] == SHOT
