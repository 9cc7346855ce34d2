"""The skin of a face with a portrait on it: where its picture lies, and how mouth and brows move it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tools.build_avatar.anatomy import HEAD
from tools.build_avatar.avatar_glb import PER_VERTEX, Primitive
from tools.build_avatar.clothes import Figure
from tools.build_avatar.face_parts import MOUTH_HEIGHT, MOUTH_MORPHS, Mouth, mouths
from tools.build_avatar.face_shape import PORTRAIT
from tools.build_avatar.portrait import HIGH, LOW, mask_at
from tools.build_avatar.sdf import Array, smoothstep

MATERIAL = "face"
FRONT = 0.0
"""m before the head's centre, from where on skin is face"""
BROW = np.array([0.034, 0.036])
"""m, (y, z) of the left brow's middle about the head's centre"""
BROW_MOVES = {"brow_up": (0.0055, 0.0055), "brow_down": (-0.0045, -0.0005), "brow_worry": (0.0055, -0.001)}
"""m upwards at the inner and at the outer end"""
ABOVE, BELOW, BESIDE = 0.017, 0.034, 0.020
"""m, how far from the mouth its movement reaches"""
FINER, AROUND = 2, (0.045, 0.040)
"""m, the half width and height of what is divided further"""
LID_ABOVE, LID_BELOW = 0.0085, 0.0095
"""m from the eye's middle, beyond which the picture shows lids and no eye"""


def flat_uv(figure: Figure, p: Array) -> Array:
    """(N, 2) where points of the head lie in the portrait's picture."""
    yz = figure.at.local(p, "head")[:, 1:]
    return np.stack([(yz[:, 0] - LOW[0]) / (HIGH[0] - LOW[0]), (HIGH[1] - yz[:, 1]) / (HIGH[1] - LOW[1])], axis=1)


def lid_uv(figure: Figure, p: Array, upper: bool) -> Array:
    """(N, 2) likewise of a lid in its calm place: it shows what is above or below the eye."""
    local = figure.at.local(p, "head")
    eye = PORTRAIT.eye_center[2]
    z = np.maximum(local[:, 2], eye + LID_ABOVE) if upper else np.minimum(local[:, 2], eye - LID_BELOW)
    frame = figure.at.frames[figure.at.index("head")]
    return flat_uv(figure, np.stack([local[:, 0], local[:, 1], z], -1) @ frame[:3, :3].T + frame[:3, 3])


def divided(figure: Figure, skin: Primitive) -> tuple[Primitive, Primitive]:
    """The face in front, and all other skin, whose head has no blush."""
    local = figure.at.local(skin.vertices, "head")
    turned = skin.normals @ figure.at.frames[figure.at.index("head")][:3, 0]
    front = (local[:, 0] > HEAD[0] + FRONT) & (local[:, 2] > LOW[1]) & (turned > 0.05)
    head = local[:, 2] > LOW[1]
    bare = replace(skin, tint=np.where((head & (np.abs(local[:, 1]) < 0.14))[:, None], 1.0, skin.tint))
    chosen = front[skin.triangles].all(1)
    face = _finer(figure, _part(bare, chosen))
    share = mask_at(figure.at.local(face.vertices, "head")[:, 1:])
    # the picture has its own shade
    shown = replace(
        face, material=MATERIAL, color=(1.0, 1.0, 1.0), openness=1.0 - (1.0 - face.openness) * (1.0 - share)
    )
    return shown, _part(bare, ~chosen)


def _finer(figure: Figure, p: Primitive) -> Primitive:
    """The face with FINER times halved edges around the mouth, so that its lips can part."""
    for _ in range(FINER):
        local = figure.at.local(p.vertices, "head") - HEAD
        near = (np.abs(local[:, 1]) < AROUND[0]) & (np.abs(local[:, 2] - MOUTH_HEIGHT) < AROUND[1])
        chosen = near[p.triangles].any(1)
        a, b, c = p.triangles[chosen].T
        edges, index = np.unique(
            np.sort(np.concatenate([np.stack(e, 1) for e in ((a, b), (b, c), (c, a))]), axis=1),
            axis=0,
            return_inverse=True,
        )
        ab, bc, ca = len(p.vertices) + index.reshape(3, -1)
        made = [np.stack(t, 1) for t in ((a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca))]
        rows: dict[str, Any] = {name: _with_middles(getattr(p, name), edges, name) for name in PER_VERTEX}
        p = replace(p, triangles=np.concatenate([p.triangles[~chosen], *made]), **rows)
    return p


def _with_middles(rows: NDArray[Any], edges: NDArray[np.int64], name: str) -> NDArray[Any]:
    """Rows of the vertices, and of those in the middle of edges: the head moves them, as it moves the ends."""
    if name in ("joints", "weights"):
        return np.concatenate([rows, rows[edges[:, 0]]])
    middle = 0.5 * (rows[edges[:, 0]] + rows[edges[:, 1]])
    if name == "normals":
        middle /= np.maximum(np.linalg.norm(middle, axis=1, keepdims=True), 1e-9)
    return np.concatenate([rows, middle])


def _part(p: Primitive, chosen: NDArray[np.bool_]) -> Primitive:
    used, index = np.unique(p.triangles[chosen], return_inverse=True)
    rows: dict[str, Any] = {name: getattr(p, name)[used] for name in PER_VERTEX}
    return replace(p, triangles=index.reshape(-1, 3).astype(np.int64), **rows)


def face_morphs(figure: Figure, p: Array) -> dict[str, Array]:
    """(N, 3) displacements of points of the face by the channel that moves them, in the model."""
    local = figure.at.local(p, "head") - HEAD
    turn = figure.at.frames[figure.at.index("head")][:3, :3]
    shapes = mouths(figure.body.face)
    moves = {name: _mouth_move(local, shapes[name]) for name in MOUTH_MORPHS}
    moves |= {name: _brow_move(local, *ends) for name, ends in BROW_MOVES.items()}
    return {name: move @ turn.T for name, move in moves.items()}


def _mouth_move(local: Array, mouth: Mouth) -> Array:
    """The lips follow the outline of the mouth that opens between them; what is around them follows less."""
    shut = Mouth(line=0.0)
    y, dz = local[:, 1], local[:, 2] - MOUTH_HEIGHT
    u = np.clip(y / shut.half, -1.0, 1.0)
    _, rest, _ = shut.lines(u)
    across, high, low = mouth.lines(u)
    above = smoothstep(-0.0015, 0.0015, dz - rest)
    up = above * (high - rest) + (1.0 - above) * (low - rest)
    reach = np.where(dz > 0.0, ABOVE, BELOW)
    share = np.exp(-((dz / reach) ** 2)) * np.exp(-((np.maximum(np.abs(y) - shut.half, 0.0) / BESIDE) ** 2))
    share *= smoothstep(-0.02, 0.02, local[:, 0])
    return np.stack([np.zeros(len(y)), share * (across - shut.half * u), share * up], axis=1)


def _brow_move(local: Array, inner: float, outer: float) -> Array:
    y, z = np.abs(local[:, 1]), local[:, 2]
    along = np.clip((y - 0.012) / 0.045, 0.0, 1.0)
    share = np.exp(-(((z - BROW[1]) / 0.013) ** 2)) * np.exp(
        -((np.maximum(np.abs(y - BROW[0]) - 0.022, 0.0) / 0.012) ** 2)
    )
    share *= smoothstep(-0.02, 0.02, local[:, 0])
    up = share * (inner + (outer - inner) * along)
    return np.stack([np.zeros(len(y)), np.zeros(len(y)), up], axis=1)
