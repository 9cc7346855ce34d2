"""Sound as a WAV file."""

from __future__ import annotations

import wave
from pathlib import Path

from game.scene.whole_file import written_whole
from game.sound.track import HZ, Samples


def write_wav(path: Path, sound: Samples) -> None:
    """Write samples (num_samples, 2) in [-1, 1], HZ a second, with 16 bits. Raises OSError."""
    with written_whole(path) as unfinished, wave.open(str(unfinished), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(HZ)
        file.writeframes((sound * 32767.0).astype("<i2").tobytes())
