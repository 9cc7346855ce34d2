"""ScrubBar: the bar at the bottom of the window that shows how far a replay is, with the camera's keyframes."""

from __future__ import annotations

from collections.abc import Sequence

import panda3d.core as p3d

from game.record.replay import Replay

BACK, DONE, HEAD, MARK = (0.05, 0.06, 0.08, 0.7), (0.95, 0.45, 0.30, 1.0), (1.0, 1.0, 1.0, 1.0), (1.0, 0.85, 0.3, 1.0)
REACH, BOTTOM, HEIGHT = 0.86, -0.90, 0.022
"""half its width in half widths of the window; its centre and half its height in half heights"""
GRIP = 0.05
"""share of half the window's height: clicks so far above and below the bar count, too"""


class ScrubBar:
    """A child of a node in which the window is the square -1..1, such as ShowBase's render2d."""

    def __init__(self, parent: p3d.NodePath) -> None:
        self._root = parent.attach_new_node("scrub")
        self._root.set_transparency(p3d.TransparencyAttrib.M_alpha)
        self._root.set_bin("fixed", 40)
        _card(self._root, BACK).set_scale(REACH, 1, HEIGHT)
        self._done, self._head = _card(self._root, DONE), _card(self._root, HEAD)
        self._ticks: list[p3d.NodePath] = []
        self._root.set_z(BOTTOM)
        self._root.hide()

    @staticmethod
    def covers(x: float, y: float) -> bool:
        """Whether a point of the window (-1..1 from left to right, from bottom to top) is on the bar."""
        return abs(x) <= REACH + 0.02 and abs(y - BOTTOM) <= GRIP

    @staticmethod
    def fraction(x: float) -> float:
        """Where along the bar a point of the window is, 0..1."""
        return min(max(0.5 + 0.5 * x / REACH, 0.0), 1.0)

    def show(self, replay: Replay | None, keyframes: Sequence[float], hz: int) -> None:
        """Shows how far a replay is, and its camera keyframes (s of the take). Hidden without a replay."""
        if replay is None:
            self._root.hide()
            return
        self._root.show()
        half = max(REACH * replay.fraction, 1e-4)
        self._done.set_scale(half, 1, HEIGHT)
        self._done.set_x(half - REACH)
        self._head.set_scale(0.004, 1, 2 * HEIGHT)
        self._head.set_x(2 * half - REACH)
        first = replay.frames[0].snapshot.tick
        places = [(time * hz - first) / max(replay.last, 1.0) for time in keyframes]
        self._show_keyframes([place for place in places if 0.0 <= place <= 1.0])

    def _show_keyframes(self, places: Sequence[float]) -> None:
        while len(self._ticks) > len(places):
            self._ticks.pop().remove_node()
        while len(self._ticks) < len(places):
            self._ticks.append(_card(self._root, MARK))
        for node, place in zip(self._ticks, places, strict=True):
            node.set_scale(0.005, 1, 1.5 * HEIGHT)
            node.set_x(REACH * (2 * place - 1))

    def close(self) -> None:
        """Removes it from the window."""
        self._root.remove_node()


def _card(parent: p3d.NodePath, color: tuple[float, float, float, float]) -> p3d.NodePath:
    """A square of half width 1 about the origin."""
    maker = p3d.CardMaker("card")
    maker.set_frame(-1, 1, -1, 1)
    card = parent.attach_new_node(maker.generate())
    card.set_color(*color)
    return card
