"""Overlay: lines for the player over the scene: where the mouse pulls, and where a prop would stand."""

from __future__ import annotations

import numpy as np
import panda3d.core as p3d
from numpy.typing import NDArray

Array = NDArray[np.float64]

LINE, SPOT = (1.0, 0.85, 0.3, 1.0), (1.0, 0.45, 0.30, 1.0)
LIFT = 0.012
"""m above the floor"""


class Overlay:
    """Lines over everything else, in a scene of their own, so that films and saved pictures do not have them."""

    def __init__(self, window: p3d.GraphicsOutput, lens: p3d.Lens) -> None:
        """`lens` is that of the window's camera."""
        self._root = p3d.NodePath("overlay")
        self._camera = self._root.attach_new_node(p3d.Camera("overlay", lens))
        region = window.make_display_region()
        region.sort = 5  # the scene is drawn at 0, texts at 10
        region.camera = self._camera
        self._root.set_depth_test(False)
        self._root.set_depth_write(False)
        self._drawn: list[p3d.NodePath] = []

    def show(self, camera: p3d.NodePath, pull: tuple[Array, Array] | None, spot: Array | None, outline: Array) -> None:
        """Shows a pull, from (3,) to (3,), and the outline (K, 3) of a prop at a spot (3,); m, world."""
        self._camera.set_mat(camera.get_mat())
        while self._drawn:
            self._drawn.pop().remove_node()
        if pull is not None:
            self._draw(_line(np.stack(pull), LINE, 2.0))
            self._draw(_line(np.stack([pull[1] + d for d in _CROSS]), LINE, 2.0))
        if spot is not None and len(outline):
            corners = outline + spot + [0.0, 0.0, LIFT]
            self._draw(_line(np.concatenate([corners, corners[:1]]), SPOT, 3.0))
            self._draw(_line(corners[[0, 2]], SPOT, 1.0))
            self._draw(_line(corners[[1, 3]], SPOT, 1.0))

    def _draw(self, node: p3d.GeomNode) -> None:
        self._drawn.append(self._root.attach_new_node(node))


_CROSS = 0.025 * np.array([[-1.0, 0, 0], [1, 0, 0], [0, 0, 0], [0, -1, 0], [0, 1, 0], [0, 0, 0], [0, 0, -1], [0, 0, 1]])


def _line(points: Array, color: tuple[float, float, float, float], thickness: float) -> p3d.GeomNode:
    """Through points (K, 3), `thickness` in pixels."""
    segments = p3d.LineSegs()
    segments.set_color(*color)
    segments.set_thickness(thickness)
    segments.move_to(*points[0].tolist())
    for point in points[1:].tolist():
        segments.draw_to(*point)
    return segments.create()
