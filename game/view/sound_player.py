"""SoundPlayer: plays blocks of samples as they are made, through OpenAL.

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
BUFFER_SECONDS = 0.07
"""s of sound kept ready: with less it crackles, with more it comes late"""
MAX_BUFFER_SECONDS = 0.25
"""s; with more than this ready (after a slow frame) blocks are dropped, so that the sound does not lag more and more"""


class SoundError(Exception):
    """There is no sound here; the message says why."""


class SoundPlayer:
    """Call `play` for every block and `update` every frame; if no block comes in time there is silence."""

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
        self._appended = 0
        """samples so far"""

    @property
    def buffered(self) -> float:
        """s of sound that are ready and not yet played."""
        played = 0.0 if self._start is None else self._clock() - self._start
        return self._appended / self.hz - played

    def play(self, block: Samples) -> None:
        """Adds a block (num_samples, 2) in [-1, 1] after what was added before."""
        if self.muted or self.buffered > MAX_BUFFER_SECONDS:
            return
        self._append(block)

    def update(self) -> None:
        """Adds silence if too little sound is ready. Call it every frame."""
        if self._start is None:
            self._start = self._clock()
            self._append(np.zeros((round(BUFFER_SECONDS * self.hz), 2), np.float32))
            self._sound.play()
        short = round((0.5 * BUFFER_SECONDS - self.buffered) * self.hz)
        if short > 0:
            self._append(np.zeros((short, 2), np.float32))
        self._manager.update()

    def close(self) -> None:
        """Stops the sound and frees the device."""
        self._sound.stop()
        self._manager.shutdown()

    def _append(self, block: Samples) -> None:
        if len(block):
            data = np.ascontiguousarray(block * 32767.0, "<i2").tobytes()
            self._source.append(data)  # type: ignore[call-overload]  # its stub says str; bytes is what it takes
            self._appended += len(block)
