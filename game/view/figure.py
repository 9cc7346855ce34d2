"""CastFigure: reads a figure's file into arrays: `python -m tools.cast` writes it, models/README.md describes it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from game.scene.gltf_axes import vectors_from_gltf
from game.scene.gltf_file import GltfError, GltfFile
from game.scene.json_fields import JsonFields, SetError
from game.scene.refusal import refused_as
from game.view.figure_face import CHANNELS
from game.view.figure_parts import BonePart, FigureError

Array = NDArray[np.float64]
Ints = NDArray[np.int64]

SCHEMA = 1
MAX_BONES = 64
"""driven bones that the shader has room for"""
TOON = "VRMC_materials_mtoon"


@dataclass(frozen=True)
class FigureMaterial:
    """How a part of a figure looks. Colours are linear; pictures are indices, None for none."""

    name: str
    color: tuple[float, float, float, float] = (1.0, 1.0, 1.0, 1.0)
    picture: int | None = None
    normals: int | None = None
    normal_scale: float = 1.0
    roughness: float = 0.8
    metal: float = 0.0
    finish: int | None = None
    """roughness in green, metal in blue"""
    emission: tuple[float, float, float] = (0.0, 0.0, 0.0)
    glow: int | None = None
    alpha: Literal["OPAQUE", "MASK", "BLEND"] = "OPAQUE"
    cutoff: float = 0.5
    double_sided: bool = False
    shading: Literal["lit", "unlit", "toon"] = "lit"
    shade: tuple[float, float, float] = (1.0, 1.0, 1.0)
    """of a toon's dark side"""
    shift: float = 0.0
    toony: float = 0.9
    repeats: tuple[bool, bool] = (True, True)
    """whether the picture repeats along u and v"""


@dataclass(frozen=True, eq=False)
class FigurePart3d:
    """The triangles of one material. V vertices in the rest pose, our axes, m."""

    material: int
    position: Array
    normal: Array
    uv: Array
    """(V, 2) v upwards"""
    color: Array
    """(V, 4) linear"""
    joint: Array
    weight: Array
    triangles: Ints
    morphs: dict[str, Array]
    """(V, 3) by channel of the face"""


@dataclass(frozen=True, eq=False)
class CastFigure:
    """A figure's bones and meshes. K bones, parents first."""

    name: str
    bone_names: tuple[str, ...]
    parts: tuple[BonePart, ...]
    sides: tuple[str, ...]
    """right, left, or empty"""
    parents: Ints
    """(K,) -1 for the pelvis"""
    rest: Array
    """(K, 3) m, standing on the floor, facing x"""
    contact_bone: Ints
    """(C,) the bone of each point of the skin that is kept above the floor"""
    contact_point: Array
    """(C, 3) in the rest pose"""
    height: float
    """m"""
    licence: dict[str, str]
    materials: tuple[FigureMaterial, ...]
    pictures: tuple[bytes, ...]
    """PNG or JPEG files"""
    pieces: tuple[FigurePart3d, ...]
    lite: tuple[FigurePart3d, ...]
    """with fewer triangles; the same where there are few anyway"""

    @staticmethod
    def load(path: Path) -> CastFigure:
        """Read a figure's .glb. Raises FigureError."""
        if not path.is_file():
            raise FigureError(f"there is no figure {path}")
        with refused_as(FigureError, path.name):
            try:
                return _figure(GltfFile.load(path))
            except (GltfError, SetError) as error:
                raise FigureError(str(error)) from error

    def find(self, part: BonePart, side: str = "") -> int:
        """The bone that is a part, the last of several; -1 where there is none."""
        found = [k for k, key in enumerate(zip(self.parts, self.sides, strict=True)) if key == (part, side)]
        return found[-1] if found else -1


def licence_of(path: Path) -> dict[str, str]:
    """What a figure's file says of its licence, by a word for each line, without reading the meshes."""
    with refused_as(FigureError, path.name):
        try:
            return _licence(_said(GltfFile.load(path)))
        except (GltfError, SetError) as error:
            raise FigureError(str(error)) from error


def is_cast(path: Path) -> bool:
    """Whether a .glb was made by tools.cast. Raises FigureError for one that is no glTF."""
    with refused_as(FigureError, path.name):
        try:
            file = GltfFile.load(path)
            return "bones" in file.object(file.object(file.json, "asset", "the file"), "extras", "asset")
        except GltfError as error:
            raise FigureError(str(error)) from error


def _said(file: GltfFile) -> dict[str, Any]:
    extras = file.object(file.object(file.json, "asset", "the file"), "extras", "asset")
    if "bones" not in extras:
        raise file.error("is no figure of the game yet: python -m tools.cast makes one of it")
    return extras


