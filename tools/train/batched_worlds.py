"""BatchedWorlds: the characters of several Worlds as one batch."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
from numpy.typing import NDArray

from game.sim.bullet import open_world
from game.sim.contact import FLOOR
from game.sim.model import CharacterModel
from game.sim.state import CharacterState
from game.sim.world import EARTH, World

Array = NDArray[np.float64]
SPACING = 12.0
"""m between the places of characters that do not touch each other anyway: keeps Bullet's broad phase cheap"""


class BatchedWorlds:
    """N = num_worlds * per_world characters of one model that do not touch each other. M is any number of them."""

    def __init__(self, model: CharacterModel, num_worlds: int, per_world: int) -> None:
        self.model, self.per_world = model, per_world
        self.num_characters = num_worlds * per_world
        self.worlds = [_world(model, per_world) for _ in range(num_worlds)]
        place = np.arange(self.num_characters) % per_world
        side = int(np.ceil(np.sqrt(per_world)))
        self.places = SPACING * np.stack([place % side, place // side, np.zeros_like(place)], axis=1).astype(float)
        """(N, 3) where each character starts"""
        self.gather()

    def rebuild(self) -> None:
        """Replace the Worlds by fresh ones in the same state, so that a resumed run goes on bit for bit."""
        state, gravity = self.state, [w.gravity for w in self.worlds]
        friction, strength = [w.floor_friction for w in self.worlds], [w.strength for w in self.worlds]
        mass = [w.mass_scale for w in self.worlds]
        self.close()
        self.worlds = [_world(self.model, self.per_world) for _ in self.worlds]
        for k, world in enumerate(self.worlds):
            world.set_gravity(gravity[k])
            world.set_friction(friction[k])
            world.strength[:] = strength[k]
            for n in np.flatnonzero(mass[k] != 1.0):
                world.set_mass_scale(int(n), float(mass[k][n]))
        self.reset(np.arange(self.num_characters), state)

    def close(self) -> None:
        """Give the Bullet clients back."""
        for world in self.worlds:
            world.close()

    def reset(self, indices: NDArray[np.int64], state: CharacterState) -> None:
        """Put characters (M,) into states of batch (M,), world frame."""
        world_of, place = np.divmod(indices, self.per_world)
        for number in np.unique(world_of):
            here, world = world_of == number, self.worlds[number]
            world.reset(place[here], state[here])
            for f in fields(CharacterState):
                getattr(self.state, f.name)[indices[here]] = getattr(world.state, f.name)[place[here]]
            self.body_pos[indices[here]] = world.body_poses.pos[place[here]]
            self.body_rot[indices[here]] = world.body_poses.rot[place[here]]

    def step(self, target: Array) -> None:
        """One control tick of every world towards joint targets (N, J, 4)."""
        for k, world in enumerate(self.worlds):
            world.step(target[k * self.per_world : (k + 1) * self.per_world])
        self.gather()

    def gather(self) -> None:
        """Read what the worlds hold: `state` (N,), `body_pos`, `body_rot` (N, B, 3|4)."""
        worlds = self.worlds
        self.state = CharacterState(
            *(np.concatenate([getattr(w.state, f.name) for w in worlds]) for f in fields(CharacterState))
        )
        self.body_pos = np.concatenate([w.body_poses.pos for w in worlds])
        self.body_rot = np.concatenate([w.body_poses.rot for w in worlds])

    def floor_contacts(self) -> NDArray[np.bool_]:
        """(N, B) whether a body touched the floor at the end of the last tick."""
        touched = np.zeros((self.num_characters, self.model.num_bodies), bool)
        for k, world in enumerate(self.worlds):
            for contact in world.contacts:
                if contact.kind == "floor" and contact.other == FLOOR:
                    touched[k * self.per_world + contact.character, contact.body] = True
        return touched

    def faults(self) -> NDArray[np.bool_]:
        """(N,) whose state became absurd in the last tick."""
        absurd = np.zeros(self.num_characters, bool)
        for k, world in enumerate(self.worlds):
            absurd[[k * self.per_world + n for n in world.faults]] = True
        return absurd


def _world(model: CharacterModel, per_world: int) -> World:
    world = open_world(model, gravity=EARTH, collide_characters=False, contact_detail=False)
    for _ in range(per_world):
        world.add_character()
    return world
