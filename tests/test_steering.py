"""Walking him about: keys and stick become Steer events, seldom, as the camera looks."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import pytest

from game.camera.orbit_camera import OrbitCamera
from game.input.steering import EDGE, Steering
from game.play.events import Event, GetUp, Halt, Perform, Play, Push, Reset, Steer
from game.play.performance import PATIENCE, STANDING
from game.play.runtime import Runtime
from game.policy.library import PolicyLibrary
from game.policy.policy import Policy
from game.record.playback import verify
from game.record.take import Take
from game.session.session import Session
from game.session.skills import is_better
from tests.support.small_policy import MODEL, graph, puppet_graph, puppet_spec, spec, with_card

FORWARD, BACK, LEFT, RIGHT = range(4)


@pytest.fixture
def library() -> Iterator[PolicyLibrary]:
    library = PolicyLibrary(MODEL, folders=[])
    repertoire = {"jump": "jump", "keep": "walk"}
    scores = {"skills": {"keep": {"survival": 0.5}}}
    card = puppet_spec(repertoire=repertoire, scores=scores)
    library.add("performer", Policy(with_card(puppet_graph(), card), MODEL))
    library.add("keep", Policy(with_card(graph(), spec(name="keep", scores={"survival": 0.9})), MODEL))
    library.add("jump", Policy(with_card(graph(), spec(name="jump", skill="jump", scores={"survival": 0.9})), MODEL))
    yield library
    library.close()


@pytest.fixture
def session(library: PolicyLibrary) -> Iterator[Session]:
    session = Session(Runtime(library))
    session.step()
    yield session
    session.runtime.close()


@pytest.fixture
def camera() -> OrbitCamera:
    return OrbitCamera(yaw=-np.pi / 2, pitch=0.1)  # looks along +y, right is +x


@pytest.fixture
def steering(session: Session, camera: OrbitCamera) -> Steering:
    return Steering(session, lambda: camera)


def logged(session: Session, *kinds: type[Event]) -> list[Event]:
    return [timed.event for timed in session.runtime.log if isinstance(timed.event, kinds)]


def velocity(session: Session) -> np.ndarray:
    found = session.steering_of(0)
    assert found is not None
    return found


def test_the_performer_stands_there_when_the_game_opens(session: Session) -> None:
    assert session.policy_of(0) == session.performer == "performer"
    assert session.doing(0) == "stands"


def test_keys_walk_him_as_the_camera_looks(session: Session, steering: Steering) -> None:
    walk, run = session.paces
    steering.walk(FORWARD)
    steering.update()
    np.testing.assert_allclose(velocity(session), [0.0, walk], atol=1e-3)
    steering.walk(RIGHT)
    steering.update()
    np.testing.assert_allclose(velocity(session), [walk * math.sqrt(0.5)] * 2, atol=1e-3)
    steering.walk_end(FORWARD)
    steering.run()
    steering.update()
    np.testing.assert_allclose(velocity(session), [run, 0.0], atol=1e-3)
    session.step()
    assert session.doing(0) == "goes where he is steered"
    assert len(logged(session, Steer)) == 1  # one a tick, the last
    steering.walk_end(RIGHT)
    steering.run_end()
    steering.update()
    session.step()
    assert logged(session, Steer)[-1] == Steer((0.0, 0.0))
    steering.update()
    session.step()
    assert len(logged(session, Steer)) == 2  # nothing has changed


def test_opposite_keys_stand_still(session: Session, steering: Steering) -> None:
    steering.walk(LEFT)
    steering.walk(RIGHT)
    steering.update()
    assert list(session.pending) == []


def test_he_goes_where_the_camera_has_turned_to(session: Session, steering: Steering, camera: OrbitCamera) -> None:
    steering.walk(FORWARD)
    for _ in range(60):
        camera.yaw += math.radians(1.0)
        steering.update()
        session.step()
    events = logged(session, Steer)
    assert 10 < len(events) < 20  # each 4 to 5 degrees
    forward = camera.forward[:2] * session.paces[0]
    assert np.linalg.norm(velocity(session) - forward) < 0.1 * session.paces[0]


def test_the_stick_walks_and_at_its_edge_runs(session: Session, steering: Steering) -> None:
    walk, run = session.paces
    speeds = []
    for push in (0.5, 0.9, 0.96, 0.85, 0.7, 0.0):
        steering.stick(0.0, push)
        steering.update()
        speeds.append(float(np.linalg.norm(velocity(session))))
        session.step()
    expected = [walk * 0.5 / EDGE[0], walk * 0.9 / EDGE[0], run, run, walk * 0.7 / EDGE[0], 0.0]
    assert speeds == pytest.approx(expected, abs=1e-3)


def test_who_is_driven_by_a_specialist_is_taken_over(session: Session, steering: Steering) -> None:
    session.post(Play("keep"))
    session.step()
    steering.update()
    assert list(session.pending) == []  # nobody steers
    steering.walk(FORWARD)
    assert steering.update() is None
    session.step()
    assert [type(event) for event in logged(session, Play, Steer)[-2:]] == [Play, Steer]
    assert session.driver_of(0) == "performer"


def test_without_a_performer_it_is_said_once(library: PolicyLibrary, camera: OrbitCamera) -> None:
    bare = PolicyLibrary(MODEL, folders=[])
    bare.add("keep", library.get("keep"))
    session = Session(Runtime(bare))
    steering = Steering(session, lambda: camera)
    session.step()
    steering.walk(FORWARD)
    said = [steering.update() for _ in range(3)]
    assert said == ["he cannot be steered: no policy that follows references (performer.onnx) is there", None, None]
    assert list(session.pending) == []
    steering.walk_end(FORWARD)
    steering.update()
    steering.walk(BACK)
    assert steering.update() is not None
    session.runtime.close()
    bare.close()


def test_a_take_of_a_walk_repeats(session: Session, steering: Steering) -> None:
    steering.walk(FORWARD)
    for _ in range(20):
        steering.update()
        session.step()
    assert verify(Take.of(session.runtime)) is None


# -------------------------------------------------------------------- skills from a stand
def test_a_number_does_a_skill_once(session: Session) -> None:
    session.do_skill("jump", 0)
    session.step()
    assert logged(session, Perform) == [Perform("jump", cycles=1, settled=True)]
    session.step()
    assert session.doing(0) == "performs jump"
    performance = session.runtime.agents[0].performance
    assert performance is not None
    for _ in range(int(session.runtime.clips.get("jump").duration * MODEL.control_hz) + 2):
        session.step()
    assert performance.rounds == 1


def test_a_specialist_that_is_better_does_it_for_him(session: Session) -> None:
    session.do_skill("keep", 0)
    session.step()
    assert session.driver_of(0) == "keep"
    assert session.doing(0) == "driven by the specialist keep for performer"
    for _ in range(40):  # its clip has 30 ticks
        session.step()
    assert logged(session, Play)[-2:] == [Play("keep"), Play("performer")]


def wish_while_walking(session: Session, steering: Steering) -> None:
    """He sets off, and the specialist's skill is wanted of him."""
    steering.walk(FORWARD)
    steering.update()
    for _ in range(2):
        session.step()
    session.do_skill("keep", 0)
    session.step()


