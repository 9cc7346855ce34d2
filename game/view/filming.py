"""Filming: starts and stops the window's film, and saves still pictures."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import panda3d.core as p3d

from game.input.session_actions import new_file
from game.view.film import FilmError, Sound, save_picture
from game.view.film_camera import FilmCamera
from game.view.recorder import Recorder


class Filming:
    """Films with the window's camera into files in the folder `out`."""

    def __init__(self, window: p3d.GraphicsOutput, scene: p3d.NodePath, out: Path) -> None:
        self._window, self._scene, self._out = window, scene, out
        self._recorder: Recorder | None = None

    @property
    def active(self) -> bool:
        """Whether a film is being made."""
        return self._recorder is not None

    @property
    def text(self) -> str:
        """How long the film is so far, as minutes:seconds; empty if there is none."""
        return minutes(self._recorder.seconds) if self._recorder is not None else ""

    def toggle(self) -> str:
        """Begins or ends a film; returns a message for the screen."""
        if self._recorder is None:
            try:
                self._recorder = Recorder(self._window, self._scene, new_file(self._out, "film", "mp4"))
            except (FilmError, OSError) as error:
                return str(error)
            return f"filming into {self._recorder.path}"
        recorder, self._recorder = self._recorder, None
        try:
            recorder.close()
        except FilmError as error:
            return str(error)
        return f"filmed {minutes(recorder.seconds)} into {recorder.path}"

    def begin_frame(self, seconds: float, sound: Sound, camera: p3d.NodePath, lens: p3d.Lens) -> None:
        """Call it before a frame is rendered: the film goes on by `seconds`, with this sound (num_samples, 2)."""
        if self._recorder is not None:
            self._recorder.add_sound(sound)
            self._recorder.begin_frame(seconds, camera, lens)

    def end_frame(self) -> str | None:
        """Call it after a frame was rendered. An error ends the film; it is returned as a message."""
        if self._recorder is not None:
            try:
                self._recorder.end_frame()
            except FilmError as error:
                recorder, self._recorder = self._recorder, None
                with suppress(FilmError):  # it says the same again
                    recorder.close()
                return str(error)
        return None

    def picture(self, camera: p3d.NodePath, lens: p3d.Lens) -> str:
        """Saves what a camera sees, at the window's size; returns a message for the screen."""
        width, height = self._window.size
        film = FilmCamera(self._window, self._scene, (width, height))
        film.follow(camera, lens)
        self._window.engine.render_frame()
        try:
            path = new_file(self._out, "picture", "png")
            save_picture(path, film.frame())
        except (FilmError, OSError) as error:
            return str(error)
        finally:
            film.close()
        return f"saved {path}"


def minutes(seconds: float) -> str:
    """Seconds as minutes:seconds."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"
