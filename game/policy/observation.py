"""Observations: what policies may take as inputs, computed for many characters at once in their anchors' frames.

A further input is a field of `Observation`, its shape in SHAPES and its lines in `fill`.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from game.policy.anchor import Anchor, as_rows, put_rotation, put_vector
from game.sim.kinematics import BodyPoses, BodyVelocities
from game.sim.state import CharacterState

Array = NDArray[np.float64]
Inputs = dict[str, NDArray[np.float32]]

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
"""The inputs that a policy may have, without the batch dimension."""
AHEAD: dict[str, tuple[str | int, ...]] = {
    "reference_ahead_root_pos": ("ahead", 3),
    "reference_ahead_root_rot": ("ahead", 4),
    "reference_ahead_joint_rot": ("ahead", "joints", 4),
}
"""Further inputs of a policy with a lookahead: the reference's poses at those times, in the anchor's frame"""


class Observation(NamedTuple):
    """One array for each name in SHAPES, (M, ...): of the world float64, of a policy's inputs float32."""

    root_pos: NDArray[Any]
    root_rot: NDArray[Any]
    root_vel: NDArray[Any]
    root_ang_vel: NDArray[Any]
    joint_rot: NDArray[Any]
    joint_vel: NDArray[Any]
    body_pos: NDArray[Any]
    body_rot: NDArray[Any]
    body_vel: NDArray[Any]
    body_ang_vel: NDArray[Any]
    gravity: NDArray[Any]
    """(M, 3), or (1, 3) for all"""
    time: NDArray[Any]
    """(M,) s since the policy was started"""

    @staticmethod
    def of(
        state: CharacterState, poses: BodyPoses, velocities: BodyVelocities, gravity: Array, time: Array
    ) -> Observation:
        """What is true of M characters in the world; gravity: (M, 3) or (1, 3)."""
        return Observation(
            state.root_pos, state.root_rot, state.root_vel, state.root_ang_vel, state.joint_rot, state.joint_vel,
            poses.pos, poses.rot, velocities.vel, velocities.ang_vel, gravity, time,
        )  # fmt: skip

    @staticmethod
    def to_fill(inputs: Inputs) -> Observation:
        """Those arrays of a policy's inputs; empty ones, which `fill` leaves alone, for inputs that it has not."""
        return Observation(*[inputs.get(name, empty) for name, empty in _EMPTY.items()])


_EMPTY = {name: np.empty((0,) * (1 + len(shape)), np.float32) for name, shape in SHAPES.items()}


def shapes_for(num_joints: int, num_bodies: int, num_ahead: int = 0) -> dict[str, tuple[int, ...]]:
    """SHAPES of one body; with `num_ahead` poses of a lookahead, AHEAD's too."""
    sizes = {"joints": num_joints, "bodies": num_bodies, "ahead": num_ahead}
    names = {**SHAPES, **AHEAD} if num_ahead else SHAPES
    return {name: tuple(sizes[d] if isinstance(d, str) else d for d in shape) for name, shape in names.items()}


