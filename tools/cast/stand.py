"""Stands a rig upright in our axes, at the size of the physical body, with relaxed fingers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from game.sim import rotation
from game.sim.model import CharacterModel
from game.sim.roles import SIDES, BodyPart
from game.view.figure_parts import BonePart
from tools.cast.bones import FoundBones
from tools.cast.rig import Rig
from tools.clip_clinic.legs import shortest_arc

Array = NDArray[np.float64]

NEAR_AXIS = np.radians(25.0)
"""a rig that stands or faces this near to an axis of its file was meant to follow it"""
MAX_HEIGHT = 1.8
"""m; a figure with a large head is made smaller than its shoulders ask for"""
CURLS = np.radians([14.0, 22.0, 18.0])
"""of a finger's joints, from the hand outwards"""
STRAIGHT = np.radians(35.0)
"""a finger that bends more than that between its ends keeps its own pose"""


@dataclass(frozen=True, eq=False)
class Stance:
    """Where a rig stands."""

    turn: Array
    """(3, 3) from the file's axes to ours: x forward, y left, z up"""

    def points(self, places: Array) -> Array:
        """(..., 3) of the file in our axes, not scaled."""
        return np.asarray(places @ self.turn.T)


def stance(rig: Rig, found: FoundBones) -> Stance:
    """How the file's axes lie to ours, by hips, shoulders and feet."""
    place = rig.rest[:, :3, 3]

    def middle(part: BonePart) -> Array:
        nodes = [found.node(part, side) for side in SIDES]
        return np.asarray(np.mean([place[n] for n in nodes if n is not None], axis=0))

    def across(part: BonePart) -> Array:
        left, right = found.node(part, "left"), found.node(part, "right")
        return np.asarray(place[left] - place[right] if left is not None and right is not None else np.zeros(3))

    up = _near_axis(_unit(middle(BonePart.UPPER_ARM) - middle(BonePart.FOOT)))
    left = _unit(across(BonePart.UPPER_ARM)) + _unit(across(BonePart.THIGH))
    left = _near_axis(_unit(left - (left @ up) * up))
    left = _unit(left - (left @ up) * up)
    return Stance(np.stack([np.cross(left, up), left, up]))


def own_size(shoulder: float, height: float) -> float:
    """Factor from a figure's lengths to ours: shoulders as high as the physical body's, if it is not too tall then.

    Args:
        shoulder: height of its shoulders above its soles.
        height: of its top.
    """
    return min(shoulder_height(CharacterModel.load()) / max(shoulder, 1e-9), MAX_HEIGHT / max(height, 1e-9))


def shoulder_height(model: CharacterModel) -> float:
    """m from the soles of the physical body to its shoulders, standing straight."""
    foot = model.roles.find(BodyPart.FOOT, SIDES[0])
    shape = model.shapes[foot]
    height = -(shape.center[2] - 0.5 * shape.edges[2] - shape.radius)
    for part in (BodyPart.FOOT, BodyPart.SHIN):
        height -= float(model.body_offset[model.roles.find(part, SIDES[0]), 2])
    arm = model.roles.find(BodyPart.UPPER_ARM, SIDES[0])
    return height + float(model.body_offset[model.roles.torso, 2] + model.body_offset[arm, 2])


def relaxed(rig: Rig, found: FoundBones, stood: Stance) -> tuple[Array, set[int]]:
    """(N, 4, 4) the rest pose with slightly bent fingers, in the file's axes; and the fingers' nodes."""
    rest = np.array(rig.rest)
    fingers: set[int] = set()
    for side in SIDES:
        hand, forearm = found.node(BonePart.HAND, side), found.node(BonePart.FOREARM, side)
        if hand is None or forearm is None:
            continue
        palm = _palm(rig, stood, forearm, hand, side)
        for base in rig.children(hand):
            chain = _line(rig, base)
            fingers.update(chain)
            if len(chain) >= 3 and "thumb" not in rig.names[base].lower() and _bend(rig, chain) < STRAIGHT:
                _curl(rig, rest, chain, palm)
    for node in rig.order:
        if any(a in fingers for a in rig.ancestors(node)):
            fingers.add(node)
    return rest, fingers


def _palm(rig: Rig, stood: Stance, forearm: int, hand: int, side: str) -> Array:
    """(3,) the way that the palm faces, in the file's axes: inwards, once the arm hangs down."""
    along = _unit(stood.points(rig.rest[hand, :3, 3] - rig.rest[forearm, :3, 3]))
    lowered = shortest_arc(along, np.array([0.0, 0.0, -1.0]))
    inward = np.array([0.0, 1.0 if side == SIDES[0] else -1.0, 0.0])
    return np.asarray(stood.turn.T @ rotation.rotate_inverse(lowered, inward))


def _line(rig: Rig, node: int) -> list[int]:
    chain = [node]
    while len(below := rig.children(chain[-1])) == 1:
        chain += below
    return chain


def _bend(rig: Rig, chain: list[int]) -> float:
    """Angle between the first and the last bone of a chain, rad."""
    place = rig.rest[chain, :3, 3]
    first, last = _unit(place[1] - place[0]), _unit(place[-1] - place[-2])
    return float(np.arccos(np.clip(first @ last, -1.0, 1.0)))


def _curl(rig: Rig, rest: Array, chain: list[int], palm: Array) -> None:
    """Bend a finger towards the palm, in place."""
    for node, angle in zip(chain, CURLS, strict=False):
        below = rig.children(node)
        if not below:
            return
        along = _unit(rest[below[0], :3, 3] - rest[node, :3, 3])
        axis = np.cross(along, palm)
        if np.linalg.norm(axis) < 0.3:
            return
        turn = np.eye(4)
        turn[:3, :3] = rotation.to_matrix(rotation.from_axis_angle(_unit(axis), angle))
        turn[:3, 3] = rest[node, :3, 3] - turn[:3, :3] @ rest[node, :3, 3]
        for moved in [n for n in rig.order if n == node or node in rig.ancestors(n)]:
            rest[moved] = turn @ rest[moved]


def _near_axis(way: Array) -> Array:
    k = int(np.abs(way).argmax())
    axis = np.eye(3)[k] * np.sign(way[k])
    return np.asarray(axis if way @ axis > np.cos(NEAR_AXIS) else way)


def _unit(v: Array) -> Array:
    return np.asarray(v / max(float(np.linalg.norm(v)), 1e-12))
