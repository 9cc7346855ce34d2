"""BodyRoles: what a character's bodies and joints are for, read from models/NAME/roles.json (fields: models/README.md).

The code asks for roles and parts of a body; the names of one model's bodies stand in its files alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from game.scene.json_fields import JsonFields, SetError
from game.scene.set_file import read_fields

SCHEMA = 1
SIDES = ("right", "left")


class BodyPart(StrEnum):
    """The part of a person that a body is. A part without sides, or each side of one, is one body at most."""

    PELVIS = "pelvis"
    TORSO = "torso"
    HEAD = "head"
    THIGH = "thigh"
    SHIN = "shin"
    FOOT = "foot"
    UPPER_ARM = "upper_arm"
    FOREARM = "forearm"
    HAND = "hand"


class FallGroup(StrEnum):
    """Bodies that say the same about a fall when they touch down; the worst first."""

    HEAD = "head"
    TORSO = "torso"
    SEAT = "seat"
    KNEES = "knees"
    HANDS = "hands"


class ShadingSpheres(NamedTuple):
    """Spheres that fill the bodies and darken what is near them, those that darken most first. S spheres."""

    body: NDArray[np.int64]
    """(S,)"""
    center: NDArray[np.float64]
    """(S, 3) m, in the body's frame"""
    radius: NDArray[np.float64]
    """(S,) m"""


class FigurePiece(NamedTuple):
    """What a drawing of the body shows of one joint: a capsule from a to b.

    Units of the figure's height; x to the figure's left, which is our right, y down from its crown.
    """

    joint: str
    a: tuple[float, float]
    b: tuple[float, float]
    radius: float


class LimpLimits(NamedTuple):
    """How far each of J joints turns, and how stiffly, when nobody drives it."""

    low: NDArray[np.float64]
    """(J, 3) rad, of the rotation vector child in parent; a hinge's angle is the middle one"""
    high: NDArray[np.float64]
    """(J, 3) rad"""
    friction: NDArray[np.float64]
    """(J,) N m"""


@dataclass(frozen=True, eq=False)
class BodyRoles:
    """Of B bodies and J joints; bodies are indices, joints that people write in events are names."""

    part: tuple[BodyPart, ...]
    """(B,)"""
    side: tuple[str, ...]
    """(B,) right, left, or empty for a body in the middle"""
    opposite_body: NDArray[np.int64]
    """(B,) the same part on the other side; itself for a body in the middle"""
    opposite_joint: NDArray[np.int64]
    """(J,) likewise of the joints"""
    head: int
    torso: int
    push_body: int
    """where pushes and balls aim"""
    end_effectors: tuple[int, ...]
    """hands and feet, whose places are rewarded in training"""
    key_bodies: tuple[int, ...]
    """whose places a policy that we train sees; their order is the network's"""
    fall_groups: Mapping[FallGroup, tuple[int, ...]]
    limbs: Mapping[str, tuple[str, ...]]
    """names of joints by the group's name: events scale the strength of a limb"""
    joint_weights: NDArray[np.float64]
    """(1 + J,) how much the root and each joint count in the imitation reward"""
    limp: LimpLimits
    shading: ShadingSpheres
    figure: tuple[FigurePiece, ...]
    """one piece a joint, that is clicked in the panel's drawing"""
    figure_decor: tuple[FigurePiece, ...]
    """pieces that are only drawn"""

    def find(self, part: BodyPart, side: str = "") -> int:
        """The body that is a part, of one side where it has sides. Raises LookupError, naming what there is."""
        found = list(zip(self.part, self.side, strict=True))
        if (part, side) not in found:
            raise LookupError(f"no body is the {_words(part, side)}; there are {', '.join(_words(*f) for f in found)}")
        return found.index((part, side))

    def has_sides(self, part: BodyPart) -> bool:
        """Whether there is a right and a left one."""
        return (part, SIDES[0]) in zip(self.part, self.side, strict=True)

    def all_of(self, *parts: BodyPart) -> list[int]:
        """The bodies of both sides that are one of the parts, in the model's order."""
        return [body for body, part in enumerate(self.part) if part in parts]