def test_whoever_walks_comes_to_a_stand_before_a_skill(session: Session, steering: Steering) -> None:
    wish_while_walking(session, steering)
    assert logged(session, Halt) == [Halt()]
    assert session.driver_of(0) == "performer" and session.doing(0) == "comes to a stand for keep"
    for _ in range(int((PATIENCE + 0.2) * MODEL.control_hz)):
        session.step()
        if session.driver_of(0) == "keep":
            break
    assert session.driver_of(0) == "keep"
    performance = session.runtime.agents[0].performance
    assert performance is None
    # afterwards he walks on
    for _ in range(35):
        session.step()
    assert session.doing(0) == "goes where he is steered"


def test_a_wish_is_forgotten_where_something_else_is_chosen(session: Session, steering: Steering) -> None:
    wish_while_walking(session, steering)
    session.post(Perform("jump", cycles=1))
    for _ in range(5):
        session.step()
    assert session.doing(0) == "performs jump"
    assert session.follow_up.skills.waiting_for(0) is None


def test_steered_during_it_he_goes_on_afterwards(session: Session, steering: Steering) -> None:
    session.do_skill("keep", 0)
    session.step()
    steering.walk(FORWARD)
    for _ in range(5):
        steering.update()
        session.step()
    assert session.driver_of(0) == "keep"  # the skill is not broken off
    for _ in range(40):
        session.step()
        steering.update()
    driven = logged(session, Play, Steer)[-2:]
    assert driven[0] == Play("performer")
    assert isinstance(driven[1], Steer)


def test_whoever_falls_in_a_specialists_hands_is_the_performers_again(session: Session, library: PolicyLibrary) -> None:
    for name in ("getup_faceup", "getup_facedown"):
        library.add(name, library.get("keep"))
    session.do_skill("keep", 0)
    session.step()
    session.post(Push((0.0, 2000.0, 0.0), "torso", seconds=0.3))
    for _ in range(25):
        session.step()
        if session.follow_up.recovery.plan_of(0) is not None:
            break
    assert session.policy_of(0) == "performer"


def test_another_choice_ends_the_run_of_a_skill(session: Session) -> None:
    session.do_skill("keep", 0)
    session.step()
    session.post(Play("jump"))
    for _ in range(40):
        session.step()
    assert session.driver_of(0) == "jump"


def test_scores_decide_who_drives() -> None:
    performer = puppet_spec(scores={"skills": {"walk": {"survival": 0.9, "normalized_return": 0.8}, "odd": 3}})
    for survival, likeness, better in ((0.9, 0.9, True), (0.9, 0.7, False), (1.0, 0.72, False)):
        card = spec(skill="walk", scores={"survival": survival, "normalized_return": likeness})
        assert is_better(card, performer) == better
    assert not is_better(spec(skill="walk"), performer)  # nothing is known of it
    assert not is_better(spec(skill="run", scores={"survival": 1.0}), performer)
    assert not is_better(spec(skill="odd", scores={"survival": 1.0}), performer)


def test_put_back_he_stands(session: Session, steering: Steering) -> None:
    steering.walk(FORWARD)
    steering.update()
    session.step()
    session.post(Reset())
    session.step()
    performance = session.runtime.agents[0].performance
    assert performance is not None
    assert performance.doing == STANDING
    assert logged(session, GetUp) == []
