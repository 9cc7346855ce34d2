"""Gaits for training: walk and run blended, their path bent, started and stopped."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from game.sim import rotation
from game.sim.model import CharacterModel
from game.sim.state import CharacterState
from tools.train.performer.motion_table import QUARTERS, MotionTable, columns, derived, moving_state, state_of

Array = NDArray[np.float64]
FASTEST_TURN = np.radians(100.0)
"""rad/s"""
FULL_STRIDE = 0.75
"""share of the walk's own speed from which on his steps are whole, when he starts"""
QUICKENING, SLOWING = 2.0, 3.0
"""m/s2"""
PATIENCE = 0.26
"""cycles that he goes on at least when he has to stop, for each m/s"""
EARLY = 0.133
"""cycles before `GaitPlans.begin` at which he stops: one leg has just passed the other"""
LAST_STEP = 0.1
"""cycles before that at which the last step begins to become standing"""
FADE = 0.3
"""s in which the last step becomes standing"""
RATES = (0.75, 1.2)
"""how much slower and faster than by themselves the steps may be"""
LATERAL = 4.0
"""m/s2 of a turn at speed: who runs turns more slowly"""


@dataclass(frozen=True)
class _GaitPhases:
    """A gait's cycle, of its own frame: what does not change over the ground, by phase."""

    joint_rot: Array
    """(F, J, 4)"""
    root_rot: Array
    """(F, 4)"""
    height: Array
    """(F,)"""
    way: Array
    """(F, 2) velocity over the ground, forward and left, m/s"""
    seconds: float

    def at(self, phase: Array) -> tuple[Array, Array, Array, Array]:
        """Root and joints (R, 1 + J, 4), height (R,), way (R, 2) at phases (R,) of cycles."""
        frames = len(self.height)
        place = (phase % 1.0) * frames
        first = np.floor(place).astype(np.int64) % frames
        after, part = (first + 1) % frames, place - np.floor(place)
        rots = np.concatenate([self.root_rot[:, None], self.joint_rot], 1)
        turned = rotation.slerp(rots[first], rots[after], part[:, None])
        part2 = part[:, None]
        return (
            turned, self.height[first] * (1 - part) + self.height[after] * part,
            self.way[first] * (1 - part2) + self.way[after] * part2, part,
        )  # fmt: skip


def _cycle(table: MotionTable, model: CharacterModel) -> _GaitPhases:
    frames = int(table.cycle_rows)
    state = state_of(table.rows[:frames], model)
    return _GaitPhases(
        state.joint_rot, state.root_rot, state.root_pos[:, 2], state.root_vel[:, :2], table.duration
    )  # fmt: skip


