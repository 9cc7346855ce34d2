"""Draws a set: its ground, and its items as nodes that can be moved."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import numpy as np
import panda3d.core as p3d

from game.scene.set_spec import GroundSpec, ItemSpec, PartSpec
from game.view import patterns
from game.view.forms import fine_box, form, plane
from game.view.lights import SHADOW_MASK
from game.view.quality import Quality
from game.view.slides import PROJECTED, Slides
from game.view.vertices import Finish, Vertices, merge

FINISHES = {
    "paint": Finish(0.75, 0.0, 0.0, 0.15),
    "fabric": Finish(0.92, 0.18, 0.0, 0.45),
    "velvet": Finish(0.80, 0.24, 0.0, 0.9),
    "wood": Finish(0.48, 0.0, 0.0, 0.2),
    "planks": Finish(0.40, 0.0, 0.0, 0.2),
    "metal": Finish(0.32, 0.0, 0.0, 0.4),
    "plastic": Finish(0.38, 0.08, 0.0, 0.3),
    "rubber": Finish(0.62, 0.10, 0.0, 0.25),
    "ceramic": Finish(0.25, 0.1, 0.0, 0.3),
    "cardboard": Finish(0.9, 0.0, 0.0, 0.15),
    "foliage": Finish(0.7, 0.28, 0.0, 0.35),
    "grass": Finish(1.0, 0.2, 0.0, 0.1),
    "gravel": Finish(1.0, 0.0, 0.0, 0.1),
    "earth": Finish(1.0, 0.0, 0.0, 0.1),
    "skin": Finish(0.5, 0.28, 0.0, 0.4),
    "water": Finish(0.05, 0.0, 0.0, 2.0),
    "ice": Finish(0.10, 0.25, 0.0, 2.0),
    "glow": Finish(0.9, 0.3, 1.0, 0.0),
    "shade": Finish(0.9, 0.3, 0.55, 0.0),
    "paper": Finish(0.9, 0.1, 0.0, 0.1),
    "rug": Finish(1.0, 0.1, 0.0, 0.1),
    "art": Finish(0.6, 0.0, 0.0, 0.1),
    "chalk": Finish(1.0, 0.0, 0.0, 0.05),
    "photo": Finish(1.0, 0.0, 0.0, 0.0),
    "backdrop": Finish(1.0, 0.0, 0.0, 0.0),
}


SEE_THROUGH = {"water": 0.4, "ice": 0.62}
"""materials that one looks through, seen from above; from the side they reflect"""


SOFT = 8000.0
"""N/m: what gives more easily than this is dented by a body that lies on it"""
CLOTHS = ("fabric", "velvet")


def ground_node(ground: GroundSpec, quality: Quality, slides: Slides | None = None) -> p3d.NodePath:
    """The floor; it receives shadows and casts none. `slides`: the set's photograph."""
    v = plane(*ground.size)
    tile = ground.tile if ground.picture else patterns.TILE.get(ground.material, 0.0)
    if tile:
        repeats = ground.size / (_tile(ground.picture, tile) if ground.picture else np.array([tile, tile]))
        v = Vertices(v.position, v.normal, v.triangles, v.color, v.surface, v.uv * repeats)
    node = v.painted(ground.color, FINISHES[ground.material]).node("ground")
    if ground.picture:
        node.set_texture(patterns.user_picture(ground.picture, quality.texture_size, quality.anisotropy))
    else:
        _texture(node, ground.material, 0, quality)
    node.set_pos(*ground.center, 0.0)
    if slides is not None and ground.material in PROJECTED:
        slides.project(node, ground.material, (*ground.center, 0.0))
    node.hide(SHADOW_MASK)
    draw_late(node)
    return node


def draw_late(node: p3d.NodePath) -> None:
    """Draws a large background after the other opaque nodes, so that its hidden pixels are not shaded."""
    manager = p3d.CullBinManager.get_global_ptr()
    if manager.find_bin("late") < 0:
        manager.add_bin("late", p3d.CullBinManager.BT_state_sorted, 25)  # opaque is 20, transparent 30
    node.set_bin("late", 0)


