"""Writes a person of any proportions as a figure of the game, as tools.cast writes figures from elsewhere.

The surface is modelled on the physical body's skeleton and then stretched to the person's. The moving parts of the face
become morphs and two eye bones, which the same expressions drive.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from game.sim import rotation
from game.sim.model import CharacterModel
from game.sim.roles import SIDES
from game.view.face import EXPRESSIONS, Face, joint_turns
from game.view.figure_face import CHANNELS
from game.view.figure_parts import BonePart
from tools.build_avatar import face_parts
from tools.build_avatar.avatar_glb import Primitive
from tools.build_avatar.build import by_material, closed_surface, colors, merged, rigid, skinned
from tools.build_avatar.clothes import Figure
from tools.build_avatar.face_shape import DRAWN, PORTRAIT, FaceShape
from tools.build_avatar.face_skin import MATERIAL as FACE
from tools.build_avatar.face_skin import divided, face_morphs, flat_uv, lid_uv
from tools.build_avatar.options import AvatarConfig
from tools.build_avatar.portrait import Portrait, png_bytes
from tools.build_avatar.proportions import Proportions, stretched_skeleton
from tools.build_avatar.rest_pose import RestPose
from tools.build_avatar.sdf import Array
from tools.build_avatar.stretch import Stretch
from tools.build_avatar.surface import Ints, decimate
from tools.cast.casting import SCHEMA
from tools.cast.contact_points import contact_points
from tools.cast.figure_glb import BoneNode, FigureMesh, write_figure
from tools.cast.gather import Piece
from tools.cast.stand import own_size
from tools.cast.thin import thinned
from tools.gltf_writer import GltfWriter

GENERATOR = "pratfall tools.build_avatar"
CALM = EXPRESSIONS["calm"]
NARROW = replace(CALM, upper_lid=0.30, lower_lid=0.34)
"""of eyes in a portrait, which are opened less"""
STARING = replace(CALM, upper_lid=0.48, lower_lid=0.46)
EYE_WHITE = (0.80, 0.78, 0.76)
"""beside a photographed skin, sRGB"""
CLAMP = 33071
"""OpenGL's number for a picture that ends at its edge"""
LIDS = {"blink_left": "left", "blink_right": "right"}
POSED: dict[str, Face] = {
    "blink_left": replace(CALM, upper_lid=-0.06, lower_lid=0.12),
    "blink_right": replace(CALM, upper_lid=-0.06, lower_lid=0.12),
    "eye_wide": replace(CALM, upper_lid=0.98, lower_lid=0.90),
    "brow_up": replace(CALM, brow_lift=0.085),
    "brow_down": replace(CALM, brow_tilt=-0.36, brow_lift=-0.03),
    "brow_worry": replace(CALM, brow_tilt=0.26),
}
"""the face where one channel is at its full weight"""


@dataclass(frozen=True, eq=False)
class PersonPart:
    """What the figure's file says of one material's triangles, on the physical body's skeleton."""

    primitive: Primitive
    morphs: dict[str, Array]
    """(V, 3) by the channel of the face"""
    uv: Array | None = None
    """(V, 2) in the portrait, where it is on this part"""


