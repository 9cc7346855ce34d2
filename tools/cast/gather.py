"""Gathers all triangles of a file in one pose and one space, moved by the few bones that the game drives."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from game.scene.gltf_file import GltfFile
from game.view.figure_parts import FigureError
from tools.cast.rig import Rig

Array = NDArray[np.float64]
Ints = NDArray[np.int64]

MAX_TRIANGLES, MAX_JOINTS = 200_000, 256
_TRIANGLES, _STRIP, _FAN = 4, 5, 6


@dataclass(eq=False)
class Piece:
    """One material's triangles of one mesh. V vertices, in the rest pose and the file's world."""

    mesh: int
    material: int
    """-1 for none"""
    position: Array
    normal: Array
    uv: Array
    """(V, 2)"""
    color: Array
    """(V, 4) linear"""
    joint: Ints
    """(V, 4) driven bones"""
    weight: Array
    """(V, 4) rows sum to 1"""
    own: NDArray[np.bool_]
    """(V,) whether a vertex is of the body itself: moved by a driven bone or a finger, and not by hair or a skirt"""
    triangles: Ints
    """(T, 3)"""
    morphs: dict[int, Array] = field(default_factory=dict)
    """(V, 3) displacement by the number of the morph target"""


def gather(file: GltfFile, rig: Rig, rest: Array, driver: Ints, solid: NDArray[np.bool_], wanted: set[tuple[int, int]]
           ) -> list[Piece]:  # fmt: skip
    """All triangles.

    Args:
        file: what is read.
        rig: its nodes.
        rest: (N, 4, 4) the pose to be gathered in, fingers bent.
        driver: (N,) which driven bone each node follows.
        solid: (N,) the nodes whose vertices may touch the floor.
        wanted: (mesh, morph target) pairs that are kept.

    Raises:
        FigureError for too much of something, GltfError for what the file has wrong.
    """
    if len(rig.joints) > MAX_JOINTS:
        raise FigureError(f"{file.path.name}: {len(rig.joints)} bones, expected at most {MAX_JOINTS}")
    pieces, count = [], 0
    for node, mesh, primitive in _primitives(file):
        where = f"meshes[{mesh}]"
        _check_packing(file, primitive, where)
        corners = _corners(file, primitive, where)
        count += len(corners)
        if count > MAX_TRIANGLES:
            raise FigureError(
                f"{file.path.name}: more than {MAX_TRIANGLES} triangles; thin it out first (Blender: Decimate)"
            )
        pieces.append(_piece(file, rig, rest, driver, solid, node, mesh, primitive, corners, wanted))
    if not count:
        raise FigureError(f"{file.path.name}: has no triangles")
    return pieces


def _primitives(file: GltfFile) -> Iterator[tuple[int, int, dict[str, Any]]]:
    """Node, mesh and primitive of everything that is drawn."""
    for node, entry in enumerate(file.items("nodes")):
        if "mesh" not in entry:
            continue
        mesh = file.item("meshes", entry["mesh"])
        for primitive in file.objects(mesh, "primitives", f"meshes[{entry['mesh']}]"):
            if primitive.get("mode", _TRIANGLES) in (_TRIANGLES, _STRIP, _FAN):
                yield node, int(entry["mesh"]), primitive


def _check_packing(file: GltfFile, primitive: dict[str, Any], where: str) -> None:
    packed = [e for e in file.object(primitive, "extensions", where) if e == "KHR_draco_mesh_compression"]
    if packed:
        raise FigureError(
            f"{file.path.name}: its meshes are packed by Draco, which the game does not unpack; "
            "export it without compression"
        )


def _corners(file: GltfFile, primitive: dict[str, Any], where: str) -> Ints:
    """(T, 3) vertices."""
    attributes = file.object(primitive, "attributes", where)
    if "POSITION" not in attributes:
        raise file.error(f"{where} has no POSITION")
    size = int(file.item("accessors", attributes["POSITION"]).get("count", 0) or 0)
    flat = file.indices(primitive["indices"], size) if "indices" in primitive else np.arange(size)
    mode = primitive.get("mode", _TRIANGLES)
    if mode == _TRIANGLES:
        if len(flat) % 3:
            raise file.error(f"{where}: {len(flat)} corners are not whole triangles")
        return flat.reshape(-1, 3)
    if len(flat) < 3:
        raise file.error(f"{where}: {len(flat)} corners, expected at least 3")
    if mode == _FAN:
        return np.stack([np.full(len(flat) - 2, flat[0]), flat[1:-1], flat[2:]], axis=1)
    strip = np.stack([flat[:-2], flat[1:-1], flat[2:]], axis=1)
    strip[1::2] = strip[1::2][:, [1, 0, 2]]
    return strip


def _piece(file: GltfFile, rig: Rig, rest: Array, driver: Ints, solid: NDArray[np.bool_], node: int, mesh: int,
           primitive: dict[str, Any], corners: Ints, wanted: set[tuple[int, int]]) -> Piece:  # fmt: skip
    where = f"meshes[{mesh}]"
    attributes = file.object(primitive, "attributes", where)
    position = file.accessor(attributes["POSITION"], "VEC3")
    count = len(position)
    nodes, weights, motion = _influences(file, rig, rest, node, attributes, count, where)
    blend = sum((weights[:, k, None, None] * motion[nodes[:, k]] for k in range(nodes.shape[1])), np.zeros((1, 4, 4)))
    turn = blend[:, :3, :3]
    if float(np.median(np.linalg.det(turn))) < 0.0:
        corners = corners[:, ::-1]  # a mirrored mesh
    flat = np.einsum("vij,vj->vi", turn, position) + blend[:, :3, 3]
    if "NORMAL" in attributes:
        normal = np.einsum("vij,vj->vi", _for_normals(turn), _like(file, attributes["NORMAL"], count, where, "VEC3"))
    else:
        normal = _smooth_normals(flat, corners)
    joint, weight = _merged(driver[nodes], weights)
    shift = {
        index: np.einsum("vij,vj->vi", turn, _target(file, primitive, index, count, where))
        for m, index in wanted
        if m == mesh and index < len(file.objects(primitive, "targets", where))
    }
    material = primitive.get("material", -1)
    if material != -1:
        file.item("materials", material)
    return Piece(
        mesh=mesh,
        material=int(material),
        position=flat,
        normal=_unit(normal),
        uv=_uv(file, primitive, attributes, count, where),
        color=_color(file, attributes, count, where),
        joint=joint,
        weight=weight,
        own=(solid[nodes] * weights).sum(1) > 0.5,
        triangles=np.asarray(corners, np.int64),
        morphs={index: s for index, s in shift.items() if np.abs(s).max(initial=0.0) > 0.0},
    )


def _influences(file: GltfFile, rig: Rig, rest: Array, node: int, attributes: dict[str, Any], count: int, where: str
                ) -> tuple[Ints, Array, Array]:  # fmt: skip
    """Nodes (V, k) that move each vertex, their weights (V, k), and each node's motion (N, 4, 4) of this mesh."""
    skin = file.items("nodes")[node].get("skin")
    if skin is None or "JOINTS_0" not in attributes:
        return np.full((count, 1), node), np.ones((count, 1)), rest
    file.item("skins", skin)
    binding = rig.skins[skin]
    joints, weights = [], []
    for k in range(4):
        if f"JOINTS_{k}" in attributes and f"WEIGHTS_{k}" in attributes:
            joints.append(_like(file, attributes[f"JOINTS_{k}"], count, where, "VEC4"))
            weights.append(_like(file, attributes[f"WEIGHTS_{k}"], count, where, "VEC4"))
    if not joints:
        raise file.error(f"{where} has joints without weights")
    joint, weight = np.concatenate(joints, axis=1), np.concatenate(weights, axis=1).clip(0.0)
    if joint.min() < 0 or joint[weight > 0.0].max(initial=0.0) >= len(binding.joints):
        raise file.error(f"{where}: joints up to {joint.max():g}, expected 0 to {len(binding.joints) - 1}")
    joint = np.where(weight > 0.0, joint, 0).astype(np.int64)
    total = weight.sum(1, keepdims=True)
    weight = np.where(total > 1e-9, weight / np.maximum(total, 1e-9), np.eye(weight.shape[1])[0])
    motion = np.array(rest)
    motion[binding.joints] = rest[binding.joints] @ binding.inverse
    return binding.joints[joint], weight, motion


