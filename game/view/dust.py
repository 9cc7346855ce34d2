"""Dust: soft puffs where something hits hard."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import panda3d.core as p3d
from numpy.typing import NDArray

from game.scene.set_spec import LightSpec
from game.sim.contact import Contact
from game.view.lights import SHADERS, SHADOW_MASK

Array = NDArray[np.float64]

MAX_PUFFS = 96
MIN_FORCE = 1500.0
"""N; harder hits raise dust: a step has up to 1200, a landing on both feet 3000, a slam more"""
MOST = 3.0
"""times MIN_FORCE, from where on there is no more of it"""
LIFE = 0.6
"""s that a puff is visible"""
OPACITY = 0.13
FLATNESS = 0.4
"""height of a puff, as a share of its width: it stays about the floor, below his face"""
ALBEDO = np.array([0.4, 0.36, 0.3])
"""of dust, linear"""


def color_of(light: LightSpec) -> Array:
    """(3,) sRGB 0..1 of dust in a set's light, as the surfaces' shader would show it: never brighter than they are."""
    x = ALBEDO * light.exposure * (0.6 * np.array(light.sky) + 0.3 * np.array(light.bounce) + 0.3 * np.array(light.sun))
    filmed = np.clip((x * (2.51 * x + 0.03)) / (x * (2.43 * x + 0.59) + 0.14), 0.0, 1.0)
    return np.asarray(filmed ** (1.0 / 2.2))


class Dust:
    """Puffs as quads that face the camera, all in one mesh."""

    def __init__(self, parent: p3d.NodePath, light: LightSpec) -> None:
        self._color = color_of(light)
        self._random = np.random.default_rng(7)
        self._place, self._velocity = np.zeros((MAX_PUFFS, 3)), np.zeros((MAX_PUFFS, 3))
        self._age, self._size = np.full(MAX_PUFFS, LIFE), np.zeros(MAX_PUFFS)
        self._next = 0
        self._seen: object = None
        self._data = p3d.GeomVertexData("dust", p3d.GeomVertexFormat.get_v3c4t2(), p3d.Geom.UH_dynamic)
        self._data.unclean_set_num_rows(4 * MAX_PUFFS)
        corners = np.tile(np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32), (MAX_PUFFS, 1))
        self._rows = np.zeros(4 * MAX_PUFFS, np.dtype([("vertex", "<f4", 3), ("color", "u1", 4), ("uv", "<f4", 2)]))
        self._rows["uv"] = corners
        triangles = p3d.GeomTriangles(p3d.Geom.UH_static)
        for i in range(MAX_PUFFS):
            triangles.add_vertices(4 * i, 4 * i + 1, 4 * i + 2)
            triangles.add_vertices(4 * i, 4 * i + 2, 4 * i + 3)
        geom = p3d.Geom(self._data)
        geom.add_primitive(triangles)
        node = p3d.GeomNode("dust")
        node.add_geom(geom)
        node.set_bounds(p3d.OmniBoundingVolume())
        node.set_final(True)
        self.node = parent.attach_new_node(node)
        sources = [(SHADERS / name).read_text("utf-8") for name in ("dust.vert", "dust.frag")]
        self.node.set_shader(p3d.Shader.make(p3d.Shader.SL_GLSL, *sources), 100)
        self.node.set_transparency(p3d.TransparencyAttrib.M_alpha)
        self.node.set_depth_write(False)
        self.node.set_bin("fixed", 10)
        self.node.hide(SHADOW_MASK)
        self.node.hide()

    def update(self, contacts: Sequence[Contact], seconds: float, camera: p3d.NodePath) -> None:
        """Moves on by `seconds`. The same contacts raise dust once, even if they are shown in several frames."""
        if contacts is not self._seen:
            self._seen = contacts
            for contact in contacts:
                if contact.peak > MIN_FORCE and contact.kind in ("floor", "prop"):
                    self.puff(np.array(contact.point), min(contact.peak / MIN_FORCE, MOST))
        self._age = np.minimum(self._age + seconds, LIFE)
        if not (self._age < LIFE).any():
            self.node.hide()
            return
        self.node.show()
        self._velocity *= np.exp(-3.5 * seconds)
        self._place += self._velocity * seconds
        self._draw(camera)

    def puff(self, point: Array, strength: float) -> None:
        """Adds a ring of puffs about a point (3,), m; strength 1 or more."""
        for k in range(int(3 + 3 * strength)):
            i, self._next = self._next, (self._next + 1) % MAX_PUFFS
            angle = 2.399 * k + self._random.random()
            out = np.array([np.cos(angle), np.sin(angle), 0.06 + 0.14 * self._random.random()])
            self._place[i] = point + 0.09 * out
            self._velocity[i] = out * (0.5 + 0.5 * self._random.random()) * (0.5 + 0.35 * strength)
            self._size[i] = 0.05 + 0.03 * strength * self._random.random()
            self._age[i] = -0.06 * self._random.random()

    def _draw(self, camera: p3d.NodePath) -> None:
        turn = camera.get_net_transform().get_mat()
        right, up = (np.array(list(turn.get_row3(i))) for i in (0, 2))
        t = np.clip(self._age / LIFE, 0.0, 1.0)
        size = self._size * (0.6 + 2.2 * np.sqrt(t)) * (self._age < LIFE)
        offsets = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]], float)
        spread = offsets[:, :1] * right + FLATNESS * offsets[:, 1:] * up
        self._rows["vertex"] = (self._place[:, None] + size[:, None, None] * spread[None]).reshape(-1, 3)
        alpha = OPACITY * (1.0 - t) ** 1.5
        color = np.concatenate([np.tile(self._color, (MAX_PUFFS, 1)), alpha[:, None]], axis=1)
        self._rows["color"] = np.repeat(np.round(color * 255), 4, axis=0)
        self._data.modify_array(0).modify_handle().copy_data_from(self._rows.tobytes())
