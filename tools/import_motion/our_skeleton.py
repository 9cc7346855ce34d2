"""Our own body in a file of another program: what tools.export_motion wrote comes back joint by joint."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from game.scene.gltf_axes import rotations_from_gltf, vectors_from_gltf, vectors_to_gltf
from game.sim import rotation
from game.sim.model import CharacterModel
from game.sim.motion import MotionClip
from game.sim.roles import BodyPart
from tools.import_motion.source import SourceMotion

Array = NDArray[np.float64]

_BVH_NAMES = {
    BodyPart.PELVIS: "Hips", BodyPart.TORSO: "Spine", BodyPart.HEAD: "Head", BodyPart.THIGH: "UpLeg",
    BodyPart.SHIN: "Leg", BodyPart.FOOT: "Foot", BodyPart.UPPER_ARM: "Arm", BodyPart.FOREARM: "ForeArm",
    BodyPart.HAND: "Hand",
}  # fmt: skip
_ARMS = {"right": -np.pi / 2, "left": np.pi / 2}
"""Turn about x that lifts a hanging arm sideways, rad."""
_SAME = 0.002
"""m that a joint may be off its place on our body"""


def bvh_name(model: CharacterModel, body: int) -> str:
    """What most programs call a body: "RightUpLeg" is the right thigh."""
    return model.roles.side[body].capitalize() + _BVH_NAMES[model.roles.part[body]]


def raised_arms(model: CharacterModel) -> Array:
    """(B, 4) of the bodies in the T pose, which is the rest pose of our BVH files."""
    turns = np.array(np.broadcast_to(rotation.IDENTITY, (model.num_bodies, 4)))
    for side, turn in _ARMS.items():
        for part in (BodyPart.UPPER_ARM, BodyPart.FOREARM, BodyPart.HAND):
            turns[model.roles.find(part, side)] = rotation.from_axis_angle((1.0, 0.0, 0.0), turn)
    return turns


def ours(motion: SourceMotion) -> MotionClip | None:
    """The motion of a file that holds our body with our names and lengths (y up), or None for any other file."""
    model = CharacterModel.load("humanoid")
    still = np.array(np.broadcast_to(rotation.IDENTITY, (model.num_bodies, 4)))
    bvh_names = tuple(bvh_name(model, body) for body in range(model.num_bodies))
    for names, glue in ((model.body_names, still), (bvh_names, raised_arms(model))):
        if set(names) <= set(motion.joints):
            joints = [motion.joints.index(name) for name in names]
            if (unit := _unit(model, motion, joints, glue)) > 0.0:
                return _clip(model, motion, joints, glue, unit)
    return None


def _unit(model: CharacterModel, motion: SourceMotion, joints: list[int], glue: Array) -> float:
    """Metres per unit of the file if its joints hang on each other as our bodies do, else 0."""
    children = np.flatnonzero(model.body_parent >= 0)
    parents = model.body_parent[children]
    if any(motion.parents[joints[c]] != joints[p] for c, p in zip(children, parents, strict=True)):
        return 0.0
    here, above = np.array(joints)[children], np.array(joints)[parents]
    way = rotation.rotate_inverse(motion.rot[:, above], motion.pos[:, here] - motion.pos[:, above])
    body = rotation.rotate(glue[parents], model.body_offset[children])
    expected = vectors_to_gltf(body)
    unit = float(np.linalg.norm(expected) / max(float(np.linalg.norm(way[0])), 1e-12))
    return unit if float(np.abs(unit * way - expected).max()) < _SAME else 0.0


def _clip(model: CharacterModel, motion: SourceMotion, joints: list[int], glue: Array, unit: float) -> MotionClip:
    """The joints' turns as they stand; a file's joint equals `glue` (B, 4) where our body is unturned."""
    turn = rotations_from_gltf(motion.rot[:, joints])
    turn = rotation.multiply(turn, np.broadcast_to(glue, turn.shape))
    parents = model.body_parent[model.joint_body]
    joint_rot = rotation.multiply(rotation.conjugate(turn[:, parents]), turn[:, model.joint_body])
    root_pos = unit * vectors_from_gltf(motion.pos[:, joints[0]])
    return MotionClip(motion.name, motion.fps, False, root_pos, turn[:, 0], joint_rot)
