"""Gaits as tables: what the game's own gait shows a walker who follows it exactly, steered at random."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from game.play.gait import GaitClips
from game.play.gait_path import FAST, HEADING, PHASE, SHARE, SPEED, WIDTH, integrate
from game.play.gait_pose import fill_poses
from game.sim import rotation
from game.sim.model import CharacterModel
from tools.train.performer.motion_table import QUARTERS, MotionTable, derived, moving_state
from tools.train.performer.stick import random_stick

Array = NDArray[np.float64]


class GaitPlans:
    """Makes plans of a walker who is steered."""

    def __init__(self, model: CharacterModel, clips: GaitClips, allowed: NDArray[np.bool_]) -> None:
        """allowed: (B,) bodies that may touch the floor."""
        self.model, self.clips, self.allowed, self.hz = model, clips, allowed, QUARTERS * model.control_hz

    def plan(self, speed: Array, direction: Array, *, phase: float | None = None) -> MotionTable:
        """A table from commands (R,) at four rows a tick: speed, m/s, and direction, rad.

        He begins with heading 0, at a phase at the first command's speed, or standing where none is given.
        """
        tables, dt, count = self.clips.tables, 1.0 / self.hz, len(speed)
        state = np.zeros(WIDTH)
        state[PHASE] = tables.begin
        if phase is not None:
            fast = 1.0 if speed[0] > 0.5 * sum(self.clips.paces) else 0.0
            state[[PHASE, SPEED, SHARE, FAST]] = phase, speed[0], 1.0, fast
        path = np.empty((count, WIDTH))
        steered = np.stack([speed, direction], axis=1)
        integrate(state, steered, tables, dt, path)
        pos, rot = np.empty((count, 3)), np.empty((count, *self.clips.still.shape))
        fill_poses(path, np.arange(count) * dt, dt, tables, pos, rot)
        joints = rotation.continuous(rot[:, 1:])
        rows = derived(
            self.model, moving_state(pos, rotation.continuous(rot[:, 0]), joints, self.hz), np.zeros(count),
            np.stack([np.zeros(count), np.zeros(count), path[:, HEADING]], axis=1),
        )  # fmt: skip
        return MotionTable("gait", rows, max(1, count // 2), float(count), False, self.allowed, count / self.hz)

    def random(self, rng: np.random.Generator, seconds: float, *, way: str, hard: float = 1.0) -> MotionTable:
        """Somebody plays with the stick (`stick.random_stick`)."""
        speed, direction = random_stick(rng, seconds, self.hz, self.clips.paces, way, hard)
        return self.plan(speed, direction, phase=None if way == "start" else float(rng.random()))
