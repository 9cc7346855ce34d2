"""Forms: the drawn shapes of parts as Vertices, in the part's own frame, m."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise

import numpy as np

from game.scene.set_spec import PartSpec
from game.view.vertices import Array, Ints, Vertices, merge

FINE = 0.05
"""m between the vertices of what can be dented"""
PUDDLE_HEIGHT = 0.004
"""m"""


def form(part: PartSpec, detail: float = 1.0) -> Vertices:
    """A part's mesh, neither placed nor painted; `detail` 0..1. Raises KeyError for a shape that does not exist."""
    return _FORMS[part.shape](part, detail)


def fine_box(part: PartSpec, detail: float) -> Vertices:
    """A box whose faces are divided finely all over, so that it can be dented."""
    return box(part.size, part.rounding, round(5 * detail), FINE / max(detail, 0.3))


def box(size: tuple[float, ...], rounding: float, segments: int, spacing: float = math.inf) -> Vertices:
    """A box of edge lengths `size`, its edges rounded; `spacing`: m between vertices of its flat parts, at most."""
    half = np.asarray(size, float) / 2
    r = float(np.clip(rounding, 0.0, half.min() * 0.999))
    k = max(1, segments) if r > 0 else 0
    meshes = []
    for axis in range(3):
        i, j = (axis + 1) % 3, (axis + 2) % 3
        rows, columns = (_stations(half[a], r, k, spacing) for a in (i, j))
        for sign in (1.0, -1.0):
            a, b = np.meshgrid(rows, columns, indexing="ij")
            p = np.zeros((*a.shape, 3))
            p[..., axis], p[..., i], p[..., j] = sign * half[axis], a, b
            core = np.clip(p, -(half - r), half - r)
            n = p - core if r > 0 else np.zeros_like(p)
            if r > 0:
                n /= np.maximum(np.linalg.norm(n, axis=-1, keepdims=True), 1e-9)
            else:
                n[..., axis] = sign
            t = _grid(len(rows), len(columns))
            uv = np.stack([a, b], -1).reshape(-1, 2)
            meshes.append(
                Vertices.of(
                    (core + n * r if r > 0 else p).reshape(-1, 3), n.reshape(-1, 3), t if sign > 0 else t[:, ::-1], uv
                )
            )
    return merge(meshes)


def _stations(half: float, r: float, k: int, spacing: float) -> Array:
    """Where a box's face is divided along one edge: finely in its round rim, and every `spacing` between."""
    rim = np.linspace(0.0, r, k + 1)
    flat = 2.0 * (half - r)
    between = np.linspace(-half + r, half - r, max(1, math.ceil(flat / spacing)) + 1)[1:-1]
    return np.concatenate([-half + rim, between, half - rim[::-1]]) if k else np.array([-half, *between, half])


def _grid(rows: int, columns: int) -> Ints:
    i = np.arange(rows * columns).reshape(rows, columns)
    a, b, c, d = (x.reshape(-1) for x in (i[:-1, :-1], i[1:, :-1], i[1:, 1:], i[:-1, 1:]))
    return np.concatenate([np.stack([a, b, c], -1), np.stack([a, c, d], -1)])


def lathe(profile: Array, segments: int, sharp: float = 0.6) -> Vertices:
    """Turns an outline (n, 2) of radius and height, bottom to top, about z; creases where it bends by `sharp` rad."""
    pieces = []
    along = np.diff(profile, axis=0)
    angles = np.arctan2(along[:, 1], along[:, 0])
    bend = np.abs(np.angle(np.exp(1j * np.diff(angles))))
    starts = [0, *(np.flatnonzero(bend > sharp) + 1).tolist(), len(profile) - 1]
    around = np.linspace(0.0, 2 * np.pi, segments + 1)
    for first, last in pairwise(starts):
        part = profile[first : last + 1]
        tangent = np.gradient(part, axis=0)
        normal = np.stack([tangent[:, 1], -tangent[:, 0]], -1)
        normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-9)
        v, n = (_revolved(x, around) for x in (part, normal))
        uv = np.stack(np.broadcast_arrays(around[None] / (2 * np.pi), part[:, 1:2]), -1).reshape(-1, 2)
        pieces.append(Vertices.of(v, n, _grid(len(part), len(around))[:, ::-1], uv))
    return merge(pieces)


