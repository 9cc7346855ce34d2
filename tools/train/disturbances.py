"""Disturbances of the robustness stage: pushes, and bodies and worlds that differ from the model."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from game.sim.model import CharacterModel
from game.sim.world import EARTH, World
from tools.train.config import TrainConfig

PUSH_SECONDS = 0.2
"""as in DeepMimic's table of pushes"""
NEVER = 10**9
"""ticks since the last push of who has not been pushed"""


class DisturbedWorlds(Protocol):
    """Characters in Worlds, per_world of them in each: tools.train.batched_worlds, or those of tools.evaluate."""

    model: CharacterModel
    worlds: list[World]
    per_world: int
    num_characters: int


class Disturbances:
    """Of size 0 (none) to 1 (the configuration's). Gravity and friction are a world's, the rest is a character's."""

    def __init__(self, config: TrainConfig, worlds: DisturbedWorlds) -> None:
        self.config, self.batch = config, worlds
        self.size = 0.0
        self._pelvis = 0
        self.since_push = np.full(worlds.num_characters, NEVER)
        """(N,) ticks since a push last began, in this episode"""

    def begin(self, rng: np.random.Generator, size: float = 1.0) -> None:
        """Set the size, and draw new bodies for all characters and new conditions for all worlds at once."""
        self.size = size
        for character in range(self.batch.num_characters):
            self.vary_body(character, rng)
        for number in range(len(self.batch.worlds)):
            self.vary_world(number, rng)

    def tick(self, rng: np.random.Generator) -> None:
        """Before each tick: start pushes at random."""
        self.since_push += 1
        if not self.size:
            return
        batch, model = self.batch, self.batch.model
        chance = 1.0 / (self.config.push_every * model.control_hz)
        for n in np.flatnonzero(rng.random(batch.num_characters) < chance):
            angle, force = rng.uniform(0.0, 2.0 * np.pi), self.size * self.config.push_force * rng.random()
            self.since_push[n] = 0
            world, place = divmod(int(n), batch.per_world)
            push = force * np.array([np.cos(angle), np.sin(angle), 0.0])
            batch.worlds[world].forces.push(place, self._pelvis, push, round(PUSH_SECONDS * model.control_hz))

    def vary(self, ended: NDArray[np.int64], rng: np.random.Generator) -> None:
        """Draw new bodies for characters (M,) that start an episode, and sometimes new conditions for their worlds."""
        if not self.size or not len(ended):
            return
        for n in ended:
            self.vary_body(int(n), rng)
            if rng.random() < 0.5 / self.batch.per_world:
                self.vary_world(int(n) // self.batch.per_world, rng)

    def vary_body(self, character: int, rng: np.random.Generator) -> None:
        """Another strength and density for a character."""
        number, place = divmod(character, self.batch.per_world)
        world = self.batch.worlds[number]
        world.strength[place] = 1.0 - self.size * self.config.vary_strength * rng.random()
        world.set_mass_scale(place, 1.0 + self.size * self.config.vary_mass * rng.uniform(-1.0, 1.0))

    def vary_world(self, number: int, rng: np.random.Generator) -> None:
        """Another gravity and friction for a world."""
        world, config, size = self.batch.worlds[number], self.config, self.size
        world.set_gravity(np.array(EARTH) * (1.0 + size * config.vary_gravity * rng.uniform(-1.0, 1.0)))
        friction = self.batch.model.friction
        world.set_friction(friction * (1.0 + size * config.vary_friction * rng.uniform(-1.0, 1.0)))

    def state_dict(self) -> dict[str, Tensor]:
        """The worlds' conditions. Pushes under way are not kept: a checkpoint ends them."""
        worlds = self.batch.worlds
        return {
            "since_push": torch.tensor(self.since_push),
            "gravity": torch.tensor(np.array([w.gravity for w in worlds])),
            "friction": torch.tensor(np.array([w.floor_friction for w in worlds])),
            "strength": torch.tensor(np.array([w.strength for w in worlds])),
            "mass": torch.tensor(np.array([w.mass_scale for w in worlds])),
        }

    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        """Set the worlds' conditions."""
        if "since_push" in state:  # a checkpoint from before pushes opened the limit has none
            self.since_push = state["since_push"].numpy().copy()
        for k, world in enumerate(self.batch.worlds):
            world.set_gravity(state["gravity"][k].numpy())
            world.set_friction(float(state["friction"][k]))
            world.strength[:] = state["strength"][k].numpy()
            if "mass" in state:  # a checkpoint from before bodies differed has none
                for n, scale in enumerate(state["mass"][k].tolist()):
                    world.set_mass_scale(n, scale)
