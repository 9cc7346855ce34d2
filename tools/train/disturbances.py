"""Disturbances of the robustness stage: pushes, and worlds that differ in gravity, friction and strength."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from game.sim.world import EARTH
from tools.train.config import TrainConfig
from tools.train.crowd import Crowd

PUSH_SECONDS = 0.2
"""as in DeepMimic's table of pushes"""


class Disturbances:
    """Of size 0 (none) to 1 (the configuration's). Gravity and friction are a world's, strength a character's."""

    def __init__(self, config: TrainConfig, crowd: Crowd) -> None:
        self.config, self.crowd = config, crowd
        self.size = 0.0
        self._pelvis = 0

    def tick(self, rng: np.random.Generator) -> None:
        """Before each tick: start a push now and then."""
        if not self.size:
            return
        crowd, model = self.crowd, self.crowd.model
        chance = 1.0 / (self.config.push_every * model.control_hz)
        for n in np.flatnonzero(rng.random(crowd.num_characters) < chance):
            angle, force = rng.uniform(0.0, 2.0 * np.pi), self.size * self.config.push_force * rng.random()
            world, place = divmod(int(n), crowd.per_world)
            push = force * np.array([np.cos(angle), np.sin(angle), 0.0])
            crowd.worlds[world].push(place, self._pelvis, push, round(PUSH_SECONDS * model.control_hz))

    def vary(self, ended: NDArray[np.int64], rng: np.random.Generator) -> None:
        """Give characters (M,) that begin anew another strength, and their worlds, now and then, another condition."""
        if not self.size or not len(ended):
            return
        config, crowd = self.config, self.crowd
        for n in ended:
            number, place = divmod(int(n), crowd.per_world)
            world = crowd.worlds[number]
            world.strength[place] = 1.0 - self.size * config.vary_strength * rng.random()
            if rng.random() < 0.5 / crowd.per_world:
                world.set_gravity(np.array(EARTH) * (1.0 + self.size * config.vary_gravity * rng.uniform(-1.0, 1.0)))
                world.set_friction(crowd.model.friction * (1.0 + self.size * config.vary_friction * rng.uniform(-1, 1)))

    def state_dict(self) -> dict[str, Tensor]:
        """The worlds' conditions. Pushes under way are not kept: a checkpoint ends them."""
        worlds = self.crowd.worlds
        return {
            "gravity": torch.tensor(np.array([w.gravity for w in worlds])),
            "friction": torch.tensor(np.array([w.floor_friction for w in worlds])),
            "strength": torch.tensor(np.array([w.strength for w in worlds])),
        }

    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        """Set the worlds' conditions."""
        for k, world in enumerate(self.crowd.worlds):
            world.set_gravity(state["gravity"][k].numpy())
            world.set_friction(float(state["friction"][k]))
            world.strength[:] = state["strength"][k].numpy()
