"""Skinned figures of boxes, made in code: in every naming, rest pose, unit and proportion. For tests only."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from game.sim import rotation
from tools.gltf_writer import INDICES, VERTICES, GltfWriter

Array = NDArray[np.float64]
SIDES = {"left": 1.0, "right": -1.0}
CENTRE = {"hips": (0.0, 0.95, 0.0), "spine": (0.0, 1.06, 0.0), "chest": (0.0, 1.25, 0.0), "neck": (0.0, 1.48, 0.0),
          "head": (0.0, 1.58, 0.0)}  # fmt: skip
SIDE = {
    "clavicle": (0.05, 1.42, 0.0), "upper_arm": (0.18, 1.42, 0.0), "forearm": (0.46, 1.42, 0.0),
    "hand": (0.72, 1.42, 0.0), "finger1": (0.80, 1.42, 0.0), "finger2": (0.84, 1.42, 0.0),
    "finger3": (0.87, 1.42, 0.0), "finger4": (0.90, 1.42, 0.0),
    "thigh": (0.09, 0.92, 0.0), "shin": (0.09, 0.50, 0.01), "foot": (0.09, 0.09, 0.0), "toes": (0.09, 0.02, 0.13),
    "eye": (0.03, 1.66, 0.08),
}  # fmt: skip
"""glTF's axes, m, T-pose: y up, facing z, the left side at +x"""
PARENT = {
    "spine": "hips", "chest": "spine", "neck": "chest", "head": "neck", "clavicle": "chest", "upper_arm": "clavicle",
    "forearm": "upper_arm", "hand": "forearm", "finger1": "hand", "finger2": "finger1", "finger3": "finger2",
    "finger4": "finger3", "thigh": "hips", "shin": "thigh", "foot": "shin", "toes": "foot", "eye": "head",
}  # fmt: skip


def _style(centre: str, left: str, right: str, limbs: str) -> dict[str, str]:
    names = dict(zip(CENTRE, centre.split(), strict=True))
    for side, pattern in (("left", left), ("right", right)):
        for part, word in zip(SIDE, limbs.split(), strict=True):
            names[f"{side}_{part}"] = pattern.format(word)
    return names


_RPM = (
    "Hips Spine Spine1 Neck Head",
    "Left{}",
    "Right{}",
    "Shoulder Arm ForeArm Hand HandIndex1 HandIndex2 HandIndex3 HandIndex4 UpLeg Leg Foot ToeBase Eye",
)
NAMES = {
    "ready_player_me": _style(*_RPM),
    "mixamo": {k: f"mixamorig:{v}" for k, v in _style(*_RPM).items()},
    "rigify": _style("DEF-spine DEF-spine.001 DEF-spine.003 DEF-spine.004 DEF-spine.006", "DEF-{}.L", "DEF-{}.R",
                     "shoulder upper_arm forearm hand f_index.01 f_index.02 f_index.03 f_index.04 thigh shin foot toe "
                     "eye"),
    "blender": _style("hips spine chest neck head", "{}.L", "{}.R",
                      "shoulder upper_arm forearm hand index.01 index.02 index.03 index.04 thigh shin foot toes eye"),
    "unreal": _style("pelvis spine_01 spine_03 neck_01 head", "{}_l", "{}_r",
                     "clavicle upperarm lowerarm hand index_01 index_02 index_03 index_04 thigh calf foot ball eye"),
    "vroid": _style("J_Bip_C_Hips J_Bip_C_Spine J_Bip_C_UpperChest J_Bip_C_Neck J_Bip_C_Head", "J_Bip_L_{}",
                    "J_Bip_R_{}", "Shoulder UpperArm LowerArm Hand Index1 Index2 Index3 Index4 UpperLeg LowerLeg Foot "
                    "ToeBase FaceEye"),
    "numbers": {name: f"bone_{i}" for i, name in enumerate(
        [*CENTRE, *(f"{s}_{p}" for s in SIDES for p in SIDE)])},
}  # fmt: skip
VRM_BONES = {"hips": "hips", "spine": "spine", "chest": "chest", "neck": "neck", "head": "head"} | {
    f"{side}_{part}": f"{side}{bone}"
    for side in SIDES
    for part, bone in (("clavicle", "Shoulder"), ("upper_arm", "UpperArm"), ("forearm", "LowerArm"), ("hand", "Hand"),
                       ("thigh", "UpperLeg"), ("shin", "LowerLeg"), ("foot", "Foot"), ("toes", "Toes"), ("eye", "Eye"))
}  # fmt: skip


