"""States of characters: what a policy sees, what a reset sets, what a clip samples to."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from game.sim import rotation

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class CharacterState:
    """Pose and velocity of characters; every field may have any leading batch dimensions."""

    root_pos: Array
    """(..., 3)"""
    root_rot: Array
    """(..., 4)"""
    joint_rot: Array
    """(..., J, 4) child in parent; a hinge's is a turn about y."""
    root_vel: Array
    """(..., 3)"""
    root_ang_vel: Array
    """(..., 3) in the frame of root_pos, not the root's own"""
    joint_vel: Array
    """(..., J, 3) in the child's frame"""

    def __getitem__(self, index: Any) -> CharacterState:
        """Index the leading batch dimensions."""
        # written out, as every tick does it and going over the fields is slow
        return CharacterState(
            self.root_pos[index], self.root_rot[index], self.joint_rot[index],
            self.root_vel[index], self.root_ang_vel[index], self.joint_vel[index],
        )  # fmt: skip

    def moved(self, offset: Array, heading: Array | float = 0.0) -> CharacterState:
        """Turned about the world's z by heading (...), then shifted by offset (..., 3)."""
        turn = np.broadcast_to(rotation.from_heading(heading), self.root_rot.shape)
        return replace(
            self,
            root_pos=rotation.rotate(turn, self.root_pos) + offset,
            root_rot=rotation.multiply(turn, self.root_rot),
            root_vel=rotation.rotate(turn, self.root_vel),
            root_ang_vel=rotation.rotate(turn, self.root_ang_vel),
        )

    def nudged(self, vel: Array, ang_vel: Array) -> CharacterState:
        """With the root moving faster by vel (..., 3) and ang_vel (..., 3)."""
        return replace(self, root_vel=self.root_vel + vel, root_ang_vel=self.root_ang_vel + ang_vel)

    def towards(self, other: CharacterState, share: Array) -> CharacterState:
        """A share (...) of the way to another: rotations slerp, all else linear."""
        part = share[..., None]
        return CharacterState(
            self.root_pos + part * (other.root_pos - self.root_pos),
            rotation.slerp(self.root_rot, other.root_rot, share),
            rotation.slerp(self.joint_rot, other.joint_rot, part),
            self.root_vel + part * (other.root_vel - self.root_vel),
            self.root_ang_vel + part * (other.root_ang_vel - self.root_ang_vel),
            self.joint_vel + part[..., None] * (other.joint_vel - self.joint_vel),
        )

    @staticmethod
    def stack(states: list[CharacterState]) -> CharacterState:
        """Stack along a new first dimension."""
        return CharacterState(*(np.stack([getattr(s, f.name) for s in states]) for f in fields(CharacterState)))
