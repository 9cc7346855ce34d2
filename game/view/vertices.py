"""Vertices: a mesh as arrays, with all inputs of the surface shader; and its conversion for Panda3D."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import panda3d.core as p3d
from numpy.typing import ArrayLike, NDArray

from game.sim import rotation

Array = NDArray[np.float64]
Ints = NDArray[np.int64]

PLAIN = np.dtype(
    [("vertex", "<f4", 3), ("normal", "<f4", 3), ("color", "u1", 4), ("surface", "u1", 4), ("texcoord", "<f4", 2)]
)
SKINNED = np.dtype([*PLAIN.descr, ("joint", "<f4", 4), ("weight", "<f4", 4)])
DRESSED = np.dtype([*SKINNED.descr, ("limb", "<f4", 4)])


@dataclass(frozen=True)
class Finish:
    """How a surface reflects light, 0..1 each."""

    roughness: float = 0.7
    wrap: float = 0.0
    """how far light reaches into its shadow side, for flesh and cloth"""
    glow: float = 0.0
    """how much light it gives off itself"""
    sheen: float = 0.15
    """how much of the sky it reflects at its edge"""


@dataclass(frozen=True, eq=False)
class Vertices:
    """A mesh. V vertices, T triangles."""

    position: Array
    """(V, 3)"""
    normal: Array
    """(V, 3)"""
    triangles: Ints
    """(T, 3) counter-clockwise from outside"""
    color: Array
    """(V, 4) sRGB 0..1, and the share of the sky that it sees, 0..1"""
    surface: Array
    """(V, 4) roughness, wrap, glow, sheen, 0..1"""
    uv: Array
    """(V, 2)"""
    joint: Array | None = None
    """(V, 4) indices of joints, for what is skinned"""
    weight: Array | None = None
    """(V, 4)"""
    limb: Array | None = None
    """(V, 4) of our avatar: the place on the straight body, m, and the kind of material (drapery.py)"""

    @staticmethod
    def of(position: Array, normal: Array, triangles: Ints, uv: Array | None = None) -> Vertices:
        """A white mesh of ordinary finish."""
        count = len(position)
        flat = np.zeros((count, 2)) if uv is None else uv
        return Vertices(position, normal, triangles, np.ones((count, 4)), np.zeros((count, 4)), flat)

    def painted(self, color: ArrayLike, finish: Finish) -> Vertices:
        """A copy in one sRGB colour (3,), 0..1, and one finish."""
        paint = np.tile(np.append(np.asarray(color, float)[:3], 1.0), (len(self.position), 1))
        paint[:, 3] = self.color[:, 3]
        shine = np.tile([finish.roughness, finish.wrap, finish.glow, finish.sheen], (len(self.position), 1))
        return replace(self, color=paint, surface=shine)

    def placed(self, position: ArrayLike, quaternion: ArrayLike) -> Vertices:
        """A copy moved to position (3,), m, and quaternion (4,)."""
        turn = rotation.to_matrix(np.asarray(quaternion, float))
        moved = self.position @ turn.T + np.asarray(position, float)
        return replace(self, position=moved, normal=self.normal @ turn.T)

    def geom(self) -> p3d.Geom:
        """The mesh as a Geom of Panda3D."""
        kind = PLAIN if self.joint is None else (SKINNED if self.limb is None else DRESSED)
        rows = np.zeros(len(self.position), kind)
        rows["vertex"], rows["normal"], rows["texcoord"] = self.position, self.normal, self.uv
        rows["color"] = np.round(np.clip(self.color, 0.0, 1.0) * 255.0)
        rows["surface"] = np.round(np.clip(self.surface, 0.0, 1.0) * 255.0)
        if self.joint is not None:
            rows["joint"], rows["weight"] = self.joint, self.weight
        if self.limb is not None:
            rows["limb"] = self.limb
        data = p3d.GeomVertexData("mesh", _format(kind), p3d.Geom.UH_static)
        data.unclean_set_num_rows(len(rows))
        data.modify_array(0).modify_handle().copy_data_from(rows.tobytes())
        indices = p3d.GeomTriangles(p3d.Geom.UH_static)
        indices.set_index_type(p3d.Geom.NT_uint32)
        array = indices.modify_vertices()
        array.unclean_set_num_rows(self.triangles.size)
        array.modify_handle().copy_data_from(self.triangles.astype("<u4").tobytes())
        result = p3d.Geom(data)
        result.add_primitive(indices)
        return result

    def node(self, name: str) -> p3d.NodePath:
        """The mesh as a node."""
        node = p3d.GeomNode(name)
        node.add_geom(self.geom())
        return p3d.NodePath(node)


def merge(meshes: list[Vertices]) -> Vertices:
    """All meshes as one. Raises ValueError for none, or for meshes with different attributes."""
    if not meshes:
        raise ValueError("nothing to merge: expected at least one mesh")
    start = np.cumsum([0] + [len(m.position) for m in meshes])
    skinned = [m for m in meshes if m.joint is not None and m.weight is not None]
    if skinned and len(skinned) != len(meshes):
        raise ValueError("skinned and rigid meshes cannot be merged")
    dressed = [m for m in meshes if m.limb is not None]
    if dressed and len(dressed) != len(meshes):
        raise ValueError("meshes with and without places on the body cannot be merged")
    return Vertices(
        np.concatenate([m.position for m in meshes]),
        np.concatenate([m.normal for m in meshes]),
        np.concatenate([m.triangles + s for m, s in zip(meshes, start, strict=False)]),
        np.concatenate([m.color for m in meshes]),
        np.concatenate([m.surface for m in meshes]),
        np.concatenate([m.uv for m in meshes]),
        np.concatenate([m.joint for m in skinned if m.joint is not None]) if skinned else None,
        np.concatenate([m.weight for m in skinned if m.weight is not None]) if skinned else None,
        np.concatenate([m.limb for m in dressed if m.limb is not None]) if dressed else None,
    )


def _format(kind: np.dtype[np.void]) -> p3d.GeomVertexFormat:
    array = p3d.GeomVertexArrayFormat()
    array.add_column(p3d.InternalName.get_vertex(), 3, p3d.Geom.NT_float32, p3d.Geom.C_point)
    array.add_column(p3d.InternalName.get_normal(), 3, p3d.Geom.NT_float32, p3d.Geom.C_normal)
    array.add_column(p3d.InternalName.get_color(), 4, p3d.Geom.NT_uint8, p3d.Geom.C_color)
    array.add_column(p3d.InternalName.make("surface"), 4, p3d.Geom.NT_uint8, p3d.Geom.C_color)
    array.add_column(p3d.InternalName.get_texcoord(), 2, p3d.Geom.NT_float32, p3d.Geom.C_texcoord)
    for name in ("joint", "weight", "limb"):
        if name in (kind.names or ()):
            array.add_column(p3d.InternalName.make(name), 4, p3d.Geom.NT_float32, p3d.Geom.C_other)
    return p3d.GeomVertexFormat.register_format(p3d.GeomVertexFormat(array))