def item_node(item: ItemSpec, quality: Quality, slides: Slides | None = None) -> p3d.NodePath:
    """An item in its own frame: one node, with a mesh for each texture. `slides`: the set's photograph."""
    root = p3d.NodePath(item.name)
    groups: dict[tuple[str, int, Path | None], list[Vertices]] = defaultdict(list)
    soft = item.contact_stiffness is not None and item.contact_stiffness < SOFT
    if soft:
        root.set_shader_input("soft", 1.0)
    for part in (() if item.shell else item.parts) + item.decor:
        key = (part.material, part.seed) if patterns.has_pattern(part.material) else ("", 0)
        key = (part.material, 0) if part.material in (*SEE_THROUGH, *PROJECTED) else key
        groups[*key, part.picture].append(drawn(part, quality.detail, soft))
    for (material, seed, picture), meshes in groups.items():
        node = merge(meshes).node(material or "plain")
        if material in SEE_THROUGH:
            node.set_transparency(p3d.TransparencyAttrib.M_alpha)
            node.set_shader_input("opacity", SEE_THROUGH[material])
            node.set_depth_offset(1)
            node.set_bin("transparent", 0)  # after the ground, though its item may be drawn as late as that
            node.hide(SHADOW_MASK)
        elif material in PROJECTED:
            if slides is not None:
                slides.project(node, material, item.position, item.quaternion)
        elif picture:
            node.set_texture(patterns.user_picture(picture, quality.texture_size, quality.anisotropy))
        elif material:
            _texture(node, material, seed, quality)
        node.reparent_to(root)
    if not item.shadow:
        root.hide(SHADOW_MASK)
        draw_late(root)
    return root


def drawn(part: PartSpec, detail: float, soft: bool = False) -> Vertices:
    """A part's mesh in its item's frame, painted; one of cloth that is soft is fine enough to be dented."""
    fine = soft and part.shape == "box" and part.material in CLOTHS
    v = fine_box(part, detail) if fine else form(part, detail)
    v = v.painted(part.color, FINISHES[part.material])
    if part.picture and part.tile:
        v = Vertices(
            v.position,
            v.normal,
            v.triangles,
            v.color,
            v.surface,
            _in_metres(v) / _tile(part.picture, part.tile),
            v.joint,
            v.weight,
        )
    elif part.picture or part.material in ("rug", "art", "cardboard"):
        v = Vertices(v.position, v.normal, v.triangles, v.color, v.surface, _over_face(v, part), v.joint, v.weight)
    elif part.material in patterns.TILE:
        v = Vertices(
            v.position, v.normal, v.triangles, v.color, v.surface, v.position[:, :2] / patterns.TILE[part.material]
        )
    return v.placed(part.position, part.quaternion)


def _over_face(v: Vertices, part: PartSpec) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """uv (V, 2), 0..1 across each face; a face belongs to the axis that its normal is nearest to."""
    if part.shape == "plane":
        return v.uv
    axis = np.abs(v.normal).argmax(1)
    low, size = v.position.min(0), np.maximum(np.ptp(v.position, axis=0), 1e-6)
    unit = (v.position - low) / size
    pick = np.array([[1, 2], [0, 2], [0, 1]])[axis]
    return np.take_along_axis(unit, pick, 1)


def _tile(picture: Path, width: float) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """(2,) m, what a picture covers before it repeats."""
    return np.array([width, width * patterns.picture_shape(picture)])


def _in_metres(v: Vertices) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """uv (V, 2), m across each face, likewise; up in the picture is z where the face stands."""
    pick = np.array([[1, 2], [0, 2], [0, 1]])[np.abs(v.normal).argmax(1)]
    return np.take_along_axis(v.position, pick, 1)


def _texture(node: p3d.NodePath, material: str, seed: int, quality: Quality) -> None:
    if patterns.has_pattern(material):
        node.set_texture(patterns.texture(material, quality.texture_size, quality.anisotropy, seed))
