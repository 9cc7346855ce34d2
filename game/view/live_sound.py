"""LiveSound: the sound of the game as it runs, at its speed. Silent if there is no sound device."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from game.camera.camera_pose import CameraPose
from game.scene.set_spec import ItemSpec, SetSpec
from game.sim.model import CharacterModel
from game.sim.snapshot import Snapshot
from game.sound.life import Life
from game.sound.track import HZ, SoundTrack
from game.view.sound_player import Samples, SoundError, SoundPlayer


class LiveSound:
    """Make it before the ShowBase, for the same reason as SoundPlayer."""

    def __init__(self) -> None:
        self.trouble = ""
        """why there is no sound; empty if there is"""
        self.muted = False
        self._player: SoundPlayer | None = None
        try:
            _look_for_device()
            self._player = SoundPlayer()
        except SoundError as error:
            self.trouble = str(error)
        self._track: SoundTrack | None = None

    def begin(self, spec: SetSpec, model: CharacterModel) -> None:
        """Starts in another set, with its walls and floor."""
        voice = self._track is None or self._track.life is None or self._track.life.voice
        self._track = SoundTrack(spec, model, life=Life(spec, HZ, voice=voice))

    def play(self, ticks: Sequence[Snapshot], items: Mapping[int, ItemSpec], speed: float, ear: CameraPose,
             *, for_film: bool = False) -> Samples:  # fmt: skip
        """Plays the sound of ticks, one after the other; returns it, (num_samples, 2) in [-1, 1].

        Args:
            ticks: those since the last call, of the game or of a replay.
            items: what each of their props is, by id.
            speed: simulated seconds per second.
            ear: the pose of the listener.
            for_film: compute it even if it is not played, because a film needs it.
        """
        silent = self._player is None or self.muted
        if self._track is None or (silent and not for_film):
            return np.zeros((0, 2), np.float32)
        count = round(self._track.samples_per_tick / speed)
        blocks = [self._track.add(tick, items, num_samples=count, ear=ear) for tick in ticks]
        if self._player is not None:
            self._player.muted = self.muted
            for block in blocks:
                self._player.play(block)
        return np.concatenate(blocks) if blocks else np.zeros((0, 2), np.float32)

    def update(self) -> None:
        """Call it every frame."""
        if self._player is not None:
            self._player.update()

    def toggle(self) -> str:
        """Switches the sound off, or on again; returns a message for the screen."""
        if self._player is None:
            return self.trouble
        self.muted = not self.muted
        return "sound off" if self.muted else "sound on"

    def toggle_voice(self) -> str:
        """Switches his voice off, or on again; returns a message for the screen."""
        life = None if self._track is None else self._track.life
        if life is None:
            return self.trouble
        life.voice = not life.voice
        return "he cries out again" if life.voice else "he keeps quiet"

    def close(self) -> None:
        """Stops the sound and frees the device."""
        if self._player is not None:
            self._player.close()
            self._player = None


def _look_for_device() -> None:
    """Raises SoundError if there can be no device: OpenAL would try every driver and print a warning for each."""
    if sys.platform != "linux" or "ALSOFT_DRIVERS" in os.environ or "PULSE_SERVER" in os.environ:
        return
    pulse = Path(os.environ.get("XDG_RUNTIME_DIR", "/run/user/0")) / "pulse"
    if not pulse.exists() and not list(Path("/dev/snd").glob("pcm*")):
        raise SoundError("no sound: there is no sound device")
