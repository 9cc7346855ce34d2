"""Writes the avatar as one skinned .glb (glTF 2.0), with a joint for each body of the model and for each face part.

glTF is y up and looks along +z, so (x forward, y left, z up) is stored as (X, Y, Z) = (y, z, x). No joint is the child
of another: a joint's matrix is its body's pose in the model, as the simulation gives it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from game.scene.gltf_axes import matrices_to_gltf, vectors_to_gltf
from tools.build_avatar.sdf import Array
from tools.build_avatar.surface import Ints
from tools.gltf_writer import INDICES, VERTICES, GltfWriter

PER_VERTEX = ("vertices", "normals", "joints", "weights", "tint", "openness")
"""of a primitive's arrays, those with a row for each vertex"""


@dataclass(frozen=True, eq=False)
class Primitive:
    """One material's triangles in the bind pose, model frame."""

    material: str
    color: tuple[float, float, float]
    """linear"""
    roughness: float
    vertices: Array
    normals: Array
    triangles: Ints
    joints: NDArray[np.uint8]
    """(V, 4)"""
    weights: NDArray[np.uint8]
    """(V, 4), rows sum to 255"""
    tint: Array
    """(V, 3) linear, multiplies the colour"""
    openness: Array
    """(V,) share of the sky that the body itself does not hide, 0..1; stored as the colour's alpha"""
    morphs: tuple[Array, ...] = ()


def _add_primitive(writer: GltfWriter, p: Primitive) -> dict[str, Any]:
    """Store a primitive's arrays and material; returns its entry in the mesh."""
    shine = {"baseColorFactor": [*p.color, 1.0], "metallicFactor": 0.0, "roughnessFactor": p.roughness}
    color = np.round(np.clip(np.concatenate([p.tint, p.openness[:, None]], 1), 0.0, 1.0) * 255).astype(np.uint8)
    index = p.triangles.reshape(-1).astype(np.uint16 if len(p.vertices) <= 0xFFFF else np.uint32)
    drawn: dict[str, Any] = {
        "attributes": {
            "POSITION": writer.accessor(vectors_to_gltf(p.vertices), VERTICES),
            "NORMAL": writer.accessor(vectors_to_gltf(p.normals), VERTICES),
            "COLOR_0": writer.accessor(color, VERTICES, normalized=True),
            "JOINTS_0": writer.accessor(p.joints.astype(np.uint8), VERTICES),
            "WEIGHTS_0": writer.accessor(p.weights.astype(np.uint8), VERTICES, normalized=True),
        },
        "indices": writer.accessor(index, INDICES),
        "material": writer.add("materials", {"name": p.material, "pbrMetallicRoughness": shine}),
    }
    if p.morphs:
        drawn["targets"] = [{"POSITION": writer.accessor(vectors_to_gltf(m), VERTICES)} for m in p.morphs]
    return drawn


def write_glb(
    path: Path,
    body: list[Primitive],
    mouth: list[Primitive],
    joint_names: tuple[str, ...],
    frames: Array,
    morph_names: tuple[str, ...],
    extras: dict[str, Any],
) -> None:
    """Write the file; `frames` (K, 4, 4): the joints' poses, m. Mouth primitives have one morph per name."""
    writer = GltfWriter("pratfall tools.build_avatar")
    writer.document["asset"]["extras"] = extras
    for name, primitives in (("body", body), ("mouth", mouth)):
        mesh: dict[str, Any] = {"name": name, "primitives": [_add_primitive(writer, p) for p in primitives]}
        if name == "mouth":
            mesh |= {"weights": [0.0] * len(morph_names), "extras": {"targetNames": list(morph_names)}}
        writer.add("meshes", mesh)
    poses = matrices_to_gltf(frames)
    inverse = writer.accessor(np.linalg.inv(poses).transpose(0, 2, 1).reshape(-1, 16))
    joints = list(range(4, 4 + len(joint_names)))
    writer.document["nodes"] = [
        {"name": "avatar", "children": [1, 2, 3]},
        {"name": "body", "mesh": 0, "skin": 0},
        {"name": "mouth", "mesh": 1, "skin": 0},
        {"name": "skeleton", "children": joints},
    ]
    for name, pose in zip(joint_names, poses, strict=True):
        writer.add("nodes", {"name": name, "matrix": pose.T.reshape(-1).tolist()})
    writer.document |= {"scene": 0, "scenes": [{"nodes": [0]}]}
    writer.add("skins", {"joints": joints, "skeleton": 3, "inverseBindMatrices": inverse})
    writer.save(path)
