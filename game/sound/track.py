"""SoundTrack: Snapshots in, samples out, a fixed number of samples for each tick."""

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
from game.sound.life import Life
from game.sound.materials import BODY_PARTS, MATERIALS, SQUEAKY, Timbre, material_of
from game.sound.outcries import Outcry
from game.sound.throat import cry
from game.sound.voice import impact, squeak

Array = NDArray[np.float64]
Samples = NDArray[np.float32]

HZ = 48_000
LOUD = 34.0
"""sqrt(2 J), of a hit at full loudness: about that of a fall on the back from a missed flip"""
CURVE = 0.9
"""exponent of loudness; below 1 quiet hits become louder"""
BODY_MASS = 18.0
"""kg at least that stop with a part of a body: a foot does not come down alone. So a hit is as loud as its impulse."""
MASTER = 0.8
"""gain of all of it: the hardest falls just reach the limiter"""
STEMS = ("feet", "body", "things", "voice", "room")
"""what is heard of each kind of source"""
MIN_LOUDNESS = 0.012
"""quieter hits are left out"""
MAX_HITS = 10
"""in a tick; the hardest are kept"""
KNEE, CEILING = 0.5, 0.89
"""soft limiter: samples above the knee are compressed to stay below the ceiling, -1 dB, for the encoder's sake"""
SLOW_PITCH = 0.6
"""exponent of slow motion: at a quarter of the speed the pitch is 0.25 ** 0.6 = 0.44"""
ECHOES = ((0.0113, 0.16, 0.9, 0.5), (0.0171, 0.13, 0.45, 1.0), (0.0293, 0.09, 0.8, 0.6), (0.0407, 0.06, 0.5, 0.9))
"""s, gain, left, right: the walls of a small furnished room"""
ECHO_BLUR = 14
"""samples that echoes are averaged over: walls reflect high frequencies less"""
SQUEAK_SPEED, SQUEAK_LOAD, SQUEAK_PAUSE = 1.3, 5.0, 9
"""m/s and N s from which on a sole squeaks, and ticks before it may again"""


