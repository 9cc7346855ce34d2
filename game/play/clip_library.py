"""ClipLibrary: the clips that references are made of, by name, read once; those that a take brings come first."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from game.play.clip_sampler import ClipSampler
from game.play.gait import GaitClips
from game.scene.paths import models_dir
from game.sim import kinematics
from game.sim.floor_contacts import allowed_contacts
from game.sim.model import CharacterModel
from game.sim.motion import ClipError, MotionClip

WALK, RUN = "walk", "run_mended"
"""clips of the gait"""
GET_UP = {"faceup": "getup_faceup_mended", "facedown": "getup_facedown_mended"}
"""clips of getting up, by how he lies"""


class ClipLibrary:
    """Looks into models/clips, after what was added by `add`."""

    def __init__(self, model: CharacterModel) -> None:
        self.model = model
        self.used: dict[str, bytes] = {}
        """the JSON of every clip that was asked for, by name: what a take has to keep"""
        self._added: dict[str, bytes] = {}
        self._samplers: dict[str, ClipSampler] = {}
        self._harmful: dict[str, NDArray[np.bool_]] = {}
        self._gait: GaitClips | None = None

    def add(self, name: str, data: bytes) -> None:
        """Have a clip's JSON under a name. Raises ClipError."""
        self._samplers[name] = self._read(name, data)
        self._added[name] = data

    def get(self, name: str) -> ClipSampler:
        """The clip of a name. Raises ClipError."""
        if name not in self._samplers or name not in self.used:
            data = self._added.get(name) or self._find(name)
            self._samplers[name] = self._read(name, data)
            self.used[name] = data
        return self._samplers[name]

    def harmful(self, name: str) -> NDArray[np.bool_]:
        """(B,) the bodies whose touching the floor is a fall in the clip of a name. Raises ClipError."""
        if name not in self._harmful:
            self._harmful[name] = ~allowed_contacts(self.get(name).clip, self.model)
        return self._harmful[name]

    @property
    def names(self) -> list[str]:
        """All that there are."""
        return sorted({*self._added, *(path.stem for path in _folder().glob("*.json"))})

    @property
    def gait(self) -> GaitClips:
        """What walkers are made of. Raises ClipError."""
        if self._gait is None:
            walk, run = self.get(WALK).clip, self.get(RUN).clip
            self._gait = GaitClips(self.model, walk, run, kinematics.standing_state(self.model))
        return self._gait

    def _find(self, name: str) -> bytes:
        path = _folder() / f"{name}.json"
        if path.parent != _folder() or not path.is_file():
            raise ClipError(f"no clip {name!r}; there are {', '.join(self.names)}")
        return path.read_bytes()

    def _read(self, name: str, data: bytes) -> ClipSampler:
        clip = MotionClip.parse(data, name)
        if clip.character != self.model.name:
            raise ClipError(f"{name} moves {clip.character!r}, expected {self.model.name!r}")
        return ClipSampler(clip)


def _folder() -> Path:
    return models_dir() / "clips"
