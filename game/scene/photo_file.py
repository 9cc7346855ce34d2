"""Photographs of sets: read and checked here, so that a damaged one is refused before anything is drawn."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from game.scene.json_fields import SetError

MAX_BYTES = 64 * 2**20
MAX_EDGE = 8192
"""px"""
STARTS = {b"\xff\xd8\xff": "jpeg_pipe", b"\x89PNG\r\n\x1a\n": "png_pipe"}
"""of files, and what libav calls their formats"""

Picture = NDArray[np.uint8]


def read_photo(path: Path) -> Picture:
    """(height, width, 3) RGB of a JPEG or PNG, top row first. Raises SetError."""
    import av

    try:
        if path.stat().st_size > MAX_BYTES:
            raise SetError(f"{path.name}: {path.stat().st_size / 2**20:.0f} MiB, expected at most {MAX_BYTES >> 20}")
        with path.open("rb") as file:
            start = file.read(8)
        kind = next((kind for begin, kind in STARTS.items() if start.startswith(begin)), None)
        if kind is None:
            raise SetError(f"{path.name}: neither a JPEG nor a PNG; it begins with {start!r}")
        with av.open(str(path), format=kind) as container:
            stream = container.streams.video[0]
            width, height = stream.codec_context.width, stream.codec_context.height
            if not 2 <= min(width, height) <= max(width, height) <= MAX_EDGE:
                raise SetError(f"{path.name}: {width}x{height} pixels, expected 2 to {MAX_EDGE} along each side")
            return np.ascontiguousarray(next(container.decode(stream)).to_ndarray(format="rgb24"))
    except (OSError, av.FFmpegError, StopIteration, IndexError) as error:
        raise SetError(f"{path.name}: the picture cannot be read: {error}") from error


def check_photo(path: Path, where: str) -> None:
    """Raises SetError, which begins with `where`, unless the picture can be read."""
    try:
        read_photo(path)
    except SetError as error:
        raise SetError(f"{where}: {error}") from error