def observe(
    anchors: Sequence[Anchor],
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
        names: of the inputs that are wanted
    """
    shapes = shapes_for(state.joint_rot.shape[1], poses.pos.shape[1])
    inputs = {name: np.empty((len(anchors), *shapes[name]), np.float32) for name in names}
    observe_into(inputs, anchors, state, poses, velocities, gravity, time)
    return inputs


def observe_into(
    inputs: Inputs, anchors: Sequence[Anchor], state: CharacterState, poses: BodyPoses, velocities: BodyVelocities,
    gravity: Array, time: Array,
) -> None:  # fmt: skip
    """Fill the arrays of `inputs`, each (M, ...), in place; the rest as for `observe`."""
    world = Observation.of(state, poses, velocities, gravity.reshape(1, 3), time)
    fill(as_rows(anchors), world, Observation.to_fill(inputs))


def fill(frame: Array, world: Observation, out: Observation) -> None:
    """Fill those arrays of `out` that are M long with `world`, as seen from M anchors.

    Arrays of another length stay as they are, and what `world` has of that name is not read.

    Args:
        frame: (M, 3) x, y and heading of the anchors.
        world: in the world.
        out: float32, written to.
    """
    # numba recognises a plain tuple's type three microseconds faster
    _fill(frame, tuple(world), tuple(out))


@njit(cache=True)
def _fill(frame, world_arrays, out_arrays):  # type: ignore[no-untyped-def]
    world, out, m = Observation(*world_arrays), Observation(*out_arrays), len(frame)
    for n in range(m):
        x, y, c, s = frame[n, 0], frame[n, 1], np.cos(frame[n, 2]), np.sin(frame[n, 2])
        half_c, half_s = np.cos(0.5 * frame[n, 2]), np.sin(0.5 * frame[n, 2])
        if len(out.root_pos) == m:
            at = world.root_pos[n]
            put_vector(out.root_pos[n], c, s, at[0] - x, at[1] - y, at[2])
        if len(out.root_rot) == m:
            put_rotation(out.root_rot[n], half_c, half_s, world.root_rot[n])
        if len(out.root_vel) == m:
            v = world.root_vel[n]
            put_vector(out.root_vel[n], c, s, v[0], v[1], v[2])
        if len(out.root_ang_vel) == m:
            v = world.root_ang_vel[n]
            put_vector(out.root_ang_vel[n], c, s, v[0], v[1], v[2])
        if len(out.joint_rot) == m:
            out.joint_rot[n] = world.joint_rot[n]
        if len(out.joint_vel) == m:
            out.joint_vel[n] = world.joint_vel[n]
        if len(out.body_pos) == m:
            for b in range(world.body_pos.shape[1]):
                at = world.body_pos[n, b]
                put_vector(out.body_pos[n, b], c, s, at[0] - x, at[1] - y, at[2])
        if len(out.body_rot) == m:
            for b in range(world.body_rot.shape[1]):
                put_rotation(out.body_rot[n, b], half_c, half_s, world.body_rot[n, b])
        if len(out.body_vel) == m:
            for b in range(world.body_vel.shape[1]):
                v = world.body_vel[n, b]
                put_vector(out.body_vel[n, b], c, s, v[0], v[1], v[2])
        if len(out.body_ang_vel) == m:
            for b in range(world.body_ang_vel.shape[1]):
                v = world.body_ang_vel[n, b]
                put_vector(out.body_ang_vel[n, b], c, s, v[0], v[1], v[2])
        if len(out.gravity) == m:
            g = world.gravity[min(n, len(world.gravity) - 1)]
            put_vector(out.gravity[n], c, s, g[0], g[1], g[2])
        if len(out.time) == m:
            out.time[n] = world.time[n]


def observe_reference(
    inputs: Inputs, row: int, anchor: Anchor, root_pos: Array, root_rot: Array, joint_rot: Array
) -> None:
    """Fill a character's row of AHEAD's inputs, in place.

    Args:
        inputs: a policy's, (M, K, ...).
        row: which of the M.
        anchor: his.
        root_pos: (K, 3) of the reference, world.
        root_rot: (K, 4)
        joint_rot: (K, J, 4)
    """
    pos, rot, joints = (inputs.get(name, _NO_AHEAD) for name in AHEAD)
    frame = np.array([anchor.x, anchor.y, anchor.heading])
    _fill_ahead(frame, root_pos, root_rot, pos[row] if len(pos) else pos, rot[row] if len(rot) else rot)
    if len(joints):
        joints[row] = joint_rot


_NO_AHEAD = np.empty((0, 4), np.float32)


@njit(cache=True)
def _fill_ahead(frame, root_pos, root_rot, out_pos, out_rot):  # type: ignore[no-untyped-def]
    c, s, half_c, half_s = np.cos(frame[2]), np.sin(frame[2]), np.cos(0.5 * frame[2]), np.sin(0.5 * frame[2])
    for k in range(len(out_pos)):
        put_vector(out_pos[k], c, s, root_pos[k, 0] - frame[0], root_pos[k, 1] - frame[1], root_pos[k, 2])
    for k in range(len(out_rot)):
        put_rotation(out_rot[k], half_c, half_s, root_rot[k])
