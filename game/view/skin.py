"""Skin: reads an avatar's .glb (as tools.build_avatar writes it, or any with its 15 flat joints) into arrays."""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

FROM_GLTF = np.array([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
"""glTF is y up and looks along +z: (x, y, z) = (Z, X, Y)."""
_TYPES = {5121: "u1", 5123: "<u2", 5125: "<u4", 5126: "<f4"}
_COUNTS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT4": 16}


class SkinError(ValueError):
    """A .glb is no avatar; says what is wrong with it."""


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
    """(V,) how much of the sky is not hidden by the body itself"""
    joint: Array
    """(V, 4)"""
    weight: Array
    """(V, 4)"""
    triangles: NDArray[np.int64]
    """(T, 3)"""
    morphs: tuple[Array, ...]
    """(V, 3) each"""


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
        """Raises SkinError."""
        return _Glb(path).skin()


class _Glb:
    """One file's document and binary chunk."""

    def __init__(self, path: Path) -> None:
        self.name = path.name
        if not path.is_file():
            raise SkinError(f"no avatar at {path}")
        raw = path.read_bytes()
        if len(raw) < 20 or raw[:4] != b"glTF":
            raise SkinError(f"{self.name} is no .glb file: it begins with {raw[:4]!r}, expected b'glTF'")
        version, total = struct.unpack_from("<II", raw, 4)
        if version != 2 or total != len(raw):
            raise SkinError(f"{self.name}: glTF version {version} of {total} bytes, expected version 2 of {len(raw)}")
        size = struct.unpack_from("<I", raw, 12)[0]
        self.document: dict[str, Any] = json.loads(raw[20 : 20 + size])
        self.data = raw[28 + size :]

    def array(self, index: int) -> NDArray[Any]:
        """(count, n) values of an accessor, integers that are normalised scaled to 0..1."""
        accessor = self.document["accessors"][index]
        view = self.document["bufferViews"][accessor["bufferView"]]
        kind, n = np.dtype(_TYPES[accessor["componentType"]]), _COUNTS[accessor["type"]]
        start = view.get("byteOffset", 0) + accessor.get("byteOffset", 0)
        if view.get("byteStride", 0) not in (0, kind.itemsize * n):
            raise SkinError(f"{self.name}: interleaved buffers are not supported")
        values = np.frombuffer(self.data, kind, accessor["count"] * n, start).reshape(-1, n)
        return values / np.iinfo(kind).max if accessor.get("normalized") else values

    def skin(self) -> Skin:
        document = self.document
        if not document.get("skins"):
            raise SkinError(f"{self.name} has no skin, expected one with a joint for each link")
        joints = document["skins"][0]["joints"]
        inverse = self.array(document["skins"][0]["inverseBindMatrices"]).reshape(-1, 4, 4).transpose(0, 2, 1)
        turn = np.eye(4)
        turn[:3, :3] = FROM_GLTF
        meshes = {mesh.get("name"): mesh for mesh in document["meshes"]}
        if "body" not in meshes:
            raise SkinError(f"{self.name} has meshes {sorted(map(str, meshes))}, expected one called 'body'")
        mouth = meshes.get("mouth", {"primitives": []})
        return Skin(
            joint_names=tuple(document["nodes"][j]["name"] for j in joints),
            bind=turn @ np.linalg.inv(inverse.astype(float)) @ turn.T,
            body=tuple(self._part(p) for p in meshes["body"]["primitives"]),
            mouth=tuple(self._part(p) for p in mouth["primitives"]),
            morph_names=tuple(mouth.get("extras", {}).get("targetNames", ())),
            height=float(document["asset"].get("extras", {}).get("height", 1.0)),
        )

    def _part(self, primitive: dict[str, Any]) -> SkinPart:
        material = self.document["materials"][primitive["material"]]
        shine = material["pbrMetallicRoughness"]
        r, g, b = (_srgb(c) for c in shine.get("baseColorFactor", [0.8, 0.8, 0.8, 1.0])[:3])
        names = primitive["attributes"]
        missing = {"POSITION", "NORMAL", "JOINTS_0", "WEIGHTS_0"} - names.keys()
        if missing:
            raise SkinError(f"{self.name}: material {material.get('name')!r} has no {', '.join(sorted(missing))}")
        position = self.array(names["POSITION"]) @ FROM_GLTF.T
        shade = self.array(names["COLOR_0"]) if "COLOR_0" in names else np.ones((len(position), 4))
        return SkinPart(
            material=str(material.get("name", "skin")),
            color=(r, g, b),
            roughness=float(shine.get("roughnessFactor", 0.7)),
            position=position,
            normal=self.array(names["NORMAL"]) @ FROM_GLTF.T,
            tint=np.asarray(shade[:, :3], float),
            openness=np.asarray(shade[:, 3], float),
            joint=self.array(names["JOINTS_0"]).astype(float),
            weight=self.array(names["WEIGHTS_0"]).astype(float),
            triangles=self.array(primitive["indices"]).reshape(-1, 3).astype(np.int64),
            morphs=tuple(self.array(t["POSITION"]) @ FROM_GLTF.T for t in primitive.get("targets", ())),
        )


def _srgb(linear: float) -> float:
    return 12.92 * linear if linear <= 0.0031308 else 1.055 * float(linear ** (1 / 2.4)) - 0.055
