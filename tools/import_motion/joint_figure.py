"""JointFigure: where the joints that matter are, found by role, and the directions between them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from game.sim import rotation
from game.sim.kinematics import body_poses
from game.sim.model import CharacterModel
from game.sim.motion import MotionClip
from game.sim.roles import SIDES, BodyPart
from tools.import_motion.source import SourceMotion

Array = NDArray[np.float64]

BONES = (("hip", "knee"), ("knee", "ankle"), ("shoulder", "elbow"), ("elbow", "wrist"))
"""The joints at both ends of thigh, shin, upper arm and forearm."""
OURS = {
    "hip": BodyPart.THIGH, "knee": BodyPart.SHIN, "ankle": BodyPart.FOOT,
    "shoulder": BodyPart.UPPER_ARM, "elbow": BodyPart.FOREARM, "wrist": BodyPart.HAND,
}  # fmt: skip
"""Which of our bodies hangs on the joint of a limb."""
_TOES, _CROWN = np.array([0.13, 0.0, -0.04]), np.array([0.0, 0.0, 0.17])
"""m, in our foot's and our head's frame."""


class JointFigure:
    """Joints by role in any number of poses: "right_knee" -> positions (..., 3)."""

    def __init__(self, places: Mapping[str, Array]) -> None:
        self._places = dict(places)

    @staticmethod
    def of_motion(motion: SourceMotion, roles: Mapping[str, str], pos: Array | None = None) -> JointFigure:
        """The joints of a file, in the poses (..., S, 3) or else in all of its frames."""
        of = motion.pos if pos is None else pos
        return JointFigure({role: of[..., motion.index(joint), :] for role, joint in roles.items()})

    @staticmethod
    def of_bodies(model: CharacterModel, pos: Array) -> JointFigure:
        """The joints of our humanoid, from the places of its bodies (..., B, 3)."""
        return JointFigure({
            f"{side}_{limb}": pos[..., model.roles.find(part, side), :] for side in SIDES for limb, part in OURS.items()
        })  # fmt: skip

    @staticmethod
    def of_clip(clip: MotionClip) -> JointFigure:
        """The joints of a clip in all of its frames, and the tips of head and feet."""
        model = CharacterModel.load(clip.character)
        poses = body_poses(model, clip.root_pos, clip.root_rot, clip.joint_rot)

        def tip(body: int, way: Array) -> Array:
            turn = poses.rot[:, body]
            return np.asarray(poses.pos[:, body] + rotation.rotate(turn, np.broadcast_to(way, turn[:, :3].shape)))

        figure = JointFigure.of_bodies(model, poses.pos)
        for side in SIDES:
            figure._places[f"{side}_toe"] = tip(model.roles.find(BodyPart.FOOT, side), _TOES)
        figure._places["head"] = tip(model.roles.head, _CROWN)
        return figure

    @staticmethod
    def of_our_rest_pose() -> JointFigure:
        """Our humanoid as it is modelled: upright, facing x, arms hanging."""
        model = CharacterModel.load("humanoid")
        still = np.array(np.broadcast_to(rotation.IDENTITY, (model.num_joints, 4)))
        return JointFigure.of_bodies(model, body_poses(model, np.zeros(3), rotation.IDENTITY, still).pos)

    def __contains__(self, role: str) -> bool:
        return role in self._places

    def __getitem__(self, role: str) -> Array:
        return self._places[role]

    def places(self) -> Array:
        """All joints, (..., R, 3)."""
        return np.stack(list(self._places.values()), axis=-2)

    def middle(self, limb: str) -> Array:
        """(..., 3) between the right and the left one, such as between the hips."""
        return 0.5 * (self._places[f"right_{limb}"] + self._places[f"left_{limb}"])

    def across(self, limb: str) -> Array:
        """Unit vectors (..., 3) from the right to the left one."""
        return unit(self._places[f"left_{limb}"] - self._places[f"right_{limb}"])

    def bone(self, side: str, joint: str, end: str) -> Array:
        """Unit vectors (..., 3) along a bone."""
        return unit(self._places[f"{side}_{end}"] - self._places[f"{side}_{joint}"])

    def torso(self) -> Array:
        """Unit vectors (..., 3) from between the hips to between the shoulders."""
        return unit(self.middle("shoulder") - self.middle("hip"))

    def toes(self, side: str) -> Array:
        """Unit vectors (..., 3) from ankle to toes."""
        return self.bone(side, "ankle", "toe")

    def leg_length(self) -> float:
        """Mean length of thigh and shin together, in the unit of the positions."""
        lengths = [
            np.median(np.linalg.norm(self._places[f"{s}_{a}"] - self._places[f"{s}_{b}"], axis=-1))
            for s in SIDES
            for a, b in BONES[:2]
        ]
        return float(sum(lengths)) / 2.0

    def stretch(self) -> Array:
        """How nearly he is one straight line from the ankles to the shoulders: degrees off, the worst bone, (...)."""
        torso = self.torso()
        return np.asarray(np.max([angle(torso, -self.bone(s, a, b)) for s in SIDES for a, b in BONES[:2]], axis=0))


def unit(way: Array) -> Array:
    """Vectors (..., 3) at length 1; those without any length stay 0."""
    return np.asarray(way / np.maximum(np.linalg.norm(way, axis=-1, keepdims=True), 1e-12))


def angle(a: Array, b: Array) -> Array:
    """Degrees between unit vectors (..., 3)."""
    return np.asarray(np.degrees(2.0 * np.arctan2(np.linalg.norm(a - b, axis=-1), np.linalg.norm(a + b, axis=-1))))


def frame(left: Array, up: Array) -> Array:
    """Rotations (..., 4) whose y is along `left` (..., 3) and whose z is as near to `up` (..., 3) as can be."""
    y = unit(left)
    x = unit(np.cross(y, up))
    return rotation.from_matrix(np.stack([x, y, np.cross(x, y)], axis=-1))


def mean_rotation(turns: Array) -> Array:
    """The rotation (4,) nearest to all of these (K, 4). Markley et al. 2007, "Averaging quaternions"."""
    return np.asarray(np.linalg.eigh(turns.T @ turns)[1][:, -1])
