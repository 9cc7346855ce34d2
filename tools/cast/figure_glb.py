"""Writes a figure as one .glb: bones, meshes in the rest pose, textures, and what the game must know of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from game.scene.gltf_axes import vectors_to_gltf
from tools.gltf_writer import INDICES, VERTICES, GltfWriter

Array = NDArray[np.float64]
Ints = NDArray[np.int64]

GENERATOR = "pratfall tools.cast"


@dataclass(frozen=True, eq=False)
class FigureMesh:
    """One material's triangles in the rest pose, our axes, m. V vertices."""

    material: int
    """of the file that is written"""
    position: Array
    normal: Array
    uv: Array
    color: Array
    """(V, 4) linear"""
    joint: Ints
    weight: Array
    triangles: Ints
    morphs: dict[str, Array]
    """(V, 3) by the channel of the face"""


@dataclass(frozen=True, eq=False)
class BoneNode:
    """A bone as the file has it."""

    name: str
    parent: int
    place: Array
    """(3,) our axes, m"""


def write_figure(
    path: Path,
    writer: GltfWriter,
    meshes: dict[str, list[FigureMesh]],
    channels: tuple[str, ...],
    bones: list[BoneNode],
    extras: dict[str, Any],
) -> None:
    """Write the file.

    Args:
        path: of the .glb.
        writer: with the materials in it.
        meshes: by name: "body", "face" (the one with morphs) and what stands for both in the lowest tier, "lite".
        channels: of the face, in the order of the morph targets.
        bones: parents first; the first is the root.
        extras: what the game must know, kept in the asset.

    Raises OSError.
    """
    writer.document["asset"]["extras"] = extras
    places = np.array([bone.place for bone in bones])
    nodes = writer.document["nodes"] = []
    nodes += [{"name": extras["name"], "children": []}]
    for bone in bones:
        above = places[bone.parent] if bone.parent >= 0 else np.zeros(3)
        nodes.append({"name": bone.name, "translation": vectors_to_gltf(bone.place - above).tolist()})
    for index, bone in enumerate(bones, 1):
        nodes[bone.parent + 1 if bone.parent >= 0 else 0].setdefault("children", []).append(index)
    inverse = np.tile(np.eye(4), (len(bones), 1, 1))
    inverse[:, :3, 3] = -vectors_to_gltf(places)
    skin = writer.add("skins", {
        "joints": list(range(1, len(bones) + 1)),
        "skeleton": 1,
        "inverseBindMatrices": writer.accessor(inverse.transpose(0, 2, 1).reshape(-1, 16)),
    })  # fmt: skip
    for name, parts in meshes.items():
        if not parts:
            continue
        mesh: dict[str, Any] = {"name": name, "primitives": [_primitive(writer, part, channels) for part in parts]}
        if any(part.morphs for part in parts):
            mesh |= {"weights": [0.0] * len(channels), "extras": {"targetNames": list(channels)}}
        index = writer.add("meshes", mesh)
        if name != "lite":  # another program shall see the figure once
            nodes[0]["children"].append(writer.add("nodes", {"name": name, "mesh": index, "skin": skin}))
    writer.document |= {"scene": 0, "scenes": [{"nodes": [0]}]}
    used = {name for m in writer.document.get("materials", ()) for name in m.get("extensions", ())}
    if used:
        writer.document["extensionsUsed"] = sorted(used)
    writer.save(path)


def _primitive(writer: GltfWriter, part: FigureMesh, channels: tuple[str, ...]) -> dict[str, Any]:
    count = len(part.position)
    index = part.triangles.reshape(-1).astype(np.uint16 if count <= 0xFFFF else np.uint32)
    attributes = {
        "POSITION": writer.accessor(vectors_to_gltf(part.position), VERTICES),
        "NORMAL": writer.accessor(vectors_to_gltf(part.normal), VERTICES),
        "TEXCOORD_0": writer.accessor(part.uv, VERTICES),
        "JOINTS_0": writer.accessor(part.joint.astype(np.uint8), VERTICES),
        "WEIGHTS_0": writer.accessor(np.round(part.weight * 65535).astype(np.uint16), VERTICES, normalized=True),
    }
    if (part.color < 0.999).any():
        color = np.round(part.color.clip(0.0, 1.0) * 65535).astype(np.uint16)
        attributes["COLOR_0"] = writer.accessor(color, VERTICES, normalized=True)
    made = {"attributes": attributes, "indices": writer.accessor(index, INDICES), "material": part.material}
    if part.morphs:
        still = np.zeros((count, 3))
        made["targets"] = [
            {"POSITION": writer.accessor(vectors_to_gltf(part.morphs.get(name, still)), VERTICES)} for name in channels
        ]
    return made
