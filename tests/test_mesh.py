"""Meshes are closed, face outwards, and have the volume of what they stand for."""

import math

import numpy as np
import panda3d.core as p3d
import pytest
from numpy.typing import NDArray

from game.view import mesh


def triangles(geom: p3d.Geom) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Corners (m, 3, 3) and mean normals (m, 3)."""
    reader = p3d.GeomVertexReader(geom.get_vertex_data(), "vertex")
    normals = p3d.GeomVertexReader(geom.get_vertex_data(), "normal")
    points, directions = [], []
    while not reader.is_at_end():
        points.append(tuple(reader.get_data3()))
        directions.append(tuple(normals.get_data3()))
    index = geom.get_primitive(0).get_vertex_list()
    corners = np.array(points)[list(index)].reshape(-1, 3, 3)
    return corners, np.array(directions)[list(index)].reshape(-1, 3, 3).mean(axis=1)


def volume(corners: NDArray[np.float64]) -> float:
    """Of a closed surface; positive where triangles run counter-clockwise seen from outside."""
    return float(np.einsum("mi,mi->", corners[:, 0], np.cross(corners[:, 1], corners[:, 2])) / 6)


@pytest.mark.parametrize(
    ("geom", "exact"),
    [
        (mesh.box((1.0, 2.0, 3.0)), 6.0),
        (mesh.sphere(0.5), math.pi / 6),
        (mesh.capsule(0.5, 2.0), math.pi / 6 + math.pi / 2),
        (mesh.cylinder(0.5, 2.0), math.pi / 2),
    ],
)
def test_volume_and_normals(geom: p3d.Geom, exact: float) -> None:
    corners, normals = triangles(geom)
    assert volume(corners) == pytest.approx(exact, rel=0.03)
    face = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    assert np.einsum("mi,mi->m", face, normals).min() >= -1e-9
