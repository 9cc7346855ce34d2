"""A figure with fewer triangles, for the lowest tier: near vertices become one (Rossignac and Borrel 1993)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from tools.cast.figure_glb import FigureMesh

Array = NDArray[np.float64]

LITE_TRIANGLES = 12_000
"""a figure of no more than that stays as it is"""
_UV_CELL = 1.0 / 24.0
_FINEST, _COARSEST, _STEPS = 0.001, 0.02, 7
"""m, edges of the cells that are tried, by halving; coarser ones would tear holes"""


def thinned(parts: list[FigureMesh]) -> list[FigureMesh]:
    """A copy of about LITE_TRIANGLES triangles without morphs; empty where the figure has so few anyway."""
    if sum(len(p.triangles) for p in parts) <= LITE_TRIANGLES:
        return []
    low, high = _FINEST, _COARSEST
    made = [_clustered(p, high) for p in parts]
    for _ in range(_STEPS):
        cell = float(np.sqrt(low * high))
        tried = [_clustered(p, cell) for p in parts]
        if sum(len(p.triangles) for p in tried) > LITE_TRIANGLES:
            low = cell
        else:
            high, made = cell, tried
    return [p for p in made if len(p.triangles)]


def _clustered(part: FigureMesh, cell: float) -> FigureMesh:
    """Vertices of one cell, one side and one patch of the texture become the mean of them."""
    axis = np.abs(part.normal).argmax(1)
    side = 2 * axis + (np.take_along_axis(part.normal, axis[:, None], 1)[:, 0] > 0.0)
    cells = np.floor((part.position - part.position.min(0)) / cell).astype(np.int64) & 0xFFF
    patch = np.floor(part.uv / _UV_CELL).astype(np.int64) & 0xFF
    key = ((((cells[:, 0] << 12 | cells[:, 1]) << 12 | cells[:, 2]) << 8 | patch[:, 0]) << 8 | patch[:, 1]) << 3 | side
    _, first, group = np.unique(key, return_index=True, return_inverse=True)
    group = group.reshape(-1)
    count = np.bincount(group, minlength=len(first))[:, None]
    position, normal = np.zeros((len(first), 3)), np.zeros((len(first), 3))
    np.add.at(position, group, part.position)
    np.add.at(normal, group, part.normal)
    length = np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-9)
    triangles = group[part.triangles]
    a, b, c = triangles.T
    triangles = triangles[(a != b) & (b != c) & (c != a)]
    ordered = np.sort(triangles, axis=1)
    code = (ordered[:, 0] * len(first) + ordered[:, 1]) * len(first) + ordered[:, 2]
    triangles = triangles[np.unique(code, return_index=True)[1]]
    return replace(
        part,
        position=position / count,
        normal=normal / length,
        uv=part.uv[first],
        color=part.color[first],
        joint=part.joint[first],
        weight=part.weight[first],
        triangles=triangles,
        morphs={},
    )
