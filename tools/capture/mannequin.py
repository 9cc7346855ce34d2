"""A clothed figure with a face: what BlazePose recognises as a person.

Its bodies' frames are the humanoid's. Figures of bare capsules are not recognised.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import panda3d.core as p3d

from game.sim.model import CharacterModel
from game.sim.roles import BodyPart

Colour = tuple[float, float, float]
Vector = tuple[float, float, float]
Ring = tuple[Vector, Vector, Vector]
"""Center and the two half axes of an ellipse."""

SKIN: Colour = (0.86, 0.65, 0.53)
SHIRT: Colour = (0.75, 0.16, 0.16)
SHORTS: Colour = (0.13, 0.16, 0.28)
HAIR: Colour = (0.16, 0.10, 0.07)
SHOE: Colour = (0.93, 0.93, 0.93)
SOCK: Colour = (0.20, 0.20, 0.20)
WHITE: Colour = (0.97, 0.97, 0.97)
DARK: Colour = (0.10, 0.08, 0.05)
LIPS: Colour = (0.68, 0.30, 0.28)
_SIDES = 20


def build(scene: p3d.NodePath) -> list[p3d.NodePath]:
    """One node per body of the humanoid, with its parts."""
    model = CharacterModel.load("humanoid")
    nodes = [scene.attach_new_node(name) for name in model.body_names]
    for (part, side), shapes in _parts().items():
        for rings, colour in shapes:
            _mesh(rings, colour).reparent_to(nodes[model.roles.find(part, side)])
    return nodes


def _parts() -> dict[tuple[BodyPart, str], list[tuple[list[Ring], Colour]]]:
    """The figure's shapes, in the frames of its bodies."""
    parts = {
        (BodyPart.PELVIS, ""): [(_stack(_PELVIS), SHORTS)],
        (BodyPart.TORSO, ""): [(_stack(_TORSO), SHIRT)],
        (BodyPart.HEAD, ""): _head(),
    }
    for side, y in (("right", -1.0), ("left", 1.0)):
        parts[BodyPart.THIGH, side] = [
            (
                _limb(0.03, -0.4215, [(0, 0.095, 0.088, 0), (0.3, 0.092, 0.085, 0.005), (0.62, 0.08, 0.075, 0.005)]),
                SHORTS,
            ),
            (_limb(-0.18, -0.4215, [(0, 0.078, 0.073, 0.004), (0.7, 0.06, 0.056, 0), (1, 0.057, 0.053, 0)]), SKIN),
        ]
        calf = [(0, 0.056, 0.052, 0), (0.25, 0.06, 0.055, -0.012), (0.6, 0.045, 0.043, -0.006), (1, 0.037, 0.035, 0)]
        parts[BodyPart.SHIN, side] = [
            (_limb(0.0, -0.41, [*calf]), SKIN),
            (_limb(-0.33, -0.41, [(0, 0.042, 0.041, 0), (1, 0.041, 0.04, 0)]), SOCK),
        ]
        parts[BodyPart.FOOT, side] = [(_FOOT, SHOE)]
        parts[BodyPart.UPPER_ARM, side] = [
            (_ball((0, 0, 0), (0.062, 0.058, 0.062)), SHIRT),
            (_limb(0.0, -0.275, [(0, 0.056, 0.052, 0), (0.35, 0.055, 0.05, 0), (0.55, 0.05, 0.047, 0)]), SHIRT),
            (_limb(-0.12, -0.275, [(0, 0.045, 0.043, 0), (1, 0.039, 0.038, 0)]), SKIN),
        ]
        parts[BodyPart.FOREARM, side] = [
            (_limb(0.0, -0.26, [(0, 0.04, 0.039, 0), (0.25, 0.042, 0.04, 0), (1, 0.027, 0.029, 0)]), SKIN)
        ]
        parts[BodyPart.HAND, side] = [
            (_ball((0.005, 0, -0.065), (0.032, 0.02, 0.075)), SKIN),
            (_ball((0.035, 0, -0.045), (0.012, 0.012, 0.035)), SKIN),
        ]
        parts[BodyPart.HEAD, ""] += _face_side(y)
    return parts


# height, half depth (x), half width (y), shift in x
_PELVIS = [
    (-0.10, 0.02, 0.02, 0), (-0.09, 0.09, 0.12, 0), (-0.03, 0.115, 0.165, 0), (0.05, 0.105, 0.155, 0),
    (0.12, 0.09, 0.135, 0), (0.2, 0.092, 0.14, 0), (0.3, 0.09, 0.13, 0), (0.31, 0.01, 0.01, 0),
]  # fmt: skip
_TORSO = [
    (-0.16, 0.01, 0.01, 0), (-0.15, 0.095, 0.142, 0), (-0.05, 0.1, 0.147, 0), (0.08, 0.115, 0.165, 0),
    (0.18, 0.11, 0.178, -0.01), (0.24, 0.085, 0.165, -0.02), (0.275, 0.065, 0.11, -0.02),
    (0.30, 0.05, 0.06, -0.015), (0.31, 0.01, 0.01, -0.015),
]  # fmt: skip
_FOOT: list[Ring] = [
    ((x, 0, z), (0, 0, high), (0, wide, 0))
    for x, z, high, wide in (
        (-0.075, -0.05, 0.01, 0.01), (-0.065, -0.045, 0.04, 0.034), (0, -0.035, 0.05, 0.04),
        (0.08, -0.052, 0.033, 0.045), (0.15, -0.06, 0.024, 0.04), (0.185, -0.065, 0.01, 0.02),
    )
]  # fmt: skip


