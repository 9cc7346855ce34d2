"""Builds the avatar: one closed surface, cut by material and skinned, at three levels of detail."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from game.scene.json_fields import parse_color
from tools.build_avatar import face_parts
from tools.build_avatar.anatomy import HEAD, SIDES
from tools.build_avatar.avatar_glb import PER_VERTEX, Primitive, write_glb
from tools.build_avatar.clothes import MATERIALS, Figure
from tools.build_avatar.hands import HAND_JOINTS, hand_frames, with_fingers
from tools.build_avatar.options import AvatarConfig
from tools.build_avatar.sdf import Array, vec
from tools.build_avatar.surface import Mesh, Seams, decimate, gradient, polygonise, split
from tools.build_avatar.weights import INFLUENCES, skin_weights

LEVELS = ("high", "mid", "low")
LOW, HIGH = np.array([-0.32, -0.80, -0.92]), np.array([0.56, 0.80, 0.92])
"""m, corners of a box around the bind pose"""
ROUGHNESS = {
    "skin": 0.62, "shirt": 0.92, "stripe": 0.92, "trim": 0.92, "trousers": 0.85, "shoes": 0.55, "caps": 0.5,
    "soles": 0.7, "hair": 0.5, "brow": 0.7, "lid": 0.6, "eye": 0.12, "iris": 0.15, "pupil": 0.1, "glint": 0.1,
    "mouth": 0.6, "teeth": 0.3, "tongue": 0.4,
}  # fmt: skip


def colors(config: AvatarConfig) -> dict[str, tuple[float, float, float]]:
    """sRGB 0..1 of each material. Raises SetError if an option is no colour."""
    chosen = {
        k: getattr(config, k) for k in ("skin", "shirt", "stripe", "trim", "trousers", "shoes", "soles", "hair", "iris")
    }
    found = {k: parse_color(v, f"--{k}") for k, v in chosen.items()}
    r, g, b = found["skin"]
    found |= {
        "caps": found["soles"], "brow": found["hair"],
        "lid": (r * 0.93, g * 0.88, b * 0.86), "eye": (0.97, 0.965, 0.95), "pupil": (0.03, 0.03, 0.04),
        "glint": (1.0, 1.0, 1.0), "mouth": (0.27, 0.075, 0.075), "teeth": (0.97, 0.95, 0.91),
        "tongue": (0.80, 0.38, 0.36),
    }  # fmt: skip
    return found


def linear(color: tuple[float, float, float]) -> tuple[float, float, float]:
    """Linear colour 0..1 of an sRGB colour 0..1."""
    r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in color)
    return r, g, b


def closed_surface(figure: Figure, voxel: float) -> Mesh:
    """The whole dressed body, watertight."""
    return polygonise(figure.distance, LOW, HIGH, voxel)


def by_material(figure: Figure, mesh: Mesh) -> dict[str, Mesh]:
    """The surface cut along its seams; all pieces together are still closed."""
    seams = Seams(mesh, np.zeros(len(mesh.vertices), bool), np.zeros(len(mesh.triangles), np.int64))
    for m in range(len(MATERIALS) - 1):
        seams = split(seams, lambda p, m=m: _ahead(figure, p, m))  # type: ignore[misc]
    names = [*MATERIALS]
    seams = replace(seams, labels=figure.fields(_middles(seams.mesh)).argmin(0))
    for name, chosen, of in (
        ("trim", figure.trims, "shirt"),
        ("stripe", figure.stripes, "shirt"),
        ("caps", figure.toe_caps, "shoes"),
    ):
        for line in figure.lines(of) if name != "stripe" else []:
            seams = split(seams, line, names.index(of))
        names.append(name)
        inside = chosen(_middles(seams.mesh)) & (seams.labels == names.index(of))
        seams = replace(seams, labels=np.where(inside, len(names) - 1, seams.labels))
    return {n: seams.mesh.part(seams.labels == i) for i, n in enumerate(names) if (seams.labels == i).any()}


def _ahead(figure: Figure, p: Array, m: int) -> Array:
    """(N,) m; below 0 where material m is nearer than all others."""
    d = figure.fields(p)
    return np.asarray(d[m] - np.delete(d, m, axis=0).min(0))


def _middles(mesh: Mesh) -> Array:
    """(T, 3) centres of the triangles."""
    return np.asarray(mesh.vertices[mesh.triangles].mean(1))


def openness(figure: Figure, p: Array, normals: Array) -> Array:
    """(N,) from 1 in the open to 0 in a narrow gap, by how fast the distance grows along the normal."""
    hidden = np.zeros(len(p))
    for h in (0.012, 0.03, 0.07, 0.13):
        d = figure.distance(p + normals * h)
        hidden = np.maximum(hidden, np.clip((h - d) / h, 0.0, 1.0) * (1.0 - 2.2 * h))
    return np.asarray(1.0 - 0.48 * hidden**1.4)


def blush(figure: Figure, p: Array) -> Array:
    """(N, 3) factors of the skin's colour: nose, cheeks, ears, knuckles and elbows are a little redder."""
    h = figure.at.local(p, "head") - HEAD
    side = np.abs(h[:, 1])
    mirrored = np.stack([h[:, 0], side, h[:, 2]], -1)
    spots = [
        (h - vec(0.128, 0, -0.024), 0.034, 0.9),
        (mirrored - vec(0.085, 0.060, -0.034), 0.036, 0.75),
        (mirrored - vec(-0.008, 0.112, -0.010), 0.030, 0.8),
    ]
    spots += [(figure.at.local(p, f"{s}_hand") + vec(0, 0, 0.115), 0.040, 0.5) for s in SIDES]
    spots += [(figure.at.local(p, f"{s}_forearm") + vec(0.03, 0, 0), 0.040, 0.5) for s in SIDES]
    red = np.max([strength * np.exp(-((np.linalg.norm(d, axis=1) / size) ** 2)) for d, size, strength in spots], axis=0)
    return np.asarray(1.0 - red[:, None] * np.array([0.0, 0.30, 0.34]))


