"""ShapesView: draws Snapshots as the plain shapes that the physics collides."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import panda3d.core as p3d
from numpy.typing import NDArray

from game.scene.set_spec import ItemSpec
from game.sim.model import CharacterModel
from game.sim.snapshot import Snapshot
from game.view import mesh

Array = NDArray[np.float64]
Color = tuple[float, float, float, float]

LEFT_COLOR: Color = (0.20, 0.45, 0.75, 1.0)
RIGHT_COLOR: Color = (0.85, 0.45, 0.20, 1.0)
MIDDLE_COLOR: Color = (0.80, 0.78, 0.72, 1.0)
BACKGROUND: Color = (0.62, 0.66, 0.70, 1.0)
FLOOR_COLORS = ((0.40, 0.42, 0.44, 1.0), (0.46, 0.48, 0.50, 1.0))
FIXED_ALPHA = 0.3
"""of items that cannot move"""
FLOOR_TILES = 40
"""on a side, 1 m each"""


class ShapesView:
    """The bodies of every character and the parts of every prop, on a floor of 1 m tiles."""

    def __init__(self, parent: p3d.NodePath, model: CharacterModel) -> None:
        self.root = parent.attach_new_node("shapes")
        self._model = model
        self._body = [_shape(shape.kind, shape.size, shape.center) for shape in model.shapes]
        self._characters: list[list[p3d.NodePath]] = []
        self._props: dict[int, p3d.NodePath] = {}
        _floor().reparent_to(self.root)
        _light(self.root)

    def show(self, snapshot: Snapshot, items: Mapping[int, ItemSpec], _seconds: float = 0.0) -> None:
        """Draws one snapshot.

        Args:
            snapshot: what to draw.
            items: what each of its props is, by id.
        """
        self._match_characters(snapshot.num_characters)
        for nodes, positions, rotations in zip(self._characters, snapshot.body_pos, snapshot.body_rot, strict=True):
            for node, position, rotation in zip(nodes, positions, rotations, strict=True):
                place(node, position, rotation)
        self._match_props(snapshot.props.ids, items)
        for prop, position, rotation in zip(snapshot.props.ids, snapshot.props.pos, snapshot.props.rot, strict=True):
            place(self._props[prop], position, rotation)

    def close(self) -> None:
        """Removes it from the scene."""
        self.root.remove_node()

    def _match_characters(self, count: int) -> None:
        while len(self._characters) > count:
            for node in self._characters.pop():
                node.remove_node()
        while len(self._characters) < count:
            self._characters.append([self._make_body(b) for b in range(self._model.num_bodies)])

    def _make_body(self, body: int) -> p3d.NodePath:
        name = self._model.body_names[body]
        node = self.root.attach_new_node(name)
        self._body[body].copy_to(node)
        side = name.partition("_")[0]
        node.set_color({"left": LEFT_COLOR, "right": RIGHT_COLOR}.get(side, MIDDLE_COLOR))
        return node

    def _match_props(self, ids: tuple[int, ...], items: Mapping[int, ItemSpec]) -> None:
        for gone in self._props.keys() - set(ids):
            self._props.pop(gone).remove_node()
        for prop in ids:
            if prop not in self._props:
                self._props[prop] = _item(items[prop])
                if items[prop].mass == 0.0:  # see-through, as the camera may be behind a wall
                    self._props[prop].set_transparency(p3d.TransparencyAttrib.M_alpha)
                    self._props[prop].set_alpha_scale(FIXED_ALPHA)
                self._props[prop].reparent_to(self.root)


def place(node: p3d.NodePath, position: Array, rotation: Array) -> None:
    """Puts a node at a position (3,) and a rotation (4,) xyzw."""
    x, y, z, w = rotation.tolist()
    node.set_pos_quat(p3d.Point3(*position.tolist()), p3d.Quat(w, x, y, z))


def _shape(kind: str, size: tuple[float, ...], center: tuple[float, float, float]) -> p3d.NodePath:
    makers = {"box": lambda: mesh.box(size), "sphere": lambda: mesh.sphere(size[0])}
    makers["capsule"] = lambda: mesh.capsule(size[0], size[1])
    makers["cylinder"] = lambda: mesh.cylinder(size[0], size[1])
    node = p3d.GeomNode(kind)
    node.add_geom(makers[kind]())
    result = p3d.NodePath(node)
    result.set_pos(*center)
    return result


def _item(item: ItemSpec) -> p3d.NodePath:
    result = p3d.NodePath(item.name)
    for part in item.parts:
        node = _shape(part.shape, part.size, (0.0, 0.0, 0.0))
        place(node, np.array(part.position), np.array(part.quaternion))
        node.set_color(*part.color, 1.0)
        node.reparent_to(result)
    return result


def _floor() -> p3d.NodePath:
    """A chequered floor, on which direction and speed of a motion can be seen."""
    image = p3d.PNMImage(2, 2)
    for x in range(2):
        for y in range(2):
            image.set_xel(x, y, *FLOOR_COLORS[(x + y) % 2][:3])
    texture = p3d.Texture("floor")
    texture.load(image)
    texture.set_magfilter(p3d.SamplerState.FT_nearest)
    texture.set_minfilter(p3d.SamplerState.FT_linear_mipmap_linear)
    half = FLOOR_TILES / 2
    maker = p3d.CardMaker("floor")
    maker.set_frame(-half, half, -half, half)
    maker.set_uv_range((0, 0), (half, half))
    floor = p3d.NodePath(maker.generate())
    floor.set_p(-90)
    floor.set_texture(texture)
    floor.set_light_off()
    return floor


def _light(root: p3d.NodePath) -> None:
    sun = p3d.DirectionalLight("sun")
    sun.color = p3d.LColor(0.8, 0.8, 0.76, 1)
    sky = p3d.AmbientLight("sky")
    sky.color = p3d.LColor(0.38, 0.4, 0.44, 1)
    for light, hpr in ((sun, (-40, -55, 0)), (sky, (0, 0, 0))):
        node = root.attach_new_node(light)
        node.set_hpr(*hpr)
        root.set_light(node)
