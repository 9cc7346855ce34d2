"""Markers on the skin, or points of a markerless capture in the joints -> joints and bodies.

On the skin: the Plug-in Gait set or others by their common names; hip centres by regression on the pelvis (Bell,
Pedersen, Brand 1990), knees and ankles inside their markers. In the joints: what Pose2Sim, OpenPose, MediaPipe and
FreeMoCap write.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from game.sim import rotation
from game.sim.kinematics import body_poses
from game.sim.model import CharacterModel
from game.sim.motion import ClipError
from game.sim.roles import SIDES, BodyPart
from tools.clip_clinic.legs import shortest_arc
from tools.import_motion.joint_figure import JointFigure
from tools.import_motion.joint_figure import frame as frame_of
from tools.import_motion.markers import Markers, SeenMarkers
from tools.import_motion.source import SourceMotion

Array = NDArray[np.float64]

_UNITS = {"mm": 0.001, "cm": 0.01, "m": 1.0, "meters": 1.0, "metres": 1.0, "meter": 1.0, "millimeters": 0.001,
          "millimetres": 0.001, "centimeters": 0.01, "in": 0.0254, "inches": 0.0254}  # fmt: skip
_HIP = np.array([-0.19, 0.36, -0.30])
"""Left hip from between the ASIS in the pelvis' plane, in shares of their distance."""
_TILT = np.radians(10.0)
"""How far the plane of ASIS and PSIS slopes down forward in somebody who stands."""
_KNEE, _ANKLE, _SHOULDER = 0.05, 0.035, 0.045
"""m from marker to joint: inward, inward, down."""
_BODIES = {"pelvis": (BodyPart.PELVIS, ""), "chest": (BodyPart.TORSO, ""), "head": (BodyPart.HEAD, "")} | {
    f"{side}_{joint}": (part, side)
    for side in SIDES
    for joint, part in (("hip", BodyPart.THIGH), ("knee", BodyPart.SHIN), ("ankle", BodyPart.FOOT),
                        ("shoulder", BodyPart.UPPER_ARM), ("elbow", BodyPart.FOREARM), ("wrist", BodyPart.HAND))
}  # fmt: skip
"""Joint of the result -> body of ours whose rest pose it has."""
_DOWN = np.array([0.0, 0.0, -1.0])


def of_markers(path: Path, markers: Markers, remarks: tuple[str, ...] = ()) -> SourceMotion:
    """The motion of the person who wears them. Raises ClipError, naming what is missing."""
    unit = markers.unit.strip().lower()
    if unit not in _UNITS:
        raise ClipError(f"{path.name}: unit {markers.unit[:20]!r}, expected {', '.join(_UNITS)}")
    seen = SeenMarkers(path.name, markers)
    metre = 1.0 / _UNITS[unit]
    inside = seen.has("RHIP", "LHIP", "RKNE", "LKNE") and not seen.has("RASI", "LASI")
    pos, rot = _of_joints(seen) if inside else _of_skin(seen, metre)
    kind = "points in the joints" if inside else "markers on the skin"
    model = CharacterModel.load("humanoid")
    names = tuple(_BODIES)
    bodies = [model.roles.find(*body) for body in _BODIES.values()]
    still = np.array(np.broadcast_to(rotation.IDENTITY, (model.num_joints, 4)))
    rest = body_poses(model, np.zeros(3), rotation.IDENTITY, still)
    parents = np.array([bodies.index(p) if p >= 0 else -1 for p in model.body_parent[bodies]])
    return SourceMotion(
        path.stem, markers.fps, names, parents, rest.pos[bodies], rest.rot[bodies],
        np.stack([pos[name] for name in names], axis=1), np.stack([rot[name] for name in names], axis=1),
        metres=_UNITS[unit], rest_in_file=False, roles={name: name for name in names},
        remarks=(*remarks, kind, *seen.remarks()),
    )  # fmt: skip


def _of_skin(seen: SeenMarkers, metre: float) -> tuple[dict[str, Array], dict[str, Array]]:
    """Positions (F, 3) of the joints, and rotations (F, 4) of the bodies that hang on them, x forward and z up.

    Args:
        seen: the markers.
        metre: length of a metre in the file's unit.
    """
    pos, rot = {}, {}
    front, back = seen("LASI+RASI"), seen("LPSI+RPSI", "SACR")
    plane = _frame(front - back, seen("LASI") - seen("RASI"))
    width = np.linalg.norm(seen("LASI") - seen("RASI"), axis=-1, keepdims=True)
    for side, sign in (("right", -1.0), ("left", 1.0)):
        pos[f"{side}_hip"] = front + rotation.rotate(plane, width * _HIP * [1.0, sign, 1.0])
    level = np.broadcast_to(rotation.from_axis_angle((0.0, 1.0, 0.0), -_TILT), plane.shape)
    rot["pelvis"] = rotation.multiply(plane, level)
    pos["pelvis"] = 0.5 * (pos["right_hip"] + pos["left_hip"])
    left_w = _axis(rot["pelvis"], 1)
    rot["chest"], pos["chest"] = _torso(seen, pos["pelvis"], rot["pelvis"])
    rot["head"] = rot["chest"]
    if seen.has("LFHD", "RFHD", "LBHD", "RBHD"):
        rot["head"] = _frame(seen("LFHD+RFHD") - seen("LBHD+RBHD"), seen("LFHD+LBHD") - seen("RFHD+RBHD"))
    pos["head"] = seen("C7+CLAV", "LSHO+RSHO")
    for side, inward in (("right", left_w), ("left", -left_w)):
        letter = side[0].upper()
        pos[f"{side}_knee"] = seen(f"{letter}KNE") + _KNEE * metre * inward
        shin = pos[f"{side}_knee"] - seen(f"{letter}ANK")
        rot[f"{side}_ankle"] = _foot(seen, letter, shin, rot["pelvis"])
        foot_left = _axis(rot[f"{side}_ankle"], 1)
        pos[f"{side}_ankle"] = seen(f"{letter}ANK") + _ANKLE * metre * (foot_left if side == "right" else -foot_left)
        pos[f"{side}_shoulder"] = seen(f"{letter}SHO") - _SHOULDER * metre * _axis(rot["chest"], 2)
        pos[f"{side}_elbow"] = seen(f"{letter}ELB")
        pos[f"{side}_wrist"] = seen(f"{letter}WRA+{letter}WRB", f"{letter}WRI", f"{letter}WRA")
    _limbs(pos, rot)
    return pos, rot


