"""A room without a window to the screen, in which mannequins are filmed."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import panda3d.core as p3d
from numpy.typing import NDArray

from game.sim import rotation
from game.sim.kinematics import BodyPoses
from game.view import pick_pipe
from game.view.film_camera import FilmCamera
from tools.capture.mannequin import Colour, Vector, build

Array = NDArray[np.float64]
Image = NDArray[np.uint8]


@dataclass(frozen=True)
class PinholeCamera:
    """A pinhole camera. `fov`: rad, horizontal."""

    eye: Vector
    target: Vector
    fov: float
    size: tuple[int, int]

    @property
    def focal(self) -> float:
        """Focal length, px."""
        return 0.5 * self.size[0] / math.tan(0.5 * self.fov)

    def axes(self) -> Array:
        """(3, 3) rows: the view direction, left and up, in the world."""
        away = np.array(self.target) - np.array(self.eye)
        away /= np.linalg.norm(away)
        left = np.cross([0.0, 0.0, 1.0], away)
        left /= np.linalg.norm(left)
        return np.stack([away, left, np.cross(away, left)])

    def project(self, points: Array) -> Array:
        """World points (..., 3) to pixels (..., 2)."""
        local = (points - np.array(self.eye)) @ self.axes().T
        ratio = -local[..., 1:] / local[..., :1] * self.focal
        return np.asarray(ratio + 0.5 * np.array(self.size))


class MannequinRoom:
    """A ground, a wall, a light and mannequins; one picture at a time."""

    def __init__(self, size: tuple[int, int], *, seed: int = 0) -> None:
        pick_pipe.configure()
        self._output = pick_pipe.open_offscreen()
        self._scene = p3d.NodePath("studio")
        self._random = np.random.default_rng(seed)
        self._output.buffer.clear_color = p3d.LColor(0.70, 0.76, 0.82, 1.0)
        self._film = FilmCamera(self._output.buffer, self._scene, size)
        ambient = p3d.AmbientLight("ambient")
        ambient.set_color((0.5, 0.5, 0.5, 1.0))
        sun = p3d.DirectionalLight("sun")
        sun.set_color((0.7, 0.7, 0.66, 1.0))
        self._sun = self._scene.attach_new_node(sun)
        for light in (self._scene.attach_new_node(ambient), self._sun):
            self._scene.set_light(light)
        self._ground = self._card("ground", (-40.0, 40.0, -40.0, 40.0), (0.42, 0.50, 0.32), 0.03, 15.0)
        self._ground.set_p(-90.0)
        self._wall = self._card("wall", (-14.0, 14.0, 0.0, 4.0), (0.62, 0.58, 0.53), 0.04, 1.0)
        self._bodies = [build(self._scene)]

    def close(self) -> None:
        """Release the buffer."""
        self._film.close()
        self._scene.remove_node()

    def look(self, camera: PinholeCamera) -> None:
        """Place the camera, and the wall and the light around what it looks at."""
        self.aim(camera)
        center, eye = np.array(camera.target), np.array(camera.eye)
        side = (eye - center) * np.array([1.0, 1.0, 0.0])
        side /= np.linalg.norm(side)
        self._ground.set_pos(center[0], center[1], 0.0)
        behind = center - 4.0 * side
        self._wall.set_pos(behind[0], behind[1], 0.0)
        beyond = behind - 6.0 * side
        self._wall.look_at(beyond[0], beyond[1], 0.0)
        light = center + 3.0 * side + np.array([1.5, 0.0, 0.0])
        self._sun.set_pos(light[0], light[1], 4.0)
        self._sun.look_at(center[0], center[1], 1.0)

    def aim(self, camera: PinholeCamera) -> None:
        """Place the camera; wall, ground and light stay."""
        lens = p3d.PerspectiveLens()
        lens.set_film_size(*map(float, camera.size))
        lens.set_focal_length(camera.focal)
        lens.set_near_far(0.05, 100.0)
        self._film.node.node().set_lens(lens)
        self._film.node.set_pos(*camera.eye)
        self._film.node.look_at(*camera.target)

    def draw(self, *people: BodyPoses) -> Image:
        """Picture (height, width, 3) RGB of mannequins, each in a pose of (B, 3) and (B, 4)."""
        while len(self._bodies) < len(people):
            self._bodies.append(build(self._scene))
        for nodes, poses in zip(self._bodies, people, strict=True):
            for node, pos, rot in zip(nodes, poses.pos, poses.rot, strict=True):
                matrix = np.eye(4)
                matrix[:3, :3] = rotation.to_matrix(rot).T  # rows are vectors here
                matrix[3, :3] = pos
                node.set_mat(p3d.LMatrix4f(*matrix.ravel().tolist()))
        self._output.engine.render_frame()
        return np.ascontiguousarray(self._film.frame()[..., 2::-1])

    def clutter(self, camera: PinholeCamera, count: int = 60) -> None:
        """Put coloured things between what `camera` looks at and the wall behind it."""
        away, left, _ = camera.axes()
        for n in range(count):
            colour = self._random.uniform(0.05, 0.95, 3)
            wide, high = self._random.uniform(0.1, 0.7), self._random.uniform(0.2, 1.6)
            back, across = self._random.uniform(1.2, 3.8), self._random.uniform(-4.0, 4.0)
            place = np.array(camera.target) + back * away + across * left
            card = self._card(f"thing {n}", (-wide, wide, 0.0, high), (colour[0], colour[1], colour[2]), 0.15, 1.0)
            card.set_pos(place[0], place[1], self._random.choice([0.0, 0.4, 1.2]))
            card.look_at(place[0] + away[0], place[1] + away[1], card.get_z())

    def _card(
        self, name: str, frame: tuple[float, ...], colour: Colour, contrast: float, repeat: float
    ) -> p3d.NodePath:
        maker = p3d.CardMaker(name)
        maker.set_frame(*frame)
        maker.set_has_normals(True)
        card = self._scene.attach_new_node(maker.generate())
        card.set_two_sided(True)
        card.set_texture(self._noise(colour, contrast))
        card.set_tex_scale(p3d.TextureStage.get_default(), repeat, repeat)
        return card

    def _noise(self, colour: Colour, contrast: float, size: int = 256) -> p3d.Texture:
        """Blotches of four sizes: a surface that an eye, and a tracker, can hold on to."""
        field = np.zeros((size, size))
        for cells in (4, 16, 64, 256):
            patch = self._random.normal(size=(cells, cells))
            field += np.kron(patch, np.ones((size // cells, size // cells))) / (2.0 if cells == size else 1.5)
        pixels = np.clip(np.array(colour[::-1]) + contrast * field[..., None], 0.0, 1.0) * 255.0
        texture = p3d.Texture("noise")
        texture.setup_2d_texture(size, size, p3d.Texture.T_unsigned_byte, p3d.Texture.F_rgb)
        texture.set_ram_image(pixels.astype(np.uint8).tobytes())
        texture.set_minfilter(p3d.SamplerState.FT_linear_mipmap_linear)
        return texture
