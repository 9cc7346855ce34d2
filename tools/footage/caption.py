"""Caption: text drawn into pictures on the CPU."""

from __future__ import annotations

import numpy as np
import panda3d.core as p3d
from numpy.typing import NDArray

from game.view.hud import font_file

Picture = NDArray[np.uint8]

LINE = 0.075
"""height of a line, as a share of the picture's"""
SHADE = 0.45
"""factor for the brightness of the picture behind the text"""


class Caption:
    """White text on a darkened strip at the top left of pictures of one size."""

    def __init__(self, size: tuple[int, int]) -> None:
        """`size` is the pictures' width and height in pixels."""
        self._size, self._pitch = size, max(8, round(LINE * size[1]))
        self._maker = p3d.PNMTextMaker(font_file(), 0)
        self._maker.set_pixel_size(0.72 * self._pitch)
        self._maker.set_fg(p3d.LColor(1.0, 1.0, 1.0, 1.0))
        self._text, self._strip = "", np.zeros((0, size[0]))

    def burn(self, picture: Picture, text: str) -> Picture:
        """A copy of a picture (height, width, 4) BGRA with lines of text in it; without text the picture itself."""
        if not text:
            return picture
        if text != self._text:
            self._text, self._strip = text, self._drawn(text.splitlines())
        burned, height = picture.copy(), len(self._strip)
        ink = self._strip[..., None]
        behind = burned[:height, :, :3] * SHADE
        burned[:height, :, :3] = np.round(behind + (255.0 - behind) * ink).astype(np.uint8)
        return burned

    def _drawn(self, lines: list[str]) -> NDArray[np.float64]:
        """(height of the strip, width) share of each pixel that is covered by text, 0..1, top row first."""
        margin = self._pitch // 3
        height = len(lines) * self._pitch + 2 * margin
        image = p3d.PNMImage(self._size[0], height, 1)
        image.fill(0.0)
        for number, line in enumerate(lines):
            self._maker.generate_into(line, image, 2 * margin, margin + round((number + 0.76) * self._pitch))
        texture = p3d.Texture("caption")
        texture.load(image)
        ink = np.frombuffer(bytes(texture.get_ram_image()), np.uint8)
        return ink.reshape(height, self._size[0])[::-1] / 255.0