def _of_joints(seen: SeenMarkers) -> tuple[dict[str, Array], dict[str, Array]]:
    """The same from points in the joints: pelvis and chest are upright along the line from hips to shoulders."""
    pos, rot = {}, {}
    for side in SIDES:
        letter = side[0].upper()
        for limb, label in (("hip", "HIP"), ("knee", "KNE"), ("ankle", "ANK"), ("shoulder", "SHO"), ("elbow", "ELB")):
            pos[f"{side}_{limb}"] = seen(letter + label)
        pos[f"{side}_wrist"] = seen(f"{letter}WRI", f"{letter}WRA+{letter}WRB")
    figure, ours = JointFigure(pos), JointFigure.of_our_rest_pose()
    for body, limb in (("pelvis", "hip"), ("chest", "shoulder")):
        lean = rotation.conjugate(frame_of(ours.across(limb), ours.torso()))
        turn = frame_of(figure.across(limb), figure.torso())
        rot[body] = rotation.multiply(turn, np.broadcast_to(lean, turn.shape))
    rot["head"] = rot["chest"]
    pos["pelvis"] = figure.middle("hip")
    pos["chest"] = 0.5 * (figure.middle("hip") + figure.middle("shoulder"))
    pos["head"] = figure.middle("shoulder")
    for side in SIDES:
        shin = pos[f"{side}_knee"] - pos[f"{side}_ankle"]
        rot[f"{side}_ankle"] = _foot(seen, side[0].upper(), shin, rot["pelvis"])
    _limbs(pos, rot)
    return pos, rot


def _foot(seen: SeenMarkers, letter: str, shin: Array, pelvis: Array) -> Array:
    """Rotations (F, 4) of a foot from heel and toe; without them, at a right angle to the shin (F, 3)."""
    if seen.has(f"{letter}TOE", f"{letter}HEE"):
        sole = seen(f"{letter}TOE") - seen(f"{letter}HEE")
        return _frame(sole, np.cross(shin, sole))
    seen.missing("toes and heels: feet are at right angles to the shins")
    left = _axis(pelvis, 1)
    return _frame(np.cross(left, shin), left)


def _limbs(pos: dict[str, Array], rot: dict[str, Array]) -> None:
    """Add the rotations of arms and legs, which hang on pelvis and chest."""
    for side in SIDES:
        for carrier, joint, end in (("pelvis", "hip", "knee"), ("pelvis", "knee", "ankle"),
                                    ("chest", "shoulder", "elbow"), ("chest", "elbow", "wrist")):  # fmt: skip
            way = pos[f"{side}_{end}"] - pos[f"{side}_{joint}"]
            down = rotation.rotate(rot[carrier], np.broadcast_to(_DOWN, way.shape))
            rot[f"{side}_{joint}"] = rotation.multiply(shortest_arc(down, way), rot[carrier])
        rot[f"{side}_wrist"] = rot[f"{side}_elbow"]


def _torso(seen: SeenMarkers, middle: Array, pelvis: Array) -> tuple[Array, Array]:
    """Rotation (F, 4) and joint (F, 3) of the torso, so that our shoulders would lie between the file's."""
    model = CharacterModel.load("humanoid")
    arm = model.roles.find(BodyPart.UPPER_ARM, "right")
    chest, shoulder = model.body_offset[model.roles.torso], model.body_offset[arm]
    shoulders = seen("LSHO+RSHO")
    # the marker lies above the joint
    share = chest[2] / (chest[2] + shoulder[2] + _SHOULDER)
    height = np.linalg.norm(shoulders - middle, axis=-1, keepdims=True)
    joint = middle + share * height * _axis(pelvis, 2)
    up = shoulders - joint
    across = seen("LSHO") - seen("RSHO")
    if seen.has("C7", "CLAV"):
        across = np.cross(up, seen("CLAV") - seen("C7"))
    # our shoulders lie a little behind the torso's axis
    lean = np.arctan2(-shoulder[0], shoulder[2] + _SHOULDER)
    frame = _frame(np.cross(across, up), across)
    return rotation.multiply(
        frame, np.broadcast_to(rotation.from_axis_angle((0.0, 1.0, 0.0), lean), frame.shape)
    ), joint


def _frame(forward: Array, left: Array) -> Array:
    """Rotations (F, 4) whose x is along `forward` (F, 3) and whose y is as near to `left` (F, 3) as can be."""
    x = forward / np.maximum(np.linalg.norm(forward, axis=-1, keepdims=True), 1e-12)
    z = np.cross(x, left)
    z /= np.maximum(np.linalg.norm(z, axis=-1, keepdims=True), 1e-12)
    return rotation.from_matrix(np.stack([x, np.cross(z, x), z], axis=-1))


def _axis(turn: Array, axis: int) -> Array:
    """(F, 3) where an axis of rotations (F, 4) points."""
    return rotation.rotate(turn, np.broadcast_to(np.eye(3)[axis], (len(turn), 3)))
