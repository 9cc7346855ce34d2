"""Frames of an animated WebP file, which FFmpeg's decoder does not read."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL import UnidentifiedImageError

from tools.capture import CaptureError

MAX_FRAMES = 3000


def is_webp(path: Path) -> bool:
    """Whether a file begins as WebP files do: RIFF, its length, WEBP."""
    with path.open("rb") as file:
        head = file.read(12)
    return head[:4] == b"RIFF" and head[8:] == b"WEBP"


def measure(path: Path) -> tuple[float | None, tuple[int, int]]:
    """How long it lasts, s, None where only decoding tells, and the size of its pictures, px. Raises CaptureError."""
    with _opened(path) as picture:
        return None, picture.size


def frames(path: Path) -> Iterator[tuple[float, NDArray[np.uint8]]]:
    """Times, s, and pictures (height, width, 3) RGB. Raises CaptureError where it is damaged or endless."""
    with _opened(path) as picture:
        count = getattr(picture, "n_frames", 1)
        if count > MAX_FRAMES:
            raise CaptureError(f"{path.name} has {count} frames, expected at most {MAX_FRAMES}")
        time = 0.0
        for number in range(count):
            picture.seek(number)
            picture.load()
            yield time, np.asarray(picture.convert("RGB"), np.uint8)
            # 0 means as fast as possible: browsers show such frames for a tenth of a second
            time += (float(picture.info.get("duration") or 0.0) or 100.0) / 1000.0


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Pillow.DecompressionBombWarning)
            with Pillow.open(path, formats=["WEBP"]) as picture:
                yield picture
    except (UnidentifiedImageError, Pillow.DecompressionBombError, Pillow.DecompressionBombWarning) as error:
        raise CaptureError(f"{path.name} is no WebP picture that can be read: {error}") from error
    except (OSError, EOFError, ValueError, SyntaxError) as error:
        raise CaptureError(f"{path.name} is damaged: {error}") from error
