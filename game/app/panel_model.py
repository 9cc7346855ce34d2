"""GamePanelModel: what the panel shows of a running GameWindow, and how what it asks for is done: as keys do it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, cast

import numpy as np
import panda3d.core as p3d

from game.camera import rigs
from game.input.session_actions import new_file
from game.play.events import Event
from game.policy.policy import Policy
from game.record.film_job import FilmJob
from game.record.playback import rerun
from game.record.take import Take, TakeError
from game.record.take_folder import TakeFolder, TakeFolderError
from game.scene import set_file
from game.scene.json_fields import SetError
from game.session.session import BARE, NO_SET
from game.sim.model import CharacterModel
from game.sim.snapshot import Snapshot
from game.view.panel.hardest_hits import HardestHits
from game.view.panel.panel_data import AttemptCounts, PanelSettings, PolicyCard, TakeCard
from game.view.panel.settings import after
from game.view.quality import QUALITIES, Tier

if TYPE_CHECKING:
    from game.app.window import GameWindow

LOOK_SECONDS = 1.0
"""from one look into the folder of takes to the next"""
DROP_HEIGHT = 2.2
"""m above the floor"""


class GamePanelModel:
    """A `PanelModel`. What takes long is done by `update`, not while the panel is drawn."""

    def __init__(self, app: GameWindow) -> None:
        self._app = app
        self._keys = {action.name: action.keys_text.split(" or ")[0] for action in app.actions}
        self._later: list[Callable[[], None]] = []
        self._cards: dict[tuple[str, str], PolicyCard] = {}
        self._hits = HardestHits()
        self._shelf = TakeFolder(app.out)
        self._takes: Sequence[TakeCard] = ()
        self._next_look = 0.0
        self._refilm = FilmJob()
        self._takes_films = FilmJob.possible()

    def update(self, ticks: Sequence[Snapshot]) -> None:
        """Takes in the ticks that were made, and does what was asked for. Once a frame."""
        for tick in ticks:
            self._hits.add(tick, self._app.controls.chosen)
        later, self._later = self._later, []
        for ask in later:
            ask()
        self._say(self._refilm.poll())

    def close(self) -> None:
        """Ends what goes on beside the game."""
        self._refilm.close()

    def _say(self, words: str | None) -> None:
        if words:
            self._app.say(words)

    # ---------------------------------------------------------------- all pages
    @property
    def body_model(self) -> CharacterModel:
        return self._app.live.runtime.model

    @property
    def settings(self) -> PanelSettings:
        live, chosen = self._app.live, self._app.controls.chosen
        snapshot = live.snapshot
        x, y, z = snapshot.gravity.tolist()
        now = PanelSettings(
            tuple(snapshot.strength[chosen].tolist()),
            live.runtime.agents[chosen].nerves,
            (x, y, z),
            live.runtime.world.floor_friction,
            snapshot.num_characters,
        )
        return after(now, live.pending, chosen, self.body_model)

    @property
    def control_hz(self) -> int:
        return self._app.live.runtime.model.control_hz

    def post(self, event: Event) -> None:
        self._app.live.end_replay()
        self._app.live.post(event)

    def act(self, action: str, choice: int = 0) -> None:
        self._later.append(lambda: self._app.act(action, choice))

    def can(self, action: str) -> bool:
        return action in self._keys

    def key_of(self, action: str) -> str:
        return self._keys.get(action, "")

    # ---------------------------------------------------------------- him
    @property
    def policies(self) -> Sequence[PolicyCard]:
        library = self._app.live.runtime.library
        names, loaded, refused = self._app.live.policy_names, library.loaded, library.refused
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
        return self._app.live.policy_of(self._app.controls.chosen)

    def play(self, policy: str) -> None:
        names = self._app.live.policy_names
        if policy in names:
            self.act("policy", names.index(policy))

    @property
    def tally(self) -> AttemptCounts:
        live = self._app.live
        agent, attempts = live.runtime.agents[self._app.controls.chosen], live.attempts
        counts = dict(attempts.counts)
        return AttemptCounts(attempts.number - 1, attempts.landed, agent.flips, agent.falls, counts, self._hits.hardest)

    # ---------------------------------------------------------------- time
    @property
    def paused(self) -> bool:
        return self._app.live.paused

    @property
    def speed(self) -> float:
        return self._app.live.speed

    def set_speed(self, speed: float) -> None:
        self._app.live.set_speed(speed)

    @property
    def replaying(self) -> bool:
        return self._app.live.replay is not None

    # ---------------------------------------------------------------- the world
    @property
    def set_names(self) -> Sequence[str]:
        return (*set_file.names("sets"), NO_SET)

    @property
    def set_name(self) -> str:
        return self._app.live.spec.name

    def choose_set(self, name: str) -> None:
        self._later.append(lambda: self._say(self._app.change_set(name)))

    @property
    def prop_names(self) -> Sequence[str]:
        return self._app.controls.placing.names

    @property
    def placing(self) -> str | None:
        return self._app.controls.placing.name

    def place_prop(self, name: str | None) -> None:
        self._say(self._app.controls.placing.choose(name))

    def drop_prop(self, name: str) -> None:
        try:
            item = set_file.load_prop(name)
        except SetError as error:
            self._say(str(error))
            return
        snapshot = self._app.live.snapshot
        x, y = snapshot.body_pos[self._app.controls.chosen, 0, :2].tolist()
        height = DROP_HEIGHT if item.mass > 0.0 else 0.0  # what never moves would hang in the air
        spawn = self._app.controls.placing.spawn(np.array([x, y, height]), item)
        if spawn is not None:
            self.post(spawn)

    @property
    def num_placed(self) -> int:
        return len(self._app.live.placed)

    def clear_props(self) -> None:
        self.act("props_clear")

    # ---------------------------------------------------------------- switches
    @property
    def switches(self) -> Mapping[str, bool]:
        app = self._app
        found = {"ghost": app.picture.ghost, "auto_retry": app.live.attempts.retry, "shapes": app.picture.shapes}
        found["follow"] = app.finder.orbit.follows
        if isinstance(app.win, p3d.GraphicsWindow):
            found["fullscreen"] = bool(app.win.get_properties().fullscreen)
        if not app.sound.trouble:
            found["mute"] = app.sound.muted
        return found

    def switch(self, name: str, on: bool) -> None:
        if self.switches[name] != on:
            self.act(name)

    # ---------------------------------------------------------------- pictures
    @property
    def camera_names(self) -> Sequence[str]:
        return self._app.finder.names

    @property
    def camera(self) -> str:
        return self._app.finder.name

    def choose_camera(self, name: str) -> None:
        self._say(self._app.finder.choose(name, self._app.controls.chosen))

    @property
    def qualities(self) -> Sequence[str]:
        return tuple(QUALITIES)

    @property
    def quality(self) -> str:
        return self._app.picture.tier

    def choose_quality(self, name: str) -> None:
        self._later.append(lambda: self._say(self._app.picture.set_tier(cast(Tier, name))))

    @property
    def filming(self) -> str:
        return self._app.filming.text

    # ---------------------------------------------------------------- takes
    @property
    def takes(self) -> Sequence[TakeCard]:
        now = time.monotonic()
        if now >= self._next_look:
            self._next_look = now + LOOK_SECONDS
            hz = self.control_hz
            self._takes = [
                TakeCard(take.path, take.path.stem, take.num_ticks / hz, take.saved, take.set_name)
                for take in self._shelf.takes()
            ]
        return self._takes

    @property
    def take_actions(self) -> Sequence[str]:
        return ("open", "replay", "film") if self._takes_films else ("open", "replay")

    def use_take(self, action: str, take: TakeCard) -> None:
        if action == "film":
            self._film(take)
        else:
            self._later.append(lambda: self._say(self._open(take, replay=action == "replay")))

    def _open(self, card: TakeCard, *, replay: bool) -> str:
        app = self._app
        app.loading(f"running {card.title} again ...")
        try:
            take = Take.load(card.path)
            spec = set_file.load_set(take.set_name) if take.set_name not in ("", NO_SET) else BARE
            again = rerun(take, app.live.runtime.library)
        except (TakeError, SetError, OSError) as error:
            return str(error)
        app.live.resume(again, spec, take.first_tick if replay else None)
        app.show_set()
        return f"{card.title} again" if replay else f"at the end of {card.title}: play on"

    def _film(self, take: TakeCard) -> None:
        camera = self._app.finder.name
        try:
            out = new_file(self._app.out, take.title, "mp4")
            words = self._refilm.begin(take.path, out, camera if camera in rigs.NAMES else "follow")
        except OSError as error:
            words = f"{take.title} cannot be filmed: {error}"
        self._say(words)

    def rename_take(self, take: TakeCard, title: str) -> None:
        try:
            self._shelf.rename(take.path, title)
        except TakeFolderError as error:
            self._say(str(error))
        self._next_look = 0.0

    def delete_take(self, take: TakeCard) -> None:
        try:
            self._shelf.delete(take.path)
        except TakeFolderError as error:
            self._say(str(error))
        self._next_look = 0.0
