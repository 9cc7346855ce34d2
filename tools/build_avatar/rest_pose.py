"""The rest pose that the body is modelled in, and where its points lie in each link's frame."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from game.sim.model import CharacterModel
from game.sim.roles import BodyPart
from tools.build_avatar.sdf import Array

# Half way between standing and a deep tuck, so that no joint is ever far from the pose its skin was made in.
BIND_DEGREES = {
    "right_upper_arm": (-52.0, 0.0),
    "right_forearm": (0.0, -35.0),
    "right_thigh": (-10.0, -42.0),
    "right_shin": (0.0, 52.0),
}
"""(roll, pitch) of a body in its parent's frame; the left side mirrors the right."""

EYE_CENTER = np.array([0.0755, 0.0375, 0.2035])
"""Of the left eye in the head's frame."""
EYE_RADIUS = 0.0285


def rotation(roll: float, pitch: float, yaw: float = 0.0) -> Array:
    """(3, 3) of angles in degrees about the fixed axes x, then y, then z."""
    cr, cp, cy = (math.cos(math.radians(a)) for a in (roll, pitch, yaw))
    sr, sp, sy = (math.sin(math.radians(a)) for a in (roll, pitch, yaw))
    rx = np.array([[1, 0, 0], [0, cr, -sr], [0, sr, cr]])
    ry = np.array([[cp, 0, sp], [0, 1, 0], [-sp, 0, cp]])
    rz = np.array([[cy, -sy, 0], [sy, cy, 0], [0, 0, 1]])
    return np.asarray(rz @ ry @ rx)


@dataclass(frozen=True, eq=False)
class RestPose:
    """Link frames in the bind pose. B bodies."""

    names: tuple[str, ...]
    parent: tuple[int, ...]
    frames: Array
    """(B, 4, 4) link to model"""

    @staticmethod
    def bind(model: CharacterModel | None = None, level_feet: bool = False) -> RestPose:
        """The pose on a body's skeleton; `level_feet`: the soles lie flat, as figures stand in their files."""
        model = model or CharacterModel.load()
        frames = np.tile(np.eye(4), (model.num_bodies, 1, 1))
        for i, name in enumerate(model.body_names):
            side, _, limb = name.partition("_")
            roll, pitch = BIND_DEGREES.get(f"right_{limb}", (0.0, 0.0)) if limb else (0.0, 0.0)
            local = np.eye(4)
            # pitch about the parent's axis happens before the roll spreads the limb
            local[:3, :3] = rotation(-roll if side == "left" else roll, 0.0) @ rotation(0.0, pitch)
            local[:3, 3] = model.body_offset[i]
            up = int(model.body_parent[i])
            frames[i] = local if up < 0 else frames[up] @ local
            if level_feet and model.roles.part[i] is BodyPart.FOOT:
                frames[i, :3, :3] = np.eye(3)
        return RestPose(model.body_names, tuple(int(p) for p in model.body_parent), frames)

    def index(self, name: str) -> int:
        return self.names.index(name)

    def local(self, p: Array, name: str) -> Array:
        """Model points (N, 3) in a link's frame."""
        frame = self.frames[self.index(name)]
        return np.asarray((p - frame[:3, 3]) @ frame[:3, :3])

    def origin(self, name: str) -> Array:
        """(3,) a link's joint in the model."""
        return np.asarray(self.frames[self.index(name)][:3, 3])

    def axis(self, name: str) -> Array:
        """(3,) the direction in which a limb hangs from its joint (its frame's -z)."""
        return np.asarray(-self.frames[self.index(name)][:3, 2])
