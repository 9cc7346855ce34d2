"""World: characters, props and a floor in a physics engine, stepped one control tick at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from game.scene.set_spec import ItemSpec
from game.sim import kinematics
from game.sim.contact import Contact
from game.sim.contents import Contents, WorldError
from game.sim.crowding import MAX_INSIDE, check_room
from game.sim.engine import Engine
from game.sim.forces import Forces
from game.sim.kinematics import BodyPoses, BodyVelocities
from game.sim.limp_joints import LimpJoints
from game.sim.mechanics import Mechanics
from game.sim.readout import ReadoutBuilder
from game.sim.snapshot import Ghosts, PropPoses, Snapshot
from game.sim.state import CharacterState

Array = NDArray[np.float64]

EARTH = (0.0, 0.0, -9.8)
"""m/s2. 9.8, not 9.81: the condition that the published policies were trained in."""
MAX_GRAVITY = 200.0
"""m/s2"""
MAX_PROPS = 256
"""at a time"""


class World:
    """Characters of one model on a floor. Deterministic: a new World given the same calls gives the same bits.

    `game.sim.bullet.open_world` makes one.
    """

    def __init__(self, engine: Engine, *, gravity: ArrayLike = EARTH, floor_friction: float | None = None) -> None:
        """Make an empty world of an engine that has no characters or props; `close` closes the engine, too.

        Args:
            gravity: (3,) m/s2
            floor_friction: Coulomb coefficient, multiplied with the other side's; the model's own by default.

        Raises:
            WorldError: gravity or friction is out of range.
        """
        model = engine.model
        self.engine = engine
        self.model = model
        self.joint_layout = engine.joint_layout
        self.tick = 0
        self.dt = 1.0 / model.physics_hz
        self.gravity = np.zeros(3)
        self.floor_friction = 0.0
        self.set_friction(model.friction if floor_friction is None else floor_friction)
        self.set_gravity(gravity)
        self.contents = Contents(model)
        self.forces = Forces(engine, self.contents)
        self.contacts: tuple[Contact, ...] = ()
        """of the last tick"""
        self.faults: list[int] = []
        """characters whose state became implausible in the last tick and that were put back on their feet"""
        self.strength = np.ones((0, model.num_joints))
        """(N, J) share of the gains and torque limits that a joint has; 0 is limp"""
        self.free_joints = np.zeros((0, model.num_joints), bool)
        """(N, J) joints that turn without friction or limits when nobody drives them, as they did in old takes"""
        self._limp = LimpJoints(model, engine.joint_layout)
        self.mass_scale = np.ones(0)
        """(N,) how many times as heavy as the model a character is: see `set_mass_scale`"""
        self.kp, self.kd = np.zeros((0, model.num_joints)), np.zeros((0, model.num_joints))
        """(N, J) PD gains: the model's, until `set_gains`"""
        self.floor_touch = np.zeros((0, model.num_bodies), bool)
        """(N, B) bodies that touched the floor in the last tick"""
        self.mechanics = Mechanics(engine, self.contents, self.forces)
        self._builder = ReadoutBuilder(model, self.joint_layout)
        self._readout = self._builder.of(engine.states.table, engine.torque, self.floor_touch)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the engine; the world is unusable afterwards."""
        self.engine.close()

    # ---------------------------------------------------------------- readout
    @property
    def num_characters(self) -> int:
        return self.contents.num_characters

    @property
    def props(self) -> dict[int, ItemSpec]:
        """What the props are, by id."""
        return self.contents.props

    @property
    def state(self) -> CharacterState:
        """Of the characters, batch (N,)."""
        return self._readout.state

    @property
    def state_bytes(self) -> bytes:
        """The state's fields, one after the other, for hashes."""
        return self._readout.state_bytes

    @property
    def body_poses(self) -> BodyPoses:
        """(N, B, ...), world."""
        return self._readout.poses

    @property
    def body_velocities(self) -> BodyVelocities:
        """(N, B, ...), world."""
        return self._readout.velocities

    @property
    def fallen(self) -> NDArray[np.bool_]:
        """(N,) a body other than a foot touched the floor in the last tick."""
        return self._readout.fallen

    # ---------------------------------------------------------------- surroundings
    def set_gravity(self, gravity: ArrayLike) -> None:
        """Set gravity (3,), m/s2. Raises WorldError."""
        g = np.asarray(gravity, float)
        if g.shape != (3,) or not np.isfinite(g).all() or np.linalg.norm(g) > MAX_GRAVITY + 1e-6:
            raise WorldError(f"gravity {g}: expected three numbers, together at most {MAX_GRAVITY} m/s2")
        self.gravity = g.copy()
        self.engine.set_gravity(g)

    def set_friction(self, friction: float) -> None:
        """Set the floor's Coulomb coefficient; 0 is ice. Raises WorldError."""
        if not 0.0 <= friction <= 10.0:
            raise WorldError(f"floor friction {friction}: expected 0..10")
        self.floor_friction = float(friction)
        self.engine.set_floor_friction(self.floor_friction)

    def set_floor_restitution(self, restitution: float) -> None:
        """Set the floor's share of a bounce, multiplied with that of what hits it. Raises WorldError."""
        if not 0.0 <= restitution <= 1.5:
            raise WorldError(f"floor restitution {restitution}: expected 0..1.5")
        self.engine.set_floor_restitution(float(restitution))

    # ---------------------------------------------------------------- characters
    def set_gains(self, character: int, kp: ArrayLike, kd: ArrayLike) -> None:
        """Give a character's controller the gains (J,) that its policy was trained with. Raises WorldError."""
        self.contents.check_body(character, 0)
        self.kp[character], self.kd[character] = kp, kd

    def set_mass_scale(self, character: int, scale: float) -> None:
        """Make a character so many times as dense; its controller does not know. Raises WorldError."""
        self.contents.check_body(character, 0)
        if not 0.1 <= scale <= 10.0:
            raise WorldError(f"mass scale {scale}: expected 0.1..10")
        self.mass_scale[character] = scale
        self.engine.set_mass_scale(character, scale)

    def add_character(self, position_xy: ArrayLike = (0.0, 0.0), heading: float = 0.0) -> int:
        """Stand a new character on the floor and return its index."""
        x, y = (float(v) for v in np.asarray(position_xy, float))
        index = self.contents.num_characters
        self.engine.add_character()
        self._resize(index + 1)
        self.reset([index], self.standing((x, y), heading)[None])
        return index

    def remove_character(self) -> None:
        """Remove the last character. Raises WorldError where there is none."""
        last = self.contents.num_characters - 1
        if last < 0:
            raise WorldError("there is no character to remove")
        self.forces.release_from(character=last)
        self.mechanics.forget_character(last)
        self.engine.remove_character()
        self._resize(last)

    def _resize(self, n: int) -> None:
        """Give every per-character array n rows; new rows hold the model's defaults."""
        model = self.model
        self.contents.num_characters = n
        self.strength = _with_rows(self.strength, n, np.ones(model.num_joints))
        self.free_joints = _with_rows(self.free_joints.astype(float), n, np.zeros(model.num_joints)).astype(bool)
        self._limp.resize(n)
        self.mass_scale = _with_rows(self.mass_scale, n, np.float64(1.0))
        self.kp, self.kd = _with_rows(self.kp, n, model.kp), _with_rows(self.kd, n, model.kd)
        self.floor_touch = np.zeros((n, model.num_bodies), bool)
        self._update_readout()

    def standing(self, position_xy: ArrayLike, heading: float = 0.0) -> CharacterState:
        """The default pose at rest, soles on the floor; without batch."""
        return kinematics.standing_state(self.model, position_xy, heading)

    def reset(self, indices: Sequence[int] | NDArray[np.int64], state: CharacterState) -> None:
        """Put characters `indices` (M,) into states with batch (M,), world frame."""
        for k, n in enumerate(indices):
            self.engine.write(int(n), state[k])
        self.engine.read()
        self._update_readout()

    def _update_readout(self) -> None:
        """Compute the readout from the engine's states and the last tick's contacts."""
        self._readout = self._builder.of(self.engine.states.table, self.engine.torque, self.floor_touch)

    # ---------------------------------------------------------------- props
    def spawn(self, item: ItemSpec, velocity: ArrayLike = (0.0, 0.0, 0.0), ang_vel: ArrayLike = (0.0, 0.0, 0.0)) -> int:
        """Add a prop, moving with velocity (3,), m/s, and ang_vel (3,), rad/s, and return its id, never used again.

        Raises:
            WorldError: there are MAX_PROPS already, or too many in that very place.
        """
        props = self.contents.props
        if len(props) >= MAX_PROPS:
            raise WorldError(f"there are {MAX_PROPS} things already, as many as there can be: take some away")
        if len(props) >= MAX_INSIDE:
            check_room(item, tuple(props.values()), self.engine.prop_states(tuple(props)))
        return self.mechanics.add(item, np.asarray(velocity, float), np.asarray(ang_vel, float))

    def remove_prop(self, prop: int) -> None:
        """Remove a prop. Raises WorldError."""
        self.contents.check_prop(prop)
        self.mechanics.remove(prop)

    def tidy(self) -> None:
        """Put every prop back where it came into the world, whole and at rest."""
        self.mechanics.tidy()

    # ---------------------------------------------------------------- time
    def step(self, target: Array, hinge_target: Array | None = None) -> None:
        """Advance one control tick towards joint targets.

        Args:
            target: (N, J, 4) child in parent.
            hinge_target: (N, H) rad, of the hinges in the joints' order, of any number of turns; where it is not nan
                it replaces the angle of the hinge's rotation in `target`.

        Raises:
            WorldError: the targets have other shapes.
        """
        expected = (self.contents.num_characters, self.model.num_joints, 4)
        if target.shape != expected:
            raise WorldError(f"targets of shape {target.shape}, expected {expected}")
        hinges = (self.contents.num_characters, len(self.model.hinges))
        if hinge_target is not None and hinge_target.shape != hinges:
            raise WorldError(f"hinges' targets of shape {hinge_target.shape}, expected {hinges}")
        q_target = self.joint_layout.pack_rotations(target, hinge_target)
        kp, kd, limit = (self.strength * gain for gain in (self.kp, self.kd, self.model.torque_limit))
        self.faults = []
        self.mechanics.before_tick(self.body_poses, self.body_velocities)
        engine, whole, done = self.engine, self.model.substeps, 0
        engine.begin_tick()
        limp = (self.strength == 0.0) & ~self.free_joints
        any_limp = bool(limp.any())
        while done < whole:
            self.forces.apply()
            if any_limp:
                self._limp.drive(limp, engine.states.q, q_target, kp, kd, limit)
            # both act for one physics step only, so that they must be applied before each
            end = done + 1 if self.forces or any_limp else whole
            done, plausible = engine.advance(q_target, kp, kd, limit, (done, end, whole))
            if not plausible:
                self._recover(engine.states.implausible())
        self.tick += 1
        self.contacts, self.floor_touch = engine.end_tick()
        self.mechanics.after_tick(self.tick, self.contacts)
        self._update_readout()

    def _recover(self, implausible: list[int]) -> None:
        """Put characters in an implausible state back on their feet where they were at the end of the last tick."""
        for n in implausible:
            last = self.state.root_pos[n]
            known = np.isfinite(last).all() and np.abs(last).max() < 1000.0
            self.engine.write(n, self.standing(last[:2] if known else (0.0, 0.0)))
            self.forces.release_from(character=n)
            if n not in self.faults:
                self.faults.append(n)
        self.engine.read()

    def snapshot(self, messages: tuple[str, ...] = (), ghosts: Ghosts | None = None) -> Snapshot:
        """Everything that can be seen now."""
        read = self._readout
        return Snapshot(
            tick=self.tick,
            model=self.model,
            state=read.state,
            body_pos=read.poses.pos,
            body_rot=read.poses.rot,
            body_vel=read.velocities.vel,
            body_ang_vel=read.velocities.ang_vel,
            strength=self.strength.copy(),
            torque=read.torque_share,
            contacts=self.contacts,
            fallen=read.fallen,
            props=self.prop_poses,
            gravity=self.gravity.copy(),
            ghosts=ghosts,
            messages=messages,
        )

    @property
    def prop_poses(self) -> PropPoses:
        """Where the props are."""
        ids = tuple(self.contents.props)
        if not ids:
            return PropPoses((), np.empty((0, 3)), np.empty((0, 4)))
        states = self.engine.prop_states(ids)
        return PropPoses(ids, states[:, :3], states[:, 3:7])


def _with_rows(array: Array, n: int, default: ArrayLike) -> Array:
    """The first n rows of an array, filled up with default rows."""
    rows = np.empty((n, *array.shape[1:]))
    rows[:] = default
    rows[: len(array)] = array[:n]
    return rows