def _licence(extras: dict[str, Any]) -> dict[str, str]:
    said = extras.get("licence")
    return {str(k): str(v) for k, v in said.items()} if isinstance(said, dict) else {}


def _figure(file: GltfFile) -> CastFigure:
    extras = _said(file)
    fields = JsonFields(
        {k: v for k, v in extras.items() if k in ("schema", "name", "height", "bones", "contacts")}, file.path.name
    )
    fields.schema(SCHEMA)
    name, height = fields.text("name"), fields.number("height", None, low=0.1, high=10.0)
    bones = fields.sections("bones")
    parts = tuple(BonePart(f.choice("part", tuple(BonePart))) for f in bones)
    sides = tuple(f.choice("side", ("", "right", "left"), "") for f in bones)
    names, parents, rest = _skeleton(file, len(parts))
    contacts = extras.get("contacts", [])
    points = np.array(contacts, float).reshape(-1, 4) if contacts else np.zeros((0, 4))
    if not np.isfinite(points).all() or (
        len(points) and not 0 <= points[:, 0].min() <= points[:, 0].max() < len(parts)
    ):
        raise file.error(f"contacts name bones up to {points[:, 0].max():g} of {len(parts)}")
    meshes = {str(mesh.get("name")): mesh for mesh in file.items("meshes")}
    pieces = tuple(p for key in ("body", "face") if key in meshes for p in _pieces(file, meshes[key], len(parts)))
    if not pieces:
        raise file.error(f"has meshes {', '.join(meshes) or 'none'}, expected body or face")
    return CastFigure(
        name=name,
        bone_names=names,
        parts=parts,
        sides=sides,
        parents=parents,
        rest=rest,
        contact_bone=points[:, 0].astype(np.int64),
        contact_point=points[:, 1:],
        height=height,
        licence=_licence(extras),
        materials=tuple(_material(file, i) for i in range(len(file.items("materials")))),
        pictures=tuple(file.image(i) for i in range(len(file.items("images")))),
        pieces=pieces,
        lite=tuple(_pieces(file, meshes["lite"], len(parts))) if "lite" in meshes else pieces,
    )


def _skeleton(file: GltfFile, count: int) -> tuple[tuple[str, ...], Ints, Array]:
    """Names, parents (K,) and places (K, 3) of the bones: nodes of a translation each, parents first."""
    if not 1 <= count <= MAX_BONES:
        raise file.error(f"{count} bones, expected 1 to {MAX_BONES}")
    skin = file.item("skins", 0)
    joints = skin.get("joints")
    if not isinstance(joints, list) or len(joints) != count:
        raise file.error(f"its skin has {len(joints) if isinstance(joints, list) else 0} joints for {count} bones")
    nodes = [file.item("nodes", j) for j in joints]
    index = {joint: k for k, joint in enumerate(joints)}
    parents = np.full(count, -1, np.int64)
    for k, node in enumerate(nodes):
        children = node.get("children", [])
        for child in children if isinstance(children, list) else []:
            if index.get(child, 0) <= k:
                raise file.error(f"bone {k} hangs on one that comes after it")
            parents[index[child]] = k
    rest = np.zeros((count, 3))
    for k, node in enumerate(nodes):
        local = vectors_from_gltf(file.numbers(node, "translation", (0.0, 0.0, 0.0), f"bone {k}"))
        rest[k] = local + (rest[parents[k]] if parents[k] >= 0 else 0.0)
    return tuple(str(node.get("name", k)) for k, node in enumerate(nodes)), parents, rest


def _pieces(file: GltfFile, mesh: dict[str, Any], num_bones: int) -> list[FigurePart3d]:
    where = f"mesh {str(mesh.get('name'))[:20]!r}"
    extras = file.object(mesh, "extras", where)
    channels = [str(name) for name in extras.get("targetNames", [])]
    return [_piece(file, p, channels, num_bones, where) for p in file.objects(mesh, "primitives", where)]


