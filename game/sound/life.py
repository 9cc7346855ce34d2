"""Life: what is heard when nothing hits anything: the tone of the room, his clothes, his breath; and his voice."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from game.scene.set_spec import SetSpec
from game.sim.snapshot import Snapshot
from game.sound.hits import SoundHit
from game.sound.outcries import Outcries, Outcry
from game.sound.voice import band_noise

Array = NDArray[np.float64]

TABLE_SECONDS = 4.0
ROOM_LEVEL, FIELD_LEVEL = 0.0022, 0.0035
"""RMS: -53 and -49 dB"""
CLOTH_GAIN, CLOTH_FULL = 0.012, 9.0
"""amplitude of clothes, and the mean speed of joints, rad/s, at which they are loudest"""
CALM_BREATH, HARD_BREATH = (0.0016, 0.24), (0.011, 0.75)
"""amplitude and Hz of breathing at rest and out of breath"""
TIRES_SECONDS, RESTS_SECONDS = 5.0, 9.0
"""in which he gets out of breath, and gets it back"""


class Life:
    """Of one set; only the first character breathes aloud."""

    def __init__(self, spec: SetSpec, hz: int, *, voice: bool = True) -> None:
        """voice: whether characters cry out; it can be changed at any time."""
        rng = np.random.default_rng(23)
        count = round(TABLE_SECONDS * hz)
        outdoors = spec.light.outdoors
        bands = ((180.0, 900.0), (900.0, 3200.0)) if outdoors else ((45.0, 220.0), (250.0, 1100.0))
        low, high = (np.stack([band_noise(*band, count, hz, rng) for _ in range(2)], axis=1) for band in bands)
        self._room = (FIELD_LEVEL if outdoors else ROOM_LEVEL) * (low + 0.25 * high)
        self._cloth = band_noise(1400.0, 5200.0, count, hz, rng)
        self._breath = band_noise(450.0, 1900.0, count, hz, rng)
        self._hz, self._at = hz, 0
        self._rubbing, self._effort, self._phase = 0.0, 0.0, 0.0
        self._outcries = Outcries()
        self.voice = voice

    def add(self, snapshot: Snapshot, count: int) -> tuple[Array, Array, Array]:
        """A tick's room tone (count, 2), clothes (count,) and breath (count,). Call it once a tick."""
        reading = (self._at + np.arange(count)) % len(self._room)
        room = self._room[reading]
        cloth, breath = np.zeros(count), np.zeros(count)
        if snapshot.num_characters:
            along = np.arange(count) / max(count, 1)
            speed = float(np.linalg.norm(snapshot.state.joint_vel[0], axis=-1).mean())
            rubbing = min(speed / CLOTH_FULL, 1.0) ** 1.5
            cloth = CLOTH_GAIN * (self._rubbing + (rubbing - self._rubbing) * along) * self._cloth[reading]
            self._rubbing = rubbing
            breath = self._breathe(snapshot, along) * self._breath[reading]
        self._at = (self._at + count) % len(self._room)
        return room, cloth, breath

    def _breathe(self, snapshot: Snapshot, along: Array) -> Array:
        hz = snapshot.model.control_hz
        work = float(np.clip(2.2 * snapshot.torque[0].mean(), 0.0, 1.0))
        rate = 1.0 / (TIRES_SECONDS if work > self._effort else RESTS_SECONDS)
        self._effort += (work - self._effort) * -math.expm1(-rate / hz)
        amplitude, speed = (a + (b - a) * self._effort for a, b in zip(CALM_BREATH, HARD_BREATH, strict=True))
        phase = self._phase + speed / hz * along
        self._phase = (self._phase + speed / hz) % 1.0
        # in is shorter and softer than out
        wave = np.sin(2.0 * math.pi * phase)
        return np.asarray(amplitude * np.where(wave > 0.0, 0.6 * wave, -wave) ** 1.6)

    def outcries(self, snapshot: Snapshot, hits: list[SoundHit]) -> list[Outcry]:
        """The cries that begin in a tick; none while the voice is off."""
        found = self._outcries.find(snapshot, hits)
        return found if self.voice else []
