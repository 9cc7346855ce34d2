"""PNG files: 8-bit colour with or without alpha, 8-bit and 16-bit grey."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
from av.video.codeccontext import VideoCodecContext
from numpy.typing import NDArray

Pixels = NDArray[np.uint8] | NDArray[np.uint16]


def write_png(path: Path, pixels: Pixels) -> None:
    """Writes a picture, top row first.

    Args:
        path: its folder is there.
        pixels: (height, width) uint8 or uint16, (height, width, 3) RGB or (height, width, 4) RGBA uint8.

    Raises:
        ValueError: pixels of another shape or type.
        OSError: the file cannot be written.
    """
    forms = {(2, "uint8"): "gray", (2, "uint16"): "gray16be", (3, "uint8"): "rgb24", (4, "uint8"): "rgba"}
    channels = pixels.shape[2] if pixels.ndim == 3 else pixels.ndim
    form = forms.get((channels, pixels.dtype.name))
    if form is None:
        raise ValueError(f"a picture of {pixels.shape} {pixels.dtype}, expected grey, RGB or RGBA")
    codec = av.CodecContext.create("png", "w")
    assert isinstance(codec, VideoCodecContext)
    codec.height, codec.width = pixels.shape[:2]
    codec.pix_fmt = form
    frame = av.VideoFrame.from_ndarray(pixels if pixels.flags.c_contiguous else pixels.copy(), format=form)
    packets = [*codec.encode(frame), *codec.encode(None)]
    path.write_bytes(b"".join(bytes(packet) for packet in packets))