@dataclass
class BoxFigure:
    """What is built; `save` writes it."""

    style: str = "mixamo"
    arms: float = 0.0
    """degrees that the arms hang from a T-pose: 45 an A-pose, 90 down"""
    arms_forward: float = 0.0
    """degrees that they are stretched forward"""
    legs: float = 1.0
    """length of the legs, relative"""
    arm_length: float = 1.0
    unit: float = 1.0
    """metres are so many units of the file; its root scales them back"""
    z_up: bool = False
    """bones written with z up, below a root that turns them"""
    backwards: bool = False
    """facing -z, as VRM 0 does"""
    material: dict[str, Any] = field(default_factory=dict)
    picture: bytes = b""
    morphs: tuple[str, ...] = ()
    """names of morph targets of the head: each moves it 0.1 m along x, y or z, in turn"""
    vrm: str = ""
    """"0" or "1": an extension that names the bones"""
    extra_bones: int = 0

    def joints(self) -> dict[str, Array]:
        """Places by name of this module."""
        places: dict[str, Array] = {name: np.array(place) for name, place in CENTRE.items()}
        for side, sign in SIDES.items():
            for part, place in SIDE.items():
                places[f"{side}_{part}"] = self._posed(part, np.array(place)) * (sign, 1.0, 1.0)
        lift = (self.legs - 1.0) * (SIDE["thigh"][1] - SIDE["foot"][1])
        for name, where in places.items():
            part = name.partition("_")[2]
            if part in ("thigh", "shin"):
                where[1] = SIDE["foot"][1] + self.legs * (where[1] - SIDE["foot"][1])
            elif part not in ("foot", "toes"):
                where[1] += lift
        return places

    def _posed(self, part: str, place: Array) -> Array:
        if part not in ("forearm", "hand", "finger1", "finger2", "finger3", "finger4"):
            return place
        pivot = np.array(SIDE["upper_arm"])
        along = (place - pivot) * self.arm_length
        down = rotation.from_axis_angle((0.0, 0.0, 1.0), -np.radians(self.arms))
        forward = rotation.from_axis_angle((0.0, 1.0, 0.0), -np.radians(self.arms_forward))
        return pivot + rotation.rotate(rotation.multiply(forward, down), along)

    def save(self, path: Path) -> Path:
        """Writes the .glb or .vrm."""
        places, names = self.joints(), NAMES[self.style]
        order = list(places)
        writer = GltfWriter("box figure")
        turn = np.eye(4)
        if self.backwards:
            turn[:3, :3] = np.diag([-1.0, 1.0, -1.0])
        root = np.eye(4) / self.unit
        root[3, 3] = 1.0
        if self.z_up:  # (x, y, z) is stored as (x, -z, y)
            root[:3, :3] = root[:3, :3] @ np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]])
        inside = np.linalg.inv(root) @ turn
        stored = {name: (inside @ np.append(place, 1.0))[:3] for name, place in places.items()}
        nodes = writer.document["nodes"] = [{"name": "root", "matrix": root.T.reshape(-1).tolist(), "children": []}]
        for name in order:
            above = stored[_parent(name)] if _parent(name) else np.zeros(3)
            nodes.append({"name": names[name], "translation": (stored[name] - above).tolist()})
        for i, name in enumerate(order, 1):
            parent = order.index(_parent(name)) + 1 if _parent(name) else 0
            nodes[parent].setdefault("children", []).append(i)
        for k in range(self.extra_bones):
            nodes.append({"name": f"hair_{k}"})
            nodes[order.index("head") + 1].setdefault("children", []).append(len(nodes) - 1)
        joints = list(range(1, len(nodes)))
        inverse = np.tile(np.eye(4), (len(joints), 1, 1))
        inverse[: len(order), :3, 3] = [-stored[name] for name in order]
        inverse[len(order) :, :3, 3] = -stored["head"]
        writer.add("skins", {
            "joints": joints, "inverseBindMatrices": writer.accessor(inverse.transpose(0, 2, 1).reshape(-1, 16)),
        })  # fmt: skip
        material = dict(self.material)
        if self.picture:
            image = writer.add("images", {"bufferView": writer.bytes_view(self.picture), "mimeType": "image/png"})
            writer.add("textures", {"source": image})
            material.setdefault("pbrMetallicRoughness", {})["baseColorTexture"] = {"index": 0}
        writer.add("materials", {"name": "skin", **material})
        body = [self._box(writer, places, order, name, inside) for name in order if name.partition("_")[2] != "eye"]
        head = [body.pop(order.index("head"))]
        for primitive in head if self.morphs else ():
            count = 24
            shifts = [inside[:3, :3] @ (0.1 * np.eye(3)[k % 3]) for k in range(len(self.morphs))]
            primitive["targets"] = [
                {"POSITION": writer.accessor(np.tile(shift, (count, 1)), VERTICES)} for shift in shifts
            ]
        writer.add("meshes", {"name": "body", "primitives": body})
        writer.add("meshes", {"name": "face", "primitives": head, "extras": {"targetNames": list(self.morphs)}})
        shown = [writer.add("nodes", {"name": f"mesh{k}", "mesh": k, "skin": 0}) for k in (0, 1)]
        if self.vrm:
            self._name_bones(writer, order, shown[1])
        writer.document |= {"scene": 0, "scenes": [{"nodes": [0, *shown]}]}
        writer.save(path)
        return path

    def _box(
        self, writer: GltfWriter, places: dict[str, Array], order: list[str], name: str, inside: Array
    ) -> dict[str, Any]:
        """A box around a bone, to its first child or 15 cm up."""
        child = next((c for c in order if _parent(c) == name and c.partition("_")[2] != "eye"), None)
        start = places[name]
        way = places[child] - start if child else _stub(name)
        length = float(np.linalg.norm(way))
        turn = rotation.to_matrix(_arc(np.array([0.0, 1.0, 0.0]), way / length))
        wide = 0.10 if name in ("head", "hips", "chest", "spine") else 0.03
        if name == "head":
            length, wide = 0.22, 0.09
        corners, normals, triangles = _unit_box()
        position = start + (corners * (wide, length, wide) + (0.0, 0.5 * length, 0.0)) @ turn.T
        if name.endswith(("foot", "toes")):
            position[:, 1] = np.maximum(position[:, 1], 0.0)
            position[:4, 1] = 0.0
        count = len(position)
        weight = np.zeros((count, 4))
        weight[:, 0] = 1.0
        joint = np.zeros((count, 4), np.uint8)
        joint[:, 0] = order.index(name)
        stored = (np.concatenate([position, np.ones((count, 1))], axis=1) @ inside.T)[:, :3]
        facing = (normals @ turn.T) @ inside[:3, :3].T
        return {
            "attributes": {
                "POSITION": writer.accessor(stored, VERTICES),
                "NORMAL": writer.accessor(facing / np.linalg.norm(facing, axis=1, keepdims=True), VERTICES),
                "TEXCOORD_0": writer.accessor(corners[:, :2] * 0.999 + 0.5, VERTICES),
                "JOINTS_0": writer.accessor(joint, VERTICES),
                "WEIGHTS_0": writer.accessor(weight, VERTICES),
            },
            "indices": writer.accessor(triangles.reshape(-1).astype(np.uint16), INDICES),
            "material": 0,
        }

    def _name_bones(self, writer: GltfWriter, order: list[str], face: int) -> None:
        bones = {VRM_BONES[name]: order.index(name) + 1 for name in order if name in VRM_BONES}
        if self.vrm == "1":
            extension: dict[str, Any] = {
                "specVersion": "1.0",
                "meta": {"name": "Boxy", "authors": ["A. Tester"], "licenseUrl": "https://vrm.dev/licenses/1.0/",
                         "allowRedistribution": False},
                "humanoid": {"humanBones": {name: {"node": node} for name, node in bones.items()}},
                "expressions": {"preset": {"blink": {"morphTargetBinds": [{"node": face, "index": 0, "weight": 1.0}]}}},
            }  # fmt: skip
            writer.document["extensions"] = {"VRMC_vrm": extension}
        else:
            writer.document["extensions"] = {"VRM": {
                "meta": {"title": "Boxy", "author": "A. Tester", "licenseName": "CC0"},
                "humanoid": {"humanBones": [{"bone": name, "node": node} for name, node in bones.items()]},
                "blendShapeMaster": {"blendShapeGroups": [
                    {"presetName": "blink", "binds": [{"mesh": 1, "index": 0, "weight": 100}]}]},
            }}  # fmt: skip
        writer.document["extensionsUsed"] = list(writer.document["extensions"])


