"""Photograph: a picture as it is shown, and what its file says about the camera."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from game.scene.json_fields import SetError
from game.scene.whole_file import written_whole

Picture = NDArray[np.uint8]

LONGEST = 2560
"""px, longer side of the pictures of a set"""
SMALLEST = 64
"""px, shorter side"""
MAX_BYTES = 256 << 20
MAX_PIXELS = 150_000_000
JPEG_QUALITY = 95
EXIF, FOCAL_35MM = 0x8769, 0xA405
"""numbers of EXIF: its own table, and the focal length for a picture with the diagonal of 24 x 36 mm"""
DIAGONAL_35MM = math.hypot(36.0, 24.0)


@dataclass(frozen=True, eq=False)
class Photograph:
    """A picture and its camera."""

    picture: Picture
    """(height, width, 3) RGB, upright"""
    focal: float | None = None
    """px, where the file tells it"""


def read_photograph(path: Path) -> Photograph:
    """Reads a JPEG, PNG, WebP, TIFF or whatever else Pillow reads, upright, at most LONGEST px. Raises SetError."""
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        if path.stat().st_size > MAX_BYTES:
            raise SetError(f"{path}: {path.stat().st_size >> 20} MiB, expected at most {MAX_BYTES >> 20}")
        with Image.open(path) as file:
            if file.width * file.height > MAX_PIXELS:
                raise SetError(
                    f"{path}: {file.width}x{file.height} pixels, expected at most {MAX_PIXELS // 10**6} million"
                )
            length = file.getexif().get_ifd(EXIF).get(FOCAL_35MM)
            image = ImageOps.exif_transpose(file).convert("RGB")
    except (OSError, UnidentifiedImageError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise error if isinstance(error, SetError) else SetError(f"{path}: no picture can be read: {error}") from error
    if min(image.size) < SMALLEST:
        raise SetError(f"{path}: {image.width}x{image.height} pixels, expected at least {SMALLEST} along each side")
    if max(image.size) > LONGEST:
        image.thumbnail((LONGEST, LONGEST), Image.Resampling.LANCZOS)
    focal = None
    if isinstance(length, int | float) and 8 <= length <= 300:
        focal = float(length) / DIAGONAL_35MM * math.hypot(*image.size)
    return Photograph(np.asarray(image, np.uint8).copy(), focal)


def save_picture(picture: Picture, path: Path) -> None:
    """Writes a JPEG of (height, width, 3) RGB, without anything else in it: no place, no time. Raises OSError."""
    from PIL import Image

    with written_whole(path) as temporary:
        Image.fromarray(picture).save(temporary, "JPEG", quality=JPEG_QUALITY, subsampling=0)
