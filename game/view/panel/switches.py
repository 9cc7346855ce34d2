"""Switches: buttons that throw and shove, and switches for the ghost and the collision shapes."""

from __future__ import annotations

from imgui_bundle import imgui

from game.view.panel import icons
from game.view.panel import widgets as w
from game.view.panel.look import Look
from game.view.panel.panel_data import PanelModel

AWAY = 3
"""index among the four directions of a shove: to the right in the picture"""


class Switches:
    """Two buttons, and a line for each switch of the model."""

    WORDS = (
        ("ghost", "ghost of the clip", "a pale figure shows what he tries to do"),
        ("shapes", "collision shapes", "what the physics sees"),
    )

    def draw(self, look: Look, model: PanelModel) -> None:
        """Draws buttons and switches."""
        half = (imgui.get_content_region_avail().x - look.px(6)) / 2
        if w.button(look, "throw_ball", icons.BALL, "Throw a ball", hint=model.key_of("throw_ball"), width=half):
            model.act("throw_ball")
        imgui.same_line(0.0, look.px(6))
        if w.button(look, "shove_hard", icons.SHOVE, "Shove him", hint=model.key_of("shove_hard"), width=half):
            model.act("shove_hard", AWAY)
        switches = model.switches
        for name, words, hint in self.WORDS:
            if name in switches:
                now = w.switch(look, name, words, switches[name], hint)
                if now is not None:
                    model.switch(name, now)
