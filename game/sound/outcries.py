"""Outcries: when a character cries out, and why: effort, surprise, pain, relief. A function of the snapshots."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from game.sim import rotation
from game.sim.snapshot import Snapshot
from game.sound.hits import SoundHit

PAUSE_SECONDS = 0.55
"""between two cries of one character, unless the second is of pain"""
PAIN_PAUSE_SECONDS = 0.22
HURTS, HURTS_HEAD = 22.0, 7.0
"""N s of a hit that hurts; on the head"""
HARD = 70.0
"""N s that press a grunt out of him"""
JUMPS = 1.5
"""m/s upwards of who makes an effort"""
TILT_COSINE, SINKS = 0.8, -0.7
"""of the trunk to upright, and m/s downwards, of who loses his balance"""
STANDS_COSINE, STANDS_HEIGHT = 0.9, 0.7
"""of the trunk to upright, and m of the pelvis above the floor, of who stands again"""
RELIEF_SECONDS = 0.7
"""that he has stood again"""


@dataclass(frozen=True)
class Outcry:
    """One cry that begins now."""

    character: int
    name: str
    """one of game.sound.throat.CRIES"""
    loudness: float


@dataclass
class _Mood:
    upright: int = 0
    """ticks that he has stood"""
    was_down: bool = False
    """whether he lay since he last was relieved"""
    rising: bool = False
    last: int = -1000
    """tick of his last cry"""


class Outcries:
    """Watches the first few characters. Call `find` every tick."""

    def __init__(self, most: int = 4) -> None:
        self._most = most
        self._moods: dict[int, _Mood] = {}

    def find(self, snapshot: Snapshot, hits: list[SoundHit]) -> list[Outcry]:
        """The cries that begin in a tick; hits: those of the tick."""
        found = []
        for character in range(min(snapshot.num_characters, self._most)):
            mood = self._moods.setdefault(character, _Mood())
            cry = self._one(snapshot, character, mood, [hit for hit in hits if hit.character == character])
            if cry is not None:
                mood.last = snapshot.tick
                found.append(cry)
        return found

    def _one(self, snapshot: Snapshot, character: int, mood: _Mood, hits: list[SoundHit]) -> Outcry | None:
        hz, roles = snapshot.model.control_hz, snapshot.model.roles
        trunk = snapshot.body_rot[character, roles.torso]
        up = float(rotation.rotate(trunk, np.array([0.0, 0.0, 1.0]))[2])
        climb = float(snapshot.state.root_vel[character, 2])
        stands = up > STANDS_COSINE and float(snapshot.state.root_pos[character, 2]) > STANDS_HEIGHT
        mood.upright = mood.upright + 1 if stands else 0
        jumped, mood.rising = climb > JUMPS and not mood.rising, climb > 0.5 * JUMPS
        since = (snapshot.tick - mood.last) / hz
        pain = max((_pain(hit, roles.head, snapshot.model.feet) for hit in hits), default=0.0)
        if snapshot.fallen[character] and not stands:
            mood.was_down = True
        if since < 0.0:  # another run
            mood.last = snapshot.tick
        if pain > 1.0 and since > PAIN_PAUSE_SECONDS:
            name = "grunt" if pain > HARD / HURTS else "pain"
            return Outcry(character, name, min(1.0, 0.45 + 0.2 * pain))
        if since < PAUSE_SECONDS:
            return None
        if jumped:
            return Outcry(character, "effort", min(1.0, 0.3 + 0.2 * climb))
        if mood.upright <= 0 and not mood.was_down and up < TILT_COSINE and climb < SINKS:
            mood.was_down = True
            return Outcry(character, "surprise", min(1.0, 0.5 - 0.2 * climb))
        if mood.was_down and mood.upright >= round(RELIEF_SECONDS * hz):
            mood.was_down = False
            return Outcry(character, "relief", 0.7)
        return None


def _pain(hit: SoundHit, head: int, feet: tuple[int, ...]) -> float:
    """How much a hit hurts: 1 hurts just so."""
    if hit.body in feet:
        return 0.0
    return hit.impulse / (HURTS_HEAD if hit.body == head else HURTS)
