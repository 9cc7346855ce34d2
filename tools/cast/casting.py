"""Casting: from a rigged humanoid's file to a figure's, as one function."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from game.scene.gltf_file import GltfError, GltfFile
from game.scene.refusal import other_file, refused_as
from game.sim.roles import SIDES
from game.view.figure_face import CHANNELS
from game.view.figure_parts import BonePart, FigureError
from tools.cast import expressions, figure_materials, vrm
from tools.cast.bones import FoundBones, find_bones
from tools.cast.contact_points import contact_points
from tools.cast.figure_glb import GENERATOR, BoneNode, FigureMesh, write_figure
from tools.cast.gather import Piece, gather
from tools.cast.rig import Rig, read_rig
from tools.cast.stand import own_size, relaxed, stance
from tools.cast.thin import thinned
from tools.gltf_writer import GltfWriter

Array = NDArray[np.float64]
Ints = NDArray[np.int64]

SCHEMA = 1
UNREADABLE = {
    "KHR_draco_mesh_compression": "its meshes are packed by Draco",
    "EXT_meshopt_compression": "its meshes are packed by meshopt",
    "KHR_meshopt_compression": "its meshes are packed by meshopt",
    "KHR_texture_basisu": "its textures are KTX2 files",
}


@dataclass(frozen=True)
class CastReport:
    """What came of a file."""

    name: str
    how: str
    """in what way its bones were found"""
    num_bones: int
    """that are driven"""
    num_joints: int
    """of the file's skins"""
    num_triangles: int
    num_materials: int
    channels: tuple[str, ...]
    """of the face"""
    height: float
    """m, as drawn"""
    licence: dict[str, str]


def cast(source: Path, out: Path, name: str, mapping: Path | None = None) -> CastReport:
    """Read a file and write the figure.

    Args:
        source: .glb, .vrm or .gltf.
        out: the .glb that is written.
        name: what the figure is called.
        mapping: a JSON file of role -> bone, for bones that are not found.

    Raises:
        FigureError: the file is no humanoid, too large, packed or damaged; or `out` cannot be written.
    """
    with refused_as(FigureError, source.name):
        if not source.is_file():
            raise FigureError(f"there is no file {source}")
        with source.open("rb") as opened:
            if words := other_file(opened.read(200)):
                raise FigureError(f"{source.name} is {words}")
        try:
            return _cast(GltfFile.load(source), out, name, mapping)
        except GltfError as error:
            raise FigureError(str(error)) from error


def _cast(file: GltfFile, out: Path, name: str, mapping: Path | None) -> CastReport:
    needed = file.json.get("extensionsRequired")
    for extension in needed if isinstance(needed, list) else []:
        if extension in UNREADABLE:
            raise FigureError(
                f"{file.path.name}: {UNREADABLE[extension]}, which the game does not unpack; export it without that"
            )
    rig = read_rig(file)
    found = find_bones(file, rig, mapping)
    stood = stance(rig, found)
    rest, fingers = relaxed(rig, found, stood)
    channels = expressions.find_channels(file)
    driver, solid = _drivers(rig, found, fingers)
    wanted = {(mesh, index) for binds in channels.values() for mesh, index, _ in binds}
    pieces = gather(file, rig, rest, driver, solid, wanted)
    pieces, places = _stood(pieces, rest, found, stood.turn)
    writer = GltfWriter(GENERATOR)
    index = figure_materials.carry(file, writer, sorted({p.material for p in pieces}))
    meshes = _meshes(pieces, channels, index)
    made = tuple(c for c in CHANNELS if any(c in part.morphs for part in meshes["face"]))
    bones = [BoneNode(rig.names[b.node], b.parent, p) for b, p in zip(found.bones, places, strict=True)]
    points = contact_points(pieces, len(bones))
    height = float(max(p.position[:, 2].max() for p in pieces))
    licence = vrm.licence(file)
    extras: dict[str, Any] = {
        "schema": SCHEMA,
        "name": name,
        "source": {"file": file.path.name, "sha256": hashlib.sha256(file.path.read_bytes()).hexdigest()},
        "found_by": found.how,
        "height": round(height, 4),
        "bones": [{"part": b.part.value, "side": b.side} for b in found.bones],
        "contacts": [[bone, *np.round(point, 4).tolist()] for bone, point in points],
        "licence": licence,
    }
    write_figure(out, writer, meshes, made, bones, extras)
    count = sum(len(p.triangles) for p in pieces)
    return CastReport(name, found.how, len(bones), len(rig.joints), count, len(index), made, height, licence)


