"""NervesSection: delay and noise of the chosen character, as presets and as sliders."""

from __future__ import annotations

import math
from dataclasses import replace

from game.play.events import Nerves, Strength
from game.play.nerves import PRESETS, preset_of
from game.view.panel import widgets as w
from game.view.panel.look import TEAL, Look
from game.view.panel.panel_data import PanelModel

MAX_DELAY, MAX_NOISE = 10, 0.6
"""ticks; rad. Limits of the sliders; events allow more."""


class NervesSection:
    """Presets and three sliders."""

    def draw(self, look: Look, model: PanelModel) -> None:
        """Draws them. A preset also sets the strength."""
        settings = model.settings
        nerves, now = settings.nerves, preset_of(settings.nerves, settings.strength)
        w.heading(look, "Nerves", PRESETS[now].words if now else "")
        choice = w.chips(look, "nerves", tuple(PRESETS), now)
        if choice is not None:
            _set(model, PRESETS[choice].nerves)
            for character in range(settings.crowd):
                model.post(Strength(PRESETS[choice].strength, character=character))
        ms = 1000 * nerves.delay / model.control_hz
        moved = w.slider(look, "delay", "reacts late by", nerves.delay, 0, MAX_DELAY,
                         value_text=f"{ms:.0f} ms", step=1.0, default=0, color=TEAL)  # fmt: skip
        if moved is not None:
            _set(model, replace(nerves, delay=round(moved)))
        sense = self._noise(look, "sense", "body sense error", nerves.sense_noise)
        if sense is not None:
            _set(model, replace(nerves, sense_noise=sense))
        act = self._noise(look, "act", "trembles by", nerves.act_noise)
        if act is not None:
            _set(model, replace(nerves, act_noise=act))

    def _noise(self, look: Look, name: str, label: str, value: float) -> float | None:
        value_text = f"{math.degrees(value):.0f}°"
        moved = w.slider(
            look, name, label, value, 0.0, MAX_NOISE, value_text=value_text, step=0.01, default=0.0, color=TEAL
        )
        return None if moved is None else round(moved, 2)


def _set(model: PanelModel, nerves: Nerves) -> None:
    for character in range(model.settings.crowd):
        model.post(replace(nerves, character=character))
