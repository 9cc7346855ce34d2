"""Slides: a set's photograph as a projector's slides, thrown onto its surfaces from where it was taken."""

from __future__ import annotations

import math

import numpy as np
import panda3d.core as p3d
from numpy.typing import ArrayLike, NDArray

from game.camera.camera_pose import CameraPose
from game.scene.photo_file import read_photo
from game.scene.set_spec import ItemSpec, PhotoSpec
from game.sim import rotation
from game.view.lights import SHADOW_MASK
from game.view.patterns import from_image

Array = NDArray[np.float64]

PROJECTED = ("photo", "backdrop")
"""materials that show the photograph"""
MOVED, TURNED = 0.01, 0.02
"""m and rad from its place in the photograph: from there on a thing casts a shadow of its own"""


class Slides:
    """The photograph's textures, and the matrices that lay them onto surfaces."""

    def __init__(self, photo: PhotoSpec) -> None:
        """Raises SetError when a picture cannot be read."""
        self._photo = photo
        self._textures = {"photo": _texture(read_photo(photo.file))}
        size = self._textures["photo"].x_size, self._textures["photo"].y_size
        self._textures["backdrop"] = _texture(read_photo(photo.behind)) if photo.behind else self._textures["photo"]
        self.matrix = projection(photo, size[0] / size[1])

    def project(self, node: p3d.NodePath, material: str, position: ArrayLike,
                quaternion: ArrayLike = (0.0, 0.0, 0.0, 1.0)) -> None:  # fmt: skip
        """Shows the photograph on a node as it lies on it while its item is at a position (3,), m, and quaternion."""
        world = np.eye(4)
        world[:3, :3] = rotation.to_matrix(np.asarray(quaternion, float))
        world[:3, 3] = position
        node.set_texture(self._textures[material])
        node.set_shader_input("photo", 1.0)
        # Panda3D's matrices work on rows
        node.set_shader_input("photo_matrix", p3d.LMatrix4(*(self.matrix @ world).T.reshape(-1).tolist()))

    def cast(self, item: ItemSpec, node: p3d.NodePath, position: Array, quaternion: Array) -> None:
        """Has a thing of the photograph cast a shadow once it has moved: before, its shadow is in the picture."""
        if not any(part.material in PROJECTED for part in item.parts + item.decor):
            return
        moved = float(np.linalg.norm(position - np.array(item.position))) > MOVED
        turned = 2.0 * math.acos(min(abs(float(quaternion @ np.array(item.quaternion))), 1.0)) > TURNED
        (node.show if moved or turned else node.hide)(SHADOW_MASK)


def projection(photo: PhotoSpec, aspect: float) -> Array:
    """(4, 4) from a point (4,) of the world, m, to (u w, v w, 0, w): u to the right, v up, 0..1 across the picture.

    `aspect` is the picture's width divided by its height.
    """
    camera = photo.camera
    pose = CameraPose.look(camera.position, camera.target, camera.field_of_view, camera.roll)
    wide = 0.5 / math.tan(0.5 * camera.field_of_view)
    rows = np.array(
        [0.5 * pose.forward - wide * pose.left, 0.5 * pose.forward + aspect * wide * pose.up, np.zeros(3), pose.forward]
    )
    return np.hstack([rows, -(rows @ pose.position)[:, None]])


def _texture(picture: NDArray[np.uint8]) -> p3d.Texture:
    result = from_image(picture, "photo")
    result.set_format(p3d.Texture.F_rgb)  # it goes to the screen as it is
    # no anisotropic filter: with it Mesa's software renderer draws rows of dots
    result.set_wrap_u(p3d.SamplerState.WM_clamp)
    result.set_wrap_v(p3d.SamplerState.WM_clamp)
    return result
