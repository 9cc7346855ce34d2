"""Gaits for training: the game's own gait, steered at random, as tables."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from game.play.gait import GaitClips, fitting_path
from game.play.gait_path import FAST, HEADING, PHASE, SHARE, SPEED, WIDTH, X, Y, integrate
from game.play.gait_pose import fill_poses
from game.sim import rotation
from game.sim.model import CharacterModel
from game.sim.state import CharacterState
from tools.train.performer.motion_table import QUARTERS, MotionTable, derived, moving_state

Array = NDArray[np.float64]
SHARP = np.pi
"""rad that the stick turns by at most, at the hardest"""
FAST_TURN = 1.6
"""rad/s of a stick that goes round, at the hardest"""
SLOWEST = 0.35
"""m/s"""
WAYS = ("walk", "slow", "start", "run")
"""how a plan begins: walking, walking slowly and then on the spot, standing, or running"""


class GaitPlans:
    """Makes plans of a walker who is steered."""

    def __init__(self, model: CharacterModel, clips: GaitClips, allowed: NDArray[np.bool_]) -> None:
        """allowed: (B,) bodies that may touch the floor."""
        self.model, self.clips, self.allowed, self.hz = model, clips, allowed, QUARTERS * model.control_hz

    def settle(self, state: CharacterState, seconds: float) -> MotionTable:
        """From where a character is (no batch) to standing, by the steps that it takes."""
        path = fitting_path(self.clips, state)
        path[[X, Y, HEADING]] = 0.0
        count = int(seconds * self.hz)
        return self._table(path, np.zeros(count), np.zeros(count))

    def plan(self, speed: Array, direction: Array, *, phase: float | None = None) -> MotionTable:
        """A table from commands (R,) at four rows a tick: speed, m/s, and direction, rad.

        He begins with heading 0, at a phase at the first command's speed, or standing where none is given.
        """
        tables = self.clips.tables
        state = np.zeros(WIDTH)
        state[PHASE] = tables.begin
        if phase is not None:
            fast = 1.0 if speed[0] > 0.5 * sum(self.clips.paces) else 0.0
            state[[PHASE, SPEED, SHARE, FAST]] = phase, speed[0], 1.0, fast
        return self._table(state, speed, direction)

    def _table(self, state: Array, speed: Array, direction: Array) -> MotionTable:
        """The path (WIDTH,) goes on from, with the commands (R,)."""
        tables, dt, count = self.clips.tables, 1.0 / self.hz, len(speed)
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
        """Somebody plays with the stick.

        Args:
            seconds: of the plan
            way: one of WAYS
            hard: 0 to 1. At 0 he goes straight on at the clip's pace; with more come other speeds and directions, and
                from a half on he stops, starts, walks and runs as it comes.
        """
        count, walk = int(seconds * self.hz), self.clips.paces[0]
        speed, direction = np.empty(count), np.empty(count)
        wild = max(0.0, 2.0 * hard - 1.0)
        k, toward, running = 0, 0.0, way == "run"
        if way == "start":
            k = int(rng.uniform(0.1, 0.8) * self.hz)
            speed[:k] = direction[:k] = 0.0
        while k < count:
            span = int(rng.uniform(0.6, 3.0) * self.hz)
            if k and rng.random() < 0.25 * wild:
                running = not running
            now = self._speed(rng, hard, running=running)
            if way == "slow" and wild == 0.0:
                # the lower, the harder; and a half of what is hard stays easy
                now = walk * max(0.03, 1.0 - 2.0 * hard * (1.0 if rng.random() < 0.5 else rng.random()))
            if k and rng.random() < 0.2 * wild:
                now, span = 0.0, span if rng.random() < 0.5 else int(rng.uniform(0.2, 0.6) * self.hz)
            turning = 0.0
            if rng.random() < 0.5:
                toward += rng.uniform(-1.0, 1.0) * hard * SHARP
            elif rng.random() < 0.4:
                turning = rng.uniform(-1.0, 1.0) * hard * FAST_TURN
            stop = min(k + span, count)
            speed[k:stop] = now
            direction[k:stop] = toward + turning * np.arange(stop - k) / self.hz
            k, toward = stop, float(direction[stop - 1])
        return self.plan(speed, direction, phase=None if way == "start" else float(rng.random()))

    def _speed(self, rng: np.random.Generator, hard: float, *, running: bool) -> float:
        """What the stick asks for, m/s."""
        walk, run = self.clips.paces
        if rng.random() < 0.4:
            return run if running else walk
        if running:
            return float(run - hard * rng.random() * (run - walk))
        return float(walk + hard * rng.uniform(SLOWEST - walk, 0.35 * walk))