def _revolved(outline: Array, around: Array) -> Array:
    r, z = outline[:, :1], np.repeat(outline[:, 1:], len(around), 1)
    return np.stack([r * np.cos(around), r * np.sin(around), z], -1).reshape(-1, 3)


def capsule(radius: float, length: float, segments: int) -> Vertices:
    a = np.linspace(-np.pi / 2, np.pi / 2, segments // 2 * 2 + 2)
    profile = np.stack([radius * np.cos(a), radius * np.sin(a) + np.where(a < 0, -length / 2, length / 2)], -1)
    profile[[0, -1], 0] = 0.0
    return lathe(profile, segments * 2, sharp=4.0)


def cylinder(radius: float, length: float, rounding: float, segments: int) -> Vertices:
    h, r = length / 2, min(rounding, radius * 0.999, length / 2)
    a = np.linspace(0.0, np.pi / 2, 5 if r > 0 else 1)
    lower = np.stack([radius - r + r * np.sin(a), -h + r - r * np.cos(a)], -1)
    profile = np.concatenate([[[0.0, -h]], lower, lower[::-1] * [1.0, -1.0], [[0.0, h]]])
    return lathe(profile, segments)


def plane(width: float, length: float) -> Vertices:
    """A rectangle that faces +z; its uv run over 0..1."""
    x, y = width / 2, length / 2
    p = np.array([[-x, -y, 0], [x, -y, 0], [x, y, 0], [-x, y, 0]], float)
    uv = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], float)
    return Vertices.of(p, np.tile([0.0, 0.0, 1.0], (4, 1)), np.array([[0, 1, 2], [0, 2, 3]]), uv)


def leaves(spread: float, height: float, width: float, seed: int, count: int = 34) -> Vertices:
    """A house plant's arching leaves, two-sided, from the origin; `width` is that of a leaf, m."""
    random = np.random.default_rng(seed)
    return merge(
        [
            _leaf(
                random.uniform(0.5, 1.0) * spread,
                random.uniform(0.35, 1.1) * height,
                random.uniform(0.6, 1.0) * width,
                i * 2.39996,
            )
            for i in range(count)
        ]
    )


def _leaf(length: float, up: float, width: float, heading: float, n: int = 8) -> Vertices:
    s = np.linspace(0.0, 1.0, n + 1)
    middle = np.stack([0 * s, length * s * 0.75, up * (s - 0.75 * s**3)], -1)
    half = width * np.sin(np.pi * s**0.8) + 0.003
    along = np.gradient(middle, axis=0)
    normal = np.stack([0 * s, -along[:, 2], along[:, 1]], -1)
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    fold = np.stack([half, 0 * s, 0.3 * half], -1)
    v = np.concatenate([middle + fold * [-1, 1, 1], middle, middle + fold])
    tilt = np.array([0.4, 0.0, 0.0])
    nn = np.concatenate([normal + tilt, normal, normal - tilt])
    nn /= np.linalg.norm(nn, axis=1, keepdims=True)
    t = _grid(3, n + 1)
    t = np.concatenate([t, t[:, ::-1]])
    c, k = math.cos(heading), math.sin(heading)
    turn = np.array([[c, -k, 0], [k, c, 0], [0, 0, 1]])
    base = turn @ [0.0, 0.03, 0.0]
    return Vertices.of(v @ turn.T + base, nn @ turn.T, t)


def foliage(size: tuple[float, ...], seed: int, detail: float) -> Vertices:
    """A tree's crown or a bush: many small leaves on a lumpy body, so that its outline is uneven."""
    random = np.random.default_rng(seed)
    sphere = _icosphere(3 if detail > 0.6 else 2)
    radius = np.asarray(size, float) / 2
    lumps = random.normal(size=(14, 3))
    lumps /= np.linalg.norm(lumps, axis=1, keepdims=True)
    swell = (np.exp(6.0 * (sphere.position @ lumps.T - 1.0)) * random.uniform(0.1, 0.32, 14)).max(1)
    grain = 0.035 * np.sin(sphere.position @ random.normal(size=(3, 3)) * 14.0).sum(1)
    body = sphere.position * (0.80 + swell + grain)[:, None] * radius
    n = _smooth_normals(body, sphere.triangles)
    shade = np.ones((len(body), 4))
    shade[:, 3] = np.clip(0.62 + 0.30 * sphere.position[:, 2] + 1.1 * (swell - 0.12), 0.3, 1.0)
    lumpy = Vertices(body, n, sphere.triangles, shade, np.zeros((len(body), 4)), np.zeros((len(body), 2)))
    return merge(
        [lumpy, _leaf_cards(body, n, shade[:, 3], random, int(520 * detail), 0.10 * float(radius.min()) ** 0.5)]
    )


