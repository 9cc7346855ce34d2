"""ClipLibrary: clips by name, each read once. Clips that a take brings go before the files of the same name."""

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

WALK, RUN, IDLE = "walk", "run_mended", "idle"
"""the clips that steered walking and standing are blended from"""
NEAR_FLOOR = 0.1
"""m: a body that a clip on the floor brings so near to it may touch it"""
GET_UP = {"faceup": "getup_faceup_mended", "facedown": "getup_facedown_mended"}
"""the clip for getting up, by which side the character lies on"""


class ClipLibrary:
    """Finds clips that were added with `add`, then those in models/clips."""

    def __init__(self, model: CharacterModel) -> None:
        self.model = model
        self.used: dict[str, bytes] = {}
        """the JSON of every clip that `get` has returned, by name: a take stores them"""
        self._added: dict[str, bytes] = {}
        self._samplers: dict[str, ClipSampler] = {}
        self._harmful: dict[str, NDArray[np.bool_]] = {}
        self._gait: GaitClips | None = None

    def add(self, name: str, data: bytes) -> None:
        """Add a clip, given as JSON, under a name. Raises ClipError if it is no clip of this character."""
        self._samplers[name] = self._read(name, data)
        self._added[name] = data

    def get(self, name: str) -> ClipSampler:
        """The clip of a name. Raises ClipError if there is none, or the file is not a clip of this character."""
        if name not in self._samplers or name not in self.used:
            data = self._added.get(name) or self._find(name)
            self._samplers[name] = self._read(name, data)
            self.used[name] = data
        return self._samplers[name]

    def harmful(self, name: str) -> NDArray[np.bool_]:
        """(B,) which bodies must not touch the floor in a clip: their touch is a fall. Raises ClipError.

        Wider than what a specialist's training allows by itself: whoever follows a clip that goes to the floor does not
        touch it exactly where the clip does, nor with the same side first.
        """
        if name not in self._harmful:
            allowed = allowed_contacts(self.get(name).clip, self.model, near=NEAR_FLOOR)
            self._harmful[name] = ~(allowed | allowed[self.model.roles.opposite_body])
        return self._harmful[name]

    @property
    def names(self) -> list[str]:
        """Names of all clips, sorted."""
        return sorted({*self._added, *(path.stem for path in _folder().glob("*.json"))})

    @property
    def gait(self) -> GaitClips:
        """The walk and the run, prepared for `Gait`. Raises ClipError if one of them is missing or broken."""
        if self._gait is None:
            walk, run = self.get(WALK).clip, self.get(RUN).clip
            stand = kinematics.standing_state(self.model)
            self._gait = GaitClips(self.model, walk, run, stand, self.get(IDLE).clip)
        return self._gait

    def _find(self, name: str) -> bytes:
        path = _folder() / f"{name}.json"
        if path.parent != _folder() or not path.is_file():
            raise ClipError(f"no clip {name!r}; there are {', '.join(self.names)}")
        return path.read_bytes()

    def _read(self, name: str, data: bytes) -> ClipSampler:
        return ClipSampler(MotionClip.parse(data, name).on_body(self.model))


def _folder() -> Path:
    return models_dir() / "clips"