def _piece(file: GltfFile, primitive: dict[str, Any], channels: list[str], num_bones: int, where: str) -> FigurePart3d:
    attributes = file.object(primitive, "attributes", where)
    position = vectors_from_gltf(file.accessor(attributes.get("POSITION"), "VEC3"))
    count = len(position)
    file.item("materials", primitive.get("material"))
    uv = file.accessor(attributes.get("TEXCOORD_0"), "VEC2")
    color = file.accessor(attributes["COLOR_0"], "VEC4") if "COLOR_0" in attributes else np.ones((count, 4))
    corners = file.indices(primitive.get("indices"), count)
    targets = file.objects(primitive, "targets", where)
    morphs = {
        name: vectors_from_gltf(file.accessor(target.get("POSITION"), "VEC3"))
        for name, target in zip(channels, targets, strict=False)
        if name in CHANNELS
    }
    piece = FigurePart3d(
        material=int(primitive["material"]),
        position=position,
        normal=vectors_from_gltf(file.accessor(attributes.get("NORMAL"), "VEC3")),
        uv=np.stack([uv[:, 0], 1.0 - uv[:, 1]], axis=1),
        color=color,
        joint=file.accessor(attributes.get("JOINTS_0"), "VEC4"),
        weight=file.accessor(attributes.get("WEIGHTS_0"), "VEC4"),
        triangles=corners[: len(corners) // 3 * 3].reshape(-1, 3),
        morphs={name: m for name, m in morphs.items() if np.abs(m).max() > 0.0},
    )
    rows = {len(a) for a in (piece.normal, uv, color, piece.joint, piece.weight, *morphs.values())}
    if rows != {count}:
        raise file.error(f"{where}: {count} vertices, but other attributes have {sorted(rows)}")
    if piece.joint.min() < 0 or piece.joint.max() >= num_bones:
        raise file.error(f"{where}: bones up to {piece.joint.max():g}, expected 0 to {num_bones - 1}")
    return piece


def _material(file: GltfFile, index: int) -> FigureMaterial:
    raw, where = file.item("materials", index), f"materials[{index}]"
    shine = file.object(raw, "pbrMetallicRoughness", where)
    extensions = file.object(raw, "extensions", where)
    toon = file.object(extensions, TOON, where)
    alpha = str(raw.get("alphaMode", "OPAQUE"))
    strength = file.object(extensions, "KHR_materials_emissive_strength", where)
    emission = file.numbers(raw, "emissiveFactor", (0.0,) * 3, where).clip(0.0, 1.0)
    emission = emission * min(file.number(strength, "emissiveStrength", 1.0, where), 4.0)
    color = file.numbers(shine, "baseColorFactor", (1.0,) * 4, where).clip(0.0, 1.0)
    shade = file.numbers(toon, "shadeColorFactor", (1.0,) * 3, where).clip(0.0, 1.0)
    slots = {
        "picture": (shine, "baseColorTexture"), "finish": (shine, "metallicRoughnessTexture"),
        "normals": (raw, "normalTexture"), "glow": (raw, "emissiveTexture"),
    }  # fmt: skip
    found = {key: _picture(file, *slot, where) for key, slot in slots.items()}
    return FigureMaterial(
        name=str(raw.get("name", index))[:60],
        color=(float(color[0]), float(color[1]), float(color[2]), float(color[3])),
        normal_scale=file.number(file.object(raw, "normalTexture", where), "scale", 1.0, where),
        roughness=file.number(shine, "roughnessFactor", 1.0, where),
        metal=file.number(shine, "metallicFactor", 1.0, where),
        emission=(float(emission[0]), float(emission[1]), float(emission[2])),
        alpha="MASK" if alpha == "MASK" else "BLEND" if alpha == "BLEND" else "OPAQUE",
        cutoff=file.number(raw, "alphaCutoff", 0.5, where),
        double_sided=raw.get("doubleSided") is True,
        shading="toon" if toon else "unlit" if "KHR_materials_unlit" in extensions else "lit",
        shade=(float(shade[0]), float(shade[1]), float(shade[2])),
        shift=file.number(toon, "shadingShiftFactor", 0.0, where),
        toony=file.number(toon, "shadingToonyFactor", 0.9, where),
        repeats=_repeats(file, shine, where),
        picture=found["picture"], finish=found["finish"], normals=found["normals"], glow=found["glow"],
    )  # fmt: skip


def _picture(file: GltfFile, holder: dict[str, Any], slot: str, where: str) -> int | None:
    if slot not in holder:
        return None
    source = file.item("textures", file.object(holder, slot, where).get("index")).get("source")
    file.item("images", source)
    return int(source) if isinstance(source, int) else None


def _repeats(file: GltfFile, shine: dict[str, Any], where: str) -> tuple[bool, bool]:
    """Whether the base colour's picture repeats; 33071 is OpenGL's clamp to the edge."""
    if "baseColorTexture" not in shine:
        return True, True
    texture = file.item("textures", file.object(shine, "baseColorTexture", where).get("index"))
    sampler = file.item("samplers", texture["sampler"]) if "sampler" in texture else {}
    return sampler.get("wrapS") != 33071, sampler.get("wrapT") != 33071
