"""GameWindow: the window. Reads keys, mouse and gamepad, has the Game make ticks, draws it and films it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, ClassVar

import panda3d.core as p3d
from direct.showbase.ShowBase import ShowBase

from game.app import status_line
from game.app.compilation import FIRST_START, WORDS, reported_compilation
from game.app.game import Game
from game.app.hints import PULL, Hints
from game.app.panel_model import GamePanelModel
from game.input.action_handlers import ActionTable
from game.input.bindings import Action, help_groups
from game.input.keyboard import Keyboard
from game.input.keyboard_layout import KeyboardLayout
from game.record.film_job import FilmJob
from game.session.session import Session
from game.view import pick_pipe
from game.view.camera_node import make_lens, place
from game.view.figure_folder import OWN
from game.view.file_drop import FileDrop
from game.view.filming import Filming, minutes
from game.view.gamepad import Gamepad, first_gamepad
from game.view.hud import Hud
from game.view.keyboard_events import KeyboardEvents, layout_of
from game.view.live_sound import LiveSound
from game.view.overlay import Overlay
from game.view.panel.panel_window import PanelWindow
from game.view.pointer import Pointer
from game.view.quality import Tier
from game.view.scene_view import SceneView
from game.view.scrub_bar import ScrubBar
from game.view.shapes import BACKGROUND

TITLE = "Pratfall"
SETTINGS = f"window-title {TITLE}: loading ...\nwin-size 1280 720\n"
MAX_FPS = 60
BEFORE_RENDER, AFTER_RENDER = 10, 60
"""task orders; Panda3D renders at 50"""
SLOW_FRAME, FRAME_SHARE = 1.0 / 26.0, 0.06
"""s: where frames take longer on average F9 marks a film that is drawn afterwards; a frame's share of that average"""
WELCOME = "{help} shows the keys; pull him with the mouse"


