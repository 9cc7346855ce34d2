"""Game: what a player does and sees, without a window: a session, its camera, the actions, messages, sets and takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar, Protocol

from game.app.figure_desk import FigureDesk
from game.app.marked_film import MarkedFilm
from game.camera import rigs
from game.camera.camera_rig import FREE, CameraRig
from game.camera.cuts import CUTS, CutError, Cuts, cuts_of
from game.input.action_handlers import ActionHandlers, ActionTable
from game.input.bindings import ACTIONS, Action
from game.input.session_actions import SessionActions, new_file
from game.input.steering import Steering
from game.input.world_actions import WorldActions
from game.policy.policy import PolicyError
from game.record.film_job import FilmJob
from game.record.playback import rerun
from game.record.take import Take, TakeError
from game.record.take_folder import TakeFolder
from game.scene import set_file
from game.scene.json_fields import SetError
from game.scene.set_spec import SetSpec
from game.session.opening import BARE, NO_SET
from game.session.script import Script
from game.session.script_desk import ScriptDesk
from game.session.script_runner import opening_policy
from game.session.script_step import CameraCut
from game.session.session import Session
from game.sim.snapshot import Snapshot
from game.view.figure_folder import OWN, FigureFolder, find_figure, is_figure
from game.view.figure_parts import FigureError
from game.view.quality import Tier


class Display(Protocol):
    """What draws a game."""

    def show_busy(self, message: str) -> None:
        """Shows a message at once: what follows takes a second or more."""

    def show_set(self) -> None:
        """Draws `Game.session` anew: it plays in another set, or another take."""

    @property
    def switches(self) -> Mapping[str, bool]:
        """What of the picture and the sound can be on or off, by the action that switches it: only what there is."""

    @property
    def quality(self) -> Tier:
        """How finely it is drawn."""

    def set_quality(self, tier: Tier) -> str:
        """Draws in another tier from now on; returns a message for the screen."""

    def show_figure(self, path: Path | None) -> None:
        """Draws him as a figure from elsewhere, or as our own one. Raises FigureError, and changes nothing then."""

    @property
    def film_length(self) -> str:
        """Of the film that is being made, for the screen; empty where none is."""


class Game:
    """One player's game.

    A window adds handlers of its own to `handlers`, calls `advance` once a frame and draws `session`.
    """

    actions: ClassVar[ActionTable[Game]] = ActionTable()

    def __init__(
        self,
        session: Session,
        display: Display,
        bindings: Sequence[Action] = ACTIONS,
        out: Path = Path("out"),
        figures: FigureFolder | None = None,
    ) -> None:
        """`bindings`: the actions with their keys; `out`: the folder of takes and films; `figures`: of the figures."""
        self.session = session
        self.bindings = bindings
        self.out = out
        self.camera_rig = CameraRig(session.spec, session.keyframes, session.cuts)
        self.world_actions = WorldActions(session, lambda: self.camera_rig)
        self.steering = Steering(session, lambda: self.camera_rig)
        self.session_actions = SessionActions(session, self.camera_rig, out)
        self.take_folder = TakeFolder(out)
        self.film_job = FilmJob()
        self.script_desk = ScriptDesk(out)
        self.figure_desk = FigureDesk(figures or FigureFolder(), self.wear)
        self.avatar = OWN
        """what he is drawn as: OWN, the name of a figure, or its file"""
        self.marked_film = MarkedFilm(session, self.film_job, out, self._figure_file)
        self.handlers = ActionHandlers()
        """of all actions"""
        # To see what a change of the world does, the player has to leave the replay.
        self.handlers.add(WorldActions.actions, self.world_actions, before=session.end_replay)
        self.handlers.add(Steering.actions, self.steering)
        self.handlers.add(SessionActions.actions, self.session_actions)
        self.handlers.add(Game.actions, self)
        self.display = display
        self._messages: list[str] = []

    def close(self) -> None:
        """Gives up a film that is being made of a take, and waits until all takes are saved."""
        self.film_job.close()
        self.figure_desk.close()
        self.session_actions.close()

    # ---------------------------------------------------------------- input
    def begin(self, action: str, choice: int = 0) -> None:
        """Does an action of `game.input.bindings`. KeyError: nobody does it."""
        self.say(self.handlers.begin(action, choice))

    def end(self, action: str, choice: int = 0) -> None:
        """Ends an action whose key was held."""
        self.handlers.end(action, choice)

    def play(self, policy: str) -> None:
        """Has everybody driven by a policy."""
        self.session.end_replay()
        self.say(self.world_actions.play(policy))

    # ---------------------------------------------------------------- messages
    def say(self, message: str | None) -> None:
        """Keeps a message for the screen."""
        if message:
            self._messages.append(message)

    def messages(self) -> list[str]:
        """Those that have not been returned yet, oldest first."""
        messages, self._messages = self._messages, []
        return messages

    # ---------------------------------------------------------------- time
    def advance(self, seconds: float) -> list[Snapshot]:
        """Makes the ticks that are due after so many seconds of real time, and returns them; in a replay its ticks."""
        for message in (
            *self.session.poll(),
            *self.session_actions.poll(),
            self.film_job.poll(),
            *self.figure_desk.poll(),
        ):
            self.say(message)
        if self.session.replay is None:
            self.say(self.steering.update())
        ticks = self.session.advance(seconds)
        if self.session.replay is None:
            for message in [message for tick in ticks for message in tick.messages]:
                self.say(message)
        return ticks

    # ---------------------------------------------------------------- camera, sets and takes
    @actions.does("follow")
    def toggle_follow(self) -> str:
        """Has the free camera follow him, or stay where it is. Returns a message for the screen."""
        orbit = self.camera_rig.orbit
        orbit.follows = not orbit.follows
        return "the camera follows him" if orbit.follows else "the camera stays"

    @property
    def set_names(self) -> Sequence[str]:
        """All sets of models/sets, and NO_SET."""
        return (*set_file.names("sets"), NO_SET)

    def change_set(self, name: str) -> str:
        """Begins anew in another set: NO_SET, one of models/sets or a file. Returns a message for the screen."""
        self.display.show_busy(f"loading {name} ...")
        try:
            spec: SetSpec = BARE if name == NO_SET else set_file.load_set(name)
        except SetError as error:
            return str(error)
        self.session.change_set(spec)
        self._begin_set()
        return f"set: {spec.title or spec.name}"

    def change_time_of_day(self, name: str) -> str:
        """Draws the set in another light; the run goes on. Returns a message for the screen."""
        spec = self.session.spec
        if name == spec.time_of_day:
            return ""
        try:
            self.session.spec = spec.at_time(name)
        except SetError as error:
            return str(error)
        self.display.show_set()
        return f"time of day: {name}"

    def play_script(self, script: Script, first: int = 0) -> str:
        """Plays a script from a step on, through its cameras. Returns a message for the screen.

        From its first step it begins anew in its set; from another step it goes on from where he is, unless its set is
        another one.
        """
        session = self.session
        if not script.steps:
            return "the script has no steps"
        if script.set_name and (first == 0 or script.set_name != session.spec.name):
            self.display.show_busy(f"loading {script.set_name} ...")
            try:
                spec = BARE if script.set_name == NO_SET else set_file.load_set(script.set_name)
                session.change_set(spec, opening_policy(script, session.runtime.library))
            except (SetError, PolicyError) as error:
                return str(error)
            self._begin_set()
        session.play_script(script, first)
        if any(isinstance(step, CameraCut) for step in script.steps[first:]):
            self.camera_rig.choose(CUTS)
        return "the script plays" if first == 0 else f"the script plays from step {first + 1} on"

    @actions.does("set_next")
    def next_set(self) -> str:
        """Begins anew in the next set of `set_names`, round and round. Returns a message for the screen."""
        names, now = self.set_names, self.session.spec.base_name
        return self.change_set(names[(names.index(now) + 1) % len(names)] if now in names else names[0])

    def open_take(self, path: Path, *, replay: bool) -> str:
        """Runs a take again and goes on from its end, or, with `replay`, shows it from its first tick.

        Returns a message for the screen; a take that cannot be run leaves everything as it is.
        """
        self.display.show_busy(f"running {path.stem} again ...")
        try:
            take = Take.load(path)
            spec = set_file.load_set(take.set_name) if take.set_name not in ("", NO_SET) else BARE
            again = rerun(take, self.session.runtime.library)
        except (TakeError, SetError, OSError) as error:
            return str(error)
        try:
            cuts = cuts_of(take.extra, rigs.NAMES)
        except CutError as error:
            self.say(f"{path.stem}: {error}")
            cuts = Cuts()
        self.session.resume(again, spec, take.first_tick if replay else None, cuts)
        self._begin_set()
        if replay and len(cuts):
            self.camera_rig.choose(CUTS)
        return f"{path.stem} again" if replay else f"at the end of {path.stem}: play on"

    def film_take(self, path: Path) -> str:
        """Has another process film a take through the present camera. Returns a message for the screen.

        A take with cuts is filmed by them while the present camera is the free one.
        """
        camera = self.camera_rig.name
        has_cuts = any(take.has_cuts for take in self.take_folder.takes() if take.path == path)
        if camera not in rigs.NAMES or (has_cuts and camera == FREE):
            camera = ""
        try:
            out = new_file(self.out, path.stem, "mp4")
            return self.film_job.begin(path, out, camera, self._figure_file())
        except OSError as error:
            return f"{path.stem} cannot be filmed: {error}"

    # ---------------------------------------------------------------- what he looks like
    def wear(self, avatar: str) -> str:
        """Draws him as OWN, a figure by its name, or one of a file. Returns a message for the screen.

        A file that is none yet is cast first. Where that is not possible, he stays what he is.
        """
        try:
            path = find_figure(avatar, self.figure_desk.folder, self.session.runtime.model)
            if path is not None and not is_figure(path):
                return self.figure_desk.cast(path)
            if path is not None:
                self.display.show_busy(f"dressing him as {path.stem} ...")
            self.display.show_figure(path)
        except FigureError as error:
            return f"{error}; he stays {'our own figure' if self.avatar == OWN else self.avatar}"
        self.avatar = avatar
        return "our own figure" if path is None else f"he is {path.stem if avatar != OWN else 'himself'} now"

    def _figure_file(self) -> str:
        """The file of the figure that he is drawn as, in films too; empty for our own."""
        try:
            return str(find_figure(self.avatar, self.figure_desk.folder, self.session.runtime.model) or "")
        except FigureError:
            return ""  # gone since

    def _begin_set(self) -> None:
        self.camera_rig.begin(self.session.spec)
        self.display.show_set()
