"""Switches: what about him can be on or off."""

from __future__ import annotations

from game.view.panel import widgets as w
from game.view.panel.look import Look
from game.view.panel.model import PanelModel


class Switches:
    """A line for each that there is."""

    WORDS = (
        ("ghost", "ghost of the clip", "a pale figure shows what he tries to do"),
        ("auto_retry", "try again after a fall", "after a moment on the floor he gets up for the next attempt"),
        ("shapes", "collision shapes", "what the physics sees"),
    )

    def draw(self, look: Look, model: PanelModel) -> None:
        """Draws the switches that there are."""
        switches = model.switches
        for name, words, hint in self.WORDS:
            if name in switches:
                now = w.switch(look, name, words, switches[name], hint)
                if now is not None:
                    model.switch(name, now)
