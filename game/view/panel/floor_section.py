"""FloorSection: a slider for the floor's friction."""

from __future__ import annotations

from game.play.events import Friction
from game.view.panel import widgets as w
from game.view.panel.look import Look
from game.view.panel.panel_data import PanelModel


class FloorSection:
    """A slider for the floor's friction."""

    def draw(self, look: Look, model: PanelModel) -> None:
        """Draws the slider."""
        friction = model.settings.friction
        moved = w.slider(look, "friction", "floor friction", friction, 0.0, 2.0,
                         value_text=f"{friction:.2f}  {grip(friction)}", step=0.05, default=0.9)  # fmt: skip
        if moved is not None:
            model.post(Friction(round(moved, 2)))


def grip(friction: float) -> str:
    """A material with about that friction, in words."""
    for most, words in ((0.08, "wet ice"), (0.3, "soap"), (0.6, "socks"), (1.0, "parquet"), (1.5, "rubber")):
        if friction <= most:
            return words
    return "glue"
