"""Skin: reads an avatar's .glb file, with a joint for each of the model's bodies, into arrays."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from game.scene.gltf_axes import matrices_from_gltf, vectors_from_gltf
from game.scene.gltf_file import GltfError, GltfFile
from game.scene.refusal import refused_as

Array = NDArray[np.float64]


class SkinError(ValueError):
    """A file is not an avatar; the message says what is wrong with it."""


@dataclass(frozen=True, eq=False)
class SkinPart:
    """The triangles of one material. V vertices."""

    material: str
    color: tuple[float, float, float]
    """sRGB, 0..1"""
    roughness: float
    position: Array
    """(V, 3) bind pose"""
    normal: Array
    """(V, 3)"""
    tint: Array
    """(V, 3) multiplies the colour, linear"""
    openness: Array
    """(V,) 0..1, share of the sky that the body itself does not hide"""
    joint: Array
    """(V, 4) indices of the joints that move a vertex"""
    weight: Array
    """(V, 4) their weights, 0..1"""
    triangles: NDArray[np.int64]
    """(T, 3)"""
    morphs: tuple[Array, ...]
    """(V, 3) each: displacements at weight 1, m"""


@dataclass(frozen=True, eq=False)
class Skin:
    """An avatar's meshes and joints. K joints."""

    joint_names: tuple[str, ...]
    bind: Array
    """(K, 4, 4) joints' poses in the bind pose"""
    body: tuple[SkinPart, ...]
    mouth: tuple[SkinPart, ...]
    morph_names: tuple[str, ...]
    height: float
    """relative to the physical body"""

    @staticmethod
    def load(path: Path) -> Skin:
        """Read a .glb. Raises SkinError."""
        if not path.is_file():
            raise SkinError(f"no avatar at {path}")
        with refused_as(SkinError, path.name):
            try:
                return _skin(GltfFile.load(path))
            except GltfError as error:
                raise SkinError(str(error)) from error


def _skin(file: GltfFile) -> Skin:
    """Raises GltfError."""
    if not file.items("skins"):
        raise file.error("has no skin, expected one with a joint for each link")
    skin = file.items("skins")[0]
    nodes = skin.get("joints")
    if not isinstance(nodes, list):
        raise file.error("its skin has no list of joints")
    names = tuple(str(file.item("nodes", node).get("name")) for node in nodes)
    inverse = file.accessor(skin.get("inverseBindMatrices"), "MAT4").reshape(-1, 4, 4).transpose(0, 2, 1)
    if len(inverse) != len(names) or (np.abs(np.linalg.det(inverse)) < 1e-12).any():
        raise file.error(
            f"{len(inverse)} bind matrices for {len(names)} joints, expected one that is invertible for each"
        )
    meshes = {mesh.get("name"): mesh for mesh in file.items("meshes") if isinstance(mesh.get("name"), str)}
    if "body" not in meshes:
        raise file.error(f"has meshes {sorted(map(str, meshes))}, expected one called 'body'")
    body, mouth = meshes["body"], meshes.get("mouth", {})
    morph_names = file.object(mouth, "extras", "mesh 'mouth'").get("targetNames", [])
    if not isinstance(morph_names, list):
        raise file.error(f"mesh 'mouth': targetNames is {str(morph_names)[:20]!r}, expected a list")
    asset = file.object(file.json, "asset", "the file")
    height = file.number(file.object(asset, "extras", "asset"), "height", 1.0, "asset.extras")
    if not 0.1 <= height <= 10.0:
        raise file.error(f"asset.extras: height is {height:g}, expected 0.1 to 10")
    return Skin(
        joint_names=names,
        bind=matrices_from_gltf(np.asarray(np.linalg.inv(inverse), float)),
        body=tuple(_part(file, p, len(names)) for p in file.objects(body, "primitives", "mesh 'body'")),
        mouth=tuple(
            _part(file, p, len(names), len(morph_names)) for p in file.objects(mouth, "primitives", "mesh 'mouth'")
        ),
        morph_names=tuple(map(str, morph_names)),
        height=height,
    )


def _part(file: GltfFile, primitive: dict[str, Any], num_joints: int, num_morphs: int | None = None) -> SkinPart:
    """One material's triangles, with every index in them checked. Raises GltfError."""
    material = file.item("materials", primitive.get("material"))
    name = str(material.get("name", "skin"))
    where = f"material {name!r}"
    shine = file.object(material, "pbrMetallicRoughness", where)
    r, g, b, _ = (_srgb(c) for c in file.numbers(shine, "baseColorFactor", (0.8, 0.8, 0.8, 1.0), where).clip(0.0, 1.0))
    attributes = file.object(primitive, "attributes", where)
    missing = {"POSITION", "NORMAL", "JOINTS_0", "WEIGHTS_0"} - attributes.keys()
    if missing:
        raise file.error(f"{where} has no {', '.join(sorted(missing))}")
    position = vectors_from_gltf(file.accessor(attributes["POSITION"], "VEC3"))
    count = len(position)
    shade = np.ones((count, 4))
    if "COLOR_0" in attributes:
        shade = file.accessor(attributes["COLOR_0"], "VEC3", "VEC4").clip(0.0, 1.0)
    morphs = file.objects(primitive, "targets", where)
    part = SkinPart(
        material=name,
        color=(r, g, b),
        roughness=file.number(shine, "roughnessFactor", 0.7, where),
        position=position,
        normal=vectors_from_gltf(file.accessor(attributes["NORMAL"], "VEC3")),
        tint=shade[:, :3],
        openness=shade[:, 3] if shade.shape[1] == 4 else np.ones(len(shade)),
        joint=file.accessor(attributes["JOINTS_0"], "VEC4"),
        weight=file.accessor(attributes["WEIGHTS_0"], "VEC4"),
        triangles=_triangles(file, primitive.get("indices"), count, where),
        morphs=tuple(vectors_from_gltf(file.accessor(m.get("POSITION"), "VEC3")) for m in morphs),
    )
    lengths = {len(a) for a in (part.normal, part.tint, part.joint, part.weight, *part.morphs)}
    if lengths != {count}:
        raise file.error(f"{where}: {count} vertices, but other attributes have {sorted(lengths)}")
    if part.joint.min() < 0 or part.joint.max() >= num_joints or (part.joint != np.floor(part.joint)).any():
        raise file.error(f"{where}: joints up to {part.joint.max():g}, expected 0 to {num_joints - 1}")
    if num_morphs is not None and len(morphs) != num_morphs:
        raise file.error(f"{where} has {len(morphs)} morph targets, expected {num_morphs}")
    return part


def _triangles(file: GltfFile, index: Any, num_vertices: int, where: str) -> NDArray[np.int64]:
    """(T, 3) vertices. Raises GltfError."""
    corners = file.indices(index, num_vertices)
    if len(corners) % 3:
        raise file.error(f"{where}: {len(corners)} corners are not whole triangles")
    return corners.reshape(-1, 3)


def _srgb(linear: float) -> float:
    return 12.92 * linear if linear <= 0.0031308 else 1.055 * float(linear ** (1 / 2.4)) - 0.055
