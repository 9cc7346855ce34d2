"""Engine: what a World needs of a physics engine. `game.sim.bullet` has the one that there is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from game.scene.set_spec import ItemSpec
from game.sim.contact import Contact
from game.sim.joint_layout import JointLayout
from game.sim.model import CharacterModel
from game.sim.state import CharacterState
from game.sim.state_table import StateTable

Array = NDArray[np.float64]


class RigidMotion(NamedTuple):
    """Where one rigid body is and how it moves; world frame."""

    pos: Array
    """(3,) of its frame"""
    rot: Array
    """(4,)"""
    com_pos: Array
    """(3,) of its centre of mass"""
    vel: Array
    """(3,) of its frame's origin"""
    ang_vel: Array
    """(3,)"""


class Engine(Protocol):
    """Characters of one model and props on the plane z = 0, advanced by physics steps of 1 / model.physics_hz s.

    Characters are numbered from 0 in the order they came, and only the last one can go; props have the ids that the
    World gives them. An engine may count on valid arguments: the World checks them.
    """

    @property
    def model(self) -> CharacterModel: ...

    @property
    def joint_layout(self) -> JointLayout: ...

    @property
    def states(self) -> StateTable:
        """Of the N characters; another table after characters have come or gone."""

    @property
    def torque(self) -> Array:
        """(N, V) of the last physics step, N m, in the child's frame."""

    def close(self) -> None:
        """Release everything; the engine is unusable afterwards."""

    # ---------------------------------------------------------------- surroundings
    def set_gravity(self, gravity: Array) -> None:
        """Set gravity (3,), m/s2."""

    def set_floor_friction(self, friction: float) -> None:
        """Set the floor's Coulomb coefficient."""

    def set_floor_restitution(self, restitution: float) -> None:
        """Set what the floor's share of a bounce is, 0..1.5."""

    # ---------------------------------------------------------------- characters
    def add_character(self) -> None:
        """Add one, in any pose, and read all states."""

    def remove_character(self) -> None:
        """Remove the last one and read all states."""

    def set_mass_scale(self, character: int, scale: float) -> None:
        """Make every body `scale` times as dense as the model's."""

    def set_body_friction(self, character: int, body: int, friction: float) -> None:
        """Set the Coulomb coefficient of one body's surface."""

    def write(self, character: int, state: CharacterState) -> None:
        """Put a character into a state without batch; `states` does not change until `read`."""

    def read(self) -> None:
        """Read all characters into `states`."""

    # ---------------------------------------------------------------- props
    def add_prop(self, prop: int, item: ItemSpec, velocity: ArrayLike, ang_vel: ArrayLike) -> None:
        """Add a prop that moves with velocity (3,), m/s, and ang_vel (3,), rad/s; one on an axle begins at rest."""

    def remove_prop(self, prop: int) -> None:
        """Remove a prop."""

    def prop_states(self, props: Sequence[int]) -> Array:
        """(P, 13) position, rotation, velocity and angular velocity of props."""

    # ---------------------------------------------------------------- forces
    def body_motion(self, character: int, body: int) -> RigidMotion:
        """Of a character's body."""

    def prop_motion(self, prop: int) -> RigidMotion:
        """Of a prop, whose centre of mass counts as its origin."""

    def push_body(self, character: int, body: int, force: Array, point: Array) -> None:
        """Apply a force (3,), N, at a point (3,) for the next physics step; world frame."""

    def push_prop(self, prop: int, force: Array, point: Array) -> None:
        """Apply a force (3,), N, at a point (3,) for the next physics step; world frame."""

    # ---------------------------------------------------------------- time
    def begin_tick(self) -> None:
        """Forget the contacts of the last control tick."""

    def advance(
        self, target: Array, kp: Array, kd: Array, limit: Array, span: tuple[int, int, int]
    ) -> tuple[int, bool]:
        """Make physics steps under stable PD control until all are made or a state is implausible.

        Args:
            target: (N, Q) joint positions, as `JointLayout` packs them.
            kp, kd: (N, J) gains, N m/rad and N m s/rad.
            limit: (N, J) torque limits, N m, per axis.
            span: the first of the tick's physics steps to make, one past the last, and the tick's number of them.

        Returns:
            how many of the tick's physics steps are made, and whether every state is plausible.
        """

    def end_tick(self) -> tuple[tuple[Contact, ...], NDArray[np.bool_]]:
        """The control tick's contacts, and which bodies (N, B) touched the floor."""
