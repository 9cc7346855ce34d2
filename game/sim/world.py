"""World: one private Bullet client with characters, props and a floor, stepped one control tick at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from game.scene.set_spec import ItemSpec
from game.sim.bullet import substeps
from game.sim.bullet.character import Character, standing
from game.sim.bullet.client import Client
from game.sim.bullet.contacts import ContactAccumulator
from game.sim.bullet.props import Prop, spawn
from game.sim.contact import Contact
from game.sim.forces import Forces
from game.sim.joint_layout import JointLayout
from game.sim.model import CharacterModel
from game.sim.readout import ReadoutBuilder
from game.sim.snapshot import Ghosts, PropPoses, Snapshot
from game.sim.state import CharacterState
from game.sim.state_table import StateTable

Array = NDArray[np.float64]

EARTH = (0.0, 0.0, -9.8)
"""m/s2. 9.8, not 9.81: the condition that the published policies were trained in."""
MAX_GRAVITY = 200.0
SOLVER_ITERATIONS = 10


class WorldError(ValueError):
    """Something was asked of a world that it cannot do."""


class World:
    """Characters of one model on a floor. Deterministic: a new World given the same calls gives the same bits."""

    def __init__(
        self,
        model: CharacterModel,
        *,
        gravity: ArrayLike = EARTH,
        floor_friction: float | None = None,
        collide_characters: bool = True,
        contact_detail: bool = True,
    ) -> None:
        """Make an empty world.

        Args:
            gravity: (3,) m/s2
            floor_friction: Coulomb coefficient, multiplied with the other side's; the model's own by default.
            collide_characters: whether characters touch each other (training keeps them apart).
            contact_detail: read contacts at every substep and sum them, else look at the tick's last substep only.
        """
        self.model = model
        self.packing = JointLayout(model)
        self.tick = 0
        self.contact_detail = contact_detail
        self.collide_characters = collide_characters
        self.dt = 1.0 / model.physics_hz
        self.client = Client(self.dt, SOLVER_ITERATIONS)
        self.floor = self.client.add_floor()
        # restitutions multiply: with 1 here a thing bounces off the floor as its own says
        self.client.set_surface(self.floor, restitution=1.0)
        self.set_friction(model.friction if floor_friction is None else floor_friction)
        self.set_gravity(gravity)
        self.characters: list[Character] = []
        self.props: dict[int, Prop] = {}
        self.forces = Forces(self)
        self.contacts: tuple[Contact, ...] = ()
        self.faults: list[int] = []
        """characters whose state became absurd in the last tick and that were put back on their feet"""
        self._next_prop = 0
        self._touches = ContactAccumulator(self)
        self._derived = ReadoutBuilder(model, self.packing)
        self._resize(0)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give the client back; the world is unusable afterwards."""
        self.client.close()

    # ---------------------------------------------------------------- surroundings
    def set_gravity(self, gravity: ArrayLike) -> None:
        """Set gravity (3,), m/s2. Raises WorldError."""
        g = np.asarray(gravity, float)
        if g.shape != (3,) or not np.isfinite(g).all() or np.linalg.norm(g) > MAX_GRAVITY:
            raise WorldError(f"gravity {g}: expected three numbers, together at most {MAX_GRAVITY} m/s2")
        self.gravity = g.copy()
        self.client.set_gravity(g.tolist())

    def set_friction(self, friction: float) -> None:
        """Set the floor's Coulomb coefficient; 0 is ice. Raises WorldError."""
        if not 0.0 <= friction <= 10.0:
            raise WorldError(f"floor friction {friction}: expected 0..10")
        self.floor_friction = float(friction)
        self.client.set_surface(self.floor, friction=self.floor_friction)

    # ---------------------------------------------------------------- characters
    def _resize(self, n: int) -> None:
        model, old = self.model, getattr(self, "strength", np.ones((0, self.model.num_joints)))
        self._rows = StateTable.of(n, self.packing)
        self._bodies = np.array([c.bullet_id for c in self.characters], np.int64)
        self.torque = np.zeros((n, self.packing.num_v))
        """(N, V) of the last substep, N m, in the child's frame"""
        self._controller = substeps.controller_for(self.packing.tree, self.dt, self._rows, self.torque)
        self.strength = np.ones((n, model.num_joints))
        """(N, J) share of the gains and torque limits that a joint has; 0 is limp"""
        self.strength[: len(old)] = old[:n]
        dense = getattr(self, "mass_scale", np.ones(0))[:n]
        self.mass_scale = np.concatenate([dense, np.ones(n - len(dense))])
        """(N,) how many times as heavy as the model a character is: see `set_mass_scale`"""
        self.kp, self.kd = self._resized("kp", n), self._resized("kd", n)
        """(N, J) PD gains: the model's, until `set_gains`"""
        self.floor_touch = np.zeros((n, model.num_bodies), bool)
        """(N, B) bodies that touched the floor in the last tick"""
        self._read()

    def _resized(self, name: str, n: int) -> Array:
        gains = np.tile(getattr(self.model, name), (n, 1))
        old = getattr(self, name, gains[:0])
        gains[: len(old)] = old[:n]
        return gains

    def set_gains(self, character: int, kp: ArrayLike, kd: ArrayLike) -> None:
        """Give a character's controller the gains (J,) that its policy was trained with."""
        self.check(character, 0)
        self.kp[character], self.kd[character] = kp, kd

    def set_mass_scale(self, character: int, scale: float) -> None:
        """Make a character so many times as dense; its controller does not know. Raises WorldError."""
        self.check(character, 0)
        if not 0.1 <= scale <= 10.0:
            raise WorldError(f"mass scale {scale}: expected 0.1..10")
        self.mass_scale[character] = scale
        self.characters[character].set_mass_scale(scale)

    def add_character(self, position_xy: ArrayLike = (0.0, 0.0), heading: float = 0.0) -> int:
        """Stand a new character on the floor and return its index."""
        x, y = (float(v) for v in np.asarray(position_xy, float))
        index = len(self.characters)
        character = Character(self.client, self.model, self.packing, (x, y, 10.0 + 3.0 * index))
        self.characters.append(character)
        if not self.collide_characters:
            group = 1 << (index % 20 + 4)
            for link in range(-1, self.model.num_bodies):
                self.client.set_filter(character.bullet_id, link, group, group | 1)
        self._touches.renumber()
        self._resize(index + 1)
        self.reset([index], self.standing((x, y), heading)[None])
        return index

    def remove_character(self) -> None:
        """Take the last character away. Raises WorldError where there is none."""
        if not self.characters:
            raise WorldError("there is no character to remove")
        character = self.characters.pop()
        last = len(self.characters)
        self.forces.let_go(character=last)
        self.client.remove(character.bullet_id)
        self._touches.renumber()
        self._resize(last)

    def standing(self, position_xy: ArrayLike, heading: float = 0.0) -> CharacterState:
        """The default pose at rest, soles on the floor."""
        return standing(self.model, position_xy, heading)

    def reset(self, indices: Sequence[int] | NDArray[np.int64], state: CharacterState) -> None:
        """Put characters `indices` (M,) into states with batch (M,), world frame."""
        for k, n in enumerate(indices):
            self.characters[n].write(state[k])
        self._read()

    def _read(self) -> None:
        substeps.read_states(self.client.calls, self._bodies, self.packing.num_q, self._rows.table)
        self._derive()

    def _derive(self) -> None:
        """Fill what is told of the characters from the flat rows and the last tick's touches."""
        found = self._derived.of(self._rows.table, self.torque, self.floor_touch)
        self.state, self.body_poses, self.body_velocities = found.state, found.poses, found.velocities
        self.state_bytes, self.torque_share = found.state_bytes, found.torque_share
        self.fallen, self.standing_on = found.fallen, found.on_feet

    # ---------------------------------------------------------------- props
    def spawn(self, item: ItemSpec, velocity: ArrayLike = (0.0, 0.0, 0.0), ang_vel: ArrayLike = (0.0, 0.0, 0.0)) -> int:
        """Put a thing into the world and return its id, never used again."""
        prop = spawn(self.client, item, velocity, ang_vel)
        prop_id, self._next_prop = self._next_prop, self._next_prop + 1
        self.props[prop_id] = prop
        self._touches.renumber()
        return prop_id

    def remove_prop(self, prop_id: int) -> None:
        """Take a thing away. Raises WorldError."""
        prop = self.prop(prop_id)
        self.forces.let_go(prop=prop_id)
        self.client.remove(prop.bullet_id)
        del self.props[prop_id]
        self._touches.renumber()

    def prop(self, prop_id: int) -> Prop:
        """A thing by its id. Raises WorldError."""
        if prop_id not in self.props:
            raise WorldError(f"no prop {prop_id}; there are {sorted(self.props)}")
        return self.props[prop_id]

    def check(self, character: int, body: int) -> None:
        """Raise WorldError unless there is such a body of such a character."""
        if not 0 <= character < len(self.characters):
            raise WorldError(f"no character {character}; there are {len(self.characters)}")
        if not 0 <= body < self.model.num_bodies:
            raise WorldError(f"no body {body}; there are {self.model.num_bodies}: {', '.join(self.model.body_names)}")

    # ---------------------------------------------------------------- time
    def step(self, target: Array, hinge_target: Array | None = None) -> None:
        """Advance one control tick towards joint targets.

        Args:
            target: (N, J, 4) child in parent.
            hinge_target: (N, H) rad, of the hinges in the joints' order, of any number of turns; where it is not nan
                it is taken instead of the rotation's turn.
        """
        if target.shape != (len(self.characters), self.model.num_joints, 4):
            expected = (len(self.characters), self.model.num_joints, 4)
            raise WorldError(f"targets of shape {target.shape}, expected {expected}")
        hinges = (len(self.characters), len(self.model.hinges))
        if hinge_target is not None and hinge_target.shape != hinges:
            raise WorldError(f"hinges' targets of shape {hinge_target.shape}, expected {hinges}")
        wanted = self.packing.pack_rotations(target, hinge_target)
        kp, kd, limit = (self.strength * gain for gain in (self.kp, self.kd, self.model.torque_limit))
        self.faults = []
        touches, whole, done = self._touches, self.model.substeps, 0
        touches.begin()
        while done < whole:
            self.forces.apply()
            end = done + 1 if self.forces else whole
            done, sane, touches.sums = substeps.advance(
                self.client.calls, self._controller, self._bodies, self.packing.tree, self.dt, self._rows, wanted,
                kp, kd, limit, self.torque, touches.sums, (done, end, whole), self.contact_detail,
            )  # fmt: skip
            if not sane:
                self._mend(self._rows.absurd())
        self.tick += 1
        self.contacts, self.floor_touch = touches.end()
        self._derive()

    def _mend(self, absurd: list[int]) -> None:
        """Put characters in an absurd state back on their feet where they were last known to be."""
        for n in absurd:
            last = self.state.root_pos[n]
            sane = np.isfinite(last).all() and np.abs(last).max() < 1000.0
            state = self.standing(last[:2] if sane else (0.0, 0.0))[None]
            self.characters[n].write(state[0])
            self.forces.let_go(character=n)
            if n not in self.faults:
                self.faults.append(n)
        substeps.read_states(self.client.calls, self._bodies, self.packing.num_q, self._rows.table)

    def snapshot(self, messages: tuple[str, ...] = (), ghosts: Ghosts | None = None) -> Snapshot:
        """Everything that can be seen now."""
        return Snapshot.of(self, messages, ghosts)

    @property
    def prop_poses(self) -> PropPoses:
        """Where the props are."""
        if not self.props:
            return PropPoses((), np.empty((0, 3)), np.empty((0, 4)))
        bases = self.client.bases([p.bullet_id for p in self.props.values()])
        return PropPoses(tuple(self.props), bases[:, :3], bases[:, 3:7])
