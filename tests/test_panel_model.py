"""What the panel shows of a run, and how its wishes are carried out; the window itself is a stand-in."""

import math
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from game.app.panel_model import DROP_HEIGHT, GamePanelModel
from game.input.bindings import ACTIONS
from game.input.world_actions import WorldActions
from game.play.events import Crowd, Gravity, Nerves, Spawn, Strength
from game.play.runtime import Runtime
from game.policy.library import PolicyLibrary
from game.record.take import Take
from game.session.session import Session
from game.view.camera_rig import CameraRig
from game.view.panel.panel_data import PanelModel
from tests.support.small_policy import MODEL, spec, write


class StandIn(SimpleNamespace):
    """As much of an App as the panel looks at; it remembers what it was told to do."""

    def __init__(self, folder: Path) -> None:
        write(folder / "walk.onnx", skill="walk", family="walks", age=1.0, scores={"survival": 0.5})
        write(folder / "young.onnx", skill="walk", family="walks", age=0.0)
        (folder / "broken.onnx").write_bytes(b"rubbish")
        library = PolicyLibrary(MODEL, [folder])
        library.family("walk")  # waits until all are loaded
        super().__init__(actions=ACTIONS, out=folder / "out", win=None)
        self.live = Session(Runtime(library), "walk")
        self.finder = CameraRig(self.live.spec.view, self.live.marks)
        self.controls = WorldActions(self.live, lambda: self.finder)
        self.picture = SimpleNamespace(ghost=False, shapes=False, tier="lite", set_tier=lambda tier: f"quality: {tier}")
        self.sound = SimpleNamespace(trouble="no device", muted=False)
        self.filming = SimpleNamespace(text="")
        self.said: list[str] = []
        self.done: list[tuple[str, int]] = []
        self.shown = 0

    def say(self, words: str) -> None:
        self.said.append(words)

    def act(self, action: str, choice: int = 0) -> None:
        self.done.append((action, choice))
        if self.controls.knows(action):
            self.controls.do(action, choice)

    def loading(self, words: str) -> None:
        self.say(words)

    def show_set(self) -> None:
        self.shown += 1

    def change_set(self, name: str) -> str:
        return f"set: {name}"


@pytest.fixture
def app(tmp_path: Path) -> Iterator[StandIn]:
    app = StandIn(tmp_path)
    yield app
    app.live.runtime.close()
    app.live.runtime.library.close()


@pytest.fixture
def panel(app: StandIn) -> GamePanelModel:
    return GamePanelModel(cast(Any, app))


def test_it_is_a_panel_model(panel: GamePanelModel) -> None:
    model: PanelModel = panel
    wanted = {name for name in vars(PanelModel) if not name.startswith("_")}
    assert wanted and wanted <= {*dir(model)}


def test_what_was_asked_for_shows_while_time_stands_still(app: StandIn, panel: GamePanelModel) -> None:
    app.live.clock.paused = True
    for event in (Strength(0.25, "left_arm"), Nerves(3), Gravity((1.0, 0.0, 0.0)), Crowd(2)):
        panel.post(event)
    asked = panel.settings
    assert (asked.nerves.delay, asked.gravity, asked.crowd) == (3, (1.0, 0.0, 0.0), 2)
    app.live.step()
    assert app.live.pending == []
    assert panel.settings == asked
    assert dict(zip(panel.body_model.joint_names, asked.strength, strict=True))["left_elbow"] == 0.25


def test_the_policies(app: StandIn, panel: GamePanelModel) -> None:
    cards = {card.name: card for card in panel.policies}
    assert list(cards) == ["walk", "young", "broken"]
    assert (cards["walk"].family, cards["walk"].age, cards["walk"].scores) == ("walks", 1.0, {"survival": 0.5})
    assert cards["walk"].provenance == spec().provenance
    assert "ONNX" in cards["broken"].trouble
    assert panel.policy == "walk"
    panel.play("young")
    panel.play("broken")
    panel.update([])
    assert app.done == [("policy", 1)] and panel.policy == "young"


def test_keys_are_named(panel: GamePanelModel) -> None:
    assert panel.can("panel") and panel.key_of("panel") == "F2"
    assert not panel.can("dance") and panel.key_of("dance") == ""


def test_how_he_fares(app: StandIn, panel: GamePanelModel) -> None:
    app.live.post(Strength(0.0))
    ticks = [app.live.step() for _ in range(60)]  # he drops to the floor
    panel.update(ticks)
    tally = panel.tally
    assert tally.falls == 1 and tally.attempts == sum(tally.outcomes.values()) == 1
    assert tally.hits and not any(body.endswith("foot") for body in tally.hits)
    assert all(math.isfinite(hit) and hit > 0 for hit in tally.hits.values())


def test_a_prop_drops_on_him(app: StandIn, panel: GamePanelModel) -> None:
    panel.drop_prop("anvil")
    [spawn] = [event for event in app.live.pending if isinstance(event, Spawn)]
    x, y, z = spawn.item.position
    assert (x, y) == pytest.approx((0.0, 0.0), abs=0.1) and z > DROP_HEIGHT
    app.live.step()
    assert panel.num_placed == 1
    panel.drop_prop("piano")
    assert "no 'piano'" in app.said[-1]
    panel.clear_props()
    panel.update([])
    app.live.step()
    assert panel.num_placed == 0


def test_placing(app: StandIn, panel: GamePanelModel) -> None:
    panel.place_prop("anvil")
    assert panel.placing == "anvil" and "anvil" in app.said[-1]
    panel.place_prop(None)
    assert panel.placing is None


def test_sets_cameras_and_qualities(app: StandIn, panel: GamePanelModel) -> None:
    panel.choose_set("park")
    panel.choose_quality("film")
    assert app.said == []  # not while it is drawn
    panel.update([])
    assert app.said == ["set: park", "quality: film"]
    panel.choose_camera("side")
    assert panel.camera == "side" in panel.camera_names
    assert {"living_room", "park"} < set(panel.set_names)


def test_switches_are_keys(app: StandIn, panel: GamePanelModel) -> None:
    assert panel.switches["auto_retry"] and "mute" not in panel.switches
    panel.switch("ghost", True)
    panel.switch("auto_retry", True)  # it is on
    panel.update([])
    assert app.done == [("ghost", 0)]


def test_takes_are_opened_renamed_and_deleted(app: StandIn, panel: GamePanelModel) -> None:
    for _ in range(5):
        app.live.step()
    Take.of(app.live.runtime, first_tick=3).save(app.out / "first.zip")
    [card] = panel.takes
    assert card.title == "first"
    assert card.seconds == pytest.approx(5 / 30)
    panel.use_take("replay", card)
    assert app.live.replay is None  # not while it is drawn
    panel.update([])
    assert app.shown == 1 and app.live.time == pytest.approx(3 / 30)
    panel.use_take("open", card)
    panel.update([])
    assert app.live.replay is None and app.live.runtime.tick_count == 5
    panel.rename_take(card, "better")
    [card] = panel.takes
    assert card.title == "better"
    (app.out / "better.zip").write_bytes((app.out / "better.zip").read_bytes()[:-30])
    panel.use_take("open", card)
    panel.update([])
    assert "cannot be read" in app.said[-1] and app.live.runtime.tick_count == 5
    panel.rename_take(card, "..")
    assert "no name" in app.said[-1]


def test_a_take_is_deleted(app: StandIn, panel: GamePanelModel) -> None:
    app.live.step()
    Take.of(app.live.runtime).save(app.out / "first.zip")
    panel.delete_take(panel.takes[0])
    assert panel.takes == [] and not any(app.out.iterdir())
