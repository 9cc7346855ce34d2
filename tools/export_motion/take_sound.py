"""TakeSound: what is heard of a take, and when something strikes something, for other programs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from game.camera.camera_pose import CameraPose
from game.scene.gltf_axes import vectors_to_gltf
from game.scene.set_spec import ItemSpec, SetSpec
from game.session.opening import BARE
from game.sim.model import CharacterModel
from game.sim.snapshot import Snapshot
from game.sound.hits import HitFinder, SoundHit
from game.sound.life import Life
from game.sound.track import HZ, Samples, SoundTrack

LEAST = 5.0
"""N s; weaker impacts of a body are no markers: a foot that is put down has 10 to 35"""
LEAST_OF_PROPS = 1.0
"""N s; the same for things, which are lighter"""
BESIDE = 0.15
"""s; of impacts of the same things on each other within it, the hardest is the marker"""


class Impact(NamedTuple):
    """Something strikes something."""

    frame: int
    """from 0"""
    impulse: float
    """N s"""
    name: str
    """what strikes what"""
    point: tuple[float, float, float]
    """m, world, z up"""

    @property
    def place(self) -> list[float]:
        """`point` in glTF's axes, which our USD files share."""
        return [round(float(x), 4) for x in vectors_to_gltf(np.array(self.point))]

    def card(self, fps: float) -> dict[str, Any]:
        """For JSON."""
        return {
            "frame": self.frame, "time": round(self.frame / fps, 4), "impulse": round(self.impulse, 2),
            "name": self.name, "point": self.place,
        }  # fmt: skip


class TakeSound:
    """Gathers sound and impacts while the ticks of a take go by; a frame is a tick."""

    def __init__(self, model: CharacterModel, spec: SetSpec | None = None) -> None:
        place = spec or BARE
        self._near = round(BESIDE * model.control_hz)
        self._track = SoundTrack(place, model, HZ, life=Life(place, HZ))
        self._hits = HitFinder()
        self._blocks: list[Samples] = []
        self._latest: dict[str, Impact] = {}
        self._earlier: list[Impact] = []

    def add(self, snapshot: Snapshot, items: Mapping[int, ItemSpec], ear: CameraPose | None) -> None:
        """A tick; `ear` is where it is heard from."""
        frame = len(self._blocks)
        self._blocks.append(self._track.add(snapshot, items, ear=ear))
        for hit in self._hits.find(snapshot):
            if hit.impulse >= (LEAST if hit.character >= 0 else LEAST_OF_PROPS):
                name = _words(hit, snapshot.model, items)
                self._keep(Impact(frame, float(hit.impulse), name, hit.point))

    def _keep(self, impact: Impact) -> None:
        """Beside the one before it of the same things, or in its place."""
        before = self._latest.get(impact.name)
        if before is not None and impact.frame - before.frame <= self._near:
            if impact.impulse > before.impulse:
                self._latest[impact.name] = impact
            return
        if before is not None:
            self._earlier.append(before)
        self._latest[impact.name] = impact

    @property
    def impacts(self) -> list[Impact]:
        """So far, in their order."""
        return sorted([*self._earlier, *self._latest.values()])

    @property
    def samples(self) -> Samples:
        """(frames * HZ / control rate, 2)"""
        return np.concatenate(self._blocks)


def _words(hit: SoundHit, model: CharacterModel, items: Mapping[int, ItemSpec]) -> str:
    who = _prop(hit.body, items) if hit.character < 0 else model.body_names[hit.body]
    crowd = f" of {hit.character + 1}" if hit.character > 0 else ""
    what = hit.kind
    if hit.kind == "prop":
        what = _prop(hit.other, items)
    elif hit.kind == "character":
        what = f"{model.body_names[hit.other_body]} of {hit.other + 1}"
    return f"{who}{crowd} on {what}"


def _prop(number: int, items: Mapping[int, ItemSpec]) -> str:
    """A prop's name; one that is gone at the tick's end has none any more."""
    return items[number].name if number in items else "something"
