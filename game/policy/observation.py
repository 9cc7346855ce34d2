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


def shapes_for(num_joints: int, num_bodies: int) -> dict[str, tuple[int, ...]]:
    """SHAPES of one body."""
    sizes = {"joints": num_joints, "bodies": num_bodies}
    return {name: tuple(sizes[d] if isinstance(d, str) else d for d in shape) for name, shape in SHAPES.items()}


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
    shapes = shapes_for(state.joint_rot.shape[1], poses.pos.shape[1])
    inputs = {name: np.empty((len(anchors), *shapes[name]), np.float32) for name in names}
    put_into_anchor(inputs, anchors, state, poses, velocities, gravity, time)
    return inputs


def put_into_anchor(
    inputs: Inputs, anchors: list[Anchor], state: CharacterState, poses: BodyPoses, velocities: BodyVelocities,
    gravity: Array, time: Array,
) -> None:  # fmt: skip
    """Fill those of a policy's inputs that are there, each (M, ...), with what `to_anchor` is given."""
    frame = np.array([(a.x, a.y, a.heading) for a in anchors]).reshape(-1, 3)
    fill(
        frame,
        (state.root_pos, state.root_rot, state.root_vel, state.root_ang_vel, state.joint_rot, state.joint_vel),
        (poses.pos, poses.rot, velocities.vel, velocities.ang_vel),
        gravity.reshape(1, 3), time, tuple([inputs.get(name, none) for name, none in NONE.items()]),
    )  # fmt: skip


NONE = {name: np.empty((0,) * (1 + len(shape)), np.float32) for name, shape in SHAPES.items()}
"""in the place of inputs that are not wanted"""


def from_anchor(anchors: list[Anchor], poses: BodyPoses) -> BodyPoses:
    """Body poses (M, B, ...) given in the anchors' frames, in the world."""
    frame = np.empty((len(anchors), 3))
    for k, a in enumerate(anchors):
        # the inverse of a frame is a frame: R(h) v + o = R(h) (v - o') with o' = -R(-h) o
        c, s = np.cos(a.heading), np.sin(a.heading)
        frame[k] = -(c * a.x + s * a.y), s * a.x - c * a.y, -a.heading
    pos, rot = np.empty_like(poses.pos), np.empty_like(poses.rot)
    _place(frame, poses.pos, poses.rot, pos, rot)
    return BodyPoses(pos, rot)


@njit(cache=True)
def fill(frame, state, bodies, gravity, time, out):  # type: ignore[no-untyped-def]
    """All that a policy may be told, in the frames (M, 3) of x, y and heading, into those arrays of `out` that are M
    long; the others are not looked at, nor is what would go into them. In the order of SHAPES. gravity: (M or 1, 3)."""
    m = len(frame)
    root_pos, root_rot, root_vel, root_ang_vel, joint_rot, joint_vel = state
    body_pos, body_rot, body_vel, body_ang_vel = bodies
    for n in range(m):
        c, s = np.cos(frame[n, 2]), np.sin(frame[n, 2])
        x, y = frame[n, 0], frame[n, 1]
        half_c, half_s = np.cos(0.5 * frame[n, 2]), np.sin(0.5 * frame[n, 2])
        if len(out[0]) == m:
            _put(out[0][n], c, s, root_pos[n, 0] - x, root_pos[n, 1] - y, root_pos[n, 2])
        if len(out[1]) == m:
            _put_rotation(out[1][n], half_c, half_s, root_rot[n])
        if len(out[2]) == m:
            _put(out[2][n], c, s, root_vel[n, 0], root_vel[n, 1], root_vel[n, 2])
        if len(out[3]) == m:
            _put(out[3][n], c, s, root_ang_vel[n, 0], root_ang_vel[n, 1], root_ang_vel[n, 2])
        if len(out[4]) == m:
            out[4][n] = joint_rot[n]
        if len(out[5]) == m:
            out[5][n] = joint_vel[n]
        if len(out[6]) == m:
            for b in range(body_pos.shape[1]):
                _put(out[6][n, b], c, s, body_pos[n, b, 0] - x, body_pos[n, b, 1] - y, body_pos[n, b, 2])
        if len(out[7]) == m:
            for b in range(body_rot.shape[1]):
                _put_rotation(out[7][n, b], half_c, half_s, body_rot[n, b])
        if len(out[8]) == m:
            for b in range(body_vel.shape[1]):
                _put(out[8][n, b], c, s, body_vel[n, b, 0], body_vel[n, b, 1], body_vel[n, b, 2])
        if len(out[9]) == m:
            for b in range(body_ang_vel.shape[1]):
                _put(out[9][n, b], c, s, body_ang_vel[n, b, 0], body_ang_vel[n, b, 1], body_ang_vel[n, b, 2])
        if len(out[10]) == m:
            g = gravity[min(n, len(gravity) - 1)]
            _put(out[10][n], c, s, g[0], g[1], g[2])
        if len(out[11]) == m:
            out[11][n] = time[n]


@njit(cache=True, inline="always")
def _put(out, c, s, x, y, z):  # type: ignore[no-untyped-def]
    """A vector turned about z by minus the angle of c and s."""
    out[0], out[1], out[2] = c * x + s * y, c * y - s * x, z


@njit(cache=True, inline="always")
def _put_rotation(out, c, s, q):  # type: ignore[no-untyped-def]
    """A rotation turned about z by minus twice the angle of c and s."""
    x, y, z, w = q[0], q[1], q[2], q[3]
    out[0], out[1], out[2], out[3] = c * x + s * y, c * y - s * x, c * z - s * w, c * w + s * z


@njit(cache=True)
def _place(frame, pos, rot, out_pos, out_rot):  # type: ignore[no-untyped-def]
    for n in range(len(frame)):
        c, s = np.cos(frame[n, 2]), np.sin(frame[n, 2])
        half_c, half_s = np.cos(0.5 * frame[n, 2]), np.sin(0.5 * frame[n, 2])
        for b in range(pos.shape[1]):
            _put(out_pos[n, b], c, s, pos[n, b, 0] - frame[n, 0], pos[n, b, 1] - frame[n, 1], pos[n, b, 2])
            _put_rotation(out_rot[n, b], half_c, half_s, rot[n, b])
