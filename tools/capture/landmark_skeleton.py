"""The humanoid in torch, with bones of adjustable length and the landmarks where BlazePose puts them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from game.sim.model import CharacterModel
from game.sim.roles import BodyPart

Tensor = torch.Tensor

# Landmark -> body and place on it (m), measured over the fifteen clips on the mannequin (README.md); y as on the left.
# Ankles lie higher than the humanoid's joint, shoulders nearer to the neck, as on people.
_NOSE = (0, BodyPart.HEAD, (0.098, 0.0, 0.182), 0.4)
_PAIRS = (
    (7, BodyPart.HEAD, (0.026, 0.038, 0.187), 0.7),
    (11, BodyPart.TORSO, (-0.010, 0.166, 0.251), 1.0),
    (13, BodyPart.FOREARM, (0.012, 0.0, -0.010), 1.0),
    (15, BodyPart.HAND, (0.007, 0.0, 0.0), 1.0),
    (23, BodyPart.PELVIS, (0.006, 0.088, 0.0), 1.0),
    (25, BodyPart.SHIN, (-0.011, 0.0, 0.010), 1.2),
    (27, BodyPart.FOOT, (0.0, 0.0, 0.030), 1.2),
    (29, BodyPart.FOOT, (-0.037, 0.0, -0.030), 0.7),
    (31, BodyPart.FOOT, (0.150, 0.0, -0.044), 0.9),
)
# Bones that share one scale.
GROUPS = ("torso", "hips", "thighs", "shins", "shoulders", "upper arms", "forearms", "head")
_GROUP_OF_OFFSET = {
    BodyPart.TORSO: 0, BodyPart.HEAD: 0, BodyPart.THIGH: 1, BodyPart.SHIN: 2, BodyPart.FOOT: 3,
    BodyPart.UPPER_ARM: 4, BodyPart.FOREARM: 5, BodyPart.HAND: 6,
}  # fmt: skip
_GROUP_OF_BODY = {
    BodyPart.PELVIS: 1, BodyPart.TORSO: 0, BodyPart.HEAD: 7, BodyPart.THIGH: 2, BodyPart.SHIN: 3, BodyPart.FOOT: 3,
    BodyPart.UPPER_ARM: 5, BodyPart.FOREARM: 6, BodyPart.HAND: 6,
}  # fmt: skip


class Pose(NamedTuple):
    """Bodies of F frames."""

    pos: Tensor
    """(F, B, 3)"""
    rot: Tensor
    """(F, B, 3, 3)"""
    scale: Tensor
    """(8,) of GROUPS"""


@dataclass(frozen=True)
class LandmarkSkin:
    """Spheres that make up the collision shapes. K points."""

    body: Tensor
    """(K,) index"""
    center: Tensor
    """(K, 3) in the body's frame"""
    radius: Tensor
    """(K,)"""


