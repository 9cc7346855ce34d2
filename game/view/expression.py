"""ExpressionJudge: chooses a character's expression and gaze from what happens to its body."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from game.sim import rotation
from game.sim.snapshot import Snapshot
from game.view.face import Expression

Array = NDArray[np.float64]

HARD_HIT = 900.0
"""N: a harder hit on any body but a foot hurts"""
PAIN_SECONDS, DAZED_SECONDS = 0.55, 3.5
AIRBORNE_SECONDS = 0.10
EFFORT_TORQUE = 0.55
"""mean torque as a share of the joints' limits, from which on he shows effort"""


class ExpressionJudge:
    """One character's expression: pain at a hard hit, then dazed; fear in the air; effort; else calm."""

    def __init__(self) -> None:
        self._airborne = 0.0
        self._pain = 0.0
        self._dazed = 0.0
        self._tick = -1

    def update(
        self, snapshot: Snapshot, index: int, eye: Array, seconds: float
    ) -> tuple[Expression, tuple[float, float]]:
        """Moves on by `seconds`; `eye` (3,), m: the camera's place. Returns expression and gaze (yaw, pitch, rad)."""
        self._pain, self._dazed = self._pain - seconds, self._dazed - seconds
        feet = snapshot.model.feet
        mine = [c for c in snapshot.contacts if c.character == index and c.kind in ("floor", "prop")]
        if snapshot.tick != self._tick:
            self._tick = snapshot.tick
            if any(c.peak > HARD_HIT and c.body not in feet for c in mine):
                self._pain, self._dazed = PAIN_SECONDS, PAIN_SECONDS + DAZED_SECONDS
        self._airborne = 0.0 if mine else self._airborne + seconds
        return self._expression(snapshot, index), self._gaze(snapshot, index, eye)

    def _expression(self, snapshot: Snapshot, index: int) -> Expression:
        if self._pain > 0:
            return "pain"
        if self._airborne > AIRBORNE_SECONDS:
            return "fear"
        if self._dazed > 0:
            return "dazed"
        torque = snapshot.torque[index]
        return "effort" if torque.size and float(torque.mean()) > EFFORT_TORQUE else "calm"

    def _gaze(self, snapshot: Snapshot, index: int, eye: Array) -> tuple[float, float]:
        """Yaw and pitch, rad: forwards when he moves, at the landing place when he flies, else into the camera."""
        head = snapshot.model.roles.head
        at, velocity = snapshot.body_pos[index, head], snapshot.body_vel[index, head]
        if self._airborne > AIRBORNE_SECONDS:
            aim = np.array([at[0] + 0.5 * velocity[0], at[1] + 0.5 * velocity[1], 0.0]) - at
        elif math.hypot(velocity[0], velocity[1]) > 0.5:
            aim = np.array([velocity[0], velocity[1], 0.0])
        else:
            aim = eye - at
        local = rotation.to_matrix(snapshot.body_rot[index, head]).T @ aim
        flat = math.hypot(local[0], local[1])
        if flat < 1e-6:
            return 0.0, 0.0
        yaw, pitch = math.atan2(local[1], local[0]), math.atan2(local[2], flat)
        return (0.0, 0.0) if abs(yaw) > 1.9 else (yaw, pitch)
