"""BulletEngine: the `Engine` of a World, in one private Bullet client."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from game.scene.set_spec import ItemSpec
from game.sim.bullet import substeps
from game.sim.bullet.character import Character
from game.sim.bullet.client import Client
from game.sim.bullet.contacts import ContactAccumulator
from game.sim.bullet.prop_bodies import PropBodies
from game.sim.contact import Contact
from game.sim.engine import RigidMotion
from game.sim.joint_layout import JointLayout
from game.sim.model import CharacterModel
from game.sim.state import CharacterState
from game.sim.state_table import StateTable

Array = NDArray[np.float64]

SOLVER_ITERATIONS = 10


class BulletEngine:
    """See `game.sim.engine.Engine`. Deterministic: the same calls give the same bits."""

    def __init__(self, model: CharacterModel, *, collide_characters: bool = True, contact_detail: bool = True) -> None:
        """Start Bullet with a floor.

        Args:
            collide_characters: whether characters touch each other.
            contact_detail: read contacts at every substep and sum them; if not, only those of a tick's last substep.
        """
        self.model = model
        self.joint_layout = JointLayout(model)
        self.dt = 1.0 / model.physics_hz
        self.client = Client(self.dt, SOLVER_ITERATIONS)
        self.floor = self.client.add_floor()
        # Bullet multiplies the restitutions of both sides: with 1 here a prop bounces off the floor as its own says
        self.client.set_surface(self.floor, restitution=1.0)
        self.characters: list[Character] = []
        self._props = PropBodies(self.client)
        self._collide_characters = collide_characters
        self._contact_detail = contact_detail
        # a contact's force counts for the time until the next reading
        seconds = self.dt if contact_detail else self.dt * model.substeps
        self._contacts = ContactAccumulator(model.num_bodies, seconds)
        self.states = StateTable.of(0, self.joint_layout)
        self.torque = np.zeros((0, self.joint_layout.num_v))
        self._bodies = np.zeros(0, np.int64)
        self._controller = 0
        self._resize()

    def close(self) -> None:
        self.client.close()

    # ---------------------------------------------------------------- surroundings
    def set_gravity(self, gravity: Array) -> None:
        self.client.set_gravity(gravity.tolist())

    def set_floor_friction(self, friction: float) -> None:
        self.client.set_surface(self.floor, friction=friction)

    def set_floor_restitution(self, restitution: float) -> None:
        self.client.set_surface(self.floor, restitution=restitution)

    # ---------------------------------------------------------------- characters
    def add_character(self) -> None:
        index = len(self.characters)
        # high up, away from the others; the World then puts it on the floor
        character = Character(self.client, self.model, self.joint_layout, (0.0, 0.0, 10.0 + 3.0 * index))
        self.characters.append(character)
        if not self._collide_characters:
            group = 1 << (index % 20 + 4)
            for link in range(-1, self.model.num_bodies):
                self.client.set_filter(character.bullet_id, link, group, group | 1)
        self._resize()

    def remove_character(self) -> None:
        self.client.remove(self.characters.pop().bullet_id)
        self._resize()

    def _resize(self) -> None:
        n = len(self.characters)
        self.states = StateTable.of(n, self.joint_layout)
        self.torque = np.zeros((n, self.joint_layout.num_v))
        self._bodies = np.array([c.bullet_id for c in self.characters], np.int64)
        self._controller = substeps.controller_for(self.joint_layout.tree, self.dt, self.states, self.torque)
        self._update_owners()
        self.read()

    def _update_owners(self) -> None:
        self._contacts.set_owners(self.floor, self._bodies.tolist(), self._props.bodies)

    def set_mass_scale(self, character: int, scale: float) -> None:
        self.characters[character].set_mass_scale(scale)

    def set_body_friction(self, character: int, body: int, friction: float) -> None:
        self.client.set_surface(self.characters[character].bullet_id, body, friction=friction)

    def write(self, character: int, state: CharacterState) -> None:
        self.characters[character].write(state)

    def read(self) -> None:
        substeps.read_states(self.client.calls, self._bodies, self.joint_layout.num_q, self.states.table)

    # ---------------------------------------------------------------- props
    def add_prop(self, prop: int, item: ItemSpec, velocity: ArrayLike, ang_vel: ArrayLike) -> None:
        self._props.add(prop, item, velocity, ang_vel)
        self._update_owners()

    def remove_prop(self, prop: int) -> None:
        self._props.remove(prop)
        self._update_owners()

    def prop_states(self, props: Sequence[int]) -> Array:
        return self._props.states(props)

    # ---------------------------------------------------------------- forces
    def body_motion(self, character: int, body: int) -> RigidMotion:
        link = self.client.link(self.characters[character].bullet_id, body)
        pos, com_pos, ang_vel = link["pos"], link["com_pos"], link["ang_vel"]
        return RigidMotion(pos, link["rot"], com_pos, link["com_vel"] + np.cross(ang_vel, pos - com_pos), ang_vel)

    def prop_motion(self, prop: int) -> RigidMotion:
        return self._props.motion(prop)

    def push_body(self, character: int, body: int, force: Array, point: Array) -> None:
        self.client.push(self.characters[character].bullet_id, body, force, point)

    def push_prop(self, prop: int, force: Array, point: Array) -> None:
        self._props.push(prop, force, point)

    # ---------------------------------------------------------------- time
    def begin_tick(self) -> None:
        self._contacts.begin()

    def advance(
        self, target: Array, kp: Array, kd: Array, limit: Array, span: tuple[int, int, int]
    ) -> tuple[int, bool]:
        done, end, whole = span
        plausible = True
        while done < end and plausible:
            step_end = end
            if self._props.move:  # one step at a time
                self._props.run_belts()
                step_end = done + 1
            done, plausible, self._contacts.sums = substeps.advance(
                self.client.calls, self._controller, self._bodies, self.joint_layout.tree, self.dt, self.states,
                target, kp, kd, limit, self.torque, self._contacts.sums, (done, step_end, whole), self._contact_detail,
            )  # fmt: skip
        return done, plausible

    def end_tick(self) -> tuple[tuple[Contact, ...], NDArray[np.bool_]]:
        return self._contacts.end()
