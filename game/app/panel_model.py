"""GamePanelModel: what the panel shows of a Game, and what its buttons and sliders do to it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import cast

import numpy as np

from game.app.game import Game
from game.play.events import Event, Spawn
from game.play.settings import Settings
from game.policy.policy import Policy
from game.record.film_job import FilmJob
from game.record.take_folder import TakeFolderError
from game.scene import set_file
from game.scene.json_fields import SetError
from game.session.attempts import AfterFall
from game.session.recovery import LIMP_SECONDS, MAX_LIMP_SECONDS
from game.session.script_desk import ScriptDesk
from game.session.script_runner import skills
from game.sim.model import CharacterModel
from game.sim.snapshot import Snapshot
from game.view.figure_folder import FigureCard
from game.view.panel.hardest_hits import HardestHits
from game.view.panel.panel_data import AttemptCounts, PolicyCard, TakeCard
from game.view.quality import QUALITIES, Tier

FOLDER_SECONDS = 1.0
"""from one look into the folder of takes to the next"""
DROP_HEIGHT = 2.2
"""m above the floor"""


class GamePanelModel:
    """A `PanelModel`. What takes long is done by `update`, not while the panel is drawn."""

    def __init__(self, game: Game) -> None:
        self._game = game
        self._keys = {action.name: action.keys_text.split(" or ")[0] for action in game.bindings}
        self._deferred: list[Callable[[], None]] = []
        """to be done by the next `update`"""
        self._cards: dict[tuple[str, str], PolicyCard] = {}
        self._hits = HardestHits()
        self._takes: Sequence[TakeCard] = ()
        self._next_look = 0.0
        self._figures: Sequence[FigureCard] = ()
        self._next_figures = 0.0
        self._can_film = FilmJob.possible()

    def update(self, ticks: Sequence[Snapshot]) -> None:
        """Takes note of what the session has just shown, and does what had to wait. Once a frame."""
        if not self.replaying:
            for tick in ticks:
                self._hits.add(tick, self._chosen)
        deferred, self._deferred = self._deferred, []
        for do in deferred:
            do()

    @property
    def _chosen(self) -> int:
        """The character that the panel shows."""
        return self._game.world_actions.chosen

    # ---------------------------------------------------------------- all pages
    @property
    def body_model(self) -> CharacterModel:
        return self._game.session.runtime.model

    @property
    def settings(self) -> Settings:
        session, chosen = self._game.session, self._chosen
        snapshot = session.snapshot
        x, y, z = snapshot.gravity.tolist()
        now = Settings(
            tuple(session.strength_of(chosen).tolist()),
            session.runtime.agents[chosen].nerves,
            (x, y, z),
            session.runtime.world.floor_friction,
            snapshot.num_characters,
        )
        return now.after(session.pending, chosen, self.body_model)

    @property
    def control_hz(self) -> int:
        return self._game.session.runtime.model.control_hz

    def post(self, event: Event) -> None:
        self._game.session.end_replay()
        self._game.session.post(event)

    def act(self, action: str, choice: int = 0) -> None:
        self._deferred.append(lambda: self._game.begin(action, choice))

    def can(self, action: str) -> bool:
        return action in self._keys

    def key_of(self, action: str) -> str:
        return self._keys.get(action, "")

    # ---------------------------------------------------------------- him
    @property
    def policies(self) -> Sequence[PolicyCard]:
        library = self._game.session.runtime.library
        names, loaded, refused = self._game.session.policy_names, library.loaded, library.refused
        # one that was refused after it had been loaded plays on in its old form
        broken = [PolicyCard(name, trouble=reason) for name, reason in sorted(refused.items()) if name not in names]
        return [*(self._card(name, loaded.get(name)) for name in names), *broken]

    def _card(self, name: str, policy: Policy | None) -> PolicyCard:
        if policy is None:
            return PolicyCard(name)
        key = (name, policy.sha256)
        if key not in self._cards:
            spec = policy.spec
            self._cards[key] = PolicyCard(name, spec.skill, spec.family, spec.age, spec.scores, spec.training,
                                          spec.provenance, spec.licence)  # fmt: skip
        return self._cards[key]

    @property
    def policy(self) -> str | None:
        return self._game.session.policy_of(self._chosen)

    def play(self, policy: str) -> None:
        if policy in self._game.session.policy_names:
            self._deferred.append(lambda: self._game.play(policy))

    @property
    def doing(self) -> str:
        return self._game.session.doing(self._chosen)

    @property
    def tally(self) -> AttemptCounts:
        session = self._game.session
        counter, attempts = session.runtime.agents[self._chosen].counter, session.attempts
        counts = dict(attempts.counts)
        return AttemptCounts(
            attempts.number - 1, attempts.landed, counter.flips, counter.falls, counts, self._hits.hardest
        )

    # ---------------------------------------------------------------- after a fall
    @property
    def after_fall_names(self) -> Sequence[str]:
        return tuple(AfterFall)

    @property
    def after_fall(self) -> str:
        return self._game.session.attempts.after_fall

    def choose_after_fall(self, name: str) -> None:
        self._game.say(self._game.session_actions.choose_after_fall(AfterFall(name)))

    @property
    def limp_seconds(self) -> float:
        return self._game.session.follow_up.recovery.limp_seconds

    @property
    def usual_limp_seconds(self) -> float:
        return LIMP_SECONDS

    @property
    def max_limp_seconds(self) -> float:
        return MAX_LIMP_SECONDS

    def set_limp_seconds(self, seconds: float) -> None:
        self._game.session.follow_up.recovery.limp_seconds = seconds

    # ---------------------------------------------------------------- time
    @property
    def paused(self) -> bool:
        return self._game.session.paused

    @property
    def speed(self) -> float:
        return self._game.session.speed

    def set_speed(self, speed: float) -> None:
        self._game.session.set_speed(speed)

    @property
    def replaying(self) -> bool:
        return self._game.session.replay is not None

    # ---------------------------------------------------------------- the world
    @property
    def set_names(self) -> Sequence[str]:
        return self._game.set_names

    @property
    def set_name(self) -> str:
        return self._game.session.spec.base_name

    def choose_set(self, name: str) -> None:
        self._deferred.append(lambda: self._game.say(self._game.change_set(name)))

    @property
    def times_of_day(self) -> Sequence[str]:
        return self._game.session.spec.times_of_day

    @property
    def time_of_day(self) -> str:
        return self._game.session.spec.time_of_day

    def choose_time_of_day(self, name: str) -> None:
        self._deferred.append(lambda: self._game.say(self._game.change_time_of_day(name)))

    @property
    def prop_names(self) -> Sequence[str]:
        return self._game.world_actions.prop_placement.names

    @property
    def placing(self) -> str | None:
        return self._game.world_actions.prop_placement.name

    def place_prop(self, name: str | None) -> None:
        self._game.say(self._game.world_actions.prop_placement.choose(name))

    def drop_prop(self, name: str) -> None:
        try:
            item = set_file.load_prop(name)
        except SetError as error:
            self._game.say(str(error))
            return
        snapshot = self._game.session.snapshot
        x, y = snapshot.body_pos[self._chosen, 0, :2].tolist()
        height = DROP_HEIGHT if item.mass > 0.0 else 0.0  # what never moves would hang in the air
        items = self._game.session.items
        spot = self._game.world_actions.prop_placement.near(np.array([x, y, height]), item, snapshot, items)
        if spot.in_the_way is None:
            self.post(Spawn(spot.item))
        else:
            self._game.say(f"no room for {name.replace('_', ' ')}: {spot.in_the_way} is in the way")

    @property
    def num_placed(self) -> int:
        return len(self._game.session.placed)

    def clear_props(self) -> None:
        self.act("props_clear")

    # ---------------------------------------------------------------- switches
    @property
    def switches(self) -> Mapping[str, bool]:
        own = {"follow": self._game.camera_rig.orbit.follows}
        return {**own, **self._game.display.switches}

    def switch(self, name: str, on: bool) -> None:
        if self.switches[name] != on:
            self.act(name)

    # ---------------------------------------------------------------- scripts
    @property
    def script_desk(self) -> ScriptDesk:
        return self._game.script_desk

    @property
    def script_step(self) -> int | None:
        runner = self._game.session.script
        return None if runner is None else runner.step

    def play_script(self, first: int) -> None:
        game = self._game
        self._deferred.append(lambda: game.say(game.play_script(game.script_desk.script, first)))

    def stop_script(self) -> None:
        self._game.session.stop_script()

    @property
    def skill_names(self) -> Sequence[str]:
        return skills(self._game.session.runtime)

    def say(self, message: str) -> None:
        self._game.say(message)

    # ---------------------------------------------------------------- what he looks like
    @property
    def figures(self) -> Sequence[FigureCard]:
        now = time.monotonic()
        if now >= self._next_figures:
            self._next_figures = now + FOLDER_SECONDS
            self._figures = self._game.figure_desk.folder.cards()
        return self._figures

    @property
    def figure_folder(self) -> Path:
        return self._game.figure_desk.folder.folder

    @property
    def avatar(self) -> str:
        return self._game.avatar

    @property
    def casting(self) -> str:
        return self._game.figure_desk.casting

    def wear(self, name: str) -> None:
        self._deferred.append(lambda: self._game.say(self._game.wear(name)))

    # ---------------------------------------------------------------- pictures
    @property
    def camera_names(self) -> Sequence[str]:
        return self._game.camera_rig.names

    @property
    def camera(self) -> str:
        return self._game.camera_rig.name

    def choose_camera(self, name: str) -> None:
        self._game.say(self._game.camera_rig.choose(name, self._chosen))

    @property
    def qualities(self) -> Sequence[str]:
        return tuple(QUALITIES)

    @property
    def quality(self) -> str:
        return self._game.display.quality

    def choose_quality(self, name: str) -> None:
        self._deferred.append(lambda: self._game.say(self._game.display.set_quality(cast(Tier, name))))

    @property
    def filming(self) -> str:
        return self._game.display.film_length

    # ---------------------------------------------------------------- takes
    @property
    def takes(self) -> Sequence[TakeCard]:
        now = time.monotonic()
        if now >= self._next_look:
            self._next_look = now + FOLDER_SECONDS
            hz = self.control_hz
            self._takes = [
                TakeCard(take.path, take.path.stem, take.num_ticks / hz, take.saved, take.set_name.replace("@", ", "))
                for take in self._game.take_folder.takes()
            ]
        return self._takes

    @property
    def take_actions(self) -> Sequence[str]:
        return ("open", "replay", "film") if self._can_film else ("open", "replay")

    def use_take(self, action: str, take: TakeCard) -> None:
        game = self._game
        if action == "film":
            game.say(game.film_take(take.path))
        else:
            self._deferred.append(lambda: game.say(game.open_take(take.path, replay=action == "replay")))

    def rename_take(self, take: TakeCard, title: str) -> None:
        try:
            self._game.take_folder.rename(take.path, title)
        except TakeFolderError as error:
            self._game.say(str(error))
        self._next_look = 0.0

    def delete_take(self, take: TakeCard) -> None:
        try:
            self._game.take_folder.delete(take.path)
        except TakeFolderError as error:
            self._game.say(str(error))
        self._next_look = 0.0
