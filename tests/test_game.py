"""A game without a window: actions, messages, sets and takes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from game.app.game import Game
from game.play.events import Push, Steer
from game.play.runtime import Runtime
from game.policy.library import PolicyLibrary
from game.policy.policy import Policy
from game.record.take import Take
from game.session.opening import NO_SET, PERFORMER
from game.session.script import Script
from game.session.script_step import CameraCut, Shove, Turn, Wait, Walk
from game.session.session import Session
from tests.support.fake_display import FakeDisplay
from tests.support.small_policy import MODEL, puppet_graph, puppet_spec, with_card, write


@pytest.fixture
def game(tmp_path: Path) -> Iterator[Game]:
    write(tmp_path / "keep.onnx")
    library = PolicyLibrary(MODEL, [tmp_path])
    game = Game(Session(Runtime(library), "keep"), FakeDisplay(), out=tmp_path / "out")
    yield game
    game.close()
    game.session.runtime.close()
    library.close()


def test_actions_act_and_messages_are_returned_once(game: Game) -> None:
    game.begin("shove", 1)
    game.begin("weaker")
    assert isinstance(game.session.pending[1], Push)  # after the Play that it opens with
    assert game.messages() == ["strength 75 %"]
    assert game.messages() == []


def test_what_is_held_ends(game: Game) -> None:
    game.begin("limp")
    game.session.step()
    assert game.session.snapshot.strength.max() == 0.0
    game.end("limp")
    game.session.step()
    assert game.session.snapshot.strength.min() == 1.0


def test_a_change_of_the_world_leaves_the_replay(game: Game) -> None:
    game.session.step()
    game.begin("replay")
    game.begin("pause")
    assert game.session.replay is not None
    game.begin("throw_ball")
    assert game.session.replay is None


def test_messages_of_ticks_and_saved_takes_come_with_time(game: Game) -> None:
    game.session.post(Push((1.0, 0.0, 0.0), "tail"))
    assert [tick.tick for tick in game.advance(0.034)] == [1]
    assert "no body 'tail'" in game.messages()[0]
    game.begin("save_take")
    game.close()
    game.advance(0.0)
    saving, saved = game.messages()
    assert saving.startswith("saving take_") and saved.startswith("saved ")
    assert len(game.take_folder.takes()) == 1


def test_sets_change_in_turn(game: Game) -> None:
    display = game.display
    assert isinstance(display, FakeDisplay)
    assert game.session.spec.name == NO_SET == game.set_names[-1]
    game.begin("set_next")
    first = game.set_names[0]
    assert game.session.spec.name == first
    assert (display.busy, display.sets_shown) == ([f"loading {first} ..."], 1)
    assert game.messages() == [f"set: {game.session.spec.title}"]
    runtime = game.session.runtime
    assert "moon_base" in game.change_set("moon_base")
    assert game.session.runtime is runtime and display.sets_shown == 1


def test_the_time_of_day_changes_while_the_run_goes_on(game: Game) -> None:
    display = game.display
    assert isinstance(display, FakeDisplay)
    game.change_set("living_room")
    game.session.step()
    runtime, shown = game.session.runtime, display.sets_shown
    assert game.change_time_of_day("night") == "time of day: night"
    assert game.session.runtime is runtime and runtime.tick_count == 1 and display.sets_shown == shown + 1
    assert game.session.set_name == "living_room@night"  # so a take knows it
    assert "noon" in game.change_time_of_day("noon") and game.session.spec.time_of_day == "night"
    game.begin("set_next")
    assert game.session.spec.base_name == game.set_names[game.set_names.index("living_room") + 1]


def test_a_take_is_opened_at_its_end_or_from_its_first_tick(game: Game) -> None:
    for _ in range(5):
        game.session.step()
    path = game.out / "first.zip"
    Take.of(game.session.runtime, first_tick=3).save(path)
    assert game.open_take(path, replay=True) == "first again"
    assert game.session.time == pytest.approx(3 / 30)
    assert game.open_take(path, replay=False) == "at the end of first: play on"
    assert game.session.replay is None and game.session.runtime.tick_count == 5


def test_a_broken_take_changes_nothing(game: Game) -> None:
    game.session.step()
    path = game.out / "first.zip"
    Take.of(game.session.runtime).save(path)
    path.write_bytes(path.read_bytes()[:-30])
    assert "cannot be read" in game.open_take(path, replay=False)
    assert "no such file" in game.open_take(game.out / "none.zip", replay=False).lower()
    assert game.session.runtime.tick_count == 1


def test_the_free_camera_follows_or_stays(game: Game) -> None:
    follows = game.camera_rig.orbit.follows
    game.begin("follow")
    assert game.camera_rig.orbit.follows is not follows


def test_a_script_is_played_through_its_cameras_and_takes_hold_it(game: Game) -> None:
    """From its first step it begins anew in its set, from another one it goes on."""
    script = Script((CameraCut("ceiling"), Wait(0.1), Shove(10.0), CameraCut("side"), Wait(9.0)), "park")
    game.advance(0.1)
    assert game.play_script(script) == "the script plays"
    assert (game.session.set_name, game.session.runtime.tick_count) == ("park", 0)
    assert game.camera_rig.name == "cuts"
    for _ in range(5):
        game.session.step()
    assert list(game.session.cuts) == [(0, "ceiling"), (3, "side")]
    [push] = [timed for timed in game.session.runtime.log if isinstance(timed.event, Push)]
    assert push.tick == 3
    assert game.play_script(script, 3) == "the script plays from step 4 on"
    game.session.step()
    assert game.session.runtime.tick_count == 6
    game.begin("save_take")
    game.session_actions.close()
    [saved] = game.out.glob("*.zip")
    assert Take.load(saved).extra["cuts"] == [[0, "ceiling"], [3, "side"], [5, "side"]]
    assert game.take_folder.takes()[0].has_cuts
    game.session.stop_script()
    game.open_take(saved, replay=True)
    assert game.camera_rig.name == "cuts"
    assert list(game.session.cuts)[1] == (3, "side")


def test_while_a_script_plays_a_key_that_is_not_held_steers_nobody(game: Game) -> None:
    """The script's steering is left alone; a key that is held is stronger."""
    game.session.runtime.library.add(PERFORMER, Policy(with_card(puppet_graph(), puppet_spec()), MODEL))
    game.play_script(Script((Walk(seconds=9.0),)))
    for _ in range(4):
        game.advance(0.034)
    steers = [timed.event for timed in game.session.runtime.log if isinstance(timed.event, Steer)]
    assert len(steers) == 1
    assert steers[0].velocity[0] > 0.5
    game.session.stop_script()
    for _ in range(2):
        game.advance(0.034)
    assert game.session.runtime.log[-1].event == Steer((0.0, 0.0))


def test_a_script_ends_by_itself_or_with_its_set(game: Game) -> None:
    assert game.play_script(Script()) == "the script has no steps"
    assert "atlantis" in game.play_script(Script((Wait(1.0),), "atlantis"))
    assert game.session.script is None
    game.play_script(Script((Wait(0.05),)))
    for _ in range(4):
        game.session.step()
    assert game.session.script is None
    game.play_script(Script((Turn(),)))
    game.session.step()
    assert "only a performer turns" in " ".join(game.session.poll())
    game.play_script(Script((Wait(9.0),)))
    game.change_set(NO_SET)
    assert game.session.script is None
