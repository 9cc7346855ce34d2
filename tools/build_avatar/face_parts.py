"""The moving parts of the face: eyes, lids and brows as rigid pieces with joints, and a mouth with morphs.

The joints sit on the head: an eye and its lids turn about the eye's centre, a brow about the head's centre, so
that it slides along the forehead. The view turns them (`game/view/face.py`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from tools.build_avatar.anatomy import HEAD
from tools.build_avatar.clothes import Figure
from tools.build_avatar.face_shape import DRAWN, FaceShape
from tools.build_avatar.sdf import Array
from tools.build_avatar.surface import Ints, Mesh

PIECES = ("eye", "upper_lid", "lower_lid", "brow")
FACE_JOINTS = tuple(f"{side}_{piece}" for side in ("left", "right") for piece in PIECES)
MOUTH_MORPHS = ("open", "smile", "frown", "wide", "round")


@dataclass(frozen=True, eq=False)
class FacePiece:
    """A rigid piece of the face in the head's frame, or the mouth with its morphs."""

    material: str
    joint: str
    mesh: Mesh
    normals: Array
    """(V, 3)"""
    morphs: tuple[Array, ...] = ()
    """(V, 3) displacements, one for each of MOUTH_MORPHS"""


def joint_centers(face: FaceShape = DRAWN) -> Array:
    """(8, 3) of FACE_JOINTS in the head's frame."""
    mirror = {"left": np.array([1.0, 1.0, 1.0]), "right": np.array([1.0, -1.0, 1.0])}
    rows = []
    for name in FACE_JOINTS:
        side, _, piece = name.partition("_")
        rows.append(HEAD if piece == "brow" else face.eye_center * mirror[side])
    return np.array(rows)


def pieces(figure: Figure, detail: int) -> list[FacePiece]:
    """All of the face; `detail` 2 (near) .. 0 (far)."""
    n = (8, 14, 24)[detail]
    lift = (0.0038, 0.0014, 0.0)[detail]  # m; a coarse mesh of the cheek may lie above the exact surface
    made: list[FacePiece] = []
    for s, side in ((1.0, "left"), (-1.0, "right")):
        face = figure.body.face
        center = face.eye_center * [1.0, s, 1.0]
        made += _eye(center, face, side, n)
        made.append(_lid(center, face.eye_radius, side, "upper_lid", n))
        made.append(_lid(center, face.eye_radius, side, "lower_lid", n))
        if face.drawn:
            made.append(_brow(figure, s, side, n))
    return made + _mouth(figure, n, lift)


def _grid(rows: int, columns: int) -> Ints:
    """(2 (rows-1) (columns-1), 3) triangles of a grid of vertices."""
    i = np.arange(rows * columns).reshape(rows, columns)
    a, b, c, d = (x.reshape(-1) for x in (i[:-1, :-1], i[:-1, 1:], i[1:, 1:], i[1:, :-1]))
    return np.concatenate([np.stack([a, b, c], -1), np.stack([a, c, d], -1)])


def _dome(radius: float, low: float, high: float, n: int) -> tuple[Array, Array, Ints]:
    """A zone of a sphere about +x: angles from its pole, rad. Returns offsets, normals, triangles."""
    theta = np.linspace(low, high, max(3, int(n * (high - low) / 2.2) + 2))
    phi = np.linspace(0.0, 2.0 * np.pi, n + 1)
    t, f = np.meshgrid(theta, phi, indexing="ij")
    normal = np.stack([np.cos(t), np.sin(t) * np.cos(f), np.sin(t) * np.sin(f)], -1).reshape(-1, 3)
    triangles = _grid(len(theta), len(phi))
    v = normal * radius
    edges = v[triangles[:, 1:]] - v[triangles[:, :1]]
    area = np.linalg.norm(np.cross(edges[:, 0], edges[:, 1]), axis=-1)
    return v, normal, _facing(v, normal, triangles[area > 1e-12])


