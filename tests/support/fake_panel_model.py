"""A PanelModel of plain values, for tests: it does everything at once and remembers each call."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from game.play.events import Event, Nerves
from game.play.settings import Settings
from game.session.script import Script
from game.session.script_desk import ScriptDesk
from game.session.script_step import Shove, Wait, Walk
from game.sim.model import CharacterModel
from game.view.figure_folder import OWN, FigureCard
from game.view.panel.panel_data import AttemptCounts, PolicyCard, TakeCard

MODEL = CharacterModel.load()
SCORES = {"seconds": 20.0, "survival": 0.75, "flips_per_episode": 8.5, "normalized_return": 0.51,
          "max_push_forward_n": 189, "max_push_side_n": 193}  # fmt: skip


HITS = {"head": 61.0, "pelvis": 44.0}


def backflips() -> list[PolicyCard]:
    """Five ages of one skill."""
    return [PolicyCard(f"backflip_{i}", "backflip", "backflip", i / 4, {**SCORES, "survival": i / 4}) for i in range(5)]


class FakeModel:
    """Remembers calls in `calls`, events in `posted`."""

    def __init__(self) -> None:
        self.calls: list[tuple[object, ...]] = []
        self.posted: list[Event] = []
        self.body_model = MODEL
        self.settings = Settings((1.0,) * 12, Nerves(), (0.0, 0.0, -9.8), 0.9, 1)
        self.control_hz = 30
        self.policies = [
            *backflips(),
            PolicyCard("deepmimic_jump", "jump", scores={**SCORES, "survival": 1.0, "flips_per_episode": 0.0}),
            PolicyCard("deepmimic_walk", "walk", scores={"survival": 0.53}, provenance="Trained by Erwin Coumans"),
            PolicyCard("somebodys", trouble="made for another body: control_hz is 60, expected 30"),
        ]
        self.policy: str | None = "backflip_3"
        self.doing = "driven by a specialist"
        self.tally = AttemptCounts(
            12, 5, 31, 7, {"landed": 5, "sat down": 3, "face-planted": 4}, {"head": 61.0, "pelvis": 44.0}
        )
        self.figures = [
            FigureCard("knight", Path("knight.glb"), licence="licence: CC0"),
            FigureCard("torn", Path("torn.glb"), trouble="cut short"),
        ]
        self.figure_folder = Path("figures")
        self.avatar, self.casting = OWN, ""
        self.paused = False
        self.replaying = False
        self.speed = 1.0
        self.set_names = ("living_room", "park")
        self.set_name = "living_room"
        self.times_of_day = ("day", "evening", "night")
        self.time_of_day = "day"
        self.prop_names = ("anvil", "ball", "banana_skin", "bin", "cardboard_box", "ice_patch", "mattress",
                           "small_cardboard_box", "trampoline", "wheelie_chair")  # fmt: skip
        self.placing: str | None = None
        self.num_placed = 2
        self.after_fall_names = ("get_up", "retry", "stay")
        self.after_fall = "get_up"
        self.limp_seconds, self.usual_limp_seconds, self.max_limp_seconds = 1.0, 1.0, 5.0
        self.switches = {"ghost": False, "mute": False, "follow": True}
        self.script_desk = ScriptDesk(Path("nowhere"), shipped=Path("nowhere"))
        self.script_desk.edit(Script((Wait(2.0), Walk(to=(1.0, 0.5)), Shove(600.0)), "park"), name="stunt")
        self.script_step: int | None = None
        self.skill_names = ("backflip", "bow", "walk")
        self.said: list[str] = []
        self.camera_names = ("free", "follow", "side", "handheld", "ceiling", "eyes")
        self.camera = "free"
        self.qualities = ("lite", "std", "film")
        self.quality = "std"
        self.filming = ""
        self.takes = [TakeCard(Path(f"out/take_{i}.zip"), f"Take {i}", 15.0 + i, 1e9, "living_room") for i in range(3)]
        self.take_actions = ("open", "replay", "film")

    def post(self, event: Event) -> None:
        self.posted.append(event)
        self.settings = self.settings.after([event], 0, MODEL)

    def act(self, action: str, choice: int = 0) -> None:
        self.calls.append(("act", action, choice))

    def can(self, action: str) -> bool:
        return action != "unknown"

    def key_of(self, action: str) -> str:
        return {"limp": "Space", "save_take": "F5", "camera_next": "C", "pause": "P", "panel": "F2"}.get(action, "")

    def play(self, policy: str) -> None:
        self.policy = policy
        self.calls.append(("play", policy))

    def choose_after_fall(self, name: str) -> None:
        self.after_fall = name

    def set_limp_seconds(self, seconds: float) -> None:
        self.limp_seconds = seconds

    def set_speed(self, speed: float) -> None:
        self.speed = speed

    def choose_time_of_day(self, name: str) -> None:
        self.time_of_day = name

    def choose_set(self, name: str) -> None:
        self.set_name = name

    def place_prop(self, name: str | None) -> None:
        self.placing = name

    def drop_prop(self, name: str) -> None:
        self.calls.append(("drop", name))

    def clear_props(self) -> None:
        self.num_placed = 0

    def switch(self, name: str, on: bool) -> None:
        self.switches = {**self.switches, name: on}

    def play_script(self, first: int) -> None:
        self.calls.append(("play script", first))
        self.script_step = first

    def stop_script(self) -> None:
        self.script_step = None

    def say(self, message: str) -> None:
        self.said.append(message)

    def wear(self, name: str) -> None:
        self.avatar = name

    def choose_camera(self, name: str) -> None:
        self.camera = name

    def choose_quality(self, name: str) -> None:
        self.quality = name

    def use_take(self, action: str, take: TakeCard) -> None:
        self.calls.append((action, take.path))

    def rename_take(self, take: TakeCard, title: str) -> None:
        self.takes = [replace(t, title=title) if t is take else t for t in self.takes]

    def delete_take(self, take: TakeCard) -> None:
        self.takes = [t for t in self.takes if t is not take]
