"""Anchor: the frame that a policy sees the world in.

Its origin lies on the floor under the root and its x axis along the root's heading, both of the moment when the anchor
was set. It stays there while the policy plays: a frame that followed the heading would flip in mid-somersault.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from game.sim import rotation
from game.sim.kinematics import BodyPoses
from game.sim.state import CharacterState

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Anchor:
    """One character's anchor frame in the world."""

    x: float
    y: float
    heading: float
    """rad"""

    @staticmethod
    def under(root_pos: Array, root_rot: Array) -> Anchor:
        """Under a root at root_pos (3,), facing as root_rot (4,) does."""
        return Anchor(float(root_pos[0]), float(root_pos[1]), float(rotation.heading(root_rot)))

    def place(self, state: CharacterState) -> CharacterState:
        """A state given in the anchor frame, in the world."""
        return state.moved(np.array([self.x, self.y, 0.0]), self.heading)


ORIGIN = Anchor(0.0, 0.0, 0.0)


def as_rows(anchors: Sequence[Anchor]) -> Array:
    """(M, 3) x, y and heading of each."""
    return np.array([(a.x, a.y, a.heading) for a in anchors]).reshape(-1, 3)


def from_anchor(anchors: Sequence[Anchor], poses: BodyPoses) -> BodyPoses:
    """Body poses (M, B, ...) given in the anchors' frames, in the world."""
    frame = np.empty((len(anchors), 3))
    for k, a in enumerate(anchors):
        # the inverse of a frame is a frame: R(h) v + o = R(h) (v - o') with o' = -R(-h) o
        c, s = np.cos(a.heading), np.sin(a.heading)
        frame[k] = -(c * a.x + s * a.y), s * a.x - c * a.y, -a.heading
    pos, rot = np.empty_like(poses.pos), np.empty_like(poses.rot)
    _put_poses(frame, poses.pos, poses.rot, pos, rot)
    return BodyPoses(pos, rot)


@njit(cache=True, inline="always")
def put_vector(out, c, s, x, y, z):  # type: ignore[no-untyped-def]
    """The vector x, y, z as a frame sees it that is turned about z by the angle of cosine c and sine s."""
    out[0], out[1], out[2] = c * x + s * y, c * y - s * x, z


@njit(cache=True, inline="always")
def put_rotation(out, half_c, half_s, q):  # type: ignore[no-untyped-def]
    """The rotation q (4,) as a frame sees it that is turned about z; half_c and half_s are of half its angle."""
    x, y, z, w = q[0], q[1], q[2], q[3]
    out[0], out[1] = half_c * x + half_s * y, half_c * y - half_s * x
    out[2], out[3] = half_c * z - half_s * w, half_c * w + half_s * z


@njit(cache=True)
def _put_poses(frame, pos, rot, out_pos, out_rot):  # type: ignore[no-untyped-def]
    for n in range(len(frame)):
        x, y, c, s = frame[n, 0], frame[n, 1], np.cos(frame[n, 2]), np.sin(frame[n, 2])
        half_c, half_s = np.cos(0.5 * frame[n, 2]), np.sin(0.5 * frame[n, 2])
        for b in range(pos.shape[1]):
            put_vector(out_pos[n, b], c, s, pos[n, b, 0] - x, pos[n, b, 1] - y, pos[n, b, 2])
            put_rotation(out_rot[n, b], half_c, half_s, rot[n, b])
