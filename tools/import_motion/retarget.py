"""From any skeleton's motion to our humanoid's: directions of bones are kept, lengths become ours.

Each bone's turn away from the file's rest pose is carried over to our bone as it lies in that rest pose (T, A or arms
hanging). Thighs and upper arms are then swung exactly along the source's bones and twisted so that knee or elbow, a
hinge with us, bends in the plane in which the source bends it.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from game.sim import rotation
from game.sim.kinematics import body_poses, lowest_point
from game.sim.model import CharacterModel
from game.sim.motion import ClipError, MotionClip
from game.sim.roles import SIDES, BodyPart
from tools.clip_clinic.ground_contact import floor_level
from tools.clip_clinic.legs import shortest_arc
from tools.import_motion.body_frames import Bodies
from tools.import_motion.source import SourceMotion

Array = NDArray[np.float64]

_DOWN = np.array([0.0, 0.0, -1.0])
_UP = np.array([0.0, 0.0, 1.0])
_OWN_TWIST, _BENT = 0.15, 0.5
"""Weight of a limb's own twist where it is straight, and the sine of the bend from which on the bend alone counts."""
_UNITS = {
    "metres": 1.0,
    "centimetres": 0.01,
    "millimetres": 0.001,
    "inches": 0.0254,
    "feet": 0.3048,
    "CMU's 5.6 cm": 0.0254 / 0.45,
}
_LIMBS = (
    (BodyPart.THIGH, BodyPart.SHIN, "hip", "knee", "ankle", 1.0),
    (BodyPart.UPPER_ARM, BodyPart.FOREARM, "shoulder", "elbow", "wrist", -1.0),
)
"""Our upper and lower part; the source's joint, hinge and end; the sign of the hinge's bend."""


def scale_to_ours(motion: SourceMotion, roles: Mapping[str, str]) -> tuple[float, str]:
    """Factor from the file's lengths to ours, by the legs, and what that says about the unit. Raises ClipError."""
    lengths = [_length(motion, roles[f"{s}_{a}"], roles[f"{s}_{b}"])
               for s in SIDES for a, b in (("hip", "knee"), ("knee", "ankle"))]  # fmt: skip
    if min(lengths) <= 1e-9:
        raise ClipError(f"{motion.name}: a thigh or a shin has no length; check the mapping")
    leg = sum(lengths) / 2.0
    model = CharacterModel.load("humanoid")
    ours = -float(model.body_offset[model.legs[0, 1:], 2].sum())
    if motion.metres:
        unit, metres = f"{motion.metres:g} m", motion.metres
        how = "by the format"
    else:
        unit = min(_UNITS, key=lambda u: abs(np.log(leg * _UNITS[u] / ours)))
        metres, how = _UNITS[unit], "by the legs"
    return ours / leg, f"unit {unit} ({how}): legs of {leg * metres:.2f} m made ours of {ours:.2f} m"


def _length(motion: SourceMotion, a: str, b: str) -> float:
    """Median distance of two joints over the clip."""
    return float(np.median(np.linalg.norm(motion.pos[:, motion.index(a)] - motion.pos[:, motion.index(b)], axis=-1)))


