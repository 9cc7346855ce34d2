"""Known clips as files of other programs: other names, rest poses, units, axes and bone frames. For tests only."""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from game.sim import rotation
from game.sim.kinematics import body_poses
from game.sim.model import CharacterModel
from game.sim.motion import MotionClip

Array = NDArray[np.float64]

MODEL = CharacterModel.load()
BODIES = MODEL.body_names
_LIMB_NAMES = ("thigh", "shin", "foot", "upper_arm", "forearm", "hand")


def _names(centre: tuple[str, str, str], right: str, left: str, limb: tuple[str, ...]) -> dict[str, str]:
    sides = {f"{side}_{body}": word.format(name) for side, word in (("right", right), ("left", left))
             for body, name in zip(_LIMB_NAMES, limb, strict=True)}  # fmt: skip
    return dict(zip(("pelvis", "torso", "head"), centre, strict=True)) | sides


NAMES = {
    "mixamo": _names(("mixamorig:Hips", "mixamorig:Spine2", "mixamorig:Head"), "mixamorig:Right{}", "mixamorig:Left{}",
                     ("UpLeg", "Leg", "Foot", "Arm", "ForeArm", "Hand")),
    "cmu": _names(("Hips", "Spine1", "Head"), "Right{}", "Left{}",
                  ("UpLeg", "Leg", "Foot", "Arm", "ForeArm", "Hand")),
    "rokoko": _names(("Hips", "Spine4", "Head"), "Right{}", "Left{}",
                     ("Thigh", "Shin", "Foot", "Arm", "ForeArm", "Hand")),
    "biovision": _names(("Hips", "Chest", "Head"), "Right{}", "Left{}",
                        ("Hip", "Knee", "Ankle", "Shoulder", "Elbow", "Wrist")),
    "vrm": _names(("J_Bip_C_Hips", "J_Bip_C_UpperChest", "J_Bip_C_Head"), "J_Bip_R_{}", "J_Bip_L_{}",
                  ("UpperLeg", "LowerLeg", "Foot", "UpperArm", "LowerArm", "Hand")),
    "unreal": _names(("pelvis", "spine_03", "head"), "{}_r", "{}_l",
                     ("thigh", "calf", "foot", "upperarm", "lowerarm", "hand")),
    "blender": _names(("hips", "chest", "head"), "{}.R", "{}.L",
                      ("thigh", "shin", "foot", "upper_arm", "forearm", "hand")),
    "smpl": _names(("Pelvis", "Spine3", "Head"), "R_{}", "L_{}",
                   ("Hip", "Knee", "Ankle", "Shoulder", "Elbow", "Wrist")),
    "nonsense": _names(("a", "b", "c"), "r{}", "l{}", ("1", "2", "3", "4", "5", "6")),
}  # fmt: skip
Y_UP = rotation.from_axis_angle((1.0, 0.0, 0.0), -np.pi / 2)
"""Our z up to y up, our x stays"""


@dataclass(frozen=True)
class Rig:
    """A clip on a foreign skeleton: one joint per body of ours. F frames, B bodies."""

    names: tuple[str, ...]
    rest_pos: Array
    """(B, 3)"""
    rest_rot: Array
    """(B, 4)"""
    pos: Array
    """(F, B, 3)"""
    rot: Array
    """(F, B, 4)"""
    fps: float


