"""Stats: attempts, flips, falls and hits, in numbers and bars."""

from __future__ import annotations

from imgui_bundle import imgui

from game.view.panel import widgets as w
from game.view.panel.look import CORAL, DIM, INK, SMALL, TEAL, Look, Rgb
from game.view.panel.panel_data import PanelModel
from game.view.panel.policies import spoken

Vec2 = imgui.ImVec2

MAX_LINES = 4


class Stats:
    """Counts, how attempts ended, and the hardest hits."""

    def draw(self, look: Look, model: PanelModel) -> None:
        """Draws the numbers."""
        tally = model.tally
        w.heading(look, "How he fares")
        counts = {"attempts": tally.attempts, "landed": tally.landed, "flips": tally.flips, "falls": tally.falls}
        w.numbers(look, [(str(number), words) for words, number in counts.items()])
        outcomes = sorted(tally.outcomes.items(), key=lambda pair: -pair[1])[:MAX_LINES]
        self._bars(look, {spoken(k): (float(n), str(n)) for k, n in outcomes}, TEAL)
        hits = sorted(tally.hits.items(), key=lambda pair: -pair[1])[:MAX_LINES]
        if hits:
            w.heading(look, "Hardest hits")
            self._bars(look, {spoken(body): (hit, f"{hit:.0f} N s") for body, hit in hits}, CORAL)

    def _bars(self, look: Look, lines: dict[str, tuple[float, str]], color: Rgb) -> None:
        room, largest = imgui.get_content_region_avail().x, max((value for value, _ in lines.values()), default=1.0)
        for words, (value, value_text) in lines.items():
            at = imgui.get_cursor_screen_pos()
            name = w.fitted(look, words, look.px(128), SMALL)
            w.write(look, at, name, SMALL, INK)
            left, right = look.px(134), look.px(50)
            w.bar(look, Vec2(at.x + left, at.y + look.px(5)), room - left - right, value / largest, color)
            w.write(look, Vec2(at.x + room - w.width_of(look, value_text, SMALL), at.y), value_text, SMALL, DIM)
            imgui.dummy(Vec2(room, look.px(SMALL)))
