"""How our bodies would be turned, were they glued to a file's joints as those are in the standing pose.

Where a joint's own rotation disagrees with where the joints around it are, as with helper joints that turn nothing, the
body is put where hips, shoulders, spine and toes are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from game.sim import rotation
from game.sim.roles import SIDES, BodyPart
from tools.clip_clinic.legs import shortest_arc
from tools.import_motion.joint_figure import BONES, OURS, JointFigure, angle, frame, mean_rotation, unit
from tools.import_motion.mapping import ancestors
from tools.import_motion.source import SourceMotion
from tools.import_motion.standing_pose import StandingPose

Array = NDArray[np.float64]
Bodies = dict[tuple[BodyPart, str], Array]

_DOWN = np.array([0.0, 0.0, -1.0])
_UP = np.array([0.0, 0.0, 1.0])
_HIPS, _BACK, _FEET = 12.0, 25.0, 25.0
"""degrees, median over the clip, between where a joint's rotation has its neighbours and where they are: hip axis;
shoulder axis and the directions along the spine, which move against pelvis and chest; toes"""
_SLOPE = np.radians(30.0)
"""from ankle to toes in a foot that stands flat, where the file has none"""
_OUTWARD = 60.0
"""degrees that toes may point outward in a standing pose; beyond it is no foot's direction"""


@dataclass(frozen=True, eq=False)
class _Neighbours:
    """A body by the places of joints alone, in K standing poses and F frames."""

    still: Array
    """(K, 4) rotations of a frame that is laid through the joints"""
    moving: Array
    """(F, 4)"""
    ways: tuple[tuple[Array, Array, float], ...]
    """Directions (K, 3) and (F, 3) that should turn with the body, each with the degrees that it may be off."""


def body_frames(motion: SourceMotion, roles: Mapping[str, str], standing: StandingPose) -> tuple[Bodies, list[str]]:
    """Rotations (F, 4) of our bodies by part and side, and what disagreed, in words. `motion` has z up."""
    still = JointFigure.of_motion(motion, roles, standing.pos)
    figure = JointFigure.of_motion(motion, roles)
    seen = _seen(motion, roles, standing, still, figure)
    result: Bodies = {}
    said = []
    for body, (role, rest) in _glued(roles, still, standing).items():
        joint = motion.index(roles[role])
        turn = _carried(standing.rot[:, joint], rest, motion.rot[:, joint])
        off = (
            max((_off(turn, rest, way) for way in seen[body].ways), default=(0.0, 0.0)) if body in seen else (0.0, 0.0)
        )
        if off[0] > 0.0:
            turn = _carried(seen[body].still, rest, seen[body].moving)
            name = " ".join(word for word in (body[1], body[0].value) if word)
            said.append(f"{name}: put where the joints around it are, since its joint's rotation is {off[1]:.0f} "
                        "degrees off")  # fmt: skip
        result[body] = turn
    return result, said


def _carried(was: Array, rest: Array, now: Array) -> Array:
    """Rotations (F, 4) of a body that was turned `rest` (K, 4) when its carrier was turned `was` (K, 4)."""
    local = mean_rotation(rotation.multiply(rotation.conjugate(was), rest))
    return rotation.multiply(now, np.broadcast_to(local, now.shape))


def _off(turn: Array, rest: Array, way: tuple[Array, Array, float]) -> tuple[float, float]:
    """By how many degrees, median, a body's turns (F, 4) miss a direction: beyond what is allowed, and in all."""
    was, now, allowed = way
    local = unit(rotation.rotate_inverse(rest, was).mean(axis=0))
    off = float(np.median(angle(rotation.rotate(turn, np.broadcast_to(local, now.shape)), now)))
    return off - allowed, off


def _glued(
    roles: Mapping[str, str], still: JointFigure, standing: StandingPose
) -> dict[tuple[BodyPart, str], tuple[str, Array]]:
    """Body -> the role of the joint that carries it, and the body's rotations (K, 4) in the standing poses."""
    glued = {(BodyPart.PELVIS, ""): ("pelvis", standing.pelvis), (BodyPart.TORSO, ""): ("chest", standing.torso)}
    glued[BodyPart.HEAD, ""] = (next(role for role in ("head", "neck", "chest") if role in roles), standing.torso)
    for side in SIDES:
        for joint, end in BONES:
            body = standing.pelvis if joint in ("hip", "knee") else standing.torso
            glued[OURS[joint], side] = (f"{side}_{joint}", _along(still, side, joint, end, body))
        glued[BodyPart.FOOT, side] = (f"{side}_ankle", _sole(still, side, standing))
    return glued


