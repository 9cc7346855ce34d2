"""Meshes of the simple shapes, for drawing what collides."""

from __future__ import annotations

import numpy as np
import panda3d.core as p3d
from numpy.typing import NDArray

Array = NDArray[np.float64]

SEGMENTS = 24
RINGS = 7
"""rings of half a sphere"""


def box(size: tuple[float, ...]) -> p3d.Geom:
    """A box of edge lengths (x, y, z), about its centre."""
    half = np.array(size) / 2
    points: list[Array] = []
    normals: list[Array] = []
    triangles: list[tuple[int, int, int]] = []
    for axis in range(3):
        for sign in (-1.0, 1.0):
            normal = np.eye(3)[axis] * sign
            u = np.eye(3)[(axis + 1) % 3]
            v = np.cross(normal, u)
            first = len(points)
            for a, b in ((-1, -1), (1, -1), (1, 1), (-1, 1)):
                points.append((normal + a * u + b * v) * half)
                normals.append(normal)
            triangles.extend([(first, first + 1, first + 2), (first, first + 2, first + 3)])
    return geom(np.array(points), np.array(normals), np.array(triangles))


def sphere(radius: float) -> p3d.Geom:
    """A sphere about its centre."""
    return capsule(radius, 0.0)


def capsule(radius: float, length: float) -> p3d.Geom:
    """A capsule along z; `length` is that of its cylinder part."""
    angle = np.linspace(0.0, np.pi / 2, RINGS + 1)
    lower = np.stack([np.sin(angle), -np.cos(angle)], axis=1)  # normals, from the bottom up
    normals = np.concatenate([lower, lower[::-1] * (1.0, -1.0)])
    offset = np.repeat([-length / 2, length / 2], RINGS + 1)
    outline = normals * radius
    outline[:, 1] += offset
    return lathe(outline, normals)


def cylinder(radius: float, length: float) -> p3d.Geom:
    """A cylinder along z with flat ends."""
    h = length / 2
    outline = np.array([(0, -h), (radius, -h), (radius, -h), (radius, h), (radius, h), (0, h)])
    normals = np.array([(0, -1), (0, -1), (1, 0), (1, 0), (0, 1), (0, 1)])
    return lathe(outline, normals)


def lathe(outline: Array, normals: Array) -> p3d.Geom:
    """The surface that an outline makes when it is turned about z.

    Args:
        outline: (n, 2) radius and height, from the bottom up.
        normals: (n, 2) their outward normals.
    """
    angle = np.linspace(0.0, 2 * np.pi, SEGMENTS + 1)
    turn = np.stack([np.cos(angle), np.sin(angle)], axis=1)

    def revolve(profile: Array) -> Array:
        flat = profile[:, None, :1] * turn[None]
        height = np.broadcast_to(profile[:, None, 1:], (*flat.shape[:2], 1))
        return np.concatenate([flat, height], axis=2).reshape(-1, 3)

    rings, around = len(outline), SEGMENTS + 1
    start = (np.arange(rings - 1)[:, None] * around + np.arange(SEGMENTS)).reshape(-1)
    lower = np.stack([start, start + 1, start + around + 1], axis=1)
    upper = np.stack([start, start + around + 1, start + around], axis=1)
    return geom(revolve(outline), revolve(normals), np.concatenate([lower, upper]))


def geom(points: Array, normals: Array, triangles: NDArray[np.int64]) -> p3d.Geom:
    """A Geom of points (n, 3), normals (n, 3) and triangles (m, 3), counter-clockwise from outside."""
    data = p3d.GeomVertexData("mesh", p3d.GeomVertexFormat.get_v3n3(), p3d.Geom.UH_static)
    data.unclean_set_num_rows(len(points))
    vertices = np.concatenate([points, normals], axis=1).astype(np.float32)
    data.modify_array(0).modify_handle().copy_data_from(vertices.tobytes())
    indices = p3d.GeomTriangles(p3d.Geom.UH_static)
    indices.set_index_type(p3d.Geom.NT_uint32)
    array = indices.modify_vertices()
    array.unclean_set_num_rows(triangles.size)
    array.modify_handle().copy_data_from(triangles.astype(np.uint32).tobytes())
    result = p3d.Geom(data)
    result.add_primitive(indices)
    return result