def rig(
    clip: MotionClip,
    style: str,
    *,
    unit: float = 1.0,
    t_pose: bool = True,
    turn: Array = Y_UP,
    bone_axes: Array | None = None,
) -> Rig:
    """Put a clip on a rig.

    Args:
        unit: metres per unit of the file.
        t_pose: arms stretched sideways at rest, else hanging.
        turn: (4,) from our axes to the file's.
        bone_axes: (B, 4) rotation of each bone's frame in the rest pose against the file's axes; none: aligned.
    """  # fmt: skip
    arms = {"right": -np.pi / 2, "left": np.pi / 2}
    still = np.array(np.broadcast_to(rotation.IDENTITY, (MODEL.num_joints, 4)))
    glue = np.array(np.broadcast_to(rotation.IDENTITY, (MODEL.num_bodies, 4)))
    if t_pose:
        for side, angle in arms.items():
            swing = rotation.from_axis_angle((1.0, 0.0, 0.0), angle)
            still[MODEL.joint(f"{side}_shoulder")] = swing
            for body in ("upper_arm", "forearm", "hand"):
                glue[MODEL.body(f"{side}_{body}")] = swing
    rest = body_poses(MODEL, np.array([0.0, 0.0, 0.9]), rotation.IDENTITY, still)
    poses = body_poses(MODEL, clip.root_pos, clip.root_rot, clip.joint_rot)
    axes = glue * 0.0 + rotation.IDENTITY if bone_axes is None else bone_axes
    to_file = np.broadcast_to(turn, glue.shape)
    # a bone's frame is glued to the body so that it equals `axes` in the file's rest pose
    frame = rotation.multiply(rotation.multiply(rotation.conjugate(glue), rotation.conjugate(to_file)), axes)

    def placed(pos: Array, rot: Array) -> tuple[Array, Array]:
        wide = np.broadcast_to(turn, rot.shape)
        return rotation.rotate(wide, pos) / unit, rotation.multiply(wide, rotation.multiply(rot, frame + 0.0 * rot))

    names = tuple(NAMES[style][body] for body in BODIES)
    return Rig(names, *placed(rest.pos, rest.rot), *placed(poses.pos, poses.rot), clip.fps)


def bvh_text(r: Rig, order: str = "ZXY") -> str:
    """A BVH file. Its rest pose has every joint unturned: with bone frames of their own, that is a folded one."""
    children: dict[int, list[int]] = {}
    for body, parent in enumerate(MODEL.body_parent):
        children.setdefault(int(parent), []).append(body)
    lines, columns = ["HIERARCHY"], []
    rotations = " ".join(f"{a}rotation" for a in order)

    def add(body: int, depth: int) -> None:
        parent = int(MODEL.body_parent[body])
        offset = r.rest_pos[body] - (r.rest_pos[parent] if parent >= 0 else r.rest_pos[body])
        if parent >= 0:
            offset = rotation.rotate_inverse(r.rest_rot[parent], offset)
        pad = "\t" * depth
        lines.append(f"{pad}{'JOINT' if depth else 'ROOT'} {r.names[body]}")
        lines.append(f"{pad}{{\n{pad}\tOFFSET {offset[0]:.8f} {offset[1]:.8f} {offset[2]:.8f}")
        if depth:
            lines.append(f"{pad}\tCHANNELS 3 {rotations}")
            local = rotation.multiply(rotation.conjugate(r.rot[:, parent]), r.rot[:, body])
        else:
            lines.append(f"{pad}\tCHANNELS 6 Xposition Yposition Zposition {rotations}")
            columns.append(r.pos[:, body])
            local = r.rot[:, body]
        columns.append(np.degrees(euler(local, order)))
        for child in children.get(body, []):
            add(child, depth + 1)
        if body not in children:
            lines.append(f"{pad}\tEnd Site\n{pad}\t{{\n{pad}\t\tOFFSET 0 0 0.05\n{pad}\t}}")
        lines.append(f"{pad}}}")

    add(0, 0)
    rows = np.concatenate(columns, axis=1)
    lines += ["MOTION", f"Frames: {len(rows)}", f"Frame Time: {1.0 / r.fps:.8f}"]
    return "\n".join(lines + [" ".join(f"{v:.7f}" for v in row) for row in rows]) + "\n"


def euler(q: Array, order: str) -> Array:
    """Angles (..., 3) so that turning about order[0], then the turned order[1], then order[2] gives q (..., 4)."""
    m = rotation.to_matrix(q)
    i, j, k = ("XYZ".index(a) for a in order)
    sign = 1.0 if (j - i) % 3 == 1 else -1.0
    middle = np.arcsin(np.clip(sign * m[..., i, k], -1.0, 1.0))
    first = np.arctan2(-sign * m[..., j, k], m[..., k, k])
    last = np.arctan2(-sign * m[..., i, j], m[..., i, i])
    return np.stack([first, middle, last], axis=-1)