def _along(still: JointFigure, side: str, joint: str, end: str, body: Array) -> Array:
    """Rotations (K, 4) of our bone, which hangs from a body at rest, laid along the file's."""
    if f"{side}_{end}" not in still:
        joint, end = "shoulder", "elbow"  # no wrist: as the upper arm lies
    hanging = rotation.rotate(body, np.broadcast_to(_DOWN, (*body.shape[:-1], 3)))
    return rotation.multiply(shortest_arc(hanging, still.bone(side, joint, end)), body)


def _sole(still: JointFigure, side: str, standing: StandingPose) -> Array:
    """Rotations (K, 4) of our foot: flat where the file's is, else along the toes less their usual slope."""
    if f"{side}_toe" not in still:
        return standing.pelvis
    turn, flat = _flat(still, side, standing)
    other = "left" if side == "right" else "right"
    slope = _SLOPE
    if f"{other}_toe" in still and (of_other := _flat(still, other, standing)[1]).any():
        slope = float(np.median(np.arcsin(np.clip(-still.toes(other)[of_other, 2], 0.0, 1.0))))
    level = rotation.from_axis_angle((0.0, 1.0, 0.0), -slope)
    pointed = rotation.multiply(_foot(still, side), np.broadcast_to(level, turn.shape))
    return np.where(flat[:, None], turn, pointed)


def _flat(still: JointFigure, side: str, standing: StandingPose) -> tuple[Array, NDArray[np.bool_]]:
    """Rotations (K, 4) of a foot that is flat on the floor with its toes ahead, and in which poses it is (K,)."""
    toes = still.toes(side)
    face = rotation.from_heading(rotation.heading(standing.pelvis))
    turn = rotation.from_heading(np.arctan2(toes[:, 1], toes[:, 0]))
    flat = np.hypot(toes[:, 0], toes[:, 1]) > 0.6
    ahead = np.degrees(rotation.angle_between(turn, face)) < _OUTWARD
    return turn, flat & ahead & standing.on_floor


def _seen(
    motion: SourceMotion, roles: Mapping[str, str], standing: StandingPose, still: JointFigure, figure: JointFigure
) -> dict[tuple[BodyPart, str], _Neighbours]:
    """Pelvis, torso, and the feet where there are toes."""
    spine = _spine(motion, roles)
    leg = figure.leg_length()

    def apart(joints: list[int], limb: str, least: float) -> tuple[Array, Array]:
        """Directions from between two limbs to the first joint that is clearly apart, else along the torso."""
        for joint in joints:
            was, now = standing.pos[:, joint] - still.middle(limb), motion.pos[:, joint] - figure.middle(limb)
            if np.median(np.linalg.norm(now, axis=-1)) > least * leg:
                return unit(was), unit(now)
        sign = 1.0 if limb == "hip" else -1.0
        return sign * still.torso(), sign * figure.torso()

    loins, ribs = apart(spine, "hip", 0.1), apart(spine[::-1], "shoulder", 0.2)
    hips, shoulders = ((still.across(limb), figure.across(limb)) for limb in ("hip", "shoulder"))
    found = {
        (BodyPart.PELVIS, ""): _Neighbours(
            frame(hips[0], loins[0]), frame(hips[1], loins[1]), ((*hips, _HIPS), (*loins, _BACK))
        ),
        (BodyPart.TORSO, ""): _Neighbours(
            frame(shoulders[0], -ribs[0]),
            frame(shoulders[1], -ribs[1]),
            ((*shoulders, _BACK), (*ribs, _BACK)),
        ),
    }
    for side in SIDES:
        if f"{side}_toe" in figure:
            toes = still.toes(side), figure.toes(side)
            found[BodyPart.FOOT, side] = _Neighbours(
                _foot(still, side), _foot(figure, side), ((*toes, _FEET),)
            )  # fmt: skip
    return found


def _foot(figure: JointFigure, side: str) -> Array:
    """Rotations (N, 4) with x along the toes, and y across the plane of shin and foot."""
    toes = figure.toes(side)
    # along a pointed foot, shin and toes are one line: then across is as the hips have it
    left = np.cross(-figure.bone(side, "knee", "ankle"), toes) + 0.3 * figure.across("hip")
    return frame(np.cross(np.cross(toes, left), toes), np.cross(toes, left))


def _spine(motion: SourceMotion, roles: Mapping[str, str]) -> list[int]:
    """Joints between the pelvis and the chest, from below; the chest too."""
    chest, pelvis = motion.index(roles["chest"]), motion.index(roles["pelvis"])
    chain = [chest, *ancestors(motion, chest)]
    return chain[: chain.index(pelvis)][::-1] if pelvis in chain else [chest]