def write_person(
    config: AvatarConfig,
    proportions: Proportions,
    out: Path,
    name: str,
    licence: dict[str, str],
    progress: Callable[[str], None] = lambda _: None,
    portrait: Portrait | None = None,
    size: float | None = None,
) -> None:
    """Write a figure's .glb, with a portrait on its face if there is one. Raises SetError for a colour, OSError.

    `size`: factor of all lengths; by default the shoulders are as high as the physical body's.
    """
    model = CharacterModel.load()
    scales = proportions.body_scales(model)
    at = RestPose.bind(model, level_feet=True)
    to = RestPose.bind(stretched_skeleton(model, scales), level_feet=True)
    figure = Figure(config, at, DRAWN if portrait is None else PORTRAIT)
    progress("surface")
    parts = _parts(figure, config, progress, portrait)
    stretch = Stretch(at, to, scales)
    places = np.concatenate([to.frames[:, :3, 3], [_eye(model, to, figure.body.face, side) for side in SIDES]])
    pieces = [_piece(k, part, stretch, model, len(places)) for k, part in enumerate(parts)]
    low = min(float(p.position[:, 2].min()) for p in pieces)
    top = max(float(p.position[:, 2].max()) for p in pieces)
    arms = [k for k, part in enumerate(model.roles.part) if part.value == BonePart.UPPER_ARM]
    if size is None:
        size = own_size(float(places[arms, 2].mean()) - low, top - low)
    floor = np.array([0.0, 0.0, low])
    writer = GltfWriter(GENERATOR)
    materials = _Materials(writer, portrait)
    meshes: dict[str, list[FigureMesh]] = {"body": [], "face": []}
    for piece, part in zip(pieces, parts, strict=True):
        piece.position = (piece.position - floor) * size
        weights = _dense(piece.joint, piece.weight, len(places))[:, : model.num_bodies]
        morphs = {c: size * stretch.directions(m, weights) for c, m in part.morphs.items()}
        mesh = FigureMesh(
            materials.index(part.primitive), piece.position, piece.normal, piece.uv, piece.color, piece.joint,
            piece.weight, piece.triangles, morphs,
        )  # fmt: skip
        meshes["face" if morphs else "body"].append(mesh)
    meshes["lite"] = thinned([*meshes["body"], *meshes["face"]])
    channels = tuple(c for c in CHANNELS if any(c in m.morphs for m in meshes["face"]))
    bones = _bones(model, (places - floor) * size)
    extras: dict[str, Any] = {
        "schema": SCHEMA,
        "name": name,
        "found_by": "tools.build_avatar",
        "height": round((top - low) * size, 4),
        "bones": _bone_parts(model),
        "contacts": [[b, *np.round(p, 4).tolist()] for b, p in contact_points(pieces, len(bones))],
        "licence": licence,
    }
    progress("figure")
    write_figure(out, writer, meshes, channels, bones, extras)


def _parts(
    figure: Figure, config: AvatarConfig, progress: Callable[[str], None], portrait: Portrait | None
) -> list[PersonPart]:
    """The dressed body, and the face in its calm pose with what moves it."""
    tint = colors(config)
    if portrait is not None:
        tint["eye"] = EYE_WHITE
    surface = decimate(closed_surface(figure, config.voxel), config.triangles[0])
    progress("materials")
    parts = []
    for material, mesh in by_material(figure, surface).items():
        made = skinned(figure, material, mesh, tint)
        if material == "skin" and portrait is not None:
            face, made = divided(figure, made)
            parts.append(PersonPart(face, face_morphs(figure, face.vertices), flat_uv(figure, face.vertices)))
        parts.append(PersonPart(made, {}))
    pieces = face_parts.pieces(figure, 2)
    for piece in pieces:
        made = rigid(figure, piece, tint)
        if piece.morphs:
            parts.append(PersonPart(made, dict(zip(face_parts.MOUTH_MORPHS, made.morphs, strict=True))))
        elif piece.joint.split("_", 1)[-1] in ("eye",) or piece.joint == "head":
            parts.append(PersonPart(made, {}))
        else:
            parts.append(_morphed(figure, piece, made))
    still = merged([p.primitive for p in parts if not p.morphs])
    return [*(PersonPart(p, {}) for p in still), *(p for p in parts if p.morphs)]


def _morphed(figure: Figure, piece: face_parts.FacePiece, made: Primitive) -> PersonPart:
    """A lid or a brow in its calm place on the head."""
    side = piece.joint.partition("_")[0]
    face = figure.body.face
    center = dict(zip(face_parts.FACE_JOINTS, face_parts.joint_centers(face), strict=True))[piece.joint]
    frame = figure.at.frames[figure.at.index("head")]
    arm = piece.mesh.vertices - center

    def turned(face: Face, v: Array) -> Array:
        quat = np.broadcast_to(joint_turns(face)[piece.joint], (len(v), 4))
        return np.asarray(rotation.rotate(quat, v) @ frame[:3, :3].T)

    at_ease = CALM if face.drawn else NARROW
    calm = turned(at_ease, arm)
    posed = POSED if face.drawn else POSED | {"eye_wide": STARING}
    moves = {c: turned(f, arm) - calm for c, f in posed.items() if LIDS.get(c, side) == side}
    joints = np.zeros_like(made.joints)
    joints[:, 0] = figure.at.index("head")
    primitive = replace(
        made,
        vertices=calm + frame[:3, :3] @ center + frame[:3, 3],
        normals=turned(at_ease, piece.normals),
        joints=joints,
    )
    moves = {c: m for c, m in moves.items() if np.abs(m).max() > 1e-5}
    if face.drawn:
        return PersonPart(primitive, moves)
    uv = lid_uv(figure, primitive.vertices, "upper" in piece.joint)
    return PersonPart(replace(primitive, material=FACE, color=(1.0, 1.0, 1.0)), moves, uv)


