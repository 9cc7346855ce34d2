"""Films made while a game runs: Recorder beside a window, TickFilm without one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import panda3d.core as p3d

from game.camera.camera_rig import CameraRig
from game.camera.cuts import CUTS, Cuts
from game.camera.keyframes import Keyframes
from game.scene.set_spec import ItemSpec, SetSpec
from game.sim.model import CharacterModel
from game.sim.snapshot import Snapshot
from game.sound.life import Life
from game.sound.track import HZ, SoundTrack
from game.view import pick_pipe
from game.view.camera_node import make_lens, place
from game.view.film import FilmError, FilmWriter, Sound
from game.view.film_camera import FilmCamera
from game.view.quality import QUALITIES
from game.view.shapes import BACKGROUND, ShapesView
from game.view.stage import Stage, looks_with

FILM_SIZE = (1280, 720)
FILM_FPS = 30
MAX_LAG = 0.1
"""s by which the sound may be shorter than the film before silence is added: a paused game makes no sound"""


class Recorder:
    """Films what a camera in a window sees. The film shows slow motion and pauses as the window did.

    Each frame of the game calls `begin_frame` before it is rendered and `end_frame` after. While the
    encoder is behind, pictures are left out, so that the game does not have to wait.
    """

    def __init__(
        self,
        host: p3d.GraphicsOutput,
        scene: p3d.NodePath,
        path: Path,
        size: tuple[int, int] = FILM_SIZE,
        fps: int = FILM_FPS,
    ) -> None:
        self.path = path
        self.seconds = 0.0
        self._writer = FilmWriter(path, size, fps, sound_hz=HZ)
        self._camera = FilmCamera(host, scene, size)
        self._blocks: list[Sound] = []
        """sound to be written with the next picture"""
        self._num_samples = 0
        """of sound so far"""
        self._last = -1
        self._due = 0

    @property
    def is_behind(self) -> bool:
        """Whether the next picture would be left out."""
        return self._writer.is_behind

    def add_sound(self, block: Sound) -> None:
        """Adds sound (num_samples, 2), HZ samples a second, after what was added before."""
        if len(block):
            self._blocks.append(block)
            self._num_samples += len(block)

    def begin_frame(self, seconds: float, camera: p3d.NodePath, lens: p3d.Lens) -> None:
        """The film goes on by `seconds`; its camera renders only if the next picture is due."""
        self.seconds += seconds
        lag = round(self.seconds * HZ) - self._num_samples
        if lag > MAX_LAG * HZ:
            self.add_sound(np.zeros((lag, 2), np.float32))
        self._due = int(self.seconds * self._writer.fps)
        self._camera.active = self._due > self._last and not self.is_behind
        self._camera.follow(camera, lens)

    def end_frame(self) -> None:
        """Writes the picture, if one was rendered. Raises FilmError."""
        if self._camera.active:
            self._writer.write(self._camera.frame(), self._due)
            self._last = self._due
            if self._blocks and not self.is_behind:  # never wait for the encoder
                self._write_sound()

    def _write_sound(self) -> None:
        blocks, self._blocks = self._blocks, []
        self._writer.write_sound(np.concatenate(blocks))

    def close(self) -> None:
        """Ends the film. Raises FilmError."""
        self._camera.close()
        try:
            if self._blocks and self._last >= 0:
                self._write_sound()
        finally:
            self._writer.close()


class TickFilm:
    """Films a run that has no window, with its sound, as the window would show it if nobody touched the camera.

    There is a picture for every tick.

    Where there are `cuts`, which may come while it films, their cameras look.
    Raises FilmError where nothing can be drawn or written.
    """

    def __init__(
        self,
        first: Snapshot,
        spec: SetSpec,
        path: Path,
        cuts: Cuts | None = None,
        size: tuple[int, int] = FILM_SIZE,
        figure: Path | None = None,
    ) -> None:
        """`figure`: what he is drawn as; None: our own avatar. Raises FilmError."""
        pick_pipe.configure()
        try:
            self._output = pick_pipe.open_offscreen()
        except pick_pipe.OutputError as error:
            raise FilmError(f"cannot film: {error}") from error
        self._view = _open_view(self._output, spec, first.model, figure)
        self._film = FilmCamera(self._output.buffer, self._view.root, size, samples=self._output.samples)
        self._rig = CameraRig(spec, Keyframes(), cuts)
        if cuts is not None:
            self._rig.choose(CUTS)
        self._fps = first.model.control_hz
        self._track = SoundTrack(spec, first.model, HZ, life=Life(spec, HZ))
        self._writer = FilmWriter(path, size, self._fps, sound_hz=HZ)
        make_lens(self._film.lens)

    @property
    def shortfall(self) -> str:
        """What is missing for good pictures on this machine, and how to get it; empty if nothing is."""
        return self._output.shortfall

    def show(self, snapshot: Snapshot, items: Mapping[int, ItemSpec]) -> None:
        """Adds the picture and the sound of one tick. Raises FilmError."""
        seconds = 1.0 / self._fps
        pose = self._rig.update(snapshot, 0, seconds, snapshot.time)
        place(pose, self._film.node, self._film.lens)
        if isinstance(self._view, Stage):
            place(pose, self._view.camera)  # faces look at it, dust faces it
        self._view.show(snapshot, items, seconds)
        self._output.engine.render_frame()
        self._writer.write(self._film.frame())
        self._writer.write_sound(self._track.add(snapshot, items, ear=pose))

    def close(self) -> None:
        """Ends the film. Raises FilmError."""
        self._writer.close()
        self._view.close()
        self._film.close()


def _open_view(
    output: pick_pipe.Output, spec: SetSpec, model: CharacterModel, figure: Path | None
) -> Stage | ShapesView:
    """The stage; the bare shapes where the renderer has no shaders."""
    if output.has_shaders:
        return Stage(output.buffer, spec, QUALITIES["std"], model=model, looks=looks_with(figure))
    output.buffer.clear_color = p3d.LColor(*BACKGROUND)
    return ShapesView(p3d.NodePath("scene"), model)