class SoundTrack:
    """The sound of a run in a set. Call `add` with every tick's Snapshot; the same ones give the same samples.

    Args:
        spec: the set; outdoors there are no echoes.
        model: the characters'.
        hz: samples a second, a multiple of the control rate.
        life: room tone, clothes, breath and voice; None: only hits and rushing air are heard.
        stems: whether `stems` is filled.

    Raises:
        ValueError: hz is no multiple of the model's control rate.
    """

    def __init__(
        self, spec: SetSpec, model: CharacterModel, hz: int = HZ, *, life: Life | None = None, stems: bool = False
    ) -> None:
        if hz % model.control_hz:
            raise ValueError(f"{hz} samples a second, expected a multiple of {model.control_hz} ticks a second")
        self.hz = hz
        self.samples_per_tick = hz // model.control_hz
        self._floor = spec.ground.material
        self._echoes = () if spec.light.outdoors else ECHOES
        self._hits = HitFinder()
        self._air = Air(model, hz)
        self.life = life
        self._tail = np.zeros((0, 2))
        self._dry = {name: np.zeros((0, 2)) for name in STEMS} if stems else {}
        self.stems: dict[str, Samples] = {}
        """each of STEMS dry, without echoes and limiter, (num_samples, 2), as long as what was returned last"""
        self._squeaked: dict[tuple[int, int], int] = {}

    def add(self, snapshot: Snapshot, items: Mapping[int, ItemSpec], *, num_samples: int | None = None,
            ear: CameraPose | None = None) -> Samples:  # fmt: skip
        """The samples from this tick until the next one, (num_samples, 2) in [-CEILING, CEILING].

        Args:
            snapshot: of the tick; its hits begin with the first sample.
            items: what each of its props is, by id.
            num_samples: how long this tick is shown; more than `samples_per_tick` is slow motion, which is lower.
            ear: the pose of the listener; without it everything is near and in the middle.
        """
        count = self.samples_per_tick if num_samples is None else num_samples
        pitch = min(1.0, max(0.1, self.samples_per_tick / max(count, 1))) ** SLOW_PITCH
        hits = self._hits.find(snapshot)
        for hit in hits[:MAX_HITS]:
            self._strike(hit, snapshot, items, pitch, ear)
        self._slide(snapshot, items, pitch, ear)
        self._mix(_both(self._air.add(snapshot, count, pitch)), "body")
        if self.life is not None:
            room, cloth, breath = self.life.add(snapshot, count)
            for wave, stem in ((room, "room"), (_both(cloth), "body"), (_both(breath), "voice")):
                self._mix(wave, stem)
            for outcry in self.life.outcries(snapshot, hits):
                self._cry(outcry, snapshot, pitch, ear)
        return self._take(count)

    def _cry(self, outcry: Outcry, snapshot: Snapshot, pitch: float, ear: CameraPose | None) -> None:
        who = outcry.character
        rng = np.random.default_rng([snapshot.tick, who, 131])
        own = (1.0, 1.12, 0.9, 1.2)[who % 4]
        wave = cry(outcry.name, outcry.loudness, self.hz, pitch * own, rng)
        self._place(wave, snapshot.body_pos[who, snapshot.model.roles.head], ear, "voice")

    def end(self) -> Samples:
        """The rest of the sounds that have not ended yet, (M, 2)."""
        return self._take(len(self._tail))

    def _strike(self, hit: SoundHit, snapshot: Snapshot, items: Mapping[int, ItemSpec], pitch: float,
                ear: CameraPose | None) -> None:  # fmt: skip
        parts = snapshot.model.roles.part
        if hit.character >= 0:
            striker = BODY_PARTS[parts[hit.body]]
            mass = max(striker.mass, BODY_MASS)
            stem = "feet" if hit.body in snapshot.model.feet else "body"
        else:
            item = items[hit.body]
            striker, mass, stem = MATERIALS[material_of(item)], max(item.mass, 0.05), "things"
        loud = loudness(hit.impulse, mass)
        if loud < MIN_LOUDNESS:
            return
        rng = np.random.default_rng([hit.tick, hit.character + 1, hit.body + 1, hit.other + 1])
        struck = self._struck(hit, parts, items)
        self._place(impact(striker, struck, loud, self.hz, pitch, rng), np.array(hit.point), ear, stem)

    def _struck(self, hit: SoundHit, parts: tuple[BodyPart, ...], items: Mapping[int, ItemSpec]) -> Timbre:
        if hit.kind == "prop":
            return MATERIALS[material_of(items[hit.other])]
        return BODY_PARTS[parts[hit.other_body]] if hit.kind == "character" else MATERIALS[self._floor]

    def _slide(self, snapshot: Snapshot, items: Mapping[int, ItemSpec], pitch: float, ear: CameraPose | None) -> None:
        """Adds squeaks of soles that slide under load."""
        for c in snapshot.contacts:
            if c.character < 0 or c.body not in snapshot.model.feet or c.impulse < SQUEAK_LOAD:
                continue
            if c.kind == "self" or c.kind == "character":
                continue
            word = self._floor if c.kind == "floor" else material_of(items[c.other])
            who = (c.character, c.body)
            if word not in SQUEAKY or snapshot.tick - self._squeaked.get(who, -SQUEAK_PAUSE) < SQUEAK_PAUSE:
                continue
            arm = np.array(c.point) - snapshot.body_pos[who]
            velocity = snapshot.body_vel[who] + np.cross(snapshot.body_ang_vel[who], arm)
            velocity -= np.array(c.normal) * float(velocity @ np.array(c.normal))
            speed = float(np.linalg.norm(velocity))
            if speed < SQUEAK_SPEED:
                continue
            self._squeaked[who] = snapshot.tick
            rng = np.random.default_rng([snapshot.tick, c.character, c.body, 77])
            loud = 0.07 * min(1.0, c.impulse / 20.0) * min(1.0, speed / 3.0)
            self._place(squeak(speed, loud, self.hz, pitch, rng), np.array(c.point), ear, "feet")

    def _place(self, wave: Array, point: Array, ear: CameraPose | None, stem: str) -> None:
        """Mixes a sound (num_samples,) in, as heard from its place, with its echoes."""
        left = right = near = 1.0
        if ear is not None:
            offset = point - ear.position
            distance = float(np.linalg.norm(offset))
            side = float(rotation.rotate_inverse(ear.rotation, offset)[1]) / max(distance, 0.3)
            angle = 0.25 * math.pi * (1.0 + 0.6 * max(-1.0, min(1.0, side)))
            left, right = math.sqrt(2.0) * math.sin(angle), math.sqrt(2.0) * math.cos(angle)
            near = min(1.3, 2.0 / (1.0 + distance / 3.5))
        self._mix(near * wave[:, None] * np.array([left, right]), stem)
        if self._echoes:
            dull = np.convolve(wave, np.full(ECHO_BLUR, 1.0 / ECHO_BLUR))
            for delay, gain, a, b in self._echoes:
                self._mix(gain * dull[:, None] * np.array([a, b]), "", round(delay * self.hz))

    def _mix(self, wave: Array, stem: str, offset: int = 0) -> None:
        """Adds (num_samples, 2) to what is to come, `offset` samples from now; dry to a stem, if that is kept."""
        self._tail = _added(self._tail, wave, offset)
        if stem in self._dry:
            self._dry[stem] = _added(self._dry[stem], wave, offset)

    def _take(self, count: int) -> Samples:
        block, self._tail = _split(self._tail, count)
        for stem, tail in self._dry.items():
            dry, self._dry[stem] = _split(tail, count)
            self.stems[stem] = (MASTER * dry).astype(np.float32)
        return limited(MASTER * block).astype(np.float32)


def _both(wave: Array) -> Array:
    """(n,) -> (n, 2), the same left and right."""
    return np.repeat(wave[:, None], 2, axis=1)


def _added(tail: Array, wave: Array, offset: int) -> Array:
    end = offset + len(wave)
    if end > len(tail):
        tail = np.concatenate([tail, np.zeros((end - len(tail), 2))])
    tail[offset:end] += wave
    return tail


def _split(tail: Array, count: int) -> tuple[Array, Array]:
    """The first `count` samples, with silence where there are not so many, and the rest."""
    block = tail[:count]
    if len(block) < count:
        block = np.concatenate([block, np.zeros((count - len(block), 2))])
    return block, tail[count:]


def loudness(impulse: float, mass: float) -> float:
    """Loudness 0..1 of a hit with an impulse, N s, by a mass, kg.

    The sound's energy grows with the energy that was stopped, impulse^2 / (2 mass); its amplitude with the root.
    """
    return float(min(1.0, (impulse / math.sqrt(mass) / LOUD) ** CURVE))


def limited(samples: Array) -> Array:
    """The samples, with amplitudes above KNEE compressed smoothly to stay below CEILING."""
    size = np.abs(samples)
    room = CEILING - KNEE
    return np.where(size <= KNEE, samples, np.sign(samples) * (KNEE + room * np.tanh((size - KNEE) / room)))
