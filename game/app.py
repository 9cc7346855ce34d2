"""App: the window. Input -> events -> ticks -> draw."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import panda3d.core as p3d
from direct.showbase.ShowBase import ShowBase

from game.actions import Action, help_lines
from game.controls import Controls, gravity_name
from game.live import Live
from game.take import Take
from game.view import pick_pipe
from game.view.camera import OrbitCamera, make_lens
from game.view.film import FilmError, save_picture
from game.view.film_camera import FilmCamera
from game.view.hud import Hud
from game.view.quality import QUALITIES, FirstFrames, Tier
from game.view.recorder import Recorder
from game.view.shapes import BACKGROUND, ShapesView
from game.view.stage import Stage

TITLE = "Pratfall"
SETTINGS = f"window-title {TITLE}: loading ...\nwin-size 1280 720\n"
MAX_FPS = 60
BEFORE_RENDER, AFTER_RENDER = 10, 60
"""task orders; Panda3D renders at 50"""


class App(ShowBase):
    """The only ShowBase. Owns the window, the camera and the film; the world is `live`'s."""

    def __init__(
        self,
        begin: Callable[[], Live],
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
        super().__init__(windowType="none")
        if not self.open_default_window(type="onscreen", pipe=pipe):
            raise pick_pipe.OutputError("the display refused to open a window")
        self.out = out
        self.disable_mouse()
        self.set_background_color(*BACKGROUND)
        make_lens(self.camLens)
        clock = p3d.ClockObject.get_global_clock()
        clock.mode = p3d.ClockObject.M_limited
        clock.set_frame_rate(MAX_FPS)
        self.hud = Hud(self.a2dTopLeft, self.a2dTopRight, self.a2dBottomLeft)
        self.hud.show([f"{TITLE}: loading ... (the first time compiles the physics)"])
        self.graphics_engine.render_frame()
        self.graphics_engine.render_frame()

        self.live = begin()
        self.orbit = OrbitCamera.of(self.live.spec.view)
        self.controls = Controls(self.live, lambda: self.orbit)
        self._first_frames = FirstFrames() if quality is None else None
        self._quality = QUALITIES[quality or "std"]
        self.view = self._stage()
        self.hud.set_help(help_lines(actions))
        self._recorder: Recorder | None = None
        self._mouse: tuple[float, float] | None = None
        self._bind(actions)
        if isinstance(self.win, p3d.GraphicsWindow):
            ready = p3d.WindowProperties()
            ready.set_title(TITLE)
            self.win.request_properties(ready)
        self.task_mgr.add(self._frame, "frame", sort=BEFORE_RENDER)
        self.task_mgr.add(self._after_render, "film", sort=AFTER_RENDER)

    def _stage(self) -> Stage | ShapesView:
        """The stage; the bare shapes where there are no shaders."""
        if not self.win.gsg.supports_basic_shaders:
            return ShapesView(self.render, self.live.runtime.model)
        return Stage(self.win, self.live.spec, self._quality, self.render, self.live.runtime.model)

    # ---------------------------------------------------------------- input
    def _bind(self, actions: Sequence[Action]) -> None:
        for action in actions:
            for choice, key in enumerate(action.keys):
                begin = partial(self.act, action.name, choice)
                self.accept(key, begin)
                if action.repeats:
                    self.accept(f"{key}-repeat", begin)
                if action.held:
                    self.accept(f"{key.rpartition('-')[2] or key}-up", partial(self.act, f"{action.name}_end", choice))
        self.accept("wheel_up", self._zoom, [1])
        self.accept("wheel_down", self._zoom, [-1])

    def act(self, action: str, choice: int = 0) -> None:
        """Does an action of `game.actions` by name."""
        if self.controls.knows(action):
            words = self.controls.do(action, choice)
        else:
            handler: Callable[[], str | None] = getattr(self, f"_on_{action}")
            words = handler()
        if words:
            self.say(words)

    def say(self, words: str) -> None:
        """Tells the person something, on screen."""
        self.hud.say(words, time.monotonic())

    def _zoom(self, steps: int) -> None:
        self.orbit.zoom(steps)

    def _drag(self) -> None:
        """Turns the camera while the left button is down."""
        watcher = self.mouseWatcherNode
        if not watcher.has_mouse() or not watcher.is_button_down(p3d.MouseButton.one()):
            self._mouse = None
            return
        x, y = watcher.get_mouse()
        if self._mouse is not None:
            self.orbit.drag((x - self._mouse[0]) / 2, (y - self._mouse[1]) / 2)
        self._mouse = (x, y)

    # ---------------------------------------------------------------- a frame
    def _frame(self, task: Any) -> int:
        seconds = p3d.ClockObject.get_global_clock().dt
        self._choose_quality(seconds)
        self._drag()
        for words in self.live.poll():
            self.say(words)
        for snapshot in self.live.advance(seconds):
            for words in snapshot.messages:
                self.say(words)
        self._draw(seconds)
        return int(task.cont)

    def _choose_quality(self, seconds: float) -> None:
        """Changes the tier once, by what the first frames cost."""
        if self._first_frames is None or not isinstance(self.view, Stage):
            return
        tier = self._first_frames.add(seconds)
        if tier is not None:
            self._quality = QUALITIES[tier]
            self.view.set_quality(self._quality)
            self._first_frames = None

    def _draw(self, seconds: float) -> None:
        shown = self.live.shown()
        self.orbit.update(np.asarray(shown.state.root_pos[self.controls.chosen]), seconds)
        self.orbit.place(self.camera)
        if isinstance(self.view, Stage):
            self.orbit.place(self.view.camera)  # faces look at it, dust faces it
        self.view.show(shown, self.live.items, seconds)
        self.hud.show(self._status(), _minutes(self._recorder.seconds) if self._recorder else "")
        self.hud.update(time.monotonic())
        if self._recorder is not None:
            clock = self.live.clock
            played = min(seconds, clock.max_ticks / (clock.hz * clock.speed))  # the clock drops what is over
            self._recorder.begin_frame(played, self.camera, self.camLens)

    def _after_render(self, task: Any) -> int:
        if self._recorder is not None:
            try:
                self._recorder.end_frame()
            except FilmError as error:
                self._recorder = None
                self.say(str(error))
        return int(task.cont)

    def _status(self) -> list[str]:
        live, chosen = self.live, self.controls.chosen
        names, name = live.policy_names, live.policy_of(chosen)
        place = f"   {names.index(name) + 1} of {len(names)}" if name in names else ""
        gravity = live.snapshot.gravity
        clock = live.clock
        fps = p3d.ClockObject.get_global_clock().get_average_frame_rate()
        speed = "paused" if clock.paused else f"speed {clock.speed:g}x"
        player = live.runtime.players[chosen]
        return [
            f"{name or 'nobody drives him: there is no policy'}{place}",
            f"gravity {gravity_name(gravity) or f'{np.linalg.norm(gravity):.1f} m/s2'}   {speed}   {fps:.0f} fps",
            f"flips {player.flips}   falls {player.falls}",
        ]

    # ---------------------------------------------------------------- time and pictures
    def _on_pause(self) -> None:
        self.live.clock.paused = not self.live.clock.paused

    def _on_step(self) -> None:
        self.live.clock.paused = True
        for words in self.live.step().messages:
            self.say(words)

    def _on_slower(self) -> None:
        self.live.clock.set_speed(self.live.clock.speed / 2)

    def _on_faster(self) -> None:
        self.live.clock.set_speed(self.live.clock.speed * 2)

    def _on_follow(self) -> str:
        self.orbit.follows = not self.orbit.follows
        return "the camera follows him" if self.orbit.follows else "the camera stays"

    def _on_camera_home(self) -> None:
        self.orbit = OrbitCamera.of(self.live.spec.view)

    def _on_shapes(self) -> None:
        bare = isinstance(self.view, Stage)
        self.view.close()
        self.view = ShapesView(self.render, self.live.runtime.model) if bare else self._stage()

    def _on_help(self) -> None:
        self.hud.toggle_help()

    def _on_screenshot(self) -> str:
        width, height = self.win.size
        camera = FilmCamera(self.win, self.render, (width, height))
        camera.follow(self.camera, self.camLens)
        self.graphics_engine.render_frame()
        path = self._new_file("picture", "png")
        try:
            save_picture(path, camera.frame())
        except FilmError as error:
            return str(error)
        finally:
            camera.close()
        return f"saved {path}"

    def _on_record(self) -> str:
        if self._recorder is None:
            path = self._new_file("film", "mp4")
            try:
                self._recorder = Recorder(self.win, self.render, path)
            except FilmError as error:
                return str(error)
            return f"filming into {path}"
        recorder, self._recorder = self._recorder, None
        try:
            recorder.close()
        except FilmError as error:
            return str(error)
        return f"filmed {_minutes(recorder.seconds)} into {recorder.path}"

    def _on_save_take(self) -> str:
        path = self._new_file("take", "zip")
        try:
            Take.of(self.live.runtime, set_name=self.live.set_name).save(path)
        except OSError as error:
            return f"the take cannot be saved: {error}"
        return f"saved {path}"

    def _on_quit(self) -> None:
        self.userExit()

    def _new_file(self, kind: str, ending: str) -> Path:
        """A path in `out` that nothing has yet."""
        self.out.mkdir(parents=True, exist_ok=True)
        stem = f"{kind}_{time.strftime('%Y%m%d_%H%M%S')}"
        path, more = self.out / f"{stem}.{ending}", 1
        while path.exists():
            path, more = self.out / f"{stem}_{more}.{ending}", more + 1
        return path

    def finish(self) -> None:
        """Ends the film, if any: for when the window has closed."""
        if self._recorder is not None:
            print(self._on_record(), flush=True)


def _minutes(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"