def png(pixels: NDArray[np.uint8]) -> bytes:
    """An RGBA picture (height, width, 4) as a PNG file."""
    stream = io.BytesIO()
    with av.open(stream, "w", format="image2pipe") as file:
        track = file.add_stream("png", rate=1)
        track.height, track.width, track.pix_fmt = pixels.shape[0], pixels.shape[1], "rgba"
        for packet in [*track.encode(av.VideoFrame.from_ndarray(pixels, format="rgba")), *track.encode(None)]:
            file.mux(packet)
    return stream.getvalue()


def _parent(name: str) -> str:
    side, _, part = name.partition("_")
    above = PARENT.get(part if side in SIDES else name, "")
    return f"{side}_{above}" if side in SIDES and above not in CENTRE and above else above


def _stub(name: str) -> Array:
    if name.endswith("toes"):
        return np.array([0.0, 0.0, 0.06])
    if name == "head":
        return np.array([0.0, 0.2, 0.0])
    return np.array([0.02 if name.startswith("left") else -0.02, 0.0, 0.0])


def _arc(a: Array, b: Array) -> Array:
    if float(a @ b) < -0.9999:
        return np.array([1.0, 0.0, 0.0, 0.0])
    return rotation.normalize(np.append(np.cross(a, b), 1.0 + a @ b))


def _unit_box() -> tuple[Array, Array, NDArray[np.int64]]:
    """Corners (24, 3) within half a unit, the lowest four first, their normals and triangles (12, 3)."""
    corners: list[Array] = []
    normals: list[Array] = []
    triangles: list[tuple[int, int, int]] = []
    for axis, sign in ((1, -1.0), (1, 1.0), (0, -1.0), (0, 1.0), (2, -1.0), (2, 1.0)):
        normal = np.eye(3)[axis] * sign
        u = np.eye(3)[(axis + 1) % 3]
        v = np.cross(normal, u)
        first = len(corners)
        corners += [0.5 * (normal + a * u + b * v) for a, b in ((-1, -1), (1, -1), (1, 1), (-1, 1))]
        normals += [normal] * 4
        triangles += [(first, first + 1, first + 2), (first, first + 2, first + 3)]
    return np.array(corners), np.array(normals), np.array(triangles)
