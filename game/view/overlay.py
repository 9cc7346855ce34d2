"""Overlay: what the player sees over the scene: where the mouse pulls, what would stand where, where an anvil falls."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import panda3d.core as p3d
from numpy.typing import NDArray

from game.input.prop_placement import Spot
from game.scene.set_spec import ItemSpec
from game.view.quality import QUALITIES
from game.view.set_view import item_node

Array = NDArray[np.float64]

LINE, WRONG = (1.0, 0.85, 0.3, 1.0), (1.0, 0.25, 0.18, 1.0)
STANDS, WRONG_TINT = (1.0, 1.0, 1.0, 0.62), (1.0, 0.16, 0.12, 0.62)
"""tints of what would stand there"""
MARK_RADII = (0.36, 0.2)
"""m, of the circles where an anvil falls"""
LIFT = 0.012
"""m above the floor"""


class Overlay:
    """What is drawn over the scene, in a scene of its own, so that films and saved pictures do not have it."""

    def __init__(self, window: p3d.GraphicsOutput, lens: p3d.Lens) -> None:
        """`lens` is that of the window's camera."""
        self._root = p3d.NodePath("overlay")
        self._camera = self._root.attach_new_node(p3d.Camera("overlay", lens))
        region = window.make_display_region()
        region.sort = 5  # the scene is drawn at 0, texts at 10
        region.camera = self._camera
        region.set_clear_depth_active(True)
        self._lines = self._root.attach_new_node("lines")
        self._lines.set_depth_test(False)
        self._lines.set_depth_write(False)
        self._lines.set_bin("fixed", 10)
        self._ghost: tuple[ItemSpec, p3d.NodePath] | None = None
        self._lights = _lights(self._root)

    def show(
        self, camera: p3d.NodePath, pull: tuple[Array, Array] | None, spot: Spot | None, mark: Array | None
    ) -> None:
        """Shows a pull, from (3,) to (3,), the prop that would stand at a spot, and where an anvil falls, (3,).

        All in m, world; each may be None.
        """
        self._camera.set_mat(camera.get_mat())
        self._lines.children.detach()
        if pull is not None:
            self._draw(_line(np.stack(pull), LINE, 2.0))
            self._draw(_line(np.stack([pull[1] + d for d in _CROSS]), LINE, 2.0))
        if mark is not None:
            for radius in MARK_RADII:
                self._draw(_line(mark + radius * _CIRCLE + _ABOVE, WRONG, 3.0))
            for arm in (_CIRCLE[0], _CIRCLE[len(_CIRCLE) // 4]):
                ends = np.stack([mark - MARK_RADII[0] * arm, mark + MARK_RADII[0] * arm]) + _ABOVE
                self._draw(_line(ends, WRONG, 2.0))
        self._show_ghost(spot)

    def _show_ghost(self, spot: Spot | None) -> None:
        """The prop itself, see-through; red where it cannot stand."""
        if spot is None:
            if self._ghost is not None:
                self._ghost[1].remove_node()
                self._ghost = None
            return
        shape = replace(spot.item, position=(0.0, 0.0, 0.0), quaternion=(0.0, 0.0, 0.0, 1.0))
        if self._ghost is None or self._ghost[0] != shape:
            if self._ghost is not None:
                self._ghost[1].remove_node()
            node = item_node(shape, QUALITIES["lite"])
            node.reparent_to(self._root)
            node.show()
            node.set_transparency(p3d.TransparencyAttrib.M_alpha)
            for light in self._lights:
                node.set_light(light)
            self._ghost = shape, node
        node = self._ghost[1]
        x, y, z, w = spot.item.quaternion
        node.set_pos_quat(p3d.Point3(*spot.item.position), p3d.Quat(w, x, y, z))
        node.set_color_scale(*(STANDS if spot.in_the_way is None else WRONG_TINT))

    def _draw(self, node: p3d.GeomNode) -> None:
        self._lines.attach_new_node(node)


_CROSS = 0.025 * np.array([[-1.0, 0, 0], [1, 0, 0], [0, 0, 0], [0, -1, 0], [0, 1, 0], [0, 0, 0], [0, 0, -1], [0, 0, 1]])


_ABOVE = np.array([0.0, 0.0, LIFT])
_TURN = np.linspace(0.0, 2.0 * np.pi, 33)
_CIRCLE = np.stack([np.cos(_TURN), np.sin(_TURN), np.zeros(33)], axis=-1)


def _lights(root: p3d.NodePath) -> list[p3d.NodePath]:
    """A lamp beside the viewer, and some light from everywhere."""
    lamp, sky = p3d.DirectionalLight("lamp"), p3d.AmbientLight("sky")
    lamp.color, sky.color = p3d.LColor(0.75, 0.75, 0.72, 1), p3d.LColor(0.45, 0.45, 0.48, 1)
    nodes: list[p3d.NodePath] = [root.attach_new_node(light) for light in (lamp, sky)]
    nodes[0].set_hpr(-40, -50, 0)
    return nodes


def _line(points: Array, color: tuple[float, float, float, float], thickness: float) -> p3d.GeomNode:
    """Through points (K, 3), `thickness` in pixels."""
    segments = p3d.LineSegs()
    segments.set_color(*color)
    segments.set_thickness(thickness)
    segments.move_to(*points[0].tolist())
    for point in points[1:].tolist():
        segments.draw_to(*point)
    return segments.create()
