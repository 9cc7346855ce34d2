"""WebP: a short loop without sound, for pages that play no films."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import av
import numpy as np
from numpy.typing import NDArray

from game.view.film import FilmError


class LoopWriter:
    """Writes pictures into an animated WebP that plays for ever.

    Args:
        path: the file to write.
        size: width and height in pixels.
        fps: pictures a second.
        quality: 0..100.

    Raises:
        FilmError: the file cannot be written.
    """

    def __init__(self, path: Path, size: tuple[int, int], fps: int | Fraction, *, quality: int = 78) -> None:
        self.path, self.fps = path, fps
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._container = av.open(str(path), "w", format="webp", options={"loop": "0"})
            self._stream = self._container.add_stream("libwebp_anim", rate=fps)
        except (av.FFmpegError, OSError) as error:
            raise FilmError(f"cannot write {path}: {error}") from error
        self._stream.width, self._stream.height = size
        self._stream.pix_fmt = "yuv420p"
        self._stream.options = {"quality": str(quality), "compression_level": "5"}
        # no differences between pictures: with them, small changes are left out, which shows as squares
        self._stream.codec_context.gop_size = 1
        self._count = 0

    def write(self, frame: NDArray[np.uint8]) -> None:
        """Adds a picture (height, width, 4) BGRA, top row first. Raises FilmError."""
        picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(frame[:, :, :3]), format="bgr24")
        picture.pts, picture.time_base = self._count, 1 / Fraction(self.fps)
        self._count += 1
        self._mux(picture)

    def close(self) -> None:
        """Ends the file. Raises FilmError."""
        self._mux(None)
        self._container.close()

    def _mux(self, picture: av.VideoFrame | None) -> None:
        try:
            self._container.mux(self._stream.encode(picture))
        except (av.FFmpegError, OSError) as error:
            raise FilmError(f"writing {self.path} failed: {error}") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
