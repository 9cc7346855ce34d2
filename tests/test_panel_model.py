"""What the panel shows of a game, and what its buttons do to it."""

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from game.app.game import Game
from game.app.panel_model import DROP_HEIGHT, GamePanelModel
from game.play.events import Crowd, Gravity, Nerves, Play, Spawn, Strength
from game.play.runtime import Runtime
from game.policy.library import PolicyLibrary
from game.record.take import Take
from game.session.session import Session
from game.view.panel.panel_data import PanelModel
from tests.support.fake_display import FakeDisplay
from tests.support.small_policy import MODEL, spec, write


@pytest.fixture
def game(tmp_path: Path) -> Iterator[Game]:
    write(tmp_path / "walk.onnx", skill="walk", family="walks", age=1.0, scores={"survival": 0.5})
    write(tmp_path / "young.onnx", skill="walk", family="walks", age=0.0)
    (tmp_path / "broken.onnx").write_bytes(b"rubbish")
    library = PolicyLibrary(MODEL, [tmp_path])
    library.family("walk")  # waits until all are loaded
    game = Game(Session(Runtime(library), "walk"), FakeDisplay(), out=tmp_path / "out")
    yield game
    game.close()
    game.session.runtime.close()
    library.close()


@pytest.fixture
def panel(game: Game) -> GamePanelModel:
    return GamePanelModel(game)


def test_it_is_a_panel_model(panel: GamePanelModel) -> None:
    model: PanelModel = panel
    wanted = {name for name in vars(PanelModel) if not name.startswith("_")}
    assert wanted and wanted <= {*dir(model)}


def test_what_was_asked_for_shows_while_time_stands_still(game: Game, panel: GamePanelModel) -> None:
    game.session.clock.paused = True
    for event in (Strength(0.25, "left_arm"), Nerves(3), Gravity((1.0, 0.0, 0.0)), Crowd(2)):
        panel.post(event)
    asked = panel.settings
    assert (asked.nerves.delay, asked.gravity, asked.crowd) == (3, (1.0, 0.0, 0.0), 2)
    game.session.step()
    assert game.session.pending == []
    assert panel.settings == asked
    assert dict(zip(panel.body_model.joint_names, asked.strength, strict=True))["left_elbow"] == 0.25


def test_the_policies(game: Game, panel: GamePanelModel) -> None:
    cards = {card.name: card for card in panel.policies}
    assert list(cards) == ["walk", "young", "broken"]
    assert (cards["walk"].family, cards["walk"].age, cards["walk"].scores) == ("walks", 1.0, {"survival": 0.5})
    assert cards["walk"].provenance == spec().provenance
    assert "ONNX" in cards["broken"].trouble
    assert panel.policy == "walk"
    panel.play("young")
    panel.play("broken")
    panel.update([])
    assert game.session.pending[-1] == Play("young") and panel.policy == "young"


def test_keys_are_named(panel: GamePanelModel) -> None:
    assert panel.can("panel") and panel.key_of("panel") == "F2"
    assert not panel.can("dance") and panel.key_of("dance") == ""


def test_how_he_fares(game: Game, panel: GamePanelModel) -> None:
    game.session.post(Strength(0.0))
    ticks = [game.session.step() for _ in range(60)]  # he drops to the floor
    panel.update(ticks)
    tally = panel.tally
    assert tally.falls == 1 and tally.attempts == sum(tally.outcomes.values()) == 1
    assert tally.hits and not any(body.endswith("foot") for body in tally.hits)
    assert all(math.isfinite(hit) and hit > 0 for hit in tally.hits.values())


