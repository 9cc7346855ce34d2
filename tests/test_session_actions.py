"""Time, replays, marks and takes by wish; cameras by turns."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from game.camera import rigs
from game.camera.camera_pose import CameraPose
from game.camera.keyframes import Keyframes
from game.camera.shot import shots_of
from game.input.bindings import ACTIONS
from game.input.session_actions import SessionActions, new_file
from game.play.events import Drag, Play, Push, Reset
from game.play.runtime import Runtime
from game.policy.library import PolicyLibrary
from game.record.take import Take
from game.scene.set_file import load_set
from game.session.session import BARE, Session
from game.sim.model import CharacterModel
from game.view.camera_rig import FREE, RING, SHOT, CameraRig


@pytest.fixture(scope="module")
def library() -> Iterator[PolicyLibrary]:
    library = PolicyLibrary(CharacterModel.load())
    yield library
    library.close()


@pytest.fixture
def live(library: PolicyLibrary) -> Iterator[Session]:
    live = Session(Runtime(library), "deepmimic_walk")
    yield live
    live.runtime.close()


@pytest.fixture
def finder(live: Session) -> CameraRig:
    return CameraRig(BARE.view, live.marks)


@pytest.fixture
def directing(live: Session, finder: CameraRig, tmp_path: Path) -> SessionActions:
    return SessionActions(live, finder, tmp_path)


def run(live: Session, ticks: int) -> list[str]:
    said = []
    for _ in range(ticks):
        live.step()
        said += live.poll()
    return said


def test_a_replay_holds_the_run(live: Session, directing: SessionActions) -> None:
    assert directing.do("replay") == "nothing has happened yet"
    assert directing.do("scrub", 0) == "there is no replay to scrub: begin one first"
    assert "begin one first" in str(directing.do("mark"))
    run(live, 40)
    directing.do("replay")
    assert live.replay is not None
    directing.do("slower")
    assert (live.speed, live.clock.speed) == (0.5, 1.0)
    assert [s.tick for s in live.advance(0.2)] == [2, 3, 4]  # 40 ticks are less than 5 s: it begins at the first
    assert live.replay.position == pytest.approx(3.0)
    live.replay.seek(39.0)
    directing.do("leap", 0)
    assert (live.replay.position, live.paused, live.clock.paused) == (24.0, True, False)
    directing.do("scrub", 1)
    assert live.shown().tick == 26
    directing.do("step")
    assert live.shown().tick == 27
    assert live.runtime.tick_count == 40
    directing.do("replay")
    assert live.shown().tick == 40


def test_marks_are_kept_with_the_take(
    live: Session, directing: SessionActions, finder: CameraRig, tmp_path: Path
) -> None:
    run(live, 500)
    directing.do("replay")
    assert SHOT not in finder.names
    directing.do("mark")
    assert live.replay is not None
    live.replay.seek(100.0)
    assert directing.do("mark") == "camera mark 2: the camera 'shot' goes along them"
    assert finder.names[-1] == SHOT
    directing.do("save_last")
    directing.close()
    (path,) = tmp_path.glob("*.zip")
    take = Take.load(path)
    assert take.first_tick == 49  # 451 ticks are seen again, the first of them is the 50th
    (earlier, later) = shots_of(take.extra)["marked"].marks
    assert earlier.time == pytest.approx(150 / 30)
    assert later.time > earlier.time
    directing.do("marks_clear")
    assert len(live.marks) == 0


def test_the_last_seconds_of_a_short_run_are_all_of_it(
    live: Session, directing: SessionActions, tmp_path: Path
) -> None:
    run(live, 5)
    assert str(directing.do("save_last")).startswith("saving take_")
    assert str(directing.do("save_take")).startswith("saving take_")  # under another name
    directing.close()
    assert [words.split()[0] for words in directing.poll()] == ["saved", "saved"]
    assert directing.poll() == []
    assert [Take.load(path).first_tick for path in tmp_path.glob("*.zip")] == [0, 0]


def test_what_cannot_be_saved_is_told(live: Session, finder: CameraRig, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file where the folder should be")
    assert "cannot be saved" in str(SessionActions(live, finder, tmp_path / "out").do("save_take"))


def test_new_files_have_new_names(tmp_path: Path) -> None:
    first = new_file(tmp_path, "take", "zip")
    first.touch()
    assert new_file(tmp_path, "take", "zip") != first


def test_after_a_fall_comes_the_next_attempt(live: Session, directing: SessionActions) -> None:
    run(live, 10)
    live.post(Push((900.0, 0.0, 0.0), "torso"))
    said = run(live, 90)
    assert len(said) == 1
    assert said[0].startswith("Attempt 1: ")
    assert live.runtime.log[-1].event == Reset()
    assert live.attempts.number == 2
    assert directing.do("auto_retry") == "after a fall he stays where he is"
    live.post(Push((900.0, 0.0, 0.0), "torso"))
    assert len(run(live, 90)) == 1
    assert not isinstance(live.runtime.log[-1].event, Reset)


def test_another_set_begins_anew(live: Session) -> None:
    run(live, 20)
    live.begin_replay()
    park = load_set("park")
    live.change_set(park)
    assert (live.runtime.tick_count, live.replay, live.set_name) == (0, None, "park")
    live.step()
    furniture = sum(1 for item in park.items if item.parts)
    assert len(live.items) == furniture
    assert list(live.placed) == []
    assert live.runtime.log[-1].event == Play("deepmimic_walk", place=True)
    assert len(live.recent) == 1


def test_a_hand_is_only_where_it_is_at_the_tick(live: Session) -> None:
    live.step()
    for x in (0.1, 0.2, 0.3):
        live.post(Drag((x, 0.0, 1.0)))
    live.step()
    assert [timed.event for timed in live.runtime.log[-2:]][1] == Drag((0.3, 0.0, 1.0))
    assert sum(isinstance(timed.event, Drag) for timed in live.runtime.log) == 1


def test_cameras_in_turn(live: Session, finder: CameraRig) -> None:
    live.step()
    seen = [finder.name]
    for _ in RING:
        assert finder.cycle(1).startswith("camera: ")
        pose = finder.update(live.shown(), 0, 1 / 30, live.time)
        assert np.isfinite(pose.position).all()
        assert np.linalg.norm(finder.forward) == pytest.approx(1.0)
        assert finder.forward @ finder.right == pytest.approx(0.0)
        seen.append(finder.name)
    assert seen == [*RING, FREE]
    assert set(RING) == {FREE, *rigs.NAMES}


def test_a_drag_takes_over_where_the_camera_is(live: Session, finder: CameraRig) -> None:
    live.step()
    finder.choose("side")
    side = finder.update(live.shown(), 0, 1 / 30, live.time)
    finder.drag(0.0, 0.0)
    free = finder.update(live.shown(), 0, 0.0, live.time)
    assert finder.name == FREE
    assert free.position == pytest.approx(side.position)
    assert free.forward == pytest.approx(side.forward, abs=1e-6)


def test_the_shot_goes_along_the_marks() -> None:
    marks = Keyframes()
    finder = CameraRig(BARE.view, marks)
    a, b = (CameraPose.look((x, -4.0, 1.0), (0.0, 0.0, 1.0), 0.7) for x in (0.0, 2.0))
    marks.put(2.0, b)
    marks.put(1.0, a)
    marks.put(2.005, b)  # replaces the one beside it
    assert marks.times == [1.0, 2.005]
    assert marks.shot is not None
    assert marks.shot.at(0.0).position == pytest.approx(a.position)
    assert finder.names[-1] == SHOT


def test_every_action_of_time_is_known(directing: SessionActions) -> None:
    for action in ACTIONS:
        if action.group == "Time":
            assert directing.knows(action.name), action.name