class GaitPlans:
    """Makes plans of a walker who is steered."""

    def __init__(self, model: CharacterModel, walk: MotionTable, run: MotionTable, stand: MotionTable) -> None:
        self.model, self.cols, self.hz = model, columns(model), QUARTERS * model.control_hz
        self.walk, self.run = _cycle(walk, model), _cycle(run, model)
        self.stand = state_of(stand.rows[:1], model)[0]
        self.allowed = stand.allowed
        self.shift = self._aligned()
        """cycles that the run's phase is ahead of the walk's"""
        self.begin = self._nearest()
        """the walk's phase next to standing"""
        self.pace = float(np.linalg.norm(self.walk.way.mean(0))), float(np.linalg.norm(self.run.way.mean(0)))
        """m/s of walk and run"""

    def _legs(self, cycle: _GaitPhases, phase: Array) -> Array:
        rots = cycle.at(phase)[0]
        legs = 1 + self.model.body_joint[self.model.legs[:, :2]].ravel()  # hips and knees
        return rotation.to_rotvec(rots[:, legs]).reshape(len(phase), -1)

    def _aligned(self) -> float:
        phase = np.arange(60) / 60
        walk = self._legs(self.walk, phase)
        walk = walk - walk.mean(0)
        fits = []
        for shift in phase:
            run = self._legs(self.run, phase + shift)
            fits.append(float((walk * (run - run.mean(0))).sum()))
        return float(phase[int(np.argmax(fits))])

    def _nearest(self) -> float:
        phase = 0.5 + np.arange(30) / 60
        rots = self.walk.at(phase)[0][:, 1:]
        apart = rotation.angle_between(rots, np.broadcast_to(self.stand.joint_rot, rots.shape)).sum(1)
        return float(phase[int(np.argmin(apart))])

    def plan(self, command: Array, turn: Array, phase: float | None = None) -> MotionTable:
        """A table from commands (R,) at four rows a tick: speed, m/s, and turning rate, rad/s.

        Who has to stop goes on stepping until one leg passes the other: stopped at any other moment he would have
        to stand on one leg, and falls sideways. He begins at the first command's speed.
        """
        count, dt = len(command), 1.0 / self.hz
        walk, run = self.pace
        speed, going, phases = self._followed(command, self.begin if phase is None else phase)
        fast = np.clip((speed - walk) / (run - walk), 0.0, 1.0)
        pace = walk + fast * (run - walk)
        one, height_one, way_one, _ = self.walk.at(phases)
        two, height_two, way_two, _ = self.run.at(phases + self.shift)
        rots = rotation.slerp(one, two, np.broadcast_to(fast[:, None], one.shape[:2]))
        still = np.concatenate([self.stand.root_rot[None], self.stand.joint_rot])
        share = going * going * (3.0 - 2.0 * going)
        rots = rotation.slerp(np.broadcast_to(still, rots.shape), rots, np.broadcast_to(share[:, None], one.shape[:2]))
        height = height_one + fast * (height_two - height_one)
        height = self.stand.root_pos[2] + share * (height - self.stand.root_pos[2])
        way = way_one + fast[:, None] * (way_two - way_one)
        way = way * (speed / np.maximum(pace, 1e-6))[:, None]
        most = LATERAL / np.maximum(speed, 0.1)
        turn = np.clip(turn, -most, most) * np.minimum(1.0, 4.0 * going)
        heading = np.concatenate([[0.0], np.cumsum(turn[:-1] * dt)])
        cos, sin = np.cos(heading), np.sin(heading)
        vel = np.stack([cos * way[:, 0] - sin * way[:, 1], sin * way[:, 0] + cos * way[:, 1]], 1)
        pos = np.zeros((count, 3))
        pos[1:, :2] = np.cumsum(vel[:-1] * dt, 0)
        pos[:, 2] = height
        turned = rotation.from_heading(heading)
        state: CharacterState = moving_state(
            pos, rotation.continuous(rotation.multiply(turned, rots[:, 0])), rotation.continuous(rots[:, 1:]), self.hz
        )
        rows = derived(self.model, state, np.zeros(count), np.zeros((count, 3)))
        return MotionTable("gait", rows, max(1, count // 2), float(count), False, self.allowed, count / self.hz)

    def _followed(self, command: Array, phase: float) -> tuple[Array, Array, Array]:
        """Speed, how far from standing to whole steps, and phase (R,) of a walker who follows commands (R,)."""
        walk, run = self.pace
        dt, speed = 1.0 / self.hz, float(command[0])
        steps = min(1.0, speed / (FULL_STRIDE * walk))
        found = np.empty((3, len(command)))
        left, whole, before = 0.0, 0.0, speed
        for k, wanted in enumerate(command.tolist()):
            if wanted > 0.0:
                whole = 0.0
                speed += min(max(wanted - speed, -SLOWING * dt), QUICKENING * dt)
                steps = max(steps, min(1.0, speed / (FULL_STRIDE * walk)))
            elif speed > 0.0:
                if whole == 0.0:
                    least = PATIENCE * speed
                    whole = left = least + (self.begin - EARLY - phase - least) % 0.5
                    before = speed
                speed = max(0.0, before * left / whole)
            if wanted == 0.0 and left <= LAST_STEP:
                steps = max(0.0, steps - dt / FADE)
            fast = min(max((speed - walk) / (run - walk), 0.0), 1.0)
            seconds = self.walk.seconds + fast * (self.run.seconds - self.walk.seconds)
            rate = min(max(speed / (walk + fast * (run - walk)), RATES[0]), RATES[1]) / seconds
            if steps <= 0.02:
                phase, rate = self.begin, 0.0
            found[:, k] = speed, steps, phase
            phase += rate * dt
            left -= rate * dt
        return found[0], found[1], found[2]

    def stop(self, rng: np.random.Generator, seconds: float, running: float = 0.4) -> MotionTable:
        """Going steadily, soon slower, and then standing."""
        count = int(seconds * self.hz)
        pace = rng.uniform(*self.pace) if rng.random() < running else self.pace[0]
        command = np.full(count, pace)
        command[int(rng.uniform(0.0, 0.6) * self.hz) :] = 0.0
        return self.plan(command, np.zeros(count), float(rng.random()))

    def random(
        self, rng: np.random.Generator, seconds: float, *, standing: bool, hard: float = 1.0, running: float = 0.4
    ) -> MotionTable:
        """Somebody plays with the stick: turns, changes of speed, stops.

        Args:
            seconds: of the plan
            standing: whether it begins so
            hard: 0 to 1, how wildly
            running: how often faster than walking
        """
        count = int(seconds * self.hz)
        speed, turn = np.empty(count), np.empty(count)
        walk, run = self.pace
        k, now = 0, 0.0 if standing else float(run if rng.random() < running else walk)
        while k < count:
            span = int(rng.uniform(0.6, 2.5) * self.hz)
            if k or standing:
                now = self._speed(rng, hard, running) if k else 0.0
            if now == 0.0 and rng.random() < 0.5:
                span = int(rng.uniform(0.2, 0.6) * self.hz)
            rate = 0.0 if rng.random() < 0.35 else hard * rng.uniform(-1.0, 1.0) * FASTEST_TURN
            speed[k : k + span], turn[k : k + span] = now, rate if now > 0.0 else 0.0
            k += span
        phase = None if standing else float(rng.random())
        return self.plan(speed, _smooth(turn, int(0.3 * self.hz)), phase)

    def _speed(self, rng: np.random.Generator, hard: float, running: float) -> float:
        """What the stick asks for, m/s."""
        walk, run = self.pace
        if rng.random() < 0.25:
            return 0.0
        if rng.random() < running:
            return float(run if rng.random() < 0.5 else rng.uniform(walk, walk + hard * (run - walk)))
        return float(rng.uniform(0.7 * walk, walk) if rng.random() < 0.4 else walk)


def _smooth(values: Array, span: int) -> Array:
    """A running mean over the last `span` values: a command is followed after a while."""
    padded = np.concatenate([np.full(span, values[0]), values])
    total = np.cumsum(padded)
    return np.asarray((total[span:] - total[:-span]) / span)
