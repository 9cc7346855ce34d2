"""Distance fields to triangle meshes: marching cubes near the surface, decimation, cuts along material borders."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import fast_simplification
import numpy as np
from numpy.typing import NDArray
from skimage.measure import marching_cubes

from tools.build_avatar.sdf import Array

Ints = NDArray[np.int64]
Field = Callable[[Array], Array]
BLOCK = 8
"""voxels along a block's edge; blocks far from the surface are not sampled"""


@dataclass(frozen=True, eq=False)
class Mesh:
    """Triangles (T, 3) into vertices (V, 3), counter-clockwise from outside."""

    vertices: Array
    triangles: Ints

    def part(self, chosen: NDArray[np.bool_]) -> Mesh:
        """The chosen (T,) triangles with only the vertices that they use."""
        used, index = np.unique(self.triangles[chosen], return_inverse=True)
        return Mesh(self.vertices[used], index.reshape(-1, 3).astype(np.int64))


def polygonise(field: Field, low: Array, high: Array, voxel: float) -> Mesh:
    """The surface where `field` is 0, in the box `low`..`high` (3,), m; `voxel`: m. Raises ValueError if empty."""
    shape = np.ceil((high - low) / (voxel * BLOCK)).astype(int) * BLOCK + 1
    axes = [low[i] + voxel * np.arange(shape[i]) for i in range(3)]
    blocks = (shape - 1) // BLOCK
    corner = np.stack(np.meshgrid(*[np.arange(b) for b in blocks], indexing="ij"), -1).reshape(-1, 3)
    coarse = field(low + voxel * (corner * BLOCK + BLOCK / 2))
    reach = voxel * BLOCK * 0.87 + 0.012
    volume = np.repeat(
        np.repeat(np.repeat(np.where(coarse < 0, -0.05, 0.05).reshape(blocks), BLOCK, 0), BLOCK, 1), BLOCK, 2
    )
    volume = np.pad(volume, ((0, 1), (0, 1), (0, 1)), mode="edge")
    known = np.zeros(volume.shape, bool)
    for i, j, k in corner[np.abs(coarse) < reach] * BLOCK:
        known[i : i + BLOCK + 1, j : j + BLOCK + 1, k : k + BLOCK + 1] = True
    index = np.argwhere(known)
    points = np.stack([axes[a][index[:, a]] for a in range(3)], -1)
    volume[known] = np.concatenate([field(chunk) for chunk in np.array_split(points, len(points) // 200_000 + 1)])
    if volume.min() >= 0 or volume.max() <= 0:
        raise ValueError(f"there is no surface between {low} and {high}")
    vertices, triangles, _, _ = marching_cubes(volume, 0.0, spacing=(voxel,) * 3)  # type: ignore[no-untyped-call]
    mesh = Mesh(vertices.astype(float) + low, triangles.astype(np.int64))
    return outward(Mesh(project(field, mesh.vertices, voxel), mesh.triangles))


def gradient(field: Field, p: Array, step: float = 4e-4) -> Array:
    """The gradient (N, 3) at points (N, 3), by central differences."""
    return np.stack([(field(p + e) - field(p - e)) / (2 * step) for e in np.eye(3) * step], -1)


def project(field: Field, p: Array, reach: float, rounds: int = 2) -> Array:
    """Points moved onto the surface, none by more than `reach`."""
    for _ in range(rounds):
        g = gradient(field, p)
        move = -(field(p) / np.maximum((g * g).sum(-1), 0.25))[:, None] * g * 0.9
        length = np.linalg.norm(move, axis=-1, keepdims=True)
        p = p + move * np.minimum(1.0, reach / np.maximum(length, 1e-12))
    return p


def outward(mesh: Mesh) -> Mesh:
    """The mesh with its triangles turned so that its volume is positive."""
    return mesh if volume(mesh) > 0 else Mesh(mesh.vertices, mesh.triangles[:, ::-1])


def volume(mesh: Mesh) -> float:
    a, b, c = (mesh.vertices[mesh.triangles[:, i]] for i in range(3))
    return float((np.cross(a, b) * c).sum() / 6.0)


def decimate(mesh: Mesh, triangles: int) -> Mesh:
    """The mesh with about this many triangles, most of them where the surface is curved; it stays closed."""
    if triangles >= len(mesh.triangles):
        return mesh
    v, t = fast_simplification.simplify(
        mesh.vertices.astype(np.float32), mesh.triangles.astype(np.int32), target_count=triangles, agg=5
    )
    return Mesh(np.asarray(v, float), np.asarray(t, np.int64))


@dataclass(frozen=True, eq=False)
class Seams:
    """A mesh that is being cut, the vertices that are on a seam already, and a label for each triangle."""

    mesh: Mesh
    pinned: NDArray[np.bool_]
    """(V,) vertices on a seam, which must not be moved"""
    labels: Ints
    """(T,)"""


def split(seams: Seams, field: Field, label: int | None = None) -> Seams:
    """Cuts triangles (all, or those of one label) along the field's zero set; the mesh stays closed.

    A vertex very near to the cut is moved onto it, which avoids thin triangles, unless it is on another seam.
    """
    v, t = seams.mesh.vertices, seams.mesh.triangles
    of = t if label is None else t[seams.labels == label]
    edges = np.unique(np.sort(of[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), axis=1), axis=0)
    d = field(v)
    crossed = edges[(d[edges[:, 0]] < 0) != (d[edges[:, 1]] < 0)]
    if not len(crossed):
        return seams
    a, b = v[crossed[:, 0]], v[crossed[:, 1]]
    f = _crossing(field, a, b, d[crossed[:, 0]], d[crossed[:, 1]])
    at = a + (b - a) * f[:, None]
    v, pinned = v.copy(), seams.pinned.copy()
    on_line = np.zeros(len(v), bool)
    for end, close in ((0, f < 0.1), (1, f > 0.9)):
        which = crossed[close, end]
        free = ~pinned[which]
        v[which[free]] = at[close][free]
        on_line[which] = True
    through = ~on_line[crossed].any(1)
    number = {(int(i), int(j)): len(v) + n for n, (i, j) in enumerate(crossed[through])}
    cut = np.isin(t, crossed[through]).sum(1) >= 2
    pieces, labels = [t[~cut]], [seams.labels[~cut]]
    for row, name in zip(t[cut], seams.labels[cut], strict=True):
        made = _cut_triangle(row, number)
        pieces.append(made)
        labels.append(np.full(len(made), name))
    mesh = Mesh(np.concatenate([v, at[through]]), np.concatenate(pieces))
    return Seams(mesh, np.concatenate([pinned | on_line, np.ones(int(through.sum()), bool)]), np.concatenate(labels))


def _crossing(field: Field, a: Array, b: Array, da: Array, db: Array) -> Array:
    """(E,) where along the edges the field is zero, by one secant step and bisection."""
    low, high = np.zeros(len(a)), np.ones(len(a))
    f = da / (da - db)
    for _ in range(6):
        before = (field(a + (b - a) * f[:, None]) < 0) == (da < 0)
        low, high = np.where(before, f, low), np.where(before, high, f)
        f = 0.5 * (low + high)
    return f


def _cut_triangle(row: Ints, number: dict[tuple[int, int], int]) -> Ints:
    """(1..3, 3) the pieces of one triangle, of whose edges none, one or two have a cut."""
    corners = [int(c) for c in row]
    cuts = [number.get((min(corners[i], corners[i - 2]), max(corners[i], corners[i - 2]))) for i in range(3)]
    for i in range(3):
        a, b, c = (corners[(i + k) % 3] for k in range(3))
        ab, bc, ca = (cuts[(i + k) % 3] for k in range(3))
        if ab is not None and bc is None and ca is None:
            return np.array([[a, ab, c], [ab, b, c]])
        if ab is not None and bc is not None and ca is None:
            return np.array([[ab, b, bc], [a, ab, bc], [a, bc, c]])
    return np.array([corners])


def open_edges(triangles: Ints, vertices: Array) -> int:
    """Number of edges where the surface is not closed: edges with an odd number of triangles.

    Vertices at the same place count as one. (Decimation may leave a few edges with four triangles; they are closed.)
    """
    _, same = np.unique(np.round(vertices, 7), axis=0, return_inverse=True)
    t = same.reshape(-1)[triangles]
    edges = np.sort(t[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), axis=1)
    _, count = np.unique(edges[edges[:, 0] != edges[:, 1]], axis=0, return_counts=True)
    return int((count % 2).sum())
