"""Snapshot: everything that can be seen of a world at one tick, immutable."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from game.sim import kinematics, rotation
from game.sim.contact import Contact
from game.sim.kinematics import BodyPoses
from game.sim.model import CharacterModel
from game.sim.state import CharacterState

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class PropPoses:
    """Where the props are. P props."""

    ids: tuple[int, ...]
    pos: Array
    """(P, 3)"""
    rot: Array
    """(P, 4)"""


class Ghosts:
    """Poses of the references that are being imitated. They are computed at the first use, as most ticks need none."""

    def __init__(self, compute: Callable[[], BodyPoses]) -> None:
        """compute: (N, B, ...), world; nan where a character has no ghost."""
        self._compute = compute

    @cached_property
    def poses(self) -> BodyPoses:
        """(N, B, ...)"""
        return self._compute()


@dataclass(frozen=True, eq=False)
class Snapshot:
    """State of N characters, props and surroundings at the end of a tick."""

    tick: int
    model: CharacterModel
    state: CharacterState
    """batch (N,)"""
    body_pos: Array
    """(N, B, 3) of the bodies' frames, at the joints"""
    body_rot: Array
    """(N, B, 4)"""
    body_vel: Array
    """(N, B, 3) of the bodies' frames"""
    body_ang_vel: Array
    """(N, B, 3)"""
    strength: Array
    """(N, J)"""
    torque: Array
    """(N, J) largest share of its limit that each joint used in the last substep, 0..1"""
    contacts: tuple[Contact, ...]
    """of the tick that ended here"""
    fallen: NDArray[np.bool_]
    """(N,) a body other than a foot touched the floor during the tick"""
    props: PropPoses
    gravity: Array
    """(3,)"""
    ghosts: Ghosts | None = None
    """of the references that the policies follow"""
    messages: tuple[str, ...] = ()
    """what the runtime has to say about this tick"""

    @property
    def time(self) -> float:
        """Seconds since the world began."""
        return self.tick / self.model.control_hz

    @property
    def num_characters(self) -> int:
        return len(self.body_pos)


def interpolate(a: Snapshot, b: Snapshot, fraction: float) -> Snapshot:
    """What is between two neighbouring snapshots: b, with all poses moved back towards a. fraction in [0, 1].

    What is not in both (a character or a prop that has just come) stays as in b.
    """
    if fraction >= 1.0 or a.num_characters != b.num_characters:
        return b
    f = np.float64(fraction)

    def blend(x: Array, y: Array) -> Array:
        return np.asarray(x + f * (y - x))

    def turn(x: Array, y: Array) -> Array:
        return rotation.slerp(x, y, np.broadcast_to(f, x.shape[:-1]))

    state = replace(
        b.state,
        root_pos=blend(a.state.root_pos, b.state.root_pos),
        root_rot=turn(a.state.root_rot, b.state.root_rot),
        joint_rot=turn(a.state.joint_rot, b.state.joint_rot),
    )
    # limbs keep their lengths only when the joints are blended, not the bodies
    poses = kinematics.body_poses(b.model, state.root_pos, state.root_rot, state.joint_rot)
    before, after = a.ghosts, b.ghosts
    ghosts = after
    if before is not None and after is not None:
        ghosts = Ghosts(
            lambda: BodyPoses(blend(before.poses.pos, after.poses.pos), turn(before.poses.rot, after.poses.rot))
        )
    return replace(
        b,
        state=state,
        body_pos=poses.pos,
        body_rot=poses.rot,
        props=_blend_props(a.props, b.props, blend, turn),
        ghosts=ghosts,
    )


def _blend_props(a: PropPoses, b: PropPoses, blend, turn) -> PropPoses:  # type: ignore[no-untyped-def]
    if a.ids == b.ids:
        return PropPoses(b.ids, blend(a.pos, b.pos), turn(a.rot, b.rot))
    pos, rot = b.pos.copy(), b.rot.copy()
    before = {prop: k for k, prop in enumerate(a.ids)}
    for k, prop in enumerate(b.ids):
        if prop in before:
            pos[k] = blend(a.pos[before[prop]], b.pos[k])
            rot[k] = turn(a.rot[before[prop]], b.rot[k])
    return PropPoses(b.ids, pos, rot)
