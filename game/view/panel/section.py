"""Section: a part of a page of the panel."""

from __future__ import annotations

from typing import Protocol

from game.view.panel.look import Look
from game.view.panel.panel_data import PanelModel


class Section(Protocol):
    """Draws itself, and changes the model when its controls are used."""

    def draw(self, look: Look, model: PanelModel, /) -> None:
        """Called once a frame while its page is open."""