def quantise(weights: Array) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Weights (N, B) as the four largest ones: joints (N, 4) and weights (N, 4), each row of which sums to 255."""
    joints = np.argsort(-weights, axis=1, kind="stable")[:, :INFLUENCES]
    w = np.take_along_axis(weights, joints, 1)
    units = np.floor(w * 255.0).astype(int)
    units[:, 0] += 255 - units.sum(1)
    return np.where(units > 0, joints, 0).astype(np.uint8), units.astype(np.uint8)


def skinned(
    figure: Figure, name: str, mesh: Mesh, tint: dict[str, tuple[float, float, float]], *, fingers: bool = False
) -> Primitive:
    """One material's part of the surface, with its colour (sRGB) out of `tint`; `fingers`: with joints of their own."""
    garment = {"trim": "shirt", "stripe": "shirt", "caps": "shoes"}.get(name, name)
    row = MATERIALS.index(garment)
    normals = gradient(lambda p: np.asarray(figure.fields(p)[row]), mesh.vertices)
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-9)
    shares = skin_weights(figure, mesh.vertices)
    if fingers:
        shares = with_fingers(figure, mesh.vertices, shares, len(face_parts.FACE_JOINTS))
    joints, weights = quantise(shares)
    return Primitive(
        name, linear(tint[name]), ROUGHNESS[name], mesh.vertices, normals, mesh.triangles, joints, weights,
        blush(figure, mesh.vertices) if name == "skin" else np.ones_like(normals),
        openness(figure, mesh.vertices, normals),
    )  # fmt: skip


def rigid(figure: Figure, piece: face_parts.FacePiece, tint: dict[str, tuple[float, float, float]]) -> Primitive:
    """A piece of the face that one joint moves."""
    names = (*figure.at.names, *face_parts.FACE_JOINTS)
    frame = figure.at.frames[figure.at.index("head")]
    turn = frame[:3, :3]
    v, n = piece.mesh.vertices @ turn.T + frame[:3, 3], piece.normals @ turn.T
    count = len(v)
    joints = np.zeros((count, INFLUENCES), np.uint8)
    joints[:, 0] = names.index(piece.joint)
    weights = np.zeros((count, INFLUENCES), np.uint8)
    weights[:, 0] = 255
    return Primitive(
        piece.material, linear(tint[piece.material]), ROUGHNESS[piece.material], v, n, piece.mesh.triangles,
        joints, weights, np.ones((count, 3)), np.ones(count), tuple(m @ turn.T for m in piece.morphs),
    )  # fmt: skip


def merged(primitives: list[Primitive]) -> list[Primitive]:
    """One primitive for each material."""
    result = []
    for name in dict.fromkeys(p.material for p in primitives):
        same = [p for p in primitives if p.material == name]
        start = np.cumsum([0] + [len(p.vertices) for p in same])
        arrays: dict[str, Any] = {f: np.concatenate([getattr(p, f) for p in same]) for f in PER_VERTEX}
        triangles = np.concatenate([p.triangles + s for p, s in zip(same, start, strict=False)])
        result.append(replace(same[0], triangles=triangles, **arrays))
    return result


def build(config: AvatarConfig, progress: Callable[[str], None] = lambda _: None) -> list[Path]:
    """Writes NAME_high.glb, NAME_mid.glb and NAME_low.glb; returns their paths."""
    tint = colors(config)
    figure = Figure(config)
    progress("surface")
    surface = closed_surface(figure, config.voxel)
    written = []
    for level, (name, triangles) in enumerate(zip(LEVELS, config.triangles, strict=True)):
        progress(f"{name}: {triangles} triangles")
        cuts = by_material(figure, decimate(surface, triangles))
        body = [skinned(figure, material, mesh, tint, fingers=True) for material, mesh in cuts.items()]
        pieces = face_parts.pieces(figure, 2 - level)
        body += merged([rigid(figure, p, tint) for p in pieces if not p.morphs])
        mouth = [rigid(figure, p, tint) for p in pieces if p.morphs]
        path = config.out / f"{config.name}_{name}.glb"
        names, frames = _joints(figure, config.height)
        body, mouth = (_scaled(config.height, group) for group in (body, mouth))
        write_glb(path, body, mouth, names, frames, face_parts.MOUTH_MORPHS, {"height": config.height})
        written.append(path)
    return written


def _scaled(scale: float, primitives: list[Primitive]) -> list[Primitive]:
    return [replace(p, vertices=p.vertices * scale, morphs=tuple(m * scale for m in p.morphs)) for p in primitives]


def _joints(figure: Figure, scale: float) -> tuple[tuple[str, ...], Array]:
    """Names and bind poses (K, 4, 4) of the links and of the joints of face and hands."""
    head = figure.at.frames[figure.at.index("head")]
    local = np.tile(np.eye(4), (len(face_parts.FACE_JOINTS), 1, 1))
    local[:, :3, 3] = face_parts.joint_centers()
    frames = np.concatenate([figure.at.frames, head @ local, hand_frames(figure)])
    frames[:, :3, 3] *= scale
    return (*figure.at.names, *face_parts.FACE_JOINTS, *HAND_JOINTS), frames
