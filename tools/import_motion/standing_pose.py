"""The pose in which a file's skeleton stands upright: what its joints' rotations are measured against.

That is the rest pose, in most files. In some it is folded together, or lies along an axis; then it is put together
from the frames of the motion in which he is straightest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from game.sim import rotation
from game.sim.motion import ClipError
from game.sim.roles import SIDES
from tools.clip_clinic.legs import shortest_arc
from tools.import_motion.joint_figure import JointFigure, angle, frame
from tools.import_motion.source import SourceMotion

Array = NDArray[np.float64]

_UP = np.array([0.0, 0.0, 1.0])
_STRAIGHT, _BENT = 40.0, 65.0
"""degrees that a leg as a whole, and a thigh or shin, may be off the line of the torso in a pose that stands"""
_SQUARE = 30.0
"""degrees between hip axis and shoulder axis, and that the hip axis may be off the torso's normal plane"""
_MOST = 30
"""frames of which a standing pose is averaged at most"""
_ALIKE = 6.0
"""degrees that a frame may be less straight than the best one"""


@dataclass(frozen=True, eq=False)
class StandingPose:
    """K poses of a skeleton with S joints in which he is upright; z is up in them."""

    pos: Array
    """(K, S, 3)"""
    rot: Array
    """(K, S, 4)"""
    pelvis: Array
    """(K, 4) rotation that our pelvis has in each"""
    torso: Array
    """(K, 4) rotation that our torso has in each"""
    on_floor: bool
    """whether both feet are flat on a floor"""
    remark: str = ""


def find(motion: SourceMotion, roles: Mapping[str, str]) -> StandingPose:
    """Look for it. `motion` has z up. Raises ClipError for what goes on four legs or has no hips."""
    rest = JointFigure.of_motion(motion, roles, motion.rest_pos[None])
    fault = _fault(rest)
    if not fault:
        return _from_rest_pose(motion, roles)
    figure = JointFigure.of_motion(motion, roles)
    _refuse_beasts(motion, rest, figure)
    return _from_motion(motion, figure, fault)


def _fault(rest: JointFigure) -> str:
    """Why a pose (1 of them) does not stand, or nothing."""
    if float(np.linalg.norm(rest["left_hip"] - rest["right_hip"], axis=-1)[0]) < 0.02 * rest.leg_length():
        return "its hips lie in one place"
    torso, hips, shoulders = rest.torso(), rest.across("hip"), rest.across("shoulder")
    if (bent := float(rest.stretch()[0])) > _BENT:
        return f"a leg's bone is {bent:.0f} degrees off the line of the torso"
    if (off := max(float(angle(torso, -rest.bone(side, "hip", "ankle"))[0]) for side in SIDES)) > _STRAIGHT:
        return f"a leg is {off:.0f} degrees off the line of the torso"
    if (off := abs(90.0 - float(angle(torso, hips)[0]))) > _SQUARE:
        return f"its hip axis is {off:.0f} degrees off level"
    if (twist := float(angle(hips, shoulders)[0])) > _SQUARE:
        return f"its shoulders are turned {twist:.0f} degrees against its hips"
    return ""


def _from_rest_pose(motion: SourceMotion, roles: Mapping[str, str]) -> StandingPose:
    """The rest pose, turned to z up: some programs write it along another axis than the motion."""
    way = JointFigure.of_motion(motion, roles, motion.rest_pos).torso()
    k = int(np.abs(way).argmax())
    turn = shortest_arc(np.eye(3)[k] * np.sign(way[k]), _UP)
    wide = np.broadcast_to(turn, motion.rest_rot.shape)
    pos, rot = rotation.rotate(wide, motion.rest_pos), rotation.multiply(wide, motion.rest_rot)
    right, left = (pos[motion.index(roles[f"{side}_hip"])] for side in SIDES)
    across = left - right
    face = rotation.from_heading(np.arctan2(-across[0], across[1]))[None]
    return StandingPose(pos[None], rot[None], face, face, on_floor=True)


def _from_motion(motion: SourceMotion, figure: JointFigure, fault: str) -> StandingPose:
    """The straightest frames; pelvis and torso are upright along the line from hips to shoulders in them."""
    off = np.maximum(figure.stretch(), angle(figure.across("hip"), figure.across("shoulder")))
    order = np.argsort(off)[:_MOST]
    best = order[off[order] <= off[order[0]] + _ALIKE]
    ours = JointFigure.of_our_rest_pose()
    torso = figure.torso()[best]
    # our shoulders lie a little behind our hips
    lean = rotation.conjugate(frame(ours.across("hip"), ours.torso()))
    pelvis, chest = (
        rotation.multiply(turned, np.broadcast_to(lean, turned.shape))
        for turned in (frame(figure.across(limb)[best], torso) for limb in ("hip", "shoulder"))
    )
    stands = bool(np.median(torso[:, 2]) > 0.85)
    said = f"the file's rest pose does not stand ({fault}): "
    straight = float(off[order[0]])
    when = "" if len(best) > 3 else f" at {best[0] / motion.fps:.2f} s"
    said += f"measured against his straightest pose{when} instead"
    if straight > _STRAIGHT:
        said += f", which is {straight:.0f} degrees off straight: pelvis and head may lean by as much"
    return StandingPose(motion.pos[best], motion.rot[best], pelvis, chest, stands and straight < _STRAIGHT, said)


def _refuse_beasts(motion: SourceMotion, rest: JointFigure, figure: JointFigure) -> None:
    """Raises ClipError for an animal on four legs, which never stands and rests with its legs across its back."""
    if float(figure.stretch().min()) < _STRAIGHT:
        return
    legs = rest.bone("right", "hip", "ankle") + rest.bone("left", "hip", "ankle")
    arms = [rest.bone(side, "shoulder", "elbow") for side in SIDES]
    legs /= np.linalg.norm(legs, axis=-1, keepdims=True)
    across = abs(90.0 - float(angle(rest.torso(), legs)[0])) < 35.0
    alike = all(float(angle(arm, legs)[0]) < 50.0 for arm in arms)
    body = float(np.median(np.linalg.norm(figure.middle("shoulder") - figure.middle("hip"), axis=-1)))
    long = body > 0.85 * figure.leg_length()
    if (across and alike) or long:
        raise ClipError(
            f"{motion.name}: this body goes on four legs, and is no person's"
            if across and alike
            else f"{motion.name}: the body never stands and is {body / figure.leg_length():.2f} times as long as its "
            "legs, where a person's is 0.5 to 0.8: this is no person, or joints are mistaken (name them by --mapping)"
        )
