"""Footwork: who stands, or comes to a stand, and cannot without a step gets a plan with the steps it takes.

It is what `game.play.performance` does in the game, for a crowd.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from game.play.footing import shoved, topples
from game.play.reference import JOIN_SECONDS
from game.sim import kinematics
from game.sim.kinematics import BodyPoses
from game.sim.model import CharacterModel
from tools.train.performer.performer_environment import PerformerEnvironment
from tools.train.performer.situations import STAND, Situations

EVERY = 2
"""ticks between two looks at everybody"""
PATIENCE = 10
"""ticks that a plan is kept at least"""
STILL_SPEED = 0.01
"""m/s, of the reference's root: it stands"""


class Footwork:
    """Looks after all characters of an environment whose kind is of standing."""

    def __init__(self, model: CharacterModel, environment: PerformerEnvironment, situations: Situations) -> None:
        self.model, self.environment, self.situations = model, environment, situations
        self.since = np.zeros(environment.num_characters, np.int64)
        """(N,) tick of the episode at which the present plan began"""

    def __call__(self) -> int:
        """Look, after a tick; returns to how many a new plan was given."""
        environment = self.environment
        self.since = np.where(self.since > environment.tick, 0, self.since)
        kinds = [str(kind).partition(":")[0] for kind in environment.kind]
        stands = np.array([kind in (STAND, "hub") for kind in kinds])
        ready = stands & (environment.tick >= self.since + PATIENCE) & (environment.tick < environment.length)
        chosen = np.flatnonzero(ready & ((environment.tick + np.arange(len(ready))) % EVERY == 0))
        if not len(chosen):
            return 0
        states, cols = environment.states(chosen), environment.cols
        poses = BodyPoses(environment.crowd.body_pos[chosen], environment.crowd.body_rot[chosen])
        com, feet = kinematics.center_of_mass(self.model, poses), poses.pos[:, list(self.model.feet)]
        found = 0
        for k, n in enumerate(chosen):
            row = environment.plan[n, int(environment.tick[n])].numpy()
            reference = _turned(row[cols.root_vel][:2], environment.anchor[n, 2])
            if np.hypot(*reference) < STILL_SPEED:
                steps = topples(com[k], states.root_vel[k], feet[k], states.root_rot[k])
            else:
                steps = shoved(states.root_vel[k], reference)
            if steps:
                _, plan, lead = self.situations.settling(states[k], JOIN_SECONDS)
                environment.replan(int(n), plan, lead)
                self.since[n] = environment.tick[n]
                found += 1
        return found


def _turned(v: NDArray[np.float32], heading: float) -> NDArray[np.float64]:
    c, s = np.cos(heading), np.sin(heading)
    return np.array([c * v[0] - s * v[1], s * v[0] + c * v[1]])