def _merged(bone: Ints, weight: Array) -> tuple[Ints, Array]:
    """The four driven bones (V, 4) that count most for each vertex, and their weights (V, 4), which sum to 1."""
    num_bones = int(bone.max()) + 1
    total = np.zeros((len(bone), max(num_bones, 4)))
    np.add.at(total, (np.arange(len(bone))[:, None], bone), weight)
    best = np.argsort(-total, axis=1, kind="stable")[:, :4]
    kept = np.take_along_axis(total, best, 1)
    kept /= np.maximum(kept.sum(1, keepdims=True), 1e-12)
    return np.where(kept > 0.0, best, best[:, :1]), kept


def _like(file: GltfFile, index: Any, count: int, where: str, *kinds: str) -> Array:
    """An accessor with one row for each vertex."""
    values = file.accessor(index, *kinds)
    if len(values) != count:
        raise file.error(f"{where}: {count} vertices, but {len(values)} rows of another attribute")
    return values


def _target(file: GltfFile, primitive: dict[str, Any], index: int, count: int, where: str) -> Array:
    target = file.objects(primitive, "targets", where)[index]
    return _like(file, target["POSITION"], count, where, "VEC3") if "POSITION" in target else np.zeros((count, 3))


def _uv(file: GltfFile, primitive: dict[str, Any], attributes: dict[str, Any], count: int, where: str) -> Array:
    """(V, 2) of the base colour's texture, its transform applied."""
    uv_set, transform = 0, {}
    if "material" in primitive:
        material = file.item("materials", primitive["material"])
        shine = file.object(material, "pbrMetallicRoughness", where)
        texture = file.object(shine, "baseColorTexture", where)
        transform = file.object(file.object(texture, "extensions", where), "KHR_texture_transform", where)
        uv_set = transform.get("texCoord", texture.get("texCoord", 0))
    name = f"TEXCOORD_{uv_set}" if f"TEXCOORD_{uv_set}" in attributes else "TEXCOORD_0"
    if name not in attributes:
        return np.zeros((count, 2))
    uv = _like(file, attributes[name], count, where, "VEC2")
    if transform:
        angle = file.number(transform, "rotation", 0.0, where)
        turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
        scale = file.numbers(transform, "scale", (1.0, 1.0), where)
        uv = (uv * scale) @ turn.T + file.numbers(transform, "offset", (0.0, 0.0), where)
    return uv