def _leaf_cards(
    on: Array, normal: Array, shade: Array, random: np.random.Generator, count: int, size: float
) -> Vertices:
    pick = random.integers(0, len(on), count)
    out = normal[pick] + random.normal(0.0, 0.45, (count, 3))
    out /= np.linalg.norm(out, axis=1, keepdims=True)
    side = np.cross(out, random.normal(size=(count, 3)))
    side /= np.linalg.norm(side, axis=1, keepdims=True)
    tip = np.cross(side, out)
    base, s = on[pick] * random.uniform(0.96, 1.04, (count, 1)), size * random.uniform(0.6, 1.2, (count, 1))
    v = np.stack(
        [
            base - tip * s,
            base + side * s * 0.55 + out * s * 0.2,
            base + tip * s,
            base - side * s * 0.55 + out * s * 0.2,
        ],
        1,
    )
    t = np.array([[0, 1, 2], [0, 2, 3], [2, 1, 0], [3, 2, 0]])
    triangles = (t[None] + 4 * np.arange(count)[:, None, None]).reshape(-1, 3)
    color = np.ones((4 * count, 4))
    color[:, 3] = np.repeat(np.clip(shade[pick] * random.uniform(0.85, 1.15, count), 0, 1), 4)
    n = np.repeat(normal[pick], 4, 0)
    return Vertices(v.reshape(-1, 3), n, triangles, color, np.zeros((4 * count, 4)), np.zeros((4 * count, 2)))


def _smooth_normals(v: Array, t: Ints) -> Array:
    face = np.cross(v[t[:, 1]] - v[t[:, 0]], v[t[:, 2]] - v[t[:, 0]])
    n = np.zeros_like(v)
    for i in range(3):
        np.add.at(n, t[:, i], face)
    return np.asarray(n / np.maximum(np.linalg.norm(n, axis=1, keepdims=True), 1e-12))


def _icosphere(levels: int) -> Vertices:
    g = (1 + 5**0.5) / 2
    v = np.array([[-1, g, 0], [1, g, 0], [-1, -g, 0], [1, -g, 0], [0, -1, g], [0, 1, g], [0, -1, -g], [0, 1, -g],
                  [g, 0, -1], [g, 0, 1], [-g, 0, -1], [-g, 0, 1]])  # fmt: skip
    t = np.array([[0, 11, 5], [0, 5, 1], [0, 1, 7], [0, 7, 10], [0, 10, 11], [1, 5, 9], [5, 11, 4], [11, 10, 2],
                  [10, 7, 6], [7, 1, 8], [3, 9, 4], [3, 4, 2], [3, 2, 6], [3, 6, 8], [3, 8, 9], [4, 9, 5],
                  [2, 4, 11], [6, 2, 10], [8, 6, 7], [9, 8, 1]])  # fmt: skip
    for _ in range(levels):
        edges, which = np.unique(
            np.sort(t[:, [[0, 1], [1, 2], [2, 0]]], axis=2).reshape(-1, 2), axis=0, return_inverse=True
        )
        middle = which.reshape(-1, 3) + len(v)
        v = np.concatenate([v, v[edges].mean(1)])
        a, b, c = t.T
        ab, bc, ca = middle.T
        t = np.concatenate([np.stack(x, -1) for x in ((a, ab, ca), (b, bc, ab), (c, ca, bc), (ab, bc, ca))])
    v = v / np.linalg.norm(v, axis=1, keepdims=True)
    return Vertices.of(v, v, t)


