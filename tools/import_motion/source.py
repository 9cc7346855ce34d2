"""SourceMotion: what every reader of a skeletal file hands to the retargeting, in the file's own frame and unit."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from game.sim import rotation
from game.sim.motion import ClipError

Array = NDArray[np.float64]

MAX_JOINTS = 1000
MAX_FRAMES = 200_000
MAX_VALUES = 5_000_000
"""Of frames x joints: 11 minutes of 60 joints at 120 Hz."""
MAX_BYTES = 256 << 20


@dataclass(frozen=True, eq=False)
class SourceMotion:
    """An animated skeleton. F frames, S joints."""

    name: str
    fps: float
    joints: tuple[str, ...]
    parents: NDArray[np.int64]
    """(S,) -1 for roots; parents come first."""
    rest_pos: Array
    """(S, 3) of the rest pose; its axes need not be the motion's, and it need not stand"""
    rest_rot: Array
    """(S, 4)"""
    pos: Array
    """(F, S, 3) all in one frame"""
    rot: Array
    """(F, S, 4)"""
    up: str = ""
    """"y" or "z" where the format says so for certain; else it is found, see up_axis.py."""
    usual_up: str = ""
    """"y" or "z": what files of this kind mean unless the motion contradicts it."""
    rest_in_file: bool = True
    """Whether the rest pose is the file's own, not one that the reader made up."""
    metres: float = 0.0
    """Length of the unit where the format says so, else 0."""
    roles: dict[str, str] = field(default_factory=dict)
    """Role -> joint where the file says so itself."""
    remarks: tuple[str, ...] = ()

    @property
    def num_frames(self) -> int:
        return len(self.pos)

    def index(self, joint: str) -> int:
        """Raises ClipError, naming what there is."""
        if joint not in self.joints:
            raise ClipError(f"{self.name}: no joint is called {joint!r}; there are {listed(self.joints)}")
        return self.joints.index(joint)

    def turned(self, turn: Array) -> SourceMotion:
        """The motion in a frame turned by `turn` (4,); the rest pose stays as it is."""
        wide = np.broadcast_to(turn, self.rot.shape)
        return replace(self, pos=rotation.rotate(wide, self.pos), rot=rotation.multiply(wide, self.rot))

    def between(self, start: float, end: float) -> SourceMotion:
        """The frames from `start` to `end` seconds. Raises ClipError when under two are left."""
        first, last = int(np.ceil(start * self.fps - 1e-3)), int(np.floor(min(end, 1e9) * self.fps + 1e-3))
        part = replace(self, pos=self.pos[first : last + 1], rot=self.rot[first : last + 1])
        if part.num_frames < 2:
            length = (self.num_frames - 1) / self.fps
            raise ClipError(f"{self.name}: nothing between {start:g} and {end:g} s; it lasts {length:.2f} s")
        return part

    def resampled(self, fps: float) -> SourceMotion:
        """At another rate: positions linear, rotations slerp; the last frame may be cut by under one interval."""
        if abs(fps - self.fps) < 1e-6 * fps:
            return self
        at = np.arange(int((self.num_frames - 1) * fps / self.fps + 1e-3) + 1) * self.fps / fps
        if len(at) < 2:
            raise ClipError(f"{self.name}: {self.num_frames} frames at {self.fps:g} fps are under two at {fps:g} fps")
        first = np.minimum(at.astype(np.int64), self.num_frames - 2)
        part = np.minimum(at - first, 1.0)[:, None]
        pos = self.pos[first] + part[..., None] * (self.pos[first + 1] - self.pos[first])
        rot = rotation.slerp(self.rot[first], self.rot[first + 1], np.broadcast_to(part, pos.shape[:2]))
        return replace(self, fps=fps, pos=pos, rot=rot)


def listed(names: tuple[str, ...], most: int = 40) -> str:
    """Names for an error message, cut where they would fill a screen."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(n[:40] for n in names[:most]) + more


def pose(parents: NDArray[np.int64], offsets: Array, turns: Array) -> tuple[Array, Array]:
    """Forward kinematics of any skeleton.

    Args:
        parents: (S,) parents first.
        offsets: (..., S, 3) of each joint in its parent.
        turns: (..., S, 4) of each joint in its parent.

    Returns: positions (..., S, 3) and rotations (..., S, 4) in the frame of the roots.
    """
    batch = np.broadcast_shapes(offsets.shape[:-1], turns.shape[:-1])
    offsets, turns = np.broadcast_to(offsets, (*batch, 3)), np.broadcast_to(turns, (*batch, 4))
    pos, rot = np.array(offsets), np.array(turns)
    for joint, parent in enumerate(parents):
        if parent >= 0:
            pos[..., joint, :] = pos[..., parent, :] + rotation.rotate(rot[..., parent, :], offsets[..., joint, :])
            rot[..., joint, :] = rotation.multiply(rot[..., parent, :], turns[..., joint, :])
    return pos, rotation.normalize(rot)


def check_size(name: str, num_joints: int, num_frames: int) -> None:
    """Raises ClipError for what is larger than any real recording, before memory is allocated."""
    if num_joints > MAX_JOINTS:
        raise ClipError(f"{name}: {num_joints} joints, expected at most {MAX_JOINTS}")
    if num_frames < 2:
        raise ClipError(f"{name}: {num_frames} frame(s), expected at least 2")
    if num_frames > MAX_FRAMES or num_frames * num_joints > MAX_VALUES:
        raise ClipError(
            f"{name}: {num_frames} frames of {num_joints} joints, expected at most {MAX_FRAMES} frames "
            f"and {MAX_VALUES} poses"
        )


def check_finite(name: str, what: str, array: Array) -> None:
    """Raises ClipError with the first bad frame of (F, ...)."""
    bad = ~np.isfinite(array)
    if bad.any():
        raise ClipError(f"{name}: {what} is not a number at frame {int(np.argwhere(bad)[0][0])}")
    if np.abs(array).max(initial=0.0) > 1e9:
        raise ClipError(f"{name}: {what} reaches {np.abs(array).max():.3g}, expected under 1e9")
