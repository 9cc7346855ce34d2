"""GameWindow: the window. Input -> events -> ticks -> draw."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import panda3d.core as p3d
from direct.showbase.ShowBase import ShowBase

from game.app import status_line
from game.app.panel_model import GamePanelModel
from game.input.bindings import Action, help_lines
from game.input.session_actions import SessionActions
from game.input.world_actions import WorldActions
from game.scene import set_file
from game.scene.json_fields import SetError
from game.scene.set_spec import SetSpec
from game.session.session import BARE, NO_SET, Session
from game.view import pick_pipe
from game.view.camera_rig import CameraRig
from game.view.filming import Filming
from game.view.gamepad import Gamepad, first_gamepad
from game.view.hud import Hud
from game.view.live_sound import LiveSound
from game.view.orbit_camera import make_lens
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
WELCOME = "H shows the keys; pull him with the mouse"


class GameWindow(ShowBase):
    """The only ShowBase. Owns the window and the film; the world is `live`'s."""

    def __init__(
        self,
        begin: Callable[[], Session],
        actions: Sequence[Action],
        out: Path = Path("out"),
        quality: Tier | None = None,
    ) -> None:
        """Opens the window, says that it loads, and begins.

        Args:
            begin: makes what is played; it takes seconds.
            actions: what keys do.
            out: the folder of films, takes and pictures.
            quality: how finely it is drawn; None measures the first frames and chooses.

        Raises:
            OutputError: no window can be opened.
        """
        pick_pipe.configure()
        p3d.load_prc_file_data("pratfall", SETTINGS)
        pipe = pick_pipe.window_pipe()
        self.sound = LiveSound()
        super().__init__(windowType="none")
        if not self.open_default_window(type="onscreen", pipe=pipe):
            raise pick_pipe.OutputError("the display refused to open a window")
        self.out = out
        self.actions = actions
        self._windowed = self.win.size
        self.disable_mouse()
        self.set_background_color(*BACKGROUND)
        make_lens(self.camLens)
        clock = p3d.ClockObject.get_global_clock()
        clock.mode = p3d.ClockObject.M_limited
        clock.set_frame_rate(MAX_FPS)
        self._beside = [corner.attach_new_node("beside") for corner in (self.a2dTopLeft, self.a2dBottomLeft)]
        self.hud = Hud(self._beside[0], self.a2dTopRight, self._beside[1])
        self.loading(f"{TITLE}: loading ... (the first time compiles the physics)")

        self.live = begin()
        self.finder = CameraRig(self.live.spec.view, self.live.marks)
        self.controls = WorldActions(self.live, lambda: self.finder)
        self.directing = SessionActions(self.live, self.finder, out)
        self.picture = SceneView(self.win, self.render, self.live.runtime.model, self.live.spec, quality)
        self.sound.begin(self.live.spec, self.live.runtime.model)
        self.bar = ScrubBar(self.render2d)
        self.overlay = Overlay(self.win, self.camLens)
        self.pointer = Pointer(
            self.mouseWatcherNode, self.camera, self.camLens, self.live, self.controls, self.finder, self.bar
        )
        self.pad: Gamepad | None = first_gamepad(actions)
        self.hud.set_help(help_lines(actions))
        self.filming = Filming(self.win, self.render, out)
        self.asked = GamePanelModel(self)
        self.panel = PanelWindow(self.win, self.pixel2d, self.asked)
        self.pointer.taken = lambda: self.panel.has_mouse
        self._bind(actions)
        if isinstance(self.win, p3d.GraphicsWindow):
            ready = p3d.WindowProperties()
            ready.set_title(TITLE)
            self.win.request_properties(ready)
        self.say(WELCOME)
        self.task_mgr.add(self._frame, "frame", sort=BEFORE_RENDER)
        self.task_mgr.add(self._after_render, "film", sort=AFTER_RENDER)

    def loading(self, words: str) -> None:
        """Says it in a window that is about to be busy."""
        self.hud.show([words])
        self.graphics_engine.render_frame()
        self.graphics_engine.render_frame()

    # ---------------------------------------------------------------- input
    def _bind(self, actions: Sequence[Action]) -> None:
        for action in actions:
            for choice, key in enumerate(action.keys):
                begin = partial(self._key, action.name, choice)
                self.accept(key, begin)
                if action.repeats:
                    self.accept(f"{key}-repeat", begin)
                if action.held:
                    self.accept(f"{key.rpartition('-')[2] or key}-up", partial(self.act, f"{action.name}_end", choice))
        for button in (1, 2, 3):
            self.accept(f"mouse{button}", self.pointer.press, [button])
            self.accept(f"mouse{button}-up", self.pointer.let_go, [button])
        self.accept("wheel_up", self.pointer.wheel, [1])
        self.accept("wheel_down", self.pointer.wheel, [-1])
        for event in ("connect-device", "disconnect-device"):
            self.accept(event, self._find_pad)

    def _find_pad(self, _device: p3d.InputDevice) -> None:
        self.pad = first_gamepad(self.actions)

    def _key(self, action: str, choice: int) -> None:
        """Does what a key means, unless somebody types into the panel."""
        if not self.panel.has_keyboard:
            self.act(action, choice)

    def act(self, action: str, choice: int = 0) -> None:
        """Does an action of `game.input.bindings` by name."""
        words: str | None
        if self.directing.knows(action):
            words = self.directing.do(action, choice)
        elif self.controls.knows(action):
            self.live.end_replay()  # who shoves him wants to see it
            words = self.controls.do(action, choice)
        else:
            handler: Callable[[], str | None] = getattr(self, f"_on_{action}")
            words = handler()
        if words:
            self.say(words)

    def say(self, words: str) -> None:
        """Tells the person something, on screen."""
        self.hud.say(words, time.monotonic())

    def _read_pad(self, seconds: float) -> None:
        if self.pad is None:
            return
        wish = self.pad.read()
        for action, choice in (*wish.pressed, *wish.released):
            self.act(action, choice)
        if wish.push.any():
            self.controls.lean(*wish.push.tolist())
        if wish.turn.any():
            self.finder.drag(*(seconds * wish.turn).tolist())
        if wish.zoom:
            self.finder.zoom(seconds * wish.zoom)

    # ---------------------------------------------------------------- a frame
    def _frame(self, task: Any) -> int:
        seconds = p3d.ClockObject.get_global_clock().dt
        self.picture.measure(seconds)
        self._read_pad(seconds)
        self.pointer.update()
        for words in (*self.live.poll(), *self.directing.poll()):
            self.say(words)
        ticks = self.live.advance(seconds)
        if self.live.replay is None:
            for words in [words for tick in ticks for words in tick.messages]:
                self.say(words)
        items, speed, filming = self.live.shown_items, self.live.speed, self.filming.goes_on
        heard = self.sound.play(ticks, items, speed, self.finder.pose, wanted=filming)
        self.sound.update()
        self.asked.update([] if self.live.replay is not None else ticks)
        self._draw(seconds)
        self.filming.begin_frame(self.live.played(seconds), heard, self.camera, self.camLens)
        return int(task.cont)

    def _draw(self, seconds: float) -> None:
        live, chosen = self.live, self.controls.chosen
        shown, items = live.shown(), live.shown_items
        self.finder.update(shown, chosen, seconds, live.time)
        self.finder.place(self.camera, self.camLens)
        self.picture.show(shown, items, seconds, self.finder)
        placing, ray = self.controls.placing, self.pointer.ray()
        spot = None
        if placing.item is not None and ray is not None and live.replay is None and not self.pointer.taken():
            spot = placing.spot(ray, shown, items)
        self.overlay.show(self.camera, self.pointer.hand.line(shown), spot, placing.outline())
        self.bar.show(live.replay, live.marks.times, live.clock.hz)
        for corner in self._beside:  # the words make room for the panel
            corner.set_x(self.panel.inset)
        self.hud.raise_messages(live.replay is not None)
        self.hud.show(status_line.lines(live, chosen, self.finder.name), self.filming.text)
        self.hud.update(time.monotonic())

    def _after_render(self, task: Any) -> int:
        words = self.filming.end_frame()
        if words:
            self.say(words)
        return int(task.cont)

    # ---------------------------------------------------------------- what the window itself does
    def _on_follow(self) -> str:
        self.finder.orbit.follows = not self.finder.orbit.follows
        return "the camera follows him" if self.finder.orbit.follows else "the camera stays"

    def _on_shapes(self) -> str | None:
        return self.picture.toggle_shapes()

    def _on_ghost(self) -> str:
        return self.picture.toggle_ghost()

    def _on_quality(self) -> str:
        return self.picture.next_tier()

    def _on_set_next(self) -> str:
        names = (*set_file.names("sets"), NO_SET)
        now = self.live.spec.name
        return self.change_set(names[(names.index(now) + 1) % len(names)] if now in names else names[0])

    def change_set(self, name: str) -> str:
        """Begins anew in another set, NO_SET or one of models/sets or a file; returns what to tell the person."""
        self.loading(f"loading {name} ...")
        try:
            spec: SetSpec = BARE if name == NO_SET else set_file.load_set(name)
        except SetError as error:
            return str(error)
        self.live.change_set(spec)
        self.show_set()
        return f"set: {spec.title or spec.name}"

    def show_set(self) -> None:
        """Shows the set that is played in now."""
        self.pointer.let_go(1)
        self.picture.begin(self.live.spec)
        self.finder.set_view(self.live.spec.view)
        self.sound.begin(self.live.spec, self.live.runtime.model)

    def _on_mute(self) -> str:
        return self.sound.toggle()

    def _on_fullscreen(self) -> str | None:
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

    def _on_panel(self) -> str | None:
        return self.panel.toggle()

    def _on_help(self) -> None:
        self.hud.toggle_help()

    def _on_screenshot(self) -> str:
        return self.filming.picture(self.camera, self.camLens)

    def _on_record(self) -> str:
        return self.filming.toggle()

    def _on_quit(self) -> None:
        self.userExit()

    def finish(self) -> None:
        """Ends the film, if any, and the sound, and waits for takes: for when the window has closed."""
        if self.filming.goes_on:
            print(self.filming.toggle(), flush=True)
        self.asked.close()
        self.sound.close()
        self.directing.close()
