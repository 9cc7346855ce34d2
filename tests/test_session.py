"""A run on a clock: events take effect at the next tick, drawing lies between ticks."""

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from game.play.events import Crowd, Gravity, Play, Push, Reset
from game.play.runtime import Runtime
from game.policy.library import PolicyLibrary
from game.policy.policy import PolicyError
from game.scene.paths import policies_dir
from game.session.opening import find_policy
from game.session.session import Session
from game.sim.model import CharacterModel

POLICY = "deepmimic_backflip"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one policy."""
    shutil.copy(policies_dir() / f"{POLICY}.onnx", tmp_path)
    return tmp_path


@pytest.fixture
def session(folder: Path) -> Iterator[Session]:
    library = PolicyLibrary(CharacterModel.load(), [folder])
    session = Session(Runtime(library))
    yield session
    session.runtime.close()
    library.close()


def test_it_begins_with_the_default_policy(session: Session) -> None:
    assert session.policy_of(0) == POLICY  # asked for, not yet begun
    session.step()
    assert session.policy_of(0) == POLICY
    assert session.policy_names == (POLICY,)
    assert session.runtime.log[0].event == Play(POLICY, place=True)


def test_time_makes_ticks(session: Session) -> None:
    assert session.advance(0.01) == []
    assert [s.tick for s in session.advance(0.095)] == [1, 2, 3]
    session.clock.paused = True
    assert session.advance(1.0) == []
    session.clock.paused = False
    session.clock.set_speed(0.5)
    assert len(session.advance(0.1)) in (1, 2)


def test_a_film_lasts_as_long_as_what_is_played(session: Session) -> None:
    assert session.played(0.05) == 0.05
    assert session.played(1.0) == pytest.approx(4 / 30)  # four ticks a frame at most: the rest is dropped
    session.clock.set_speed(0.5)
    assert session.played(1.0) == pytest.approx(8 / 30)
    session.step()
    session.begin_replay()
    assert session.played(1.0) == 1.0


def test_what_is_shown_lies_between_ticks(session: Session) -> None:
    session.step()
    session.post(Gravity((0.0, 0.0, 0.0)))
    session.post(Push((3000.0, 0.0, 0.0)))
    session.advance(1 / 30)
    before = session.snapshot.state.root_pos[0, 0]
    session.advance(1.5 / 30)
    after = session.snapshot.state.root_pos[0, 0]
    fraction = session.clock.fraction
    assert after - before > 0.05
    assert session.shown().state.root_pos[0, 0] == pytest.approx(before + fraction * (after - before))
    session.step()
    assert session.shown() is session.snapshot  # a single step is shown whole


@pytest.mark.parametrize("event", [Reset(), Play(POLICY, place=True), Crowd(2)])
def test_who_is_put_elsewhere_does_not_fly_there(session: Session, event: Reset | Play | Crowd) -> None:
    for _ in range(20):
        session.step()
    session.post(event)
    session.advance(1.2 / 30)
    assert np.array_equal(session.shown().state.root_pos, session.snapshot.state.root_pos)


def test_a_changed_policy_goes_on_where_it_was(session: Session, folder: Path) -> None:
    for _ in range(20):
        session.step()
    old = session.runtime.agents[0].policy
    other = (policies_dir() / "deepmimic_jump.onnx").read_bytes()
    (folder / f"{POLICY}.onnx").write_bytes(other)
    messages: list[str] = []
    until = time.monotonic() + 5
    while not messages and time.monotonic() < until:
        messages = session.poll()
        time.sleep(0.05)
    assert messages == [f"loaded {POLICY}"]
    session.step()
    new = session.runtime.agents[0].policy
    assert new is not None
    assert new is not old
    play = session.runtime.log[-1].event
    assert isinstance(play, Play)
    assert session.policy_names == (POLICY,)
    assert session.policy_of(0) == POLICY
    assert 0.2 < play.phase < 0.7  # 20 ticks into a clip of about 1.8 s


def test_finding_a_policy(session: Session) -> None:
    library = session.runtime.library
    assert find_policy(library, POLICY) == POLICY
    assert find_policy(library, "backflip") == POLICY  # by skill
    assert find_policy(library, None) == POLICY
    with pytest.raises(PolicyError, match=f"no policy 'yoga'; there are {POLICY}"):
        find_policy(library, "yoga")


def test_the_default_policy_is_found_without_reading_all_others(folder: Path) -> None:
    for name in ("another", "backflip", "third"):
        shutil.copy(folder / f"{POLICY}.onnx", folder / f"{name}.onnx")
    library = PolicyLibrary(CharacterModel.load(), [folder])
    try:
        assert find_policy(library, None) == "backflip"
        assert set(library.loaded) == {"backflip"}
        assert library.names == ("another", "backflip", POLICY, "third")
        library.poll()
        assert library.settle() == {}
        assert set(library.loaded) == set(library.names)
    finally:
        library.close()


def test_without_any_policy_he_stands(tmp_path: Path) -> None:
    library = PolicyLibrary(CharacterModel.load(), [tmp_path])
    session = Session(Runtime(library))
    assert session.policy_of(0) is None
    assert len(session.advance(0.1)) in (2, 3)
    library.close()


def test_the_list_begins_with_what_bears_its_skills_name_and_ends_with_young_ages(folder: Path) -> None:
    shutil.copy(policies_dir() / "backflip_age_0.onnx", folder / "a_child.onnx")
    shutil.copy(policies_dir() / "performer_age_0.onnx", folder)
    shutil.copy(policies_dir() / "walk.onnx", folder)
    library = PolicyLibrary(CharacterModel.load(), [folder])
    session = Session(Runtime(library))
    for name in library.names:
        library.get(name)
    assert session.policy_names == ("walk", POLICY, "performer_age_0", "a_child")
    session.runtime.close()
    library.close()
