"""Avatar: draws one character. Its skin follows the physical bodies; face and fingers follow a `Face`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

import numpy as np
import panda3d.core as p3d
from numpy.typing import NDArray

from game.scene.json_fields import parse_color
from game.scene.paths import models_dir
from game.sim import rotation
from game.sim.model import CharacterModel
from game.sim.roles import SIDES, ShadingSpheres
from game.view.drapery import HAIR, KINDS, NUM_BENDS, Drapery
from game.view.face import Face, joint_turns
from game.view.fingers import JOINTS, Fingers, finger_turns
from game.view.lights import NUM_JOINTS, shader
from game.view.quality import Quality
from game.view.skin import Skin, SkinError, SkinPart
from game.view.vertices import Finish, Vertices, merge

Array = NDArray[np.float64]

FLESH = {"skin", "lid", "brow", "hair", "tongue", "mouth"}
CLOTH = {"shirt", "stripe", "trim", "trousers"}


@dataclass(frozen=True)
class AvatarLook:
    """What an avatar wears."""

    model: str = "avatar"
    """the files models/humanoid/MODEL_high.glb, _mid and _low; or a path to a .glb"""
    colors: Mapping[str, str] = field(default_factory=dict)
    """"#rrggbb" by material, over the model's own: shirt, stripe, trim, trousers, shoes, hair, skin, ..."""
    opacity: float = 1.0
    """below 1 a ghost"""
    figure: Path | None = None
    """the file of a figure from elsewhere (tools.cast), in place of the model"""


@cache
def _load(path: Path) -> Skin:
    return Skin.load(path)


def skin_path(model: str, level: str) -> Path:
    """The file of an avatar's level of detail."""
    given = Path(model)
    return given if given.suffix == ".glb" else models_dir() / "humanoid" / f"{model}_{level}.glb"


class Avatar:
    """One character's skin, a node below `parent`. B bodies."""

    def __init__(
        self, parent: p3d.NodePath, model: CharacterModel, look: AvatarLook, level: str, quality: Quality
    ) -> None:
        """`level` of detail: high, mid or low.

        Raises SkinError when the file is no avatar or lacks a joint for one of the model's bodies.
        """
        skin = _load(skin_path(look.model, level))
        body_names = model.body_names
        missing = [name for name in body_names if name not in skin.joint_names]
        if missing:
            raise SkinError(f"{look.model} has no joint for {', '.join(missing)}; it has {', '.join(skin.joint_names)}")
        if len(skin.joint_names) > NUM_JOINTS:
            raise SkinError(f"{look.model} has {len(skin.joint_names)} joints, at most {NUM_JOINTS} can be drawn")
        self._skin, self._shading = skin, model.roles.shading
        self._bodies = np.array([skin.joint_names.index(name) for name in body_names])
        self._head = self._bodies[model.roles.head]
        self._fingers = Fingers(model)
        hands = {f"{side}_{joint}": (side, joint) for side in SIDES for joint in JOINTS}
        self._finger_joints = {hands[n]: i for i, n in enumerate(skin.joint_names) if n in hands}
        self._face_joints = {n: i for i, n in enumerate(skin.joint_names) if n not in body_names and n not in hands}
        self._bind = [np.asarray(x) for x in pose_of(skin.bind)]
        self._body_of = np.full(len(skin.joint_names), model.roles.head)
        self._body_of[self._bodies] = np.arange(len(body_names))
        for (side, _), i in self._finger_joints.items():
            self._body_of[i] = self._fingers.hand(side)
        self._drapery = Drapery(model)
        self.root = parent.attach_new_node("avatar")
        self.root.set_shader(shader("surface.frag", quality, body=True))
        self._colors = look.colors
        body = never_culled("body")
        body.add_geom(merge([self._painted(p) for p in skin.body]).geom())
        self.root.attach_new_node(body)
        self._mouth_base = [self._painted(p) for p in skin.mouth]
        self._mouth = never_culled("mouth")
        self.root.attach_new_node(self._mouth)
        self._shown_morphs: tuple[float, ...] | None = None
        self._real, self._dual = vectors(NUM_JOINTS), vectors(NUM_JOINTS)
        centers, self._bends = vectors(NUM_BENDS), vectors(NUM_BENDS)
        fill(centers, self._drapery.centers())
        self.root.set_shader_inputs(
            skinned=1.0,
            joint_real=self._real,
            joint_dual=self._dual,
            opacity=look.opacity,
            bend_center=centers,
            bend=self._bends,
        )
        if look.opacity < 1.0:
            self.root.set_transparency(p3d.TransparencyAttrib.M_alpha)

    def _painted(self, part: SkinPart) -> Vertices:
        chosen = self._colors.get(part.material)
        wrap = 0.42 if part.material in FLESH else (0.34 if part.material in CLOTH else 0.31)
        sheen = 0.5 if part.material in FLESH | CLOTH else 0.3
        v = Vertices.of(part.position, part.normal, part.triangles).painted(
            parse_color(chosen, part.material) if chosen else part.color, Finish(part.roughness, wrap, 0.0, sheen)
        )
        color = v.color.copy()
        color[:, :3] *= part.tint ** (1.0 / 2.2)
        color[:, 3] = part.openness
        return replace(v, color=color, joint=part.joint, weight=part.weight, limb=self._limb(part))

    def _limb(self, part: SkinPart) -> Array:
        """(V, 4) places on the straight body, of hair in the head's frame, and the kind of material."""
        skin = self._skin
        place = self._drapery.places(part.position, part.joint, part.weight, skin.bind, self._body_of, skin.height)
        if part.material == HAIR:
            place = self._drapery.on_head(place)
        return np.column_stack([place, np.full(len(place), KINDS.get(part.material, 0.0))])

    def pose(self, position: Array, quaternion: Array, face: Face) -> None:
        """Puts the bodies at position (B, 3), m, and quaternion (B, 4) in the world, and shows a face."""
        count = len(self._skin.joint_names)
        pos, quat = np.zeros((count, 3)), np.tile([0.0, 0.0, 0.0, 1.0], (count, 1))
        scale = self._skin.height
        anchor = np.array([position[0, 0], position[0, 1], 0.0])
        pos[self._bodies] = anchor + scale * (position - anchor)
        quat[self._bodies] = quaternion
        self._pose_face(pos, quat, face)
        for side in SIDES:
            self._close_hand(side, pos, quat, self._fingers.grip(side, position, quaternion, face.grip))
        real, dual = dual_quaternions(pos, quat, *self._bind)
        fill(self._real, real)
        fill(self._dual, dual)
        fill(self._bends, self._drapery.bends(quaternion))
        self._shape_mouth(face)

    def _pose_face(self, pos: Array, quat: Array, face: Face) -> None:
        head_pos, head_quat = pos[self._head], quat[self._head]
        bind_pos, bind_quat = self._bind
        turn, unbind = rotation.to_matrix(head_quat), rotation.to_matrix(bind_quat[self._head])
        turns = joint_turns(face)
        for name, i in self._face_joints.items():
            local = unbind.T @ (bind_pos[i] - bind_pos[self._head])
            pos[i] = head_pos + turn @ local
            quat[i] = rotation.multiply(head_quat, turns[name]) if name in turns else head_quat

    def _close_hand(self, side: str, pos: Array, quat: Array, grip: float) -> None:
        hand = int(self._bodies[self._fingers.hand(side)])
        bind_pos, bind_quat = self._bind
        unbind = rotation.to_matrix(bind_quat[hand]).T
        for joint, turn in finger_turns(side, grip).items():
            i = self._finger_joints.get((side, joint))
            if i is None:
                continue  # a figure that was built before hands could close
            on = self._finger_joints.get((side, "fingers"), hand) if joint == "fingertips" else hand
            pos[i] = pos[on] + rotation.to_matrix(quat[on]) @ unbind @ (bind_pos[i] - bind_pos[on])
            quat[i] = rotation.multiply(quat[on], turn)

    def _shape_mouth(self, face: Face) -> None:
        wanted = tuple(round(face.morph(name), 3) for name in self._skin.morph_names)
        if not self._mouth_base or wanted == self._shown_morphs:
            return
        self._shown_morphs = wanted
        moved = []
        for part, base in zip(self._skin.mouth, self._mouth_base, strict=True):
            shift = sum((w * m for w, m in zip(wanted, part.morphs, strict=True)), start=np.zeros_like(part.position))
            moved.append(replace(base, position=part.position + shift))
        self._mouth.remove_all_geoms()
        self._mouth.add_geom(merge(moved).geom())

    def blobs(self, position: Array, quaternion: Array) -> Array:
        """(S, 4) centres and radii, m, of the shading spheres for bodies at position (B, 3), quaternion (B, 4)."""
        return shading_spheres(self._shading, position, quaternion)

    def close(self) -> None:
        """Removes it from the scene."""
        self.root.remove_node()