def load_roles(
    path: Path, body_names: tuple[str, ...], joint_names: tuple[str, ...], body_joint: NDArray[np.int64]
) -> BodyRoles:
    """Read the roles of a model's bodies.

    Args:
        path: of roles.json.
        body_names: (B,) of the model.
        joint_names: (J,) of the model.
        body_joint: (B,) the joint that carries a body, -1 for none.

    Raises:
        SetError: a field is missing, unknown or of the wrong kind, or a name is no body or joint of the model.
    """
    fields = read_fields(path)
    fields.schema(SCHEMA)
    bodies = fields.section("bodies")
    each = [bodies.section(name) for name in body_names]
    part = tuple(BodyPart(f.choice("part", tuple(BodyPart))) for f in each)
    side = tuple(f.choice("side", ("", *SIDES), "") for f in each)
    for section in (*each, bodies):
        section.done()
    opposite = _opposites(path.name, body_names, part, side)

    def indices(section: JsonFields, key: str) -> tuple[int, ...]:
        return tuple(body_names.index(name) for name in section.names(key, body_names))

    groups, weights = fields.section("fall_groups"), fields.section("joint_weights")
    roles = BodyRoles(
        part=part,
        side=side,
        opposite_body=opposite,
        opposite_joint=_opposite_joints(path.name, opposite, body_joint, joint_names),
        head=_only(path.name, part, BodyPart.HEAD),
        torso=_only(path.name, part, BodyPart.TORSO),
        push_body=body_names.index(fields.choice("push_body", body_names)),
        end_effectors=indices(fields, "end_effectors"),
        key_bodies=indices(fields, "key_bodies"),
        fall_groups={group: indices(groups, group) for group in FallGroup},
        limbs={f.text("name"): f.names("joints", joint_names) for f in fields.sections("limbs")},
        joint_weights=np.array(
            [fields.number("root_weight", None, low=0.0), *(weights.number(j, None, low=0.0) for j in joint_names)]
        ),
        limp=_limp(fields.section("limp"), joint_names),
        shading=_shading(fields.sections("shading_spheres"), body_names),
        figure=_figure(fields.sections("figure"), joint_names),
        figure_decor=_figure(fields.sections("figure_decor"), joint_names),
    )
    for section in (groups, weights, fields):
        section.done()
    if missing := set(joint_names) - {piece.joint for piece in roles.figure}:
        raise SetError(f"{path.name}: figure has no piece for {', '.join(sorted(missing))}; each joint needs one")
    return roles


def _words(part: BodyPart, side: str) -> str:
    return f"{side} {part}".strip()


def _only(file: str, part: tuple[BodyPart, ...], wanted: BodyPart) -> int:
    if part.count(wanted) != 1:
        raise SetError(f"{file}: {part.count(wanted)} bodies are the {wanted}, expected 1")
    return part.index(wanted)


def _opposites(
    file: str, names: tuple[str, ...], part: tuple[BodyPart, ...], side: tuple[str, ...]
) -> NDArray[np.int64]:
    """(B,) of each body the one that is the same part on the other side."""
    found = list(zip(part, side, strict=True))
    for body, key in enumerate(found):
        if found.index(key) != body:
            raise SetError(f"{file}: {names[found.index(key)]} and {names[body]} are both the {_words(*key)}")
    flip = {"right": "left", "left": "right", "": ""}
    for name, (p, s) in zip(names, found, strict=True):
        if (p, flip[s]) not in found:
            raise SetError(f"{file}: {name} is the {_words(p, s)}, but no body is the {_words(p, flip[s])}")
    return np.array([found.index((p, flip[s])) for p, s in found])


def _opposite_joints(
    file: str, opposite: NDArray[np.int64], body_joint: NDArray[np.int64], names: tuple[str, ...]
) -> NDArray[np.int64]:
    """(J,) of each joint the one that carries the opposite body."""
    carried = {int(joint): body for body, joint in enumerate(body_joint) if joint >= 0}
    others = np.array([body_joint[opposite[carried[j]]] for j in range(len(names))])
    if (others < 0).any():
        raise SetError(
            f"{file}: joint {names[int(others.argmin())]} has none opposite: the sides are built differently"
        )
    return others


def _limp(section: JsonFields, joint_names: tuple[str, ...]) -> LimpLimits:
    rows = [section.section(name) for name in joint_names]
    low = np.radians([row.numbers("low_degrees", 3) for row in rows])
    high = np.radians([row.numbers("high_degrees", 3) for row in rows])
    friction = np.array([row.number("friction", None, low=0.0) for row in rows])
    for row in (*rows, section):
        row.done()
    for name, bad in zip(joint_names, np.any(low > high, axis=1).tolist(), strict=True):
        if bad:
            raise SetError(f"{section.where}: {name} has a low_degrees above its high_degrees")
    return LimpLimits(low, high, friction)


def _shading(rows: list[JsonFields], body_names: tuple[str, ...]) -> ShadingSpheres:
    body = np.array([body_names.index(row.choice("body", body_names)) for row in rows], np.int64)
    center = np.array([row.numbers("center", 3) for row in rows], float).reshape(-1, 3)
    radius = np.array([row.number("radius", None, low=0.0) for row in rows], float)
    for row in rows:
        row.done()
    return ShadingSpheres(body, center, radius)


def _figure(rows: list[JsonFields], joint_names: tuple[str, ...]) -> tuple[FigurePiece, ...]:
    pieces = []
    for row in rows:
        (ax, ay), (bx, by) = row.numbers("a", 2), row.numbers("b", 2)
        radius = row.number("radius", None, low=0.0)
        pieces.append(FigurePiece(row.choice("joint", joint_names), (ax, ay), (bx, by), radius))
        row.done()
    return tuple(pieces)