def tufts(width: float, length: float, seed: int, per_area: float = 9.0) -> Vertices:
    """Blades of grass scattered over a field; their normals point up, so that they are lit like the ground."""
    random = np.random.default_rng(seed)
    count = int(width * length * per_area) * 5
    at = np.repeat(random.uniform(-0.5, 0.5, (count // 5, 2)) * [width, length], 5, 0)
    heading = random.uniform(0, 2 * np.pi, count)
    lean, high = random.uniform(0.01, 0.05, count), random.uniform(0.03, 0.085, count)
    ahead = np.stack([np.cos(heading), np.sin(heading), 0 * heading], -1)
    side = np.stack([-ahead[:, 1], ahead[:, 0], 0 * heading], -1) * 0.005
    base = np.concatenate([at, np.zeros((count, 1))], 1) + ahead * random.uniform(0, 0.03, (count, 1))
    v = np.stack([base - side, base + side, base + ahead * lean[:, None] + np.array([0, 0, 1]) * high[:, None]], 1)
    t = np.arange(3 * count).reshape(-1, 3)
    color = np.ones((3 * count, 4))
    color[:, 3] = np.tile([0.55, 0.55, 1.0], count) * np.repeat(random.uniform(0.75, 1.0, count), 3)
    n = np.tile([0.0, 0.0, 1.0], (3 * count, 1))
    both = np.concatenate([t, t[:, ::-1]])
    return Vertices(v.reshape(-1, 3), n, both, color, np.zeros((3 * count, 4)), np.zeros((3 * count, 2)))


def puddle(width: float, length: float, seed: int, segments: int) -> Vertices:
    """A flat puddle with an uneven outline; at its rim the surface curves down, so that the edge catches the light."""
    random = np.random.default_rng(seed)
    around = np.linspace(0.0, 2.0 * np.pi, segments, endpoint=False)
    waves = [(k, random.uniform(0.0, 2.0 * np.pi), random.uniform(0.5, 1.0) * 0.16 / k**0.7) for k in range(2, 8)]
    outline = 0.86 + sum((a * np.sin(k * around + phase) for k, phase, a in waves), np.zeros(segments))
    flat = np.stack([0.5 * width * outline * np.cos(around), 0.5 * length * outline * np.sin(around)], -1)
    rings, heights, tilts = (0.0, 0.9, 0.97, 1.0), (1.0, 1.0, 0.8, 0.0), (0.0, 0.0, 0.25, 0.7)
    out = np.stack([np.cos(around), np.sin(around), np.zeros(segments)], -1)
    v = np.concatenate([np.column_stack([r * flat, np.full(segments, PUDDLE_HEIGHT * h)])
                        for r, h in zip(rings, heights, strict=True)])  # fmt: skip
    n = np.concatenate([out * t + [0.0, 0.0, 1.0 - t] for t in tilts])
    n /= np.linalg.norm(n, axis=1, keepdims=True)
    k = np.arange(segments)
    following = (k + 1) % segments
    triangles = []
    for ring in range(len(rings) - 1):
        a, b = ring * segments, (ring + 1) * segments
        triangles += [np.stack([a + k, b + k, b + following], -1), np.stack([a + k, b + following, a + following], -1)]
    return Vertices.of(v, n, np.concatenate(triangles))


def _round(detail: float, most: int) -> int:
    return max(8, int(most * detail))


_FORMS: dict[str, Callable[[PartSpec, float], Vertices]] = {
    "box": lambda p, d: box(p.size, p.rounding, round((5 if p.rounding > 0.02 else 2) * d)),
    "sphere": lambda p, d: capsule(p.size[0], 0.0, _round(d, 20)),
    "ellipsoid": lambda p, d: _scaled(capsule(0.5, 0.0, _round(d, 22)), p.size),
    "capsule": lambda p, d: capsule(p.size[0], p.size[1], _round(d, 16)),
    "cylinder": lambda p, d: cylinder(p.size[0], p.size[1], p.rounding, _round(d, 44)),
    "lathe": lambda p, d: lathe(np.array(p.profile), _round(d, 44)),
    "plane": lambda p, _: plane(p.size[0], p.size[1]),
    "leaves": lambda p, _: leaves(p.size[0], p.size[1], p.size[2], p.seed),
    "foliage": lambda p, d: foliage(p.size, p.seed, d),
    "puddle": lambda p, d: puddle(p.size[0], p.size[1], p.seed, _round(d, 96)),
    "tufts": lambda p, _: tufts(p.size[0], p.size[1], p.seed),
}


def _scaled(v: Vertices, size: tuple[float, ...]) -> Vertices:
    n = v.normal / np.asarray(size)
    n /= np.linalg.norm(n, axis=1, keepdims=True)
    return Vertices(v.position * size, n, v.triangles, v.color, v.surface, v.uv)