def _piece(index: int, part: PersonPart, stretch: Stretch, model: CharacterModel, num_bones: int) -> Piece:
    """The triangles on the person's skeleton; eyes hang on their own bones, the rest of the face on the head."""
    p = part.primitive
    names = (*model.body_names, *face_parts.FACE_JOINTS)
    eyes = {names.index(f"{side}_eye"): model.num_bodies + k for k, side in enumerate(SIDES)}
    bone = np.array([k if k < model.num_bodies else eyes.get(k, model.roles.head) for k in range(len(names))])
    joint, weight = bone[p.joints.astype(int)], p.weights / 255.0
    dense = _dense(joint, weight, num_bones)
    dense[:, model.roles.head] += dense[:, model.num_bodies :].sum(1)
    weights = dense[:, : model.num_bodies]
    return Piece(
        mesh=0,
        material=index,
        position=stretch.points(p.vertices, weights),
        normal=stretch.normals(p.normals, weights),
        uv=np.zeros((len(p.vertices), 2)) if part.uv is None else part.uv,
        color=np.concatenate([p.tint * p.openness[:, None], np.ones((len(p.vertices), 1))], axis=1),
        joint=joint,
        weight=weight,
        own=np.ones(len(p.vertices), bool),
        triangles=p.triangles,
    )


def _dense(joint: Ints, weight: Array, count: int) -> Array:
    """(V, count) weights of (V, 4) joints."""
    dense = np.zeros((len(joint), count))
    np.add.at(dense, (np.arange(len(joint))[:, None], joint), weight)
    return dense


def _eye(model: CharacterModel, to: RestPose, face: FaceShape, side: str) -> Array:
    """(3,) an eye's centre; the head is the same on both skeletons but for its place."""
    mirror = np.array([1.0, 1.0 if side == "left" else -1.0, 1.0])
    head = to.frames[model.roles.head]
    return np.asarray(head[:3, :3] @ (face.eye_center * mirror) + head[:3, 3])


def _bones(model: CharacterModel, places: Array) -> list[BoneNode]:
    names = (*model.body_names, *(f"{side}_eye" for side in SIDES))
    parents = [*model.body_parent.tolist(), *(model.roles.head for _ in SIDES)]
    return [BoneNode(name, parent, place) for name, parent, place in zip(names, parents, places, strict=True)]


def _bone_parts(model: CharacterModel) -> list[dict[str, str]]:
    body = [{"part": part.value, "side": side} for part, side in zip(model.roles.part, model.roles.side, strict=True)]
    return [*body, *({"part": BonePart.EYE.value, "side": side} for side in SIDES)]


class _Materials:
    """The materials of the file, one for each name; the face has the portrait on it."""

    def __init__(self, writer: GltfWriter, portrait: Portrait | None) -> None:
        self._writer, self._portrait = writer, portrait
        self._known: dict[str, int] = {}

    def index(self, p: Primitive) -> int:
        if p.material not in self._known:
            shine: dict[str, Any] = {
                "baseColorFactor": [*p.color, 1.0], "metallicFactor": 0.0, "roughnessFactor": p.roughness
            }  # fmt: skip
            if p.material == FACE and self._portrait is not None:
                shine["baseColorTexture"] = {"index": self._texture(self._portrait)}
            material = {"name": p.material, "pbrMetallicRoughness": shine}
            self._known[p.material] = self._writer.add("materials", material)
        return self._known[p.material]

    def _texture(self, portrait: Portrait) -> int:
        view = self._writer.bytes_view(png_bytes(portrait.picture))
        image = self._writer.add("images", {"bufferView": view, "mimeType": "image/png"})
        clamped = self._writer.add("samplers", {"wrapS": CLAMP, "wrapT": CLAMP})
        return self._writer.add("textures", {"source": image, "sampler": clamped})
