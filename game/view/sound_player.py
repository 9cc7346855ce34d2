"""SoundPlayer: plays a SoundTrack's blocks as they come, through OpenAL.

Make it before the ShowBase: Panda3D chooses its audio library once, at the first use.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import panda3d.core as p3d
from numpy.typing import NDArray

from game.sound.track import HZ

Samples = NDArray[np.float32]

SETTINGS = "audio-library-name p3openal_audio\naudio-buffering-seconds 0.3\nnotify-level-audio fatal\n"
LEAD = 0.07
"""s that lie ready: less crackles, more is late"""
MOST = 0.25
"""s: sound beyond this (after a hitch) is dropped, so that it does not lag behind the picture more and more"""


class SoundError(Exception):
    """Nothing can be played here; says why."""


class SoundPlayer:
    """Call `play` for every block and `update` every frame; where no block comes in time there is silence."""

    def __init__(self, hz: int = HZ, clock: Callable[[], float] = time.monotonic) -> None:
        """`hz`: samples a second. Raises SoundError where there is no sound device."""
        p3d.load_prc_file_data("sound", SETTINGS)
        self.muted = False
        self.hz = hz
        self._clock = clock
        self._manager = p3d.AudioManager.create_AudioManager()
        if not self._manager.is_valid():
            raise SoundError("no sound: OpenAL found no device to play on")
        self._source = p3d.UserDataAudio(hz, 2, True)
        self._sound = self._manager.get_sound(self._source)
        self._start: float | None = None
        self._given = 0
        """samples"""

    @property
    def waiting(self) -> float:
        """s of sound that lie ready."""
        played = 0.0 if self._start is None else self._clock() - self._start
        return self._given / self.hz - played

    def play(self, block: Samples) -> None:
        """Adds a block (num_samples, 2) in [-1, 1] after what was added before."""
        if self.muted or self.waiting > MOST:
            return
        self._append(block)

    def update(self) -> None:
        """Keeps the stream going: silence where nothing came. Call it every frame."""
        if self._start is None:
            self._start = self._clock()
            self._append(np.zeros((round(LEAD * self.hz), 2), np.float32))
            self._sound.play()
        short = round((0.5 * LEAD - self.waiting) * self.hz)
        if short > 0:
            self._append(np.zeros((short, 2), np.float32))
        self._manager.update()

    def close(self) -> None:
        """Falls silent."""
        self._sound.stop()
        self._manager.shutdown()

    def _append(self, block: Samples) -> None:
        if len(block):
            data = np.ascontiguousarray(block * 32767.0, "<i2").tobytes()
            self._source.append(data)  # type: ignore[call-overload]  # its stub says str; bytes is what it takes
            self._given += len(block)
