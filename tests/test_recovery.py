"""After a fall: limp for a moment, then up again and on with what he was doing; all of it events."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from game.play.events import Crowd, Event, GetUp, Perform, Play, Push, Reset, Strength, Timed
from game.play.performance import is_up
from game.play.runtime import Runtime
from game.policy.library import PolicyLibrary
from game.policy.policy import Policy
from game.record.playback import Playback, rerun, verify
from game.record.take import Take
from game.scene.paths import policies_dir
from game.session.attempts import AfterFall
from game.session.session import Session
from game.sim.kinematics import standing_state
from tests.support.small_policy import MODEL, puppet_graph, puppet_spec, with_card

HZ = MODEL.control_hz
SHOVE = Push((0.0, 800.0, 0.0), "torso", seconds=0.3)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PolicyLibrary]:
    folder = tmp_path_factory.mktemp("policies")
    for name in ("walk", "crawl", "getup_faceup", "getup_facedown"):
        shutil.copy(policies_dir() / f"{name}.onnx", folder)
    library = PolicyLibrary(MODEL, [folder])
    library.add("performer", Policy(with_card(puppet_graph(), puppet_spec()), MODEL))
    able = puppet_spec(scores={"getup_success": 0.95})
    library.add("able", Policy(with_card(puppet_graph(), able), MODEL))
    yield library
    library.close()


@pytest.fixture
def session(library: PolicyLibrary) -> Iterator[Session]:
    session = Session(Runtime(library), "walk")
    yield session
    session.runtime.close()


def fallen(session: Session, after: int = 20) -> None:
    """Runs until he has been shoved over and has just gone limp."""
    for _ in range(after):
        session.step()
    session.post(SHOVE)
    for _ in range(90):
        session.step()
        if not session.snapshot.strength[0].any():
            return
    raise AssertionError("he did not fall")


def steps(session: Session, seconds: float) -> None:
    for _ in range(round(seconds * HZ)):
        session.step()


def logged(session: Session, kind: type[Event]) -> list[tuple[int, Event]]:
    return [(timed.tick, timed.event) for timed in session.runtime.log if isinstance(timed.event, kind)]


def is_recovering(session: Session) -> bool:
    return session.follow_up.recovery.plan_of(0) is not None


def test_he_gets_up_and_goes_on(session: Session) -> None:
    session.follow_up.recovery.limp_seconds = 0.8
    fallen(session)
    limp, _ = logged(session, Strength)[-1]
    assert session.policy_of(0) == "walk"
    for _ in range(25 * HZ):
        session.step()
        if not is_recovering(session):
            break
    session.step()
    assert is_up(session.snapshot.state[0], float(standing_state(MODEL).root_pos[2]))
    tick, strong = logged(session, Strength)[-1]
    assert (strong, tick - limp) == (Strength(1.0), round(0.8 * HZ))
    assert logged(session, GetUp)[0] == (tick, GetUp(specialist=True))
    assert session.runtime.log[-1].event == Play("walk")
    assert session.driver_of(0) == "walk"


def test_a_take_of_it_repeats(session: Session) -> None:
    fallen(session)
    steps(session, 3.0)
    assert logged(session, GetUp)
    assert verify(Take.of(session.runtime)) is None


def test_each_joint_is_as_strong_again_as_it_was(session: Session) -> None:
    session.post(Strength(0.8, "left_elbow"))
    fallen(session)
    elbow = MODEL.joint("left_elbow")
    assert session.strength_of(0)[elbow] == 0.8
    session.post(Strength(0.6, "neck"))  # also what is changed while he lies
    steps(session, 1.5)
    expected = np.ones(MODEL.num_joints)
    expected[[elbow, MODEL.joint("neck")]] = 0.8, 0.6
    np.testing.assert_array_equal(session.snapshot.strength[0], expected)


def test_whoever_is_put_back_meanwhile_does_what_he_did(session: Session) -> None:
    fallen(session)
    steps(session, 2.0)
    assert session.driver_of(0) in ("getup_faceup", "getup_facedown")
    session.post(Reset())
    session.step()
    assert session.driver_of(0) == "walk"
    assert session.snapshot.state.root_pos[0, 2] > 0.7
    assert not is_recovering(session)


def test_put_back_while_he_lies_limp_he_is_strong(session: Session) -> None:
    fallen(session)
    session.post(Reset())
    session.step()
    np.testing.assert_array_equal(session.snapshot.strength[0], 1.0)
    steps(session, 1.0)
    assert not is_recovering(session)


@pytest.mark.parametrize("mode", [AfterFall.RETRY, AfterFall.STAY])
def test_another_mode_ends_it(session: Session, mode: AfterFall) -> None:
    fallen(session)
    steps(session, 2.0)
    session.attempts.after_fall = mode
    steps(session, 0.1)
    assert session.driver_of(0) == "walk"
    np.testing.assert_array_equal(session.snapshot.strength[0], 1.0)
    assert not is_recovering(session)


def test_what_is_chosen_while_he_lies_comes_when_he_is_up(session: Session) -> None:
    fallen(session)
    session.post(Play("crawl"))
    steps(session, 0.1)
    assert session.policy_of(0) == "crawl"
    assert not session.snapshot.strength[0].any()


def test_a_skill_done_lying_needs_no_getting_up(session: Session) -> None:
    session.post(Play("crawl"))
    fallen(session, after=2)
    steps(session, 1.5)
    assert logged(session, GetUp) == []
    assert logged(session, Play)[-1][1] == Play("crawl")


def test_whom_the_player_holds_limp_waits(session: Session) -> None:
    fallen(session)
    session.post(Strength(0.0))
    steps(session, 3.0)
    assert logged(session, GetUp) == []
    session.post(Strength(1.0))
    steps(session, 0.1)
    assert len(logged(session, GetUp)) == 1


def test_without_a_policy_to_get_up_with_he_says_so(tmp_path: Path) -> None:
    shutil.copy(policies_dir() / "walk.onnx", tmp_path)
    library = PolicyLibrary(MODEL, [tmp_path])
    session = Session(Runtime(library), "walk")
    session.post(SHOVE)
    steps(session, 4.0)
    said = [words for words in session.poll() if "cannot get up" in words]
    assert said == ["he cannot get up: getup_faceup and getup_facedown are not both among the policies"]
    np.testing.assert_array_equal(session.snapshot.strength[0], 1.0)
    session.runtime.close()
    library.close()


def test_nobody_gets_up_whom_nobody_drives(session: Session) -> None:
    session.step()
    session.post(Play(None))
    steps(session, 4.0)
    assert session.runtime.agents[0].counter.down
    assert logged(session, Strength) == []


@pytest.mark.parametrize(("performer", "specialist"), [("performer", True), ("able", False)])
def test_a_performer_that_is_good_at_it_gets_up_by_itself(
    library: PolicyLibrary, performer: str, specialist: bool
) -> None:
    session = Session(Runtime(library), performer)
    session.post(Perform("jump"))
    fallen(session, after=2)
    steps(session, 1.2)
    assert [event for _, event in logged(session, GetUp)] == [GetUp(specialist=specialist)]
    plan = session.follow_up.recovery.plan_of(0)
    assert plan is not None
    assert plan.events(0) == [Play(performer), Perform("jump")]
    session.runtime.close()


def test_he_who_lies_at_the_end_of_a_take_gets_up_in_what_follows(session: Session, library: PolicyLibrary) -> None:
    fallen(session)
    limp = Take.of(session.runtime)
    steps(session, 2.0)
    rising = Take.of(session.runtime)
    for take in (limp, rising):
        session.resume(rerun(take, library), session.spec)
        assert session.policy_of(0) == "walk"
        steps(session, 2.0)
        assert len(logged(session, GetUp)) >= 1
        np.testing.assert_array_equal(session.snapshot.strength[0], 1.0)


def test_a_crowd_gets_up_one_by_one(session: Session) -> None:
    session.post(Crowd(3))
    session.step()
    session.post(Push((0.0, 800.0, 0.0), "torso", character=2, seconds=0.3))
    steps(session, 3.0)
    risers = {event.character for _, event in logged(session, GetUp) if isinstance(event, GetUp)}
    assert 2 in risers
    session.post(Crowd(1))
    steps(session, 0.1)
    assert session.follow_up.recovery.plan_of(2) is None


def test_events_of_a_script_are_played_on(library: PolicyLibrary) -> None:
    """Playback keeps what happened in its last tick, for whoever decides what follows."""
    with Playback(Runtime(library), [Timed(0, Play("walk", place=True)), Timed(2, SHOVE)], 3) as playback:
        assert [list(playback.events) for _ in playback] == [[Play("walk", place=True)], [], [SHOVE]]
