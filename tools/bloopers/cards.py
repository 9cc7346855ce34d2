"""Cards: the titles between the cuts, white on nearly black."""

from __future__ import annotations

from types import TracebackType
from typing import Self

import numpy as np
import panda3d.core as p3d
from numpy.typing import NDArray

from game.view import pick_pipe
from game.view.film_camera import FilmCamera
from game.view.hud import font
from tools.footage.studio import StudioError

PAPER = (0.045, 0.043, 0.048)
INK, DIM = (0.93, 0.90, 0.84), (0.56, 0.54, 0.51)
TITLE_SIZE, LINE_SIZE, LEADING = 0.17, 0.085, 1.45
"""in halves of the picture's height; LEADING: distance of lines in line heights"""


class Cards:
    """Draws cards of one size. Raises StudioError where nothing can be drawn."""

    def __init__(self, size: tuple[int, int]) -> None:
        pick_pipe.configure()
        try:
            self._output = pick_pipe.open_offscreen()
        except pick_pipe.OutputError as error:
            raise StudioError(str(error)) from error
        self._output.buffer.clear_color = p3d.LColor(*PAPER, 1.0)
        self._root = p3d.NodePath("card")
        self._root.set_depth_test(False)
        self._root.set_depth_write(False)
        self._camera = FilmCamera(self._output.buffer, self._root, size)
        self._camera.lens.set_near_far(0.1, 10.0)
        self._camera.lens.min_fov = 90.0  # 2 units high at a distance of 1
        self._font = font()

    def draw(self, title: str, lines: tuple[str, ...] = ()) -> NDArray[np.uint8]:
        """(height, width, 4) BGRA with a title and lines below it."""
        text = self._root.attach_new_node("text")
        height = 0.5 * LEADING * LINE_SIZE * len(lines)
        self._line(text, title, TITLE_SIZE, height - 0.25 * TITLE_SIZE, INK)
        for i, line in enumerate(lines):
            self._line(text, line, LINE_SIZE, height - 0.12 - LEADING * LINE_SIZE * (i + 1), DIM)
        self._output.engine.render_frame()
        picture = self._camera.frame().copy()
        text.remove_node()
        return picture

    def _line(self, parent: p3d.NodePath, words: str, size: float, z: float, color: tuple[float, float, float]) -> None:
        node = p3d.TextNode("line")
        node.set_font(self._font)
        node.set_text(words)
        node.set_align(p3d.TextNode.A_center)
        node.set_text_color(*color, 1.0)
        path = parent.attach_new_node(node)
        path.set_scale(size)
        path.set_pos(0.0, 1.0, z)

    def close(self) -> None:
        """Frees the graphics."""
        self._camera.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