def test_a_prop_drops_on_him(game: Game, panel: GamePanelModel) -> None:
    panel.drop_prop("anvil")
    [spawn] = [event for event in game.session.pending if isinstance(event, Spawn)]
    x, y, z = spawn.item.position
    assert (x, y) == pytest.approx((0.0, 0.0), abs=0.1) and z > DROP_HEIGHT
    game.session.step()
    assert panel.num_placed == 1
    panel.drop_prop("anvil")  # the first one hangs there still: beside it
    game.session.step()
    first, second = (game.session.snapshot.props.pos[-k] for k in (2, 1))
    assert 0.1 < np.hypot(*(second - first)[:2]) < 1.2
    panel.drop_prop("stairs")  # fixed, so on the floor: not inside of him
    game.session.step()
    x, y, _ = game.session.snapshot.props.pos[-1]
    assert 0.3 < np.hypot(x, y) < 2.5 and panel.num_placed == 3
    panel.drop_prop("piano")
    assert "no 'piano'" in game.messages()[-1]
    panel.clear_props()
    panel.update([])
    game.session.step()
    assert panel.num_placed == 0


def test_placing(game: Game, panel: GamePanelModel) -> None:
    panel.place_prop("anvil")
    assert panel.placing == "anvil" and "anvil" in game.messages()[-1]
    panel.place_prop(None)
    assert panel.placing is None


def test_sets_cameras_and_qualities(game: Game, panel: GamePanelModel) -> None:
    panel.choose_set("park")
    panel.choose_quality("film")
    assert game.messages() == []  # not while it is drawn
    panel.update([])
    assert game.messages() == ["set: Park", "quality: film"]
    assert (panel.set_name, panel.quality) == ("park", "film")
    panel.choose_camera("side")
    assert panel.camera == "side" in panel.camera_names
    assert {"living_room", "park"} < set(panel.set_names)
    panel.choose_time_of_day("night")
    panel.update([])
    assert (panel.set_name, panel.time_of_day) == ("park", "night") and "day" in panel.times_of_day


def test_switches_are_keys(panel: GamePanelModel) -> None:
    assert panel.switches == {"follow": True, "ghost": False, "shapes": False}
    panel.switch("follow", False)
    panel.switch("ghost", False)  # it is off
    panel.update([])
    assert not panel.switches["ghost"] and not panel.switches["follow"]


def test_after_a_fall(game: Game, panel: GamePanelModel) -> None:
    assert (panel.after_fall, panel.limp_seconds) == ("get_up", panel.usual_limp_seconds)
    for name in panel.after_fall_names:
        panel.choose_after_fall(name)
        assert panel.after_fall == game.session.attempts.after_fall == name
    assert game.messages()[-1] == "after a fall he stays where he is"
    panel.set_limp_seconds(2.5)
    assert game.session.follow_up.recovery.limp_seconds == panel.limp_seconds == 2.5


def test_takes_are_opened_renamed_and_deleted(game: Game, panel: GamePanelModel) -> None:
    for _ in range(5):
        game.session.step()
    Take.of(game.session.runtime, first_tick=3).save(game.out / "first.zip")
    [card] = panel.takes
    assert card.title == "first"
    assert card.seconds == pytest.approx(5 / 30)
    panel.use_take("replay", card)
    assert game.session.replay is None  # not while it is drawn
    panel.update([])
    assert game.session.time == pytest.approx(3 / 30)
    panel.use_take("open", card)
    panel.update([])
    assert game.session.replay is None and game.session.runtime.tick_count == 5
    panel.rename_take(card, "better")
    [card] = panel.takes
    assert card.title == "better"
    (game.out / "better.zip").write_bytes((game.out / "better.zip").read_bytes()[:-30])
    panel.use_take("open", card)
    panel.update([])
    assert "cannot be read" in game.messages()[-1] and game.session.runtime.tick_count == 5
    panel.rename_take(card, "..")
    assert "no name" in game.messages()[-1]


def test_a_take_is_deleted(game: Game, panel: GamePanelModel) -> None:
    game.session.step()
    Take.of(game.session.runtime).save(game.out / "first.zip")
    panel.delete_take(panel.takes[0])
    assert panel.takes == [] and not any(game.out.iterdir())