def retarget(motion: SourceMotion, roles: Mapping[str, str], frames: Bodies, scale: float) -> MotionClip:
    """Carry a motion over. What is lowest stands on the floor; nothing else is mended.

    Args:
        motion: z up.
        roles: role -> joint, checked.
        frames: rotations of our bodies, see body_frames.py.
        scale: from the motion's lengths to ours.
    """
    model = CharacterModel.load("humanoid")
    joint_rot = np.array(np.broadcast_to(rotation.IDENTITY, (motion.num_frames, model.num_joints, 4)))
    pelvis, torso = frames[BodyPart.PELVIS, ""], frames[BodyPart.TORSO, ""]
    joint_rot[:, model.body_joint[model.roles.torso]] = _relative(pelvis, torso)
    joint_rot[:, model.neck] = _relative(torso, frames[BodyPart.HEAD, ""])
    for side in SIDES:
        for upper, lower, joint, hinge, end, sign in _LIMBS:
            parent = pelvis if upper is BodyPart.THIGH else torso
            way = _way(motion, roles, f"{side}_{joint}", f"{side}_{hinge}")
            lower_way = _way(motion, roles, f"{side}_{hinge}", f"{side}_{end}")
            if lower_way is None:  # no wrist: along the forearm's own axis
                lower_way = rotation.rotate(frames[lower, side], np.broadcast_to(_DOWN, (motion.num_frames, 3)))
            turn, bend = _swing_and_bend(frames[upper, side], way, lower_way, sign)
            joint_rot[:, _carrier(model, upper, side)] = _relative(parent, turn)
            joint_rot[:, _carrier(model, lower, side)] = bend
            if upper is BodyPart.THIGH:
                ankle = _carrier(model, BodyPart.FOOT, side)
                joint_rot[:, ankle] = _relative(rotation.multiply(turn, bend), frames[BodyPart.FOOT, side])
    hips = [motion.index(roles[f"{side}_hip"]) for side in SIDES]
    root_pos = scale * motion.pos[:, hips].mean(axis=1)
    root_pos[:, 2] -= floor_level(lowest_point(model, body_poses(model, root_pos, pelvis, joint_rot)))
    return MotionClip(motion.name, motion.fps, False, root_pos, pelvis, joint_rot)


def _carrier(model: CharacterModel, part: BodyPart, side: str) -> int:
    """The joint of ours that carries a part."""
    return int(model.body_joint[model.roles.find(part, side)])


def _way(motion: SourceMotion, roles: Mapping[str, str], joint: str, end: str) -> Array | None:
    """(F, 3) from one joint to the other, or None where the end is not known."""
    if end not in roles:
        return None
    return np.asarray(motion.pos[:, motion.index(roles[end])] - motion.pos[:, motion.index(roles[joint])])


def _relative(parent: Array, child: Array) -> Array:
    return rotation.multiply(rotation.conjugate(parent), child)


def _swing_and_bend(turn: Array, way: Array | None, lower_way: Array, sign: float) -> tuple[Array, Array]:
    """Rotation of the upper bone and of the hinge, both (F, 4).

    Args:
        turn: (F, 4) of the upper bone, as carried over; its twist holds where the limb is straight.
        way: (F, 3) along the upper bone.
        lower_way: (F, 3) along the lower bone.
        sign: 1 for a knee, which bends backward, -1 for an elbow.
    """
    if way is not None:
        turn = rotation.multiply(shortest_arc(rotation.rotate(turn, np.broadcast_to(_DOWN, way.shape)), way), turn)
    length = np.linalg.norm(lower_way, axis=-1, keepdims=True)
    lower = rotation.rotate_inverse(turn, np.where(length < 1e-9, _DOWN, lower_way / np.maximum(length, 1e-9)))
    # a bend by b about y takes (0, 0, -1) to (-sin b, 0, -cos b)
    # near straight, the plane of the bend is noise and a little overstretch is no half turn: lean on the own twist
    sine = np.hypot(lower[:, 0], lower[:, 1])
    own = _OWN_TWIST * np.clip((_BENT - sine) / (_BENT - _OWN_TWIST), 0.0, 1.0)
    twist = np.arctan2(-sign * lower[:, 1], -sign * lower[:, 0] + own)
    turn = rotation.multiply(turn, rotation.from_axis_angle(_UP, twist))
    lower = rotation.rotate(rotation.from_axis_angle(_UP, -twist), lower)
    bend = sign * np.arctan2(np.maximum(-sign * lower[:, 0], 0.0), -lower[:, 2])
    return turn, rotation.from_axis_angle((0.0, 1.0, 0.0), bend)
