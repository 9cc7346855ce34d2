"""Writes the avatar as one skinned .glb (glTF 2.0): 15 flat joints that are the links, and the face's joints.

glTF is y up and looks along +z, so (x forward, y left, z up) is stored as (X, Y, Z) = (y, z, x). A joint's
matrix is its link's pose in the model; nothing hangs on anything else, so a simulation drives them directly.
"""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tools.build_avatar.sdf import Array
from tools.build_avatar.surface import Ints

TO_GLTF = np.array([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [1.0, 0.0, 0.0]])
FLOAT, UBYTE, USHORT, UINT = 5126, 5121, 5123, 5125
VERTICES, INDICES = 34962, 34963


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
    """(V,) how much of the sky is not hidden by the body itself, 0..1; stored as the colour's alpha"""
    morphs: tuple[Array, ...] = ()


class _Buffer:
    """The binary chunk and the accessors into it."""

    def __init__(self) -> None:
        self.data = bytearray()
        self.views: list[dict[str, Any]] = []
        self.accessors: list[dict[str, Any]] = []

    def add(self, values: NDArray[Any], kind: str, component: int, target: int | None, **extra: Any) -> int:
        raw = np.ascontiguousarray(values).tobytes()
        view: dict[str, Any] = {"buffer": 0, "byteOffset": len(self.data), "byteLength": len(raw)}
        if target:
            view["target"] = target
        self.views.append(view)
        self.data += raw + bytes(-len(raw) % 4)
        accessor = {"bufferView": len(self.views) - 1, "componentType": component, "count": len(values), "type": kind}
        self.accessors.append(accessor | extra)
        return len(self.accessors) - 1

    def positions(self, p: Array) -> int:
        q = (p @ TO_GLTF.T).astype("<f4")
        return self.add(q, "VEC3", FLOAT, VERTICES, min=q.min(0).tolist(), max=q.max(0).tolist())


def _primitive(buffer: _Buffer, p: Primitive, material: int) -> dict[str, Any]:
    color = np.round(np.clip(np.concatenate([p.tint, p.openness[:, None]], 1), 0.0, 1.0) * 255).astype(np.uint8)
    index = p.triangles.reshape(-1)
    short = len(p.vertices) <= 0xFFFF
    made: dict[str, Any] = {
        "attributes": {
            "POSITION": buffer.positions(p.vertices),
            "NORMAL": buffer.add((p.normals @ TO_GLTF.T).astype("<f4"), "VEC3", FLOAT, VERTICES),
            "COLOR_0": buffer.add(color, "VEC4", UBYTE, VERTICES, normalized=True),
            "JOINTS_0": buffer.add(p.joints.astype(np.uint8), "VEC4", UBYTE, VERTICES),
            "WEIGHTS_0": buffer.add(p.weights.astype(np.uint8), "VEC4", UBYTE, VERTICES, normalized=True),
        },
        "indices": buffer.add(index.astype("<u2" if short else "<u4"), "SCALAR", USHORT if short else UINT, INDICES),
        "material": material,
    }
    if p.morphs:
        made["targets"] = [{"POSITION": buffer.positions(m)} for m in p.morphs]
    return made


def write_glb(
    path: Path,
    body: list[Primitive],
    mouth: list[Primitive],
    joint_names: tuple[str, ...],
    frames: Array,
    morph_names: tuple[str, ...],
    extras: dict[str, Any],
) -> None:
    """`frames` (K, 4, 4) are the joints' poses in the model. The mouth's primitives all have `morph_names` morphs."""
    buffer = _Buffer()
    materials: list[dict[str, Any]] = []
    meshes: list[dict[str, Any]] = []
    for name, primitives in (("body", body), ("mouth", mouth)):
        drawn = []
        for p in primitives:
            shine = {"baseColorFactor": [*p.color, 1.0], "metallicFactor": 0.0, "roughnessFactor": p.roughness}
            materials.append({"name": p.material, "pbrMetallicRoughness": shine})
            drawn.append(_primitive(buffer, p, len(materials) - 1))
        mesh: dict[str, Any] = {"name": name, "primitives": drawn}
        if name == "mouth":
            mesh |= {"weights": [0.0] * len(morph_names), "extras": {"targetNames": list(morph_names)}}
        meshes.append(mesh)
    turn = np.eye(4)
    turn[:3, :3] = TO_GLTF
    poses = turn @ frames @ turn.T
    inverse = np.linalg.inv(poses).transpose(0, 2, 1).reshape(-1, 16).astype("<f4")
    first = 4
    joints = list(range(first, first + len(joint_names)))
    nodes: list[dict[str, Any]] = [
        {"name": "avatar", "children": [1, 2, 3]},
        {"name": "body", "mesh": 0, "skin": 0},
        {"name": "mouth", "mesh": 1, "skin": 0},
        {"name": "skeleton", "children": joints},
    ]
    nodes += [
        {"name": name, "matrix": [float(x) for x in pose.T.reshape(-1)]}
        for name, pose in zip(joint_names, poses, strict=True)
    ]
    document = {
        "asset": {"version": "2.0", "generator": "pratfall tools.build_avatar", "extras": extras},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": nodes,
        "meshes": meshes,
        "materials": materials,
        "skins": [{"joints": joints, "skeleton": 3, "inverseBindMatrices": buffer.add(inverse, "MAT4", FLOAT, None)}],
        "accessors": buffer.accessors,
        "bufferViews": buffer.views,
        "buffers": [{"byteLength": len(buffer.data)}],
    }
    _write(path, document, bytes(buffer.data))


def _write(path: Path, document: dict[str, Any], data: bytes) -> None:
    text = json.dumps(document, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 4)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(struct.pack("<4sII", b"glTF", 2, 12 + 8 + len(text) + 8 + len(data)))
        file.write(struct.pack("<I4s", len(text), b"JSON") + text)
        file.write(struct.pack("<I4s", len(data), b"BIN\0") + data)