def _eye(center: Array, face: FaceShape, side: str, n: int) -> list[FacePiece]:
    """White, iris and pupil as zones of one sphere, so that there is no gap; a highlight lies a little above."""
    size, iris = face.eye_radius, face.iris
    pupil = iris * 0.275 / 0.545
    zones = (("eye", iris, 2.0), ("iris", pupil, iris), ("pupil", 0.0, pupil))
    made = []
    for material, low, high in zones:
        v, normal, t = _dome(size, low, high, n)
        made.append(FacePiece(material, f"{side}_eye", Mesh(center + v, t), normal))
    v, normal, t = _dome(0.126 * size, 0.0, 1.4, max(6, n // 2))
    spot = size * np.array([0.855, 0.18, 0.30])
    made.append(
        FacePiece("glint", "head", Mesh(center + spot + v, t), normal)
    )  # the highlight does not turn with the eye
    return made


def _lid(center: Array, size: float, side: str, name: str, n: int) -> FacePiece:
    """Half a sphere above (or below) the eye's centre; its edge is level with the centre, so both close the eye."""
    up = 1.0 if name == "upper_lid" else -1.0
    radius = size + (0.0030 if up > 0 else 0.0022)
    # rows go from inside the rim over the edge and up to the back
    elevation = np.concatenate([[0.0, 0.0], np.linspace(0.03, 2.3, max(5, n // 2))])
    radii = np.concatenate([[size - 0.001, radius - 0.0008], np.full(len(elevation) - 2, radius)])
    azimuth = np.linspace(-1.75, 1.75, n + 1)
    e, a = np.meshgrid(elevation, azimuth, indexing="ij")
    # turn about the y axis: azimuth sweeps the edge from corner to corner
    direction = np.stack([np.cos(a) * np.cos(e), np.sin(a) + 0.0 * e, np.cos(a) * np.sin(e) * up], -1)
    v = (direction * radii[:, None, None]).reshape(-1, 3)
    normal = direction.reshape(-1, 3).copy()
    normal[: n + 1] = [0.25, 0.0, -up]
    t = _grid(len(elevation), n + 1)
    if up < 0:
        t = t[:, ::-1]
    mesh = Mesh(center + v, _facing(v, normal, t))
    return FacePiece("lid", f"{side}_{name}", mesh, normal / np.linalg.norm(normal, axis=1, keepdims=True))


def _facing(v: Array, normal: Array, t: Ints) -> Ints:
    """Triangles with their corners in the order that agrees with the normals."""
    face = np.cross(v[t[:, 1]] - v[t[:, 0]], v[t[:, 2]] - v[t[:, 0]])
    away = (face * normal[t].sum(1)).sum(1) < 0
    return np.where(away[:, None], t[:, ::-1], t)


def _onto_head(figure: Figure, y: Array, z: Array, lift: Array) -> tuple[Array, Array]:
    """Points of the face over (y, z) of the head's frame, `lift` above the skin, with normals. (N, 3) each."""
    frame = figure.at.frames[figure.at.index("head")]

    def skin(q: Array) -> Array:
        return figure.body.head(q @ frame[:3, :3].T + frame[:3, 3])

    x = np.full(len(y), 0.19)
    for _ in range(24):  # march in from the front
        x = x - np.maximum(skin(np.stack([x, y, z], -1)), -0.004) * 0.7
    p = np.stack([x, y, z], -1)
    step = 0.004
    normal = np.stack([skin(p + e) - skin(p - e) for e in np.eye(3) * step], -1)
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    return p + normal * lift[:, None], normal


def _brow(figure: Figure, s: float, side: str, n: int) -> FacePiece:
    """A thick straight bar on the forehead, thinner at its outer end."""
    u = np.linspace(0.0, 1.0, n + 1)
    section = np.linspace(0.0, 2.0 * np.pi, 9)
    y = 0.0135 + 0.0485 * u
    z = HEAD[2] + 0.0490 + 0.0030 * np.sin(np.pi * np.minimum(u * 1.05, 1.0)) - 0.0055 * u**3
    half = 0.0062 * (0.35 + 0.65 * np.sqrt(np.clip(u / 0.12, 0, 1))) * np.sqrt(np.clip((1.0 - u) / 0.5, 0.04, 1.0))
    base, normal = _onto_head(figure, s * y, z, np.full(len(u), 0.0025))
    up = np.array([0.0, 0.0, 1.0]) - normal * normal[:, 2:]
    up /= np.linalg.norm(up, axis=1, keepdims=True)
    c, k = np.cos(section)[None, :, None], np.sin(section)[None, :, None]
    ring = up[:, None] * c * half[:, None, None] + normal[:, None] * k * 0.0052
    v = (base[:, None] + ring).reshape(-1, 3)
    out = up[:, None] * c * 0.6 + normal[:, None] * k
    out = (out / np.linalg.norm(out, axis=-1, keepdims=True)).reshape(-1, 3)
    t = _grid(len(u), len(section))
    # flat ends, with corners of their own: those of the bar look sideways
    ends = (0, -1)
    lids = np.concatenate([v.reshape(ring.shape)[i] for i in ends])
    away = [base[i] - base[i + (1 if i == 0 else -1)] for i in ends]
    looks = np.repeat([a / np.linalg.norm(a) for a in away], len(section), axis=0)
    fans = [[k, k + i, k + i + 1] for k in (len(v), len(v) + len(section)) for i in range(1, len(section) - 2)]
    v, out = np.concatenate([v, lids]), np.concatenate([out, looks])
    return FacePiece("brow", f"{side}_brow", Mesh(v, _facing(v, out, np.concatenate([t, np.array(fans)]))), out)


@dataclass(frozen=True)
class Mouth:
    """The mouth's outline: half width, opening, height of its corners, m."""

    half: float = 0.0255
    open: float = 0.0
    corner: float = 0.0005
    droop: float = 0.0
    line: float = 0.0021
    """half the thickness of the line that it is when shut"""

    def lines(self, u: Array) -> tuple[Array, Array, Array]:
        """y, upper z and lower z along u in -1..1, about the mouth's middle."""
        y = self.half * u
        bow = self.corner * u * u - self.droop * (1.0 - u * u)
        lens = np.sqrt(np.clip(1.0 - u * u, 0.0, 1.0))
        stroke = self.line * np.clip(1.0 - np.abs(u) ** 6, 0.25, 1.0)
        return y, bow + stroke + 0.38 * self.open * lens, bow - stroke - 0.62 * self.open * lens


MOUTHS = {
    "open": Mouth(half=0.0235, open=0.030),
    "smile": Mouth(half=0.0310, corner=0.0100, droop=0.0015),
    "frown": Mouth(half=0.0265, corner=-0.0105, droop=-0.002),
    "wide": Mouth(half=0.0350, open=0.0135, corner=-0.003),
    "round": Mouth(half=0.0125, open=0.016),
}
MOUTH_HEIGHT = -0.0665
CALMER = 0.72
"""of how far a portrait's mouth opens"""


def mouths(face: FaceShape) -> dict[str, Mouth]:
    """The mouth at the full weight of each of MOUTH_MORPHS; a portrait's opens less, and has no line when shut."""
    if face.drawn:
        return MOUTHS
    return {name: replace(mouth, line=0.0, open=CALMER * mouth.open) for name, mouth in MOUTHS.items()}


def _mouth(figure: Figure, n: int, base: float) -> list[FacePiece]:
    """Dark inside, teeth and tongue as layers on the skin, without height when the mouth is shut."""
    u = np.linspace(-1.0, 1.0, n + 1)
    layers = (("mouth", 0.0, 1.0, 0.0007), ("teeth", 0.05, 0.42, 0.0013), ("tongue", 0.70, 0.97, 0.0016))
    made = []
    shut = Mouth() if figure.body.face.drawn else Mouth(line=0.0)
    shapes = mouths(figure.body.face)
    for material, top, bottom, layer in layers:
        if material == "teeth" and not figure.body.face.drawn:
            continue  # a portrait may show its own
        lift = layer + base
        rest = _mouth_layer(figure, shut, u, material, top, bottom, lift)
        moves = tuple(
            _mouth_layer(figure, shapes[m], u, material, top, bottom, lift)[0] - rest[0] for m in MOUTH_MORPHS
        )
        # a shut mouth has no area, so the triangles' direction is found with it open
        wide = _mouth_layer(figure, MOUTHS["open"], u, material, top, bottom, lift)
        t = _facing(*wide, _grid(5, len(u)))
        made.append(FacePiece(material, "head", Mesh(rest[0], t), rest[1], moves))
    return made


def _mouth_layer(
    figure: Figure, mouth: Mouth, u: Array, material: str, top: float, bottom: float, lift: float
) -> tuple[Array, Array]:
    inner = 1.0 if material == "mouth" else (0.86 if material == "teeth" else 0.55)
    y, high, low = mouth.lines(u * inner)
    if material != "mouth":
        # teeth and tongue are visible only as far as the mouth is open
        gap = np.clip((high - low - 0.0050) / 0.006, 0.0, 1.0)
        lift = lift - 0.004 * float(mouth.open <= 0.0)
        middle = 0.5 * (high + low)
        high, low = middle + (high - middle) * gap, middle + (low - middle) * gap
    rows = np.linspace(top, bottom, 5)[:, None]
    z = HEAD[2] + MOUTH_HEIGHT + high + (low - high) * rows
    yy = np.broadcast_to(y, z.shape)
    return _onto_head(figure, yy.reshape(-1), z.reshape(-1), np.full(z.size, lift))
