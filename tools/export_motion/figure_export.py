"""A figure from elsewhere in a recording's GLB: its own meshes on its own skeleton, moved as the game draws it."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from game.scene.gltf_axes import rotations_to_gltf, vectors_to_gltf
from game.scene.gltf_file import GltfFile
from game.sim import rotation
from game.sim.kinematics import body_poses
from game.view.figure import CastFigure
from game.view.figure_pose import FigurePose
from tools.export_motion.recording import Recording
from tools.gltf_writer import GltfWriter, Node

Array = NDArray[np.float64]

_LISTS = ("bufferViews", "accessors", "images", "samplers", "textures", "materials", "meshes")
_REFERENCES = {
    "bufferView": "bufferViews", "source": "images", "sampler": "samplers", "index": "textures",
    "material": "materials", "indices": "accessors",
}  # fmt: skip
"""what a number under such a key counts, in meshes, materials, textures and images"""


def add_figure(writer: GltfWriter, path: Path, recording: Recording, character: int, times: int) -> int:
    """Add one character as a figure; returns the node that holds it. Raises FigureError, GltfError."""
    figure, file = CastFigure.load(path), GltfFile.load(path)
    start = _merge(writer, file)
    nodes = _bones(writer, figure)
    _move(writer, figure, recording, character, nodes, times)
    skin = file.items("skins")[0]
    joints = writer.add("skins", {
        "joints": nodes, "inverseBindMatrices": skin["inverseBindMatrices"] + start["accessors"], "name": figure.name,
    })  # fmt: skip
    meshes = [
        writer.add("nodes", {"name": f"{figure.name}_{mesh['name']}", "mesh": k + start["meshes"], "skin": joints})
        for k, mesh in enumerate(file.items("meshes"))
        if mesh.get("name") != "lite"
    ]
    extras = {"licence": figure.licence} if figure.licence else {}
    return writer.add("nodes", {"name": figure.name, "children": [*meshes, nodes[0]], "extras": extras})


def _merge(writer: GltfWriter, file: GltfFile) -> dict[str, int]:
    """Copy a file's data, materials and meshes behind those of the writer; returns where each list begins."""
    document = writer.document
    start = {kind: len(document.get(kind, ())) for kind in _LISTS}
    base = writer.append_chunk(file.chunk)
    for kind in _LISTS:
        for item in copy.deepcopy(file.items(kind)):
            if kind == "bufferViews":
                item["byteOffset"] = item.get("byteOffset", 0) + base
            else:
                _shift(item, start)
            if kind == "meshes":
                for primitive in item["primitives"]:
                    for attributes in (primitive["attributes"], *primitive.get("targets", ())):
                        attributes |= {name: index + start["accessors"] for name, index in attributes.items()}
            writer.add(kind, item)
    used = {*document.get("extensionsUsed", ()), *file.json.get("extensionsUsed", ())}
    if used:
        document["extensionsUsed"] = sorted(used)
    return start


def _shift(item: Any, start: dict[str, int]) -> None:
    """Move the references in one object of a list, in place; attributes of meshes are left alone."""
    if isinstance(item, list):
        for each in item:
            _shift(each, start)
    elif isinstance(item, dict):
        for key, value in item.items():
            if key in ("attributes", "targets", "extras"):
                continue
            if key in _REFERENCES and isinstance(value, int):
                item[key] = value + start[_REFERENCES[key]]
            else:
                _shift(value, start)


def _bones(writer: GltfWriter, figure: CastFigure) -> list[int]:
    """Add the bones in the rest pose; returns their nodes."""
    nodes = [writer.add("nodes", {"name": name}) for name in figure.bone_names]
    for k, parent in enumerate(figure.parents):
        node: Node = writer.document["nodes"][nodes[k]]
        above = figure.rest[parent] if parent >= 0 else np.zeros(3)
        node["translation"] = vectors_to_gltf(figure.rest[k] - above).tolist()
        if parent >= 0:
            writer.document["nodes"][nodes[parent]].setdefault("children", []).append(nodes[k])
    return nodes


def _move(
    writer: GltfWriter, figure: CastFigure, recording: Recording, character: int, nodes: list[int], times: int
) -> None:
    """Animate all bones: the pelvis through the world, the others by their turns."""
    poses = body_poses(
        recording.model,
        recording.root_pos[:, character],
        recording.root_rot[:, character],
        recording.joint_rot[:, character],
    )
    poser = FigurePose(figure, recording.model)
    places, motions = (np.array(rows) for rows in zip(*map(poser.pose, poses.pos, poses.rot), strict=True))
    for k, parent in enumerate(figure.parents):
        turn = motions[:, k]
        if parent < 0:
            writer.animate(nodes[k], "translation", times, vectors_to_gltf(places[:, k]))
        else:
            turn = rotation.multiply(rotation.conjugate(motions[:, parent]), turn)
        writer.animate(nodes[k], "rotation", times, rotation.continuous(rotations_to_gltf(turn)))
