"""SoundTrack: Snapshots in, samples out, in step with the ticks to the sample."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from game.camera.camera_pose import CameraPose
from game.scene.set_spec import ItemSpec, SetSpec
from game.sim import rotation
from game.sim.model import CharacterModel
from game.sim.roles import BodyPart
from game.sim.snapshot import Snapshot
from game.sound.air import Air
from game.sound.hits import HitFinder, SoundHit
from game.sound.materials import BODY_PARTS, MATERIALS, SQUEAKY, Timbre, material_of
from game.sound.voice import impact, squeak

Array = NDArray[np.float64]
Samples = NDArray[np.float32]

HZ = 48_000
LOUD = 34.0
"""sqrt(2 J) of a hit at full loudness: a back that comes down from a missed flip"""
CURVE = 0.9
"""below 1: quiet hits are heard too"""
QUIET = 0.012
"""loudness under which a hit is left out"""
MOST_HITS = 10
"""a tick; the hardest are kept"""
KNEE, CEILING = 0.5, 0.89
"""samples above the knee are bent, so that none passes the ceiling; -1 dB leaves an encoder room"""
SLOW_PITCH = 0.6
"""exponent: a quarter of the speed sounds at 0.25 ** 0.6 = 0.44 of the pitch"""
ECHOES = ((0.0113, 0.16, 0.9, 0.5), (0.0171, 0.13, 0.45, 1.0), (0.0293, 0.09, 0.8, 0.6), (0.0407, 0.06, 0.5, 0.9))
"""s, gain, left, right: the walls of a small furnished room"""
DULL = 14
"""samples over which a wall averages"""
SLIDE, SLIDE_LOAD, SLIDE_REST = 1.3, 5.0, 9
"""m/s and N s at which a sole squeaks, and ticks until it may again"""


class SoundTrack:
    """The sound of a set. Give it every tick's Snapshot; the same ones give the same samples.

    Args:
        spec: where it is; outdoors there are no walls.
        model: the characters'.
        hz: samples a second, a whole number of them to a tick.

    Raises:
        ValueError: hz is no multiple of the model's control rate.
    """

    def __init__(self, spec: SetSpec, model: CharacterModel, hz: int = HZ) -> None:
        if hz % model.control_hz:
            raise ValueError(f"{hz} samples a second, expected a multiple of {model.control_hz} ticks a second")
        self.hz = hz
        self.samples_per_tick = hz // model.control_hz
        self._floor = spec.ground.material
        self._echoes = () if spec.light.outdoors else ECHOES
        self._hits = HitFinder()
        self._air = Air(model, hz)
        self._tail = np.zeros((0, 2))
        self._squeaked: dict[tuple[int, int], int] = {}

    def add(self, snapshot: Snapshot, items: Mapping[int, ItemSpec], *, num_samples: int | None = None,
            ear: CameraPose | None = None) -> Samples:  # fmt: skip
        """(num_samples, 2) within CEILING: from this tick until the next one.

        Args:
            snapshot: its hits are heard from the first sample on.
            items: what each of its props is, by id.
            num_samples: how long this tick is shown; more than `samples_per_tick` is slow motion, which is lower.
            ear: where it is heard from; without it everything is in the middle and near.
        """
        count = self.samples_per_tick if num_samples is None else num_samples
        pitch = min(1.0, max(0.1, self.samples_per_tick / max(count, 1))) ** SLOW_PITCH
        for hit in self._hits.find(snapshot)[:MOST_HITS]:
            self._strike(hit, snapshot, items, pitch, ear)
        self._slide(snapshot, items, pitch, ear)
        self._mix(np.repeat(self._air.add(snapshot, count, pitch)[:, None], 2, axis=1))
        return self._take(count)

    def end(self) -> Samples:
        """(M, 2): what is still ringing."""
        return self._take(len(self._tail))

    def _strike(self, hit: SoundHit, snapshot: Snapshot, items: Mapping[int, ItemSpec], pitch: float,
                ear: CameraPose | None) -> None:  # fmt: skip
        parts = snapshot.model.roles.part
        if hit.character >= 0:
            striker = BODY_PARTS[parts[hit.body]]
            mass = striker.mass
        else:
            item = items[hit.body]
            striker, mass = MATERIALS[material_of(item)], max(item.mass, 0.05)
        loud = loudness(hit.impulse, mass)
        if loud < QUIET:
            return
        rng = np.random.default_rng([hit.tick, hit.character + 1, hit.body + 1, hit.other + 1])
        struck = self._struck(hit, parts, items)
        self._place(impact(striker, struck, loud, self.hz, pitch, rng), np.array(hit.point), ear)

    def _struck(self, hit: SoundHit, parts: tuple[BodyPart, ...], items: Mapping[int, ItemSpec]) -> Timbre:
        if hit.kind == "prop":
            return MATERIALS[material_of(items[hit.other])]
        return BODY_PARTS[parts[hit.other_body]] if hit.kind == "character" else MATERIALS[self._floor]

    def _slide(self, snapshot: Snapshot, items: Mapping[int, ItemSpec], pitch: float, ear: CameraPose | None) -> None:
        """Soles squeak where they bear weight and slide all the same."""
        for c in snapshot.contacts:
            if c.character < 0 or c.body not in snapshot.model.feet or c.impulse < SLIDE_LOAD:
                continue
            if c.kind == "self" or c.kind == "character":
                continue
            word = self._floor if c.kind == "floor" else material_of(items[c.other])
            who = (c.character, c.body)
            if word not in SQUEAKY or snapshot.tick - self._squeaked.get(who, -SLIDE_REST) < SLIDE_REST:
                continue
            arm = np.array(c.point) - snapshot.body_pos[who]
            velocity = snapshot.body_vel[who] + np.cross(snapshot.body_ang_vel[who], arm)
            velocity -= np.array(c.normal) * float(velocity @ np.array(c.normal))
            speed = float(np.linalg.norm(velocity))
            if speed < SLIDE:
                continue
            self._squeaked[who] = snapshot.tick
            rng = np.random.default_rng([snapshot.tick, c.character, c.body, 77])
            loud = 0.07 * min(1.0, c.impulse / 20.0) * min(1.0, speed / 3.0)
            self._place(squeak(speed, loud, self.hz, pitch, rng), np.array(c.point), ear)

    def _place(self, wave: Array, point: Array, ear: CameraPose | None) -> None:
        """Mixes a sound in, where it comes from, with its echoes."""
        left = right = near = 1.0
        if ear is not None:
            way = point - ear.position
            away = float(np.linalg.norm(way))
            side = float(rotation.rotate_inverse(ear.rotation, way)[1]) / max(away, 0.3)
            angle = 0.25 * math.pi * (1.0 + 0.6 * max(-1.0, min(1.0, side)))
            left, right = math.sqrt(2.0) * math.sin(angle), math.sqrt(2.0) * math.cos(angle)
            near = min(1.3, 2.0 / (1.0 + away / 3.5))
        self._mix(near * wave[:, None] * np.array([left, right]))
        if self._echoes:
            dull = np.convolve(wave, np.full(DULL, 1.0 / DULL))
            for delay, gain, a, b in self._echoes:
                self._mix(gain * dull[:, None] * np.array([a, b]), round(delay * self.hz))

    def _mix(self, wave: Array, offset: int = 0) -> None:
        end = offset + len(wave)
        if end > len(self._tail):
            self._tail = np.concatenate([self._tail, np.zeros((end - len(self._tail), 2))])
        self._tail[offset:end] += wave

    def _take(self, count: int) -> Samples:
        block, self._tail = self._tail[:count], self._tail[count:]
        if len(block) < count:
            block = np.concatenate([block, np.zeros((count - len(block), 2))])
        return bent(block).astype(np.float32)


def loudness(impulse: float, mass: float) -> float:
    """0..1 of a hit of so many N s by so many kg.

    What is radiated grows with the energy that was stopped, J = impulse^2 / (2 mass); loudness goes with its root.
    """
    return float(min(1.0, (impulse / math.sqrt(mass) / LOUD) ** CURVE))


def bent(samples: Array) -> Array:
    """The samples, those above KNEE bent towards CEILING without a corner."""
    size = np.abs(samples)
    room = CEILING - KNEE
    return np.where(size <= KNEE, samples, np.sign(samples) * (KNEE + room * np.tanh((size - KNEE) / room)))