def shading_spheres(spheres: ShadingSpheres, position: Array, quaternion: Array) -> Array:
    """(S, 4) centres and radii, m, for bodies at position (B, 3), quaternion (B, 4)."""
    body, center, radius = spheres
    centers = position[body] + np.einsum("bij,bj->bi", rotation.to_matrix(quaternion[body]), center)
    return np.concatenate([centers, radius[:, None]], axis=1)


def vectors(count: int) -> p3d.PTA_LVecBase4f:
    """A shader input of `count` vec4, all zero."""
    return p3d.PTA_LVecBase4f([p3d.UnalignedLVecBase4f(0.0) for _ in range(count)])


def never_culled(name: str) -> p3d.GeomNode:
    """A node that is never culled: joints carry its mesh far from where it was modelled."""
    node = p3d.GeomNode(name)
    node.set_bounds(p3d.OmniBoundingVolume())
    node.set_final(True)
    return node


def fill(target: p3d.PTA_LVecBase4f, rows: Array) -> None:
    """Sets the first elements of a shader input to rows (n, 4)."""
    for i, row in enumerate(rows.tolist()):
        target[i] = p3d.LVecBase4f(*row)


def pose_of(frames: Array) -> tuple[Array, Array]:
    """Positions (K, 3) and quaternions (K, 4) of frames (K, 4, 4)."""
    return frames[:, :3, 3], rotation.from_matrix(frames[:, :3, :3])


def dual_quaternions(pos: Array, quat: Array, bind_pos: Array, bind_quat: Array) -> tuple[Array, Array]:
    """Real and dual parts (K, 4) of the motions from the bind pose to pos (K, 3), quat (K, 4)."""
    real = rotation.multiply(quat, rotation.conjugate(bind_quat))
    shift = pos - rotation.rotate(real, bind_pos)
    dual = 0.5 * rotation.multiply(np.concatenate([shift, np.zeros((len(shift), 1))], axis=1), real)
    return real, dual
