"""Air: the rush of air round fast hands and feet, as noise whose level follows their speed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from game.sim.model import CharacterModel
from game.sim.roles import BodyPart
from game.sim.snapshot import Snapshot
from game.sound.voice import band_noise

Array = NDArray[np.float64]

BANDS = ((140.0, 420.0), (320.0, 950.0), (750.0, 2400.0))
"""Hz; faster air is higher"""
MIN_SPEED, FULL_SPEED = 4.5, 11.0
"""m/s from which on it is heard, and at which it is loudest"""
GAIN = 0.045
TABLE_SECONDS = 2.0
MAX_CHARACTERS = 4
"""only the first ones of a crowd are heard"""


class Air:
    """The noise of the hands and feet of the first characters."""

    def __init__(self, model: CharacterModel, hz: int) -> None:
        rng = np.random.default_rng(11)
        count = round(TABLE_SECONDS * hz)
        self._tables = np.stack([band_noise(low, high, count, hz, rng) for low, high in BANDS])
        self._limbs = [*model.roles.all_of(BodyPart.HAND), *model.roles.all_of(BodyPart.FOOT)]
        self._levels = np.zeros((0, len(self._limbs), len(BANDS)))
        self._offsets = rng.integers(0, count, (MAX_CHARACTERS, len(self._limbs)))
        self._at = 0.0

    def add(self, snapshot: Snapshot, num_samples: int, pitch: float) -> Array:
        """(num_samples,) for one tick; levels change evenly from those of the last tick to those of this one."""
        speed = np.linalg.norm(snapshot.body_vel[:MAX_CHARACTERS, self._limbs], axis=-1)
        after = levels(speed)
        before = np.zeros_like(after)
        shared = min(len(before), len(self._levels))
        before[:shared] = self._levels[:shared]
        wave = np.zeros(num_samples)
        along = np.arange(num_samples) / max(num_samples, 1)
        reading = self._at + pitch * np.arange(num_samples)
        for c, limb, b in zip(*np.nonzero(np.maximum(before, after) > 1e-4), strict=True):
            level = before[c, limb, b] + (after[c, limb, b] - before[c, limb, b]) * along
            table = self._tables[b]
            where = (reading + self._offsets[c, limb]) % len(table)
            left = where.astype(np.int64)
            share = where - left
            wave += level * ((1.0 - share) * table[left] + share * table[(left + 1) % len(table)])
        self._levels = after
        self._at = (self._at + pitch * num_samples) % self._tables.shape[1]
        return wave


def levels(speed: Array) -> Array:
    """Amplitudes of the bands (..., 3) for speeds (...), m/s; 0 below MIN_SPEED."""
    share = np.clip((speed - MIN_SPEED) / (FULL_SPEED - MIN_SPEED), 0.0, 1.0)
    weights = np.stack([1.0 - share, 1.0 - np.abs(2.0 * share - 0.8), share], axis=-1)
    return np.asarray(GAIN * (share**1.7)[..., None] * np.clip(weights, 0.0, 1.0))
