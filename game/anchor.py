"""Anchor: the frame that a policy sees the world in.

Its origin lies on the floor under the root and its x axis along the root's heading, at the moment when it was taken. A
heading of the moment would flip in the middle of a somersault; this one stays.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from game.sim import rotation
from game.sim.kinematics import BodyPoses, BodyVelocities
from game.sim.state import CharacterState

Array = NDArray[np.float64]
Inputs = dict[str, NDArray[np.float32]]


@dataclass(frozen=True)
class Anchor:
    """One character's anchor frame in the world."""

    x: float
    y: float
    heading: float

    @staticmethod
    def under(root_pos: Array, root_rot: Array) -> Anchor:
        """Under a root at root_pos (3,), facing as root_rot (4,) does."""
        return Anchor(float(root_pos[0]), float(root_pos[1]), float(rotation.heading(root_rot)))

    def place(self, state: CharacterState) -> CharacterState:
        """A state given in the anchor frame, in the world."""
        return state.moved(np.array([self.x, self.y, 0.0]), self.heading)


ORIGIN = Anchor(0.0, 0.0, 0.0)

SHAPES: dict[str, tuple[str | int, ...]] = {
    "root_pos": (3,),
    "root_rot": (4,),
    "root_vel": (3,),
    "root_ang_vel": (3,),
    "joint_rot": ("joints", 4),
    "joint_vel": ("joints", 3),
    "body_pos": ("bodies", 3),
    "body_rot": ("bodies", 4),
    "body_vel": ("bodies", 3),
    "body_ang_vel": ("bodies", 3),
    "gravity": (3,),
    "time": (),
}
"""What a policy may take, without the batch dimension."""


def to_anchor(
    anchors: list[Anchor],
    state: CharacterState,
    poses: BodyPoses,
    velocities: BodyVelocities,
    gravity: Array,
    time: Array,
    names: Collection[str] = tuple(SHAPES),
) -> Inputs:
    """A policy's inputs for M characters.

    Args:
        anchors: M of them
        state: batch (M,), world
        poses: (M, B, ...), world
        velocities: (M, B, ...), world
        gravity: (3,) world
        time: (M,) s since the policy was started
        names: those that are wanted
    """
    m = len(anchors)
    frame = np.array([(a.x, a.y, a.heading) for a in anchors]).reshape(m, 3)
    vectors = {
        "root_pos": state.root_pos[:, None],
        "root_vel": state.root_vel[:, None],
        "root_ang_vel": state.root_ang_vel[:, None],
        "gravity": np.broadcast_to(gravity, (m, 1, 3)),
        "body_pos": poses.pos,
        "body_vel": velocities.vel,
        "body_ang_vel": velocities.ang_vel,
    }
    rotations = {"root_rot": state.root_rot[:, None], "body_rot": poses.rot}
    unturned = {"joint_rot": state.joint_rot, "joint_vel": state.joint_vel, "time": time}
    inputs: Inputs = {}
    for name in names:
        if name in unturned:
            inputs[name] = np.asarray(unturned[name], np.float32)
            continue
        is_rotation = name in rotations
        source = rotations[name] if is_rotation else vectors[name]
        out = np.empty(source.shape, np.float32)
        if is_rotation:
            _turn_rotations(frame, source, out)
        else:
            _turn(frame, source, name.endswith("_pos"), out)
        inputs[name] = out[:, 0] if SHAPES[name] in ((3,), (4,)) else out
    return inputs


def from_anchor(anchors: list[Anchor], poses: BodyPoses) -> BodyPoses:
    """Body poses (M, B, ...) given in the anchors' frames, in the world."""
    frame = np.empty((len(anchors), 3))
    for k, a in enumerate(anchors):
        # the inverse of a frame is a frame: R(h) v + o = R(h) (v - o') with o' = -R(-h) o
        c, s = np.cos(a.heading), np.sin(a.heading)
        frame[k] = -(c * a.x + s * a.y), s * a.x - c * a.y, -a.heading
    pos, rot = np.empty_like(poses.pos), np.empty_like(poses.rot)
    _turn(frame, poses.pos, True, pos)
    _turn_rotations(frame, poses.rot, rot)
    return BodyPoses(pos, rot)


@njit(cache=True)
def _turn(frame, vectors, is_point, out):  # type: ignore[no-untyped-def]
    for n in range(len(frame)):
        c, s = np.cos(frame[n, 2]), np.sin(frame[n, 2])
        ox, oy = (frame[n, 0], frame[n, 1]) if is_point else (0.0, 0.0)
        for b in range(vectors.shape[1]):
            x, y = vectors[n, b, 0] - ox, vectors[n, b, 1] - oy
            out[n, b, 0], out[n, b, 1], out[n, b, 2] = c * x + s * y, c * y - s * x, vectors[n, b, 2]


@njit(cache=True)
def _turn_rotations(frame, rotations, out):  # type: ignore[no-untyped-def]
    for n in range(len(frame)):
        c, s = np.cos(0.5 * frame[n, 2]), np.sin(0.5 * frame[n, 2])
        for b in range(rotations.shape[1]):
            x, y, z, w = rotations[n, b, 0], rotations[n, b, 1], rotations[n, b, 2], rotations[n, b, 3]
            out[n, b, 0], out[n, b, 1] = c * x + s * y, c * y - s * x
            out[n, b, 2], out[n, b, 3] = c * z - s * w, c * w + s * z