class LandmarkSkeleton:
    """Forward kinematics, landmarks, skin and centre of mass of the humanoid with scaled bones."""

    def __init__(self, model: CharacterModel) -> None:
        self.model = model
        roles = model.roles
        self._offset = _tensor(model.body_offset)
        self._offset_group = torch.tensor([_GROUP_OF_OFFSET.get(part, 0) for part in roles.part])
        self._body_group = torch.tensor([_GROUP_OF_BODY[part] for part in roles.part])
        self._shoulders = torch.tensor([float(part is BodyPart.UPPER_ARM) for part in roles.part])
        self._com = _tensor(model.com)
        self._mass = _tensor(model.mass / model.mass.sum())
        self._levels = _levels(model)
        rows = [(_NOSE[0], roles.find(_NOSE[1]), *_NOSE[2:])]
        for landmark, part, place, weight in _PAIRS:
            left, right = (roles.find(part, s if roles.has_sides(part) else "") for s in ("left", "right"))
            rows.append((landmark, left, place, weight))
            rows.append((landmark + 1, right, (place[0], -place[1], place[2]), weight))
        rows.sort(key=lambda row: row[0])
        self.landmarks = np.array([row[0] for row in rows])
        self.landmark_weight = torch.tensor([row[3] for row in rows])
        self._landmark_body = torch.tensor([row[1] for row in rows])
        self._landmark_place = _tensor(np.array([row[2] for row in rows]))
        self.skin = _skin(model)

    def pose(self, root_pos: Tensor, root_rot: Tensor, joint_rot: Tensor, log_scale: Tensor) -> Pose:
        """Args: root_pos (F, 3), root_rot (F, 3, 3), joint_rot (F, J, 3, 3), log_scale (8,)."""
        scale = torch.exp(log_scale)
        along = scale[self._offset_group]
        # a shoulder's height and depth go with the torso, its width has a scale of its own
        other = torch.where(self._shoulders > 0, scale[0], along)
        offset = self._offset * torch.stack([other, along, other], dim=1)
        pos: dict[int, Tensor] = {0: root_pos}
        rot: dict[int, Tensor] = {0: root_rot}
        for bodies, parents, joints in self._levels:
            parent_rot = torch.stack([rot[p] for p in parents], dim=1)
            parent_pos = torch.stack([pos[p] for p in parents], dim=1)
            level_pos = parent_pos + (parent_rot @ offset[bodies][..., None])[..., 0]
            level_rot = parent_rot @ joint_rot[:, joints] if joints else parent_rot
            for k, body in enumerate(bodies):
                pos[body], rot[body] = level_pos[:, k], level_rot[:, k]
        count = len(pos)
        return Pose(
            torch.stack([pos[b] for b in range(count)], 1), torch.stack([rot[b] for b in range(count)], 1), scale
        )

    def markers(self, pose: Pose) -> Tensor:
        """(F, M, 3) where the landmarks `self.landmarks` lie."""
        return self._points(pose, self._landmark_body, self._landmark_place)

    def skin_points(self, pose: Pose) -> Tensor:
        """(F, K, 3) centers of the skin's spheres."""
        return self._points(pose, self.skin.body, self.skin.center)

    def center_of_mass(self, pose: Pose) -> Tensor:
        """(F, 3)"""
        coms = self._points(pose, torch.arange(len(self._mass)), self._com)
        return (coms * self._mass[:, None]).sum(dim=1)

    def _points(self, pose: Pose, body: Tensor, place: Tensor) -> Tensor:
        scaled = place * pose.scale[self._body_group[body]][:, None]
        return pose.pos[:, body] + (pose.rot[:, body] @ scaled[..., None])[..., 0]


def _tensor(array: NDArray[np.float64]) -> Tensor:
    return torch.tensor(array, dtype=torch.float32)


def _levels(model: CharacterModel) -> list[tuple[list[int], list[int], list[int]]]:
    """Bodies, parents and joints (empty: rigid) of each depth of the tree, driven bodies before rigid ones."""
    depth = [0] * model.num_bodies
    for body, parent in enumerate(model.body_parent):
        depth[body] = depth[parent] + 1 if parent >= 0 else 0
    levels = []
    for wanted in range(1, max(depth) + 1):
        for driven in (True, False):
            bodies = [b for b in range(model.num_bodies) if depth[b] == wanted and (model.body_joint[b] >= 0) == driven]
            if bodies:
                parents = [int(model.body_parent[b]) for b in bodies]
                joints = [int(model.body_joint[b]) for b in bodies] if driven else []
                levels.append((bodies, parents, joints))
    return levels


def _skin(model: CharacterModel) -> LandmarkSkin:
    """Capsules become the spheres at their ends, boxes the corners of their underside."""
    body, center, radius = [], [], []
    for b, shape in enumerate(model.shapes):
        half = 0.5 * np.array(shape.size)
        if shape.kind == "box":
            places = [(x, y, -half[2]) for x in (-half[0], half[0]) for y in (-half[1], half[1])]
            r = 0.0
        else:
            places = [(0.0, 0.0, z) for z in ((-half[1], half[1]) if shape.kind == "capsule" else (0.0,))]
            r = shape.size[0]
        for place in places:
            body.append(b)
            center.append(np.array(shape.center) + np.array(place))
            radius.append(r)
    return LandmarkSkin(torch.tensor(body), _tensor(np.array(center)), torch.tensor(radius, dtype=torch.float32))