def _drivers(rig: Rig, found: FoundBones, fingers: set[int]) -> tuple[Ints, NDArray[np.bool_]]:
    """(N,) the driven bone that each node follows, and whether its flesh is the body's own.

    A node follows the nearest driven bone above it; one that has none, such as the foot of an inverse-kinematics rig,
    the one that is nearest in space. Whatever the hips themselves hang on follows the hips.
    """
    index = {bone.node: k for k, bone in enumerate(found.bones)}
    places = np.array([rig.rest[bone.node, :3, 3] for bone in found.bones])
    above_hips = set(rig.ancestors(found.bones[0].node))
    driver = np.zeros(len(rig.names), np.int64)
    solid = np.zeros(len(rig.names), bool)
    for node in rig.order:
        own = index.get(node)
        above = next((index[a] for a in rig.ancestors(node) if a in index), None)
        if own is not None:
            driver[node] = own
        elif above is not None:
            driver[node] = driver[rig.parents[node]]
        elif node not in above_hips:
            driver[node] = int(np.linalg.norm(places - rig.rest[node, :3, 3], axis=1).argmin())
        solid[node] = own is not None or node in fingers
    return driver, solid


def _stood(pieces: list[Piece], rest: Array, found: FoundBones, turn: Array) -> tuple[list[Piece], Array]:
    """All pieces, and the bones' places (K, 3), in our axes, on the floor, at our size."""
    places = rest[[b.node for b in found.bones], :3, 3] @ turn.T
    points = np.concatenate([p.position for p in pieces]) @ turn.T
    feet = np.concatenate([_foot_points(p, found) for p in pieces]) @ turn.T
    floor = float(feet[:, 2].min()) if len(feet) else float(points[:, 2].min())
    sides = [[k for k, b in enumerate(found.bones) if b.part is part] for part in (BonePart.UPPER_ARM, BonePart.THIGH)]
    shoulders, hips = (places[k].mean(0) for k in sides)
    size = own_size(float(shoulders[2]) - floor, float(points[:, 2].max()) - floor)
    middle = np.array([hips[0], hips[1], floor])

    def moved(v: Array) -> Array:
        return np.asarray((v @ turn.T - middle) * size)

    return [
        replace(
            p,
            position=moved(p.position),
            normal=p.normal @ turn.T,
            morphs={k: size * (m @ turn.T) for k, m in p.morphs.items()},
        )
        for p in pieces
    ], (places - middle) * size


def _foot_points(piece: Piece, found: FoundBones) -> Array:
    """(n, 3) the vertices that feet and toes move."""
    feet = [k for k, b in enumerate(found.bones) if b.part in (BonePart.FOOT, BonePart.TOES) and b.side in SIDES]
    share = (np.isin(piece.joint, feet) * piece.weight).sum(1)
    return np.asarray(piece.position[(share > 0.5) & piece.own])


def _meshes(pieces: list[Piece], channels: dict[str, expressions.Binds], material: dict[int, int]
            ) -> dict[str, list[FigureMesh]]:  # fmt: skip
    """One mesh a material; those with morphs by themselves; and a thinner copy of all for the lowest tier."""
    groups: dict[tuple[bool, int], list[FigureMesh]] = {}
    for p in pieces:
        morphs: dict[str, Array] = {}
        for channel, binds in channels.items():
            shift = [w * p.morphs[i] for mesh, i, w in binds if mesh == p.mesh and i in p.morphs]
            if shift:
                morphs[channel] = np.asarray(sum(shift))
        part = FigureMesh(material[p.material], p.position, p.normal, p.uv, p.color, p.joint, p.weight, p.triangles,
                          morphs)  # fmt: skip
        groups.setdefault((bool(morphs), part.material), []).append(part)
    merged = {key: _merged(parts) for key, parts in groups.items()}
    full = [merged[key] for key in sorted(merged, key=lambda k: (k[0], k[1]))]
    return {
        "body": [part for part in full if not part.morphs],
        "face": [part for part in full if part.morphs],
        "lite": thinned(full),
    }


_ROWS = ("position", "normal", "uv", "color", "joint", "weight")


def _merged(parts: list[FigureMesh]) -> FigureMesh:
    start = np.cumsum([0] + [len(p.position) for p in parts])
    names = dict.fromkeys(name for p in parts for name in p.morphs)
    rows: dict[str, Any] = {key: np.concatenate([getattr(p, key) for p in parts]) for key in _ROWS}
    return FigureMesh(
        material=parts[0].material,
        triangles=np.concatenate([p.triangles + s for p, s in zip(parts, start, strict=False)]),
        morphs={name: np.concatenate([p.morphs.get(name, np.zeros_like(p.position)) for p in parts]) for name in names},
        **rows,
    )