def glb_bytes(
    r: Rig, *, armature: Array | None = None, size: float = 1.0, vrm: bool = False, rest_in_first_frame: bool = False
) -> bytes:
    """A GLB with a skin and one animation.

    Args:
        armature: (4,) turn of a node above the bones; it cancels out, as Blender's quarter turn does.
        size: scale of that node; the bones' own lengths are divided by it.
        vrm: name the bones in a VRM extension.
        rest_in_first_frame: write the first frame as the nodes' own pose, the rest pose only as bind matrices.
    """  # fmt: skip
    chunk, views, accessors = bytearray(), list[dict[str, Any]](), list[dict[str, Any]]()

    def put(values: Array, kind: str) -> int:
        data = np.ascontiguousarray(values, "<f4").tobytes()
        views.append({"buffer": 0, "byteOffset": len(chunk), "byteLength": len(data)})
        accessors.append({"bufferView": len(views) - 1, "componentType": 5126, "count": len(values), "type": kind})
        chunk.extend(data)
        return len(accessors) - 1

    above = rotation.IDENTITY if armature is None else armature

    def local(pos: Array, rot: Array, body: int) -> tuple[Array, Array]:
        parent = int(MODEL.body_parent[body])
        if parent < 0:
            back = np.broadcast_to(rotation.conjugate(above), rot[..., body, :].shape)
            return rotation.rotate(back, pos[..., body, :]) / size, rotation.multiply(back, rot[..., body, :])
        way = pos[..., body, :] - pos[..., parent, :]
        back = rotation.conjugate(rot[..., parent, :])
        return rotation.rotate(back, way) / size, rotation.multiply(back, rot[..., body, :])

    bind = np.zeros((len(BODIES), 4, 4))
    back = np.broadcast_to(rotation.conjugate(above), r.rest_rot.shape)
    bind[:, :3, :3] = rotation.to_matrix(rotation.multiply(back, r.rest_rot))
    bind[:, :3, 3] = rotation.rotate(back, r.rest_pos) / size
    bind[:, 3, 3] = 1.0
    times = put(np.arange(len(r.pos))[:, None] / r.fps, "SCALAR")
    nodes: list[dict[str, Any]] = [{"name": "Armature", "children": [1], "rotation": list(above), "scale": [size] * 3}]
    channels, samplers = [], []
    for body, name in enumerate(r.names):
        moving = local(r.pos, r.rot, body)
        still = (moving[0][0], moving[1][0]) if rest_in_first_frame else local(r.rest_pos, r.rest_rot, body)
        children = [1 + b for b, parent in enumerate(MODEL.body_parent) if parent == body]
        node = {"name": name, "translation": list(still[0]), "rotation": list(still[1])}
        nodes.append(node | ({"children": children} if children else {}))
        for path, values, kind in (("translation", moving[0], "VEC3"), ("rotation", moving[1], "VEC4")):
            samplers.append({"input": times, "output": put(values, kind)})
            channels.append({"sampler": len(samplers) - 1, "target": {"node": 1 + body, "path": path}})
    inverse = put(np.asarray(np.linalg.inv(bind).transpose(0, 2, 1).reshape(-1, 16), float), "MAT4")
    card: dict[str, Any] = {
        "asset": {"version": "2.0"},
        "nodes": nodes,
        "skins": [{"joints": list(range(1, 1 + len(BODIES))), "inverseBindMatrices": inverse}],
        "animations": [{"name": "move", "channels": channels, "samplers": samplers}],
        "buffers": [{"byteLength": len(chunk)}],
        "bufferViews": views,
        "accessors": accessors,
    }
    if vrm:
        bones = {"hips": "pelvis", "chest": "torso", "head": "head"} | {
            f"{side}{bone}": f"{side}_{body}"
            for side in ("left", "right")
            for bone, body in zip(("UpperLeg", "LowerLeg", "Foot", "UpperArm", "LowerArm", "Hand"), _LIMB_NAMES,
                                  strict=True)
        }  # fmt: skip
        human = {bone: {"node": 1 + BODIES.index(body)} for bone, body in bones.items()}
        card["extensions"] = {"VRMC_vrm": {"humanoid": {"humanBones": human}}}
    return pack_glb(card, bytes(chunk))


def pack_glb(card: dict[str, Any], chunk: bytes) -> bytes:
    """JSON and binary chunk as a GLB."""
    text = json.dumps(card).encode()
    text += b" " * (-len(text) % 4)
    chunk += b"\0" * (-len(chunk) % 4)
    body = struct.pack("<II", len(text), 0x4E4F534A) + text + struct.pack("<II", len(chunk), 0x004E4942) + chunk
    return struct.pack("<III", 0x46546C67, 2, 12 + len(body)) + body
