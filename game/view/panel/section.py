"""Section: one page of the panel."""

from __future__ import annotations

from typing import Protocol

from game.view.panel.look import Look
from game.view.panel.panel_data import PanelModel


class Section(Protocol):
    """Draws itself from top to bottom, and asks the model for what the person wants."""

    def draw(self, look: Look, model: PanelModel, /) -> None:
        """Called once a frame while it is to be seen."""