def _head() -> list[tuple[list[Ring], Colour]]:
    return [
        (_limb(0.0, 0.1, [(0, 0.058, 0.055, -0.01), (1, 0.055, 0.052, 0)]), SKIN),
        (_ball((0.012, 0, 0.175), (0.095, 0.076, 0.125)), SKIN),
        (_ball((-0.012, 0, 0.205), (0.098, 0.083, 0.105)), HAIR),
        (_ball((0.105, 0, 0.16), (0.02, 0.014, 0.022)), SKIN),
        (_ball((0.094, 0, 0.115), (0.012, 0.026, 0.007)), LIPS),
    ]


def _face_side(y: float) -> list[tuple[list[Ring], Colour]]:
    return [
        (_ball((0.093, 0.032 * y, 0.19), (0.012, 0.014, 0.010)), WHITE),
        (_ball((0.103, 0.032 * y, 0.19), (0.006, 0.007, 0.007)), DARK),
        (_ball((0.088, 0.032 * y, 0.212), (0.012, 0.02, 0.005)), HAIR),
        (_ball((0.0, 0.0784 * y, 0.17), (0.022, 0.01, 0.032)), SKIN),
    ]


def _stack(levels: Sequence[tuple[float, float, float, float]]) -> list[Ring]:
    return [((x, 0, z), (rx, 0, 0), (0, ry, 0)) for z, rx, ry, x in levels]


def _limb(top: float, bottom: float, profile: Sequence[tuple[float, float, float, float]]) -> list[Ring]:
    """Along z with round ends; the profile's rows: fraction of the way, half depth, half width, shift in x."""
    out = math.copysign(1.0, top - bottom)
    rings: list[Ring] = []

    def cap(z: float, rx: float, ry: float, x: float, direction: float, steps: Sequence[float]) -> None:
        for k in steps:
            shrink = math.sin(0.5 * math.pi * k)
            rings.append(
                ((x, 0, z + direction * 0.6 * max(rx, ry) * (1.0 - k)), (rx * shrink, 0, 0), (0, ry * shrink, 0))
            )

    steps = (0.05, 0.5, 0.8, 0.95)
    cap(top, *profile[0][1:], out, steps)
    rings += [((x, 0, top + (bottom - top) * u), (rx, 0, 0), (0, ry, 0)) for u, rx, ry, x in profile]
    cap(bottom, *profile[-1][1:], -out, steps[::-1])
    return rings


def _ball(center: Vector, radii: Vector) -> list[Ring]:
    rings = []
    for angle in np.linspace(-0.499, 0.499, 14) * math.pi:
        cos, sin = math.cos(angle), math.sin(angle)
        middle = (center[0], center[1], center[2] + radii[2] * sin)
        rings.append((middle, (radii[0] * cos, 0.0, 0.0), (0.0, radii[1] * cos, 0.0)))
    return rings


def _mesh(rings: list[Ring], colour: Colour) -> p3d.NodePath:
    """A closed skin over elliptical rings."""
    angles = np.linspace(0.0, 2.0 * np.pi, _SIDES, endpoint=False)
    centers = np.repeat(np.array([ring[0] for ring in rings], float), _SIDES, axis=0)
    vertices = centers + np.concatenate(
        [
            np.cos(angles)[:, None] * np.array(a, float) + np.sin(angles)[:, None] * np.array(b, float)
            for _, a, b in rings
        ]
    )
    triangles = []
    for k in range(len(rings) - 1):
        for j in range(_SIDES):
            p, q = k * _SIDES + j, k * _SIDES + (j + 1) % _SIDES
            triangles += [(p, q, p + _SIDES), (q, q + _SIDES, p + _SIDES)]
    normals = np.zeros_like(vertices)
    for a, b, c in triangles:
        normals[[a, b, c]] += np.cross(vertices[b] - vertices[a], vertices[c] - vertices[a])
    inward = np.sum((vertices - centers) * normals, axis=1) < 0.0
    normals[inward] *= -1.0
    normals /= np.linalg.norm(normals, axis=1, keepdims=True) + 1e-9
    data = p3d.GeomVertexData("part", p3d.GeomVertexFormat.get_v3n3(), p3d.Geom.UH_static)
    data.unclean_set_num_rows(len(vertices))
    rows = np.concatenate([vertices, normals], axis=1).astype(np.float32)
    data.modify_array_handle(0).set_data(rows.tobytes())
    faces = p3d.GeomTriangles(p3d.Geom.UH_static)
    for triangle in triangles:
        faces.add_vertices(*triangle)
    geom = p3d.Geom(data)
    geom.add_primitive(faces)
    node = p3d.GeomNode("part")
    node.add_geom(geom)
    path = p3d.NodePath(node)
    material = p3d.Material("cloth")
    material.set_diffuse((*colour, 1.0))
    material.set_ambient((*colour, 1.0))
    path.set_material(material)
    path.set_color(*colour, 1.0)
    path.set_two_sided(True)
    return path
