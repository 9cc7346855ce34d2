"""Studio: a stage without a window. It draws FilmFrames at any size, and passes (alpha, depth, id) for compositing."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

import numpy as np
import panda3d.core as p3d
from numpy.typing import NDArray

from game.camera.camera_pose import CameraPose
from game.scene.set_spec import ItemSpec, SetSpec
from game.sim.model import CharacterModel
from game.sim.snapshot import Snapshot
from game.view import pick_pipe
from game.view.camera_node import place
from game.view.figure_avatar import load_figure
from game.view.film_camera import FilmCamera
from game.view.lights import shader
from game.view.quality import QUALITIES, Quality
from game.view.stage import Stage, looks_with
from tools.footage.development import AdaptingExposure
from tools.footage.frames import FilmFrame
from tools.footage.lens import AT_ONCE, Exposure, LightSum, aperture_point, distance_along, through

Picture = NDArray[np.uint8]
Pass = Literal["alpha", "depth", "id"]

PASSES: tuple[Pass, ...] = ("alpha", "depth", "id")
PASS_MASK = p3d.BitMask32.bit(7)
"""of the cameras that draw passes; nodes hidden from it are in none"""
NOT_IN_PASSES = ("dust", "sky", "sun")
AVATAR = "avatar"
NEAR, FAR = 0.05, 200.0
FOCUS = 3.5
"""m, where there is nobody to focus on"""
VERTICAL_CROP = 0.68
"""factor for the field of view of pictures that are higher than wide, in which he would be small"""
NOTHING_MM = 65535
"""depth where there is nothing, or nothing nearer than that"""


class StudioError(Exception):
    """The pictures cannot be drawn here; the message says why."""


class Studio:
    """Draws frames. Use it as a context, or call `close`.

    Args:
        spec: the set.
        size: width and height in pixels.
        quality: of the drawing.
        passes: those of PASSES that the method `passes` shall return.
        figure: what he is drawn as; None: our own avatar.
        exposure: shutter and aperture; frames should have been made with the same one.
        adapts: whether its brightness follows the scene's, as a camera's automatic exposure does.
        model: his body; None: the humanoid.

    Raises:
        StudioError: no renderer here can run the shaders.
        FigureError: the figure cannot be read.
    """

    def __init__(self, spec: SetSpec, size: tuple[int, int], quality: Quality = QUALITIES["film"],
                 passes: Sequence[Pass] = (), figure: Path | None = None, exposure: Exposure = AT_ONCE,
                 *, adapts: bool = False, model: CharacterModel | None = None) -> None:  # fmt: skip
        if figure is not None:
            load_figure(figure)
        pick_pipe.configure()
        try:
            self._output = pick_pipe.open_offscreen()
        except pick_pipe.OutputError as error:
            raise StudioError(str(error)) from error
        if not self._output.has_shaders:
            raise StudioError(f"{self._output.driver} runs no shaders: footage needs OpenGL, with libegl1 or libgl1")
        self._output.buffer.clear_color = p3d.LColor(0.0, 0.0, 0.0, 1.0)
        self.size, self.spec, self.quality = size, spec, quality
        self._zoom = VERTICAL_CROP if size[1] > size[0] else 1.0
        self._figure, self._model = figure, model
        self._exposure = exposure
        self._automatic = AdaptingExposure() if adapts else None
        self._root = p3d.NodePath("studio")
        self._root.set_antialias(p3d.AntialiasAttrib.M_multisample)
        self.stage = self._open_stage()
        self._film = FilmCamera(self._output.buffer, self._root, size, quality.samples)
        self._pass_cameras = {name: self._open_pass(name) for name in passes}

    def _open_stage(self) -> Stage:
        looks = looks_with(self._figure)
        return Stage(self._output.buffer, self.spec, self.quality, self._root, self._model, looks)

    def clear(self) -> None:
        """Begins with a new stage, for another take."""
        self.stage.close()
        self.stage = self._open_stage()

    def draw(self, frame: FilmFrame) -> Picture:
        """(height, width, 4) BGRA of a frame, top row first."""
        if self._automatic is None:
            return self._draw(frame)
        self.stage.expose(self._automatic.gain)
        picture = self._draw(frame)
        if self._automatic.see(picture, max(frame.seconds, 0.0)):
            self.stage.expose(self._automatic.gain)
            picture = self._draw(replace(frame, seconds=0.0))
        return picture

    def _draw(self, frame: FilmFrame) -> Picture:
        if frame.moments:
            return self._draw_moments(frame)
        self._show(frame.snapshot, frame.items, frame.pose, frame.seconds)
        for camera in (self._film, *self._pass_cameras.values()):
            place(self._cropped(frame.pose), camera.node, camera.lens)
            camera.lens.set_near_far(NEAR, FAR)
        if self._pass_cameras:
            self._number_things()
        self._output.engine.render_frame()
        return self._film.frame()

    def _draw_moments(self, frame: FilmFrame) -> Picture:
        """The mean of all moments, each through another point of the aperture."""
        total, count, film = LightSum(), len(frame.moments), self._film
        film.lens.set_near_far(NEAR, FAR)
        for number, moment in enumerate(frame.moments):
            self._show(moment.snapshot, moment.items, moment.pose, frame.seconds / count)
            pose, exposure = self._cropped(moment.pose), self._exposure
            if exposure.f_number > 0.0:
                away = exposure.focus
                if away is None:
                    away = FOCUS if frame.target is None else distance_along(pose, frame.target)
                through(pose, aperture_point(number, count), exposure.f_number, away, film.node, film.lens)
            else:
                place(pose, film.node, film.lens)
            self._output.engine.render_frame()
            total.add(film.frame())
        return total.mean()

    def _show(self, snapshot: Snapshot, items: Mapping[int, ItemSpec], pose: CameraPose, seconds: float) -> None:
        place(pose, self.stage.camera)  # faces look at it, dust faces it
        self.stage.show(snapshot, items, max(seconds, 0.0))

    def _cropped(self, pose: CameraPose) -> CameraPose:
        """With the field of view of an upright picture."""
        half = math.tan(0.5 * pose.fov) * self._zoom
        return pose if self._zoom == 1.0 else replace(pose, fov=2.0 * math.atan(half))

    def passes(self) -> dict[Pass, NDArray[np.uint8] | NDArray[np.uint16]]:
        """The passes of the frame that was drawn last, by name, top row first.

        alpha: (height, width) uint8, share of a pixel that belongs to characters.
        depth: (height, width) uint16, mm along the line of sight, NOTHING_MM for the sky.
        id: (height, width, 3) uint8 RGB, see `things`.
        """
        found: dict[Pass, NDArray[np.uint8] | NDArray[np.uint16]] = {}
        for name, camera in self._pass_cameras.items():
            picture = camera.frame()
            if name == "alpha":
                found[name] = picture[:, :, 2].copy()
            elif name == "depth":
                found[name] = millimetres(picture)
            else:
                found[name] = picture[:, :, 2::-1].copy()
        return found

    def things(self) -> dict[str, tuple[int, int, int]]:
        """The colour, RGB, of each object in the id pass, by name; a second one is called NAME 2."""
        return {name: color_of(i) for i, (name, _) in enumerate(self._things())}

    def _things(self) -> list[tuple[str, p3d.NodePath]]:
        world = self.stage.root.find("world")
        counted: dict[str, int] = {}
        found = []
        for node in world.children:
            if node.name in NOT_IN_PASSES:
                node.hide(PASS_MASK)
                continue
            if node.is_hidden():
                continue  # a set's item that is drawn as a prop
            counted[node.name] = counted.get(node.name, 0) + 1
            number = counted[node.name]
            found.append((node.name if number == 1 else f"{node.name} {number}", node))
        return found

    def _number_things(self) -> None:
        for i, (_, node) in enumerate(self._things()):
            r, g, b = color_of(i)
            node.set_shader_input("thing", p3d.LVecBase3f(r / 255, g / 255, b / 255))
            node.set_shader_input("matte", 1.0 if node.name == AVATAR else 0.0)

    def _open_pass(self, name: Pass) -> FilmCamera:
        samples = self.quality.samples or 4
        camera = FilmCamera(self._output.buffer, self._root, self.size, samples if name == "alpha" else 0)
        lens_node = camera.node.node()
        lens_node.set_camera_mask(PASS_MASK)
        fragment = {"alpha": "matte.frag", "depth": "distance.frag", "id": "ids.frag"}[name]
        lens_node.set_initial_state(
            p3d.RenderState.make(
                p3d.ShaderAttrib.make(shader(fragment, self.quality), 1000),
                p3d.TransparencyAttrib.make(p3d.TransparencyAttrib.M_none),
            )
        )
        return camera

    def close(self) -> None:
        """Frees the graphics."""
        for camera in self._pass_cameras.values():
            camera.close()
        self._film.close()
        self.stage.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def millimetres(picture: Picture) -> NDArray[np.uint16]:
    """Depth, mm, (height, width), from the depth pass (height, width, 4) BGRA, which counts tenths of a millimetre."""
    tenths = picture[:, :, :3].astype(np.int64) @ np.array([1, 256, 65536])
    nearer = np.minimum((tenths + 5) // 10, NOTHING_MM)
    return np.where(tenths == 0, NOTHING_MM, nearer).astype(np.uint16)


def color_of(index: int) -> tuple[int, int, int]:
    """RGB 0..255 of the index-th object: never black, and different for the first 4096."""
    level = (index * 1327 + 613) % 4096  # an odd factor goes through all 4096
    return 15 + 16 * (level >> 8), 15 + 16 * ((level >> 4) & 15), 15 + 16 * (level & 15)
