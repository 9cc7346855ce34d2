"""Takes: the list of saved takes, to open, replay, film, rename or delete."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path

from imgui_bundle import imgui

from game.view.panel import icons
from game.view.panel import widgets as w
from game.view.panel.guard import Guard
from game.view.panel.look import DIM, INK, SMALL, TINY, Look
from game.view.panel.panel_data import PanelModel, TakeCard
from game.view.panel.policies import spoken

Vec2 = imgui.ImVec2
ICONS = {"open": icons.OPEN, "replay": icons.REPLAY, "film": icons.FILM}
HINTS = {
    "open": "go on playing from its end",
    "replay": "watch it again",
    "film": "film it again, frame by frame, beside the game",
}


class Takes:
    """A card for each take; the one that was clicked has buttons."""

    def __init__(self) -> None:
        self.chosen: Path | None = None
        self.renaming: str | None = None
        """the new title while it is being typed"""
        self.deleting = False
        """whether the buttons that confirm a deletion are shown"""
        self._focus = False
        self._guard = Guard()

    def draw(self, look: Look, model: PanelModel) -> None:
        """Draws the cards."""
        takes = model.takes
        key = f"{model.key_of('save_take')} saves one" if model.can("save_take") else ""
        w.heading(look, "Takes", key)
        if not takes:
            w.text(look, "Nothing saved yet. A take keeps a whole run, to be filmed again from any side.", SMALL, DIM)
        for take in takes:
            self._guard.draw(look, take.title, partial(self._take, look, model, take))

    def _take(self, look: Look, model: PanelModel, take: TakeCard) -> None:
        chosen = take.path == self.chosen
        clicked, at, room = w.card(look, f"take.{take.path.name}", look.px(80 if chosen else 42), chosen)
        if clicked:
            self._choose(None if chosen else take.path)
        width = room - look.px(26)
        if not (chosen and self.renaming is not None):
            title = w.fitted(look, take.title, width, 14.0, "bold")
            w.write(look, Vec2(at.x + look.px(13), at.y + look.px(5)), title, 14.0, INK, "bold")
        below = "   ".join(part for part in (_length(take.seconds), spoken(take.set_name), _when(take.saved)) if part)
        w.write(look, Vec2(at.x + look.px(13), at.y + look.px(24)), w.fitted(look, below, width, TINY), TINY, DIM)
        if chosen and take.path == self.chosen:
            after = imgui.get_cursor_screen_pos()
            imgui.set_cursor_screen_pos(Vec2(at.x + look.px(11), at.y + look.px(44)))
            self._buttons(look, model, take)
            if self.renaming is not None:
                imgui.set_cursor_screen_pos(Vec2(at.x + look.px(8), at.y + look.px(1)))
                self._rename(look, model, take, room - look.px(16))
            imgui.set_cursor_screen_pos(after)
            imgui.dummy(Vec2(0.0, 0.0))

    def _choose(self, path: Path | None) -> None:
        self.chosen, self.renaming, self.deleting = path, None, False

    def _buttons(self, look: Look, model: PanelModel, take: TakeCard) -> None:
        gap = look.px(5)
        if self.deleting:
            if w.button(look, "delete.yes", icons.DELETE, "Delete it for good", warm=True):
                model.delete_take(take)
                self._choose(None)
            imgui.same_line(0.0, gap)
            if w.button(look, "delete.no", "", "Keep"):
                self.deleting = False
            return
        for action in model.take_actions:
            if w.button(look, f"take.{action}", ICONS[action], hint=HINTS[action]):
                model.use_take(action, take)
            imgui.same_line(0.0, gap)
        if w.button(look, "take.rename", icons.RENAME, hint="rename"):
            self.renaming, self._focus = take.title, True
        imgui.same_line(0.0, gap)
        if w.button(look, "take.delete", icons.DELETE, hint="delete"):
            self.deleting = True

    def _rename(self, look: Look, model: PanelModel, take: TakeCard, width: float) -> None:
        """A text field over the title: Enter renames, Escape does not."""
        imgui.set_next_item_width(width)
        imgui.push_style_var(imgui.StyleVar_.frame_padding.value, Vec2(look.px(5), look.px(3)))
        if self._focus:
            imgui.set_keyboard_focus_here()
            self._focus = False
        flags = imgui.InputTextFlags_.enter_returns_true.value | imgui.InputTextFlags_.auto_select_all.value
        entered, words = imgui.input_text("##title", self.renaming or "", flags)
        imgui.pop_style_var()
        self.renaming = words
        if entered and words.strip():
            model.rename_take(take, words.strip())
            self._choose(None)
        elif imgui.is_item_deactivated():
            self.renaming = None


def _length(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"


def _when(saved: float) -> str:
    """The time if it was today, else the day."""
    then, now = time.localtime(saved), time.localtime()
    return time.strftime("%H:%M" if then[:3] == now[:3] else "%d %b %Y", then)