def _color(file: GltfFile, attributes: dict[str, Any], count: int, where: str) -> Array:
    if "COLOR_0" not in attributes:
        return np.ones((count, 4))
    color = _like(file, attributes["COLOR_0"], count, where, "VEC3", "VEC4").clip(0.0, 1.0)
    return np.concatenate([color, np.ones((count, 4 - color.shape[1]))], axis=1)


def _for_normals(turn: Array) -> Array:
    """(V, 3, 3) inverse transposes, which keep normals upright on what they belong to; as cofactors."""
    a, b, c = turn[:, 0], turn[:, 1], turn[:, 2]
    cofactors = np.stack([np.cross(b, c), np.cross(c, a), np.cross(a, b)], axis=1)
    return np.asarray(cofactors * np.sign(np.linalg.det(turn))[:, None, None])


def _smooth_normals(position: Array, triangles: Ints) -> Array:
    a, b, c = (position[triangles[:, k]] for k in range(3))
    face = np.cross(b - a, c - a)
    normal = np.zeros_like(position)
    for k in range(3):
        np.add.at(normal, triangles[:, k], face)
    return normal


def _unit(v: Array) -> Array:
    length = np.linalg.norm(v, axis=1, keepdims=True)
    return np.where(length > 1e-12, v / np.maximum(length, 1e-12), np.array([0.0, 0.0, 1.0]))