class GameWindow(ShowBase):
    """The only ShowBase. Owns the window, the film and the sound; what is played is `game`'s."""

    actions: ClassVar[ActionTable[GameWindow]] = ActionTable()

    def __init__(
        self,
        begin: Callable[[], Session],
        load_bindings: Callable[[KeyboardLayout], Sequence[Action]],
        out: Path = Path("out"),
        quality: Tier | None = None,
        avatar: str = OWN,
    ) -> None:
        """Opens the window, shows that it loads, and begins.

        Args:
            begin: makes what is played; it takes seconds.
            load_bindings: makes the actions with their keys on this person's keyboard.
            out: the folder of films, takes and pictures.
            quality: how finely it is drawn; None measures the first frames and chooses.
            avatar: what he is drawn as, see `Game.wear`.

        Raises:
            OutputError: no window can be opened.
            ActionError: as `load_bindings`.
        """
        pick_pipe.configure()
        p3d.load_prc_file_data("pratfall", SETTINGS)
        pipe = pick_pipe.window_pipe()
        self.sound = LiveSound()
        super().__init__(windowType="none")
        if not self.open_default_window(type="onscreen", pipe=pipe):
            raise pick_pipe.OutputError("the display refused to open a window")
        self._windowed = self.win.size
        self.disable_mouse()
        self.set_background_color(*BACKGROUND)
        make_lens(self.camLens)
        clock = p3d.ClockObject.get_global_clock()
        clock.mode = p3d.ClockObject.M_limited
        clock.set_frame_rate(MAX_FPS)
        # Text at the left edge hangs below these nodes, which make room for the panel.
        self._left = [corner.attach_new_node("beside the panel") for corner in (self.a2dTopLeft, self.a2dBottomLeft)]
        self.hud = Hud(self._left[0], self.a2dTopRight, self._left[1])
        self.show_busy(f"{TITLE}: loading ...")
        self.render.hide()  # until the first tick has been made, which compiles
        self._reports = ExitStack()
        self._reports.enter_context(reported_compilation(self._show_compilation))

        bindings = load_bindings(layout_of(self.win))
        self.game = game = Game(begin(), self, bindings, out)
        game.handlers.add(GameWindow.actions, self)
        session = game.session
        self.scene_view = SceneView(
            self.win, self.render, session.runtime.model, session.spec, quality, camera=self.cam
        )
        self.sound.begin(session.spec, session.runtime.model)
        self.scrub_bar = ScrubBar(self.render2d)
        self.overlay = Overlay(self.win, self.camLens)
        self.pointer = Pointer(
            self.mouseWatcherNode, self.camera, self.camLens, session, game.world_actions, game.camera_rig,
            self.scrub_bar,
        )  # fmt: skip
        self.pad: Gamepad | None = first_gamepad(bindings)
        self.hud.set_help(help_groups(bindings))
        self.hints = Hints()
        self._panel_beside_help = False
        """whether the panel was open when the help was opened; it comes back after it"""
        self._frame_seconds = 0.0
        """s, the average of the last frames"""
        self.filming = Filming(self.win, self.render, out)
        self.file_drop = FileDrop(self.win)
        self.panel_model = GamePanelModel(game)
        self.panel = PanelWindow(self.win, self.pixel2d, self.panel_model)
        self.pointer.is_covered = lambda: self.panel.has_mouse
        self.pointer.say = game.say
        game.world_actions.aim = self.pointer.aim
        self._bind(bindings)
        if isinstance(self.win, p3d.GraphicsWindow):
            ready = p3d.WindowProperties()
            ready.set_title(TITLE)
            self.win.request_properties(ready)
        if avatar != OWN or game.session.runtime.model.figure is not None:
            game.say(game.wear(avatar))
        game.say(WELCOME.format(help=self.panel_model.key_of("help")))
        self.task_mgr.add(self._frame, "frame", sort=BEFORE_RENDER)
        self.task_mgr.add(self._after_render, "film", sort=AFTER_RENDER)

    # ---------------------------------------------------------------- a Display, for Game
    def show_busy(self, message: str, progress: float | None = None) -> None:
        """Shows a message at once, with a bar of `progress` if given (0..1): what follows takes a second or more."""
        self.hud.show([message], progress=progress)
        # Two buffers: the message shall stand in both.
        self.graphics_engine.render_frame()
        self.graphics_engine.render_frame()

    def _show_compilation(self, count: int) -> None:
        self.show_busy(f"{WORDS}: {count} of {max(count, FIRST_START)}", count / FIRST_START)

    def show_set(self) -> None:
        """Draws the game's set anew."""
        spec = self.game.session.spec
        self.pointer.release(1)
        self.scene_view.begin(spec)
        self.sound.begin(spec, self.game.session.runtime.model)

    @property
    def switches(self) -> Mapping[str, bool]:
        """What of the window can be on or off, by the action that switches it: only what there is."""
        found = {"ghost": self.scene_view.ghost, "shapes": self.scene_view.shapes}
        if isinstance(self.win, p3d.GraphicsWindow):
            found["fullscreen"] = bool(self.win.get_properties().fullscreen)
        if not self.sound.trouble:
            found["mute"] = self.sound.muted
        return found

    @property
    def quality(self) -> Tier:
        """How finely it is drawn."""
        return self.scene_view.tier

    def set_quality(self, tier: Tier) -> str:
        """Draws in another tier from now on; returns a message for the screen."""
        return self.scene_view.set_tier(tier)

    def show_figure(self, path: Path | None) -> None:
        """Draws him as a figure from elsewhere, or as our own one. Raises FigureError, and changes nothing then."""
        self.scene_view.show_figure(path)

    @property
    def film_length(self) -> str:
        """Of the film that is being made, for the screen; empty where none is."""
        marked = self.game.marked_film
        return minutes(marked.seconds) if marked.active else self.filming.text

    # ---------------------------------------------------------------- input
    def _bind(self, bindings: Sequence[Action]) -> None:
        """Connects keys and mouse. TypeError: an action has no handler."""
        if missing := self.game.handlers.without_handler(bindings):
            raise TypeError(f"no handler for the actions {', '.join(missing)}")
        self.keyboard = KeyboardEvents(self.win, self.mouseWatcher, Keyboard(bindings), self._key, self.game.end)
        for button in (1, 2, 3):
            self.accept(f"mouse{button}", self.pointer.press, [button])
            self.accept(f"mouse{button}-up", self.pointer.release, [button])
        self.accept("wheel_up", self.pointer.wheel, [1])
        self.accept("wheel_down", self.pointer.wheel, [-1])
        for event in ("connect-device", "disconnect-device"):
            self.accept(event, self._find_pad)

    def _find_pad(self, _device: p3d.InputDevice) -> None:
        self.pad = first_gamepad(self.game.bindings)

    def _key(self, action: str, choice: int) -> None:
        """Does a key's action, unless the player types into the panel."""
        if not self.panel.has_keyboard:
            self.hints.did(action)
            self.game.begin(action, choice)

    def _read_pad(self, seconds: float) -> None:
        if self.pad is None:
            return
        used, game = self.pad.read(), self.game
        for action, choice in used.pressed:
            game.begin(action, choice)
        for action in used.released:
            game.end(action)
        game.steering.stick(*used.walk.tolist())
        if used.push.any():
            game.world_actions.lean(*used.push.tolist())
        if used.turn.any():
            game.camera_rig.drag(*(seconds * used.turn).tolist())
        if used.zoom:
            game.camera_rig.zoom(seconds * used.zoom)

    # ---------------------------------------------------------------- a frame
    def _frame(self, task: Any) -> int:
        seconds = p3d.ClockObject.get_global_clock().dt
        game, session = self.game, self.game.session
        self.scene_view.measure(seconds)
        self.keyboard.repeat(seconds)
        self._read_pad(seconds)
        self.pointer.update()
        for path in self.file_drop.poll():
            game.say(game.figure_desk.cast(path))
        ticks = game.advance(seconds)
        sound = self.sound.play(
            ticks, session.shown_items, session.speed, game.camera_rig.pose, for_film=self.filming.active
        )
        self.sound.update()
        self.panel_model.update(ticks)
        self._draw(seconds)
        self.filming.begin_frame(session.played(seconds), sound, self.camera, self.camLens)
        return int(task.cont)

    def _draw(self, seconds: float) -> None:
        game, session, rig = self.game, self.game.session, self.game.camera_rig
        subject, placement = game.world_actions.chosen, game.world_actions.prop_placement
        shown, items = session.shown(), session.shown_items
        pose = rig.update(shown, subject, seconds, session.time)
        place(pose, self.camera, self.camLens)
        self.scene_view.show(shown, items, seconds, pose)
        game.say(self.scene_view.figure_trouble())
        self.render.show()
        ray, spot = self.pointer.ray(), None
        if placement.item is not None and ray is not None and session.replay is None and not self.pointer.is_covered():
            spot = placement.spot(ray, shown, items)
        mark = game.world_actions.anvil_mark if session.replay is None else None
        self.overlay.show(self.camera, self.pointer.drag.line(shown), spot, mark)
        self.scrub_bar.show(session.replay, session.keyframes.times, session.clock.hz)
        for corner in self._left:
            corner.set_x(self.panel.inset)
        self.hud.raise_messages(session.replay is not None)
        if self.pointer.drag.line(shown) is not None:
            self.hints.did(PULL)
        self._frame_seconds += (seconds - self._frame_seconds) * FRAME_SHARE
        self.game.say(game.marked_film.frame(pose))
        lines = [*status_line.lines(session, subject, rig.name), *self._hint()]
        progress = game.film_job.progress
        if progress is not None:
            lines += [f"drawing {game.film_job.name}: {100 * progress:.0f} %"]
        self.hud.show(lines, self.film_length, progress=progress)
        now = time.monotonic()
        for message in game.messages():
            self.hud.say(message, now)
        self.hud.update(now)

    def _hint(self) -> list[str]:
        """The next thing to try, beside the status; nothing where all of it has been tried, or a replay is shown."""
        hint = self.hints.now
        if hint is None or self.hud.help_visible or self.game.session.replay is not None:
            return []
        keys = next((action.keys_text for action in self.game.bindings if action.name == hint.actions[0]), "")
        return ["", hint.words.format(key=keys)]

    def _after_render(self, task: Any) -> int:
        self.game.say(self.filming.end_frame())
        return int(task.cont)

    # ---------------------------------------------------------------- actions
    @actions.does("shapes")
    def toggle_shapes(self) -> str | None:
        """Shows the collision shapes, or the set again."""
        return self.scene_view.toggle_shapes()

    @actions.does("ghost")
    def toggle_ghost(self) -> str:
        """Shows and hides what he imitates."""
        return self.scene_view.toggle_ghost()

    @actions.does("quality")
    def next_quality(self) -> str:
        """Draws in the next tier, round and round."""
        return self.scene_view.next_tier()

    @actions.does("mute")
    def toggle_mute(self) -> str:
        """Sound off, and on."""
        return self.sound.toggle()

    @actions.does("voice")
    def toggle_voice(self) -> str:
        """His voice off, and on."""
        return self.sound.toggle_voice()

    @actions.does("fullscreen")
    def toggle_fullscreen(self) -> str | None:
        """The whole screen, and back to a window of the size before."""
        if not isinstance(self.win, p3d.GraphicsWindow):
            return "there is no window"
        full = not self.win.get_properties().fullscreen
        wanted = p3d.WindowProperties()
        wanted.set_fullscreen(full)
        pipe = self.win.pipe
        if full:
            self._windowed = self.win.size
        wanted.set_size(*((pipe.get_display_width(), pipe.get_display_height()) if full else self._windowed))
        self.win.request_properties(wanted)
        return None

    @actions.does("panel")
    def toggle_panel(self) -> str | None:
        """Shows and hides the panel."""
        return self.panel.toggle()

    @actions.does("help")
    def toggle_help(self) -> None:
        """Shows and hides the list of keys."""
        self.hud.toggle_help()
        if self.hud.help_visible:
            self._panel_beside_help = self.panel.visible
        if self._panel_beside_help and self.panel.visible == self.hud.help_visible:
            self.panel.toggle()  # the help stands where the panel was, not where he is

    @actions.does("screenshot")
    def save_picture(self) -> str:
        """Saves what is seen as a picture."""
        return self.filming.picture(self.camera, self.camLens)

    @actions.does("record")
    def toggle_film(self) -> str:
        """Begins a film, or ends it. Where the picture is too slow for one, it is drawn afterwards."""
        marked = self.game.marked_film
        if marked.active:
            return marked.mark_end()
        slow = self._frame_seconds > SLOW_FRAME and self.game.session.replay is None and FilmJob.possible()
        if slow and not self.filming.active:
            return marked.mark_begin()
        return self.filming.toggle()

    @actions.does("quit")
    def quit(self) -> None:
        """Closes the window."""
        self.userExit()

    def finish(self) -> None:
        """Ends the film, if any, and the sound, and waits for takes: for when the window has closed."""
        if self.filming.active:
            print(self.filming.toggle(), flush=True)
        self.file_drop.close()
        self.sound.close()
        self._reports.close()
        self.game.close()
