"""Widgets: a slider, chips, a switch, a button and a card, drawn in the panel's own look.

Each takes the Look first and returns what the person did. What looks like a label is one: `name` tells imgui which
widget it is and must be unique within a section.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from imgui_bundle import imgui

from game.view.panel.look import (
    BLUSH,
    CARD,
    CORAL,
    DIM,
    INK,
    LINE,
    SAND,
    SMALL,
    TEXT,
    TINY,
    WHITE,
    Look,
    Rgb,
    Weight,
    mix,
    u32,
)

Vec2 = imgui.ImVec2


def text(look: Look, words: str, size: float = TEXT, color: Rgb = INK, weight: Weight = "regular") -> None:
    """A text, wrapped where it does not fit."""
    imgui.push_font(*look.font(size, weight))
    imgui.push_style_color(imgui.Col_.text.value, u32(color))
    imgui.push_text_wrap_pos(0.0)
    imgui.text_unformatted(words)
    imgui.pop_text_wrap_pos()
    imgui.pop_style_color()
    imgui.pop_font()


def write(look: Look, at: Vec2, words: str, size: float = TEXT, color: Rgb = INK, weight: Weight = "regular") -> None:
    """Writes a line at a place of the screen, px; it takes no room in the layout."""
    font, height = look.font(size, weight)
    imgui.get_window_draw_list().add_text(font, look.letters(height), at, u32(color), words)


def width_of(look: Look, words: str, size: float = TEXT, weight: Weight = "regular") -> float:
    """Width of a line, px."""
    imgui.push_font(*look.font(size, weight))
    width = imgui.calc_text_size(words).x
    imgui.pop_font()
    return float(width)


def fitted(look: Look, words: str, width: float, size: float = TEXT, weight: Weight = "regular") -> str:
    """The words, cut to a width in px with an ellipsis if they do not fit."""
    if width_of(look, words, size, weight) <= width:
        return words
    while words and width_of(look, words + "…", size, weight) > width:
        words = words[:-1].rstrip()
    return words + "…"


def heading(look: Look, words: str, aside: str = "") -> None:
    """The title of a part of the panel, and small words at the right end of its line."""
    imgui.dummy(Vec2(0.0, look.px(1)))
    start = imgui.get_cursor_screen_pos()
    room = imgui.get_content_region_avail().x
    text(look, words, TEXT, INK, "bold")
    if aside:
        left = width_of(look, words, TEXT, "bold") + look.px(12)
        aside = fitted(look, aside, room - left, SMALL)
        at = Vec2(start.x + room - width_of(look, aside, SMALL), start.y + look.px(1.5))
        write(look, at, aside, SMALL, DIM)


def inset(name: str, size: Vec2) -> None:
    """Begins an area of that size, px, that does not scroll; `imgui.end_child` ends it."""
    imgui.begin_child(name, size, 0, imgui.WindowFlags_.no_scrollbar.value)


def rule(look: Look) -> None:
    """A thin horizontal line."""
    imgui.dummy(Vec2(0.0, look.px(1)))
    at, room = imgui.get_cursor_screen_pos(), imgui.get_content_region_avail().x
    imgui.get_window_draw_list().add_line(at, Vec2(at.x + room, at.y), u32(LINE), look.px(1))
    imgui.dummy(Vec2(0.0, look.px(2)))


def slider(
    look: Look,
    name: str,
    label: str,
    value: float,
    low: float,
    high: float,
    *,
    value_text: str,
    step: float,
    default: float | None = None,
    logarithmic: bool = False,
    color: Rgb = CORAL,
) -> float | None:
    """A slider below its label; a double click sets the default value.

    Args:
        value_text: the value as it is shown.
        step: values are multiples of it; if logarithmic, their log2 are.

    Returns:
        The new value if the person has changed it, else None.
    """

    def place(v: float) -> float:
        a, b, c = (math.log2(n) for n in (v, low, high)) if logarithmic else (v, low, high)
        return min(max((a - b) / (c - b), 0.0), 1.0)

    room = imgui.get_content_region_avail().x
    at = imgui.get_cursor_screen_pos()
    text_width = width_of(look, value_text, SMALL)
    write(look, at, fitted(look, label, room - text_width - look.px(8), SMALL), SMALL, INK)
    write(look, Vec2(at.x + room - text_width, at.y), value_text, SMALL, DIM)
    imgui.dummy(Vec2(room, look.px(SMALL)))
    imgui.set_cursor_pos_y(imgui.get_cursor_pos_y() - look.px(5))
    track = imgui.get_cursor_screen_pos()
    knob, height = look.px(7), look.px(18)
    imgui.invisible_button(f"##{name}", Vec2(room, height))
    result = None
    if imgui.is_item_hovered() and imgui.is_mouse_double_clicked(0) and default is not None:
        result = default
    elif imgui.is_item_active() and imgui.get_io().mouse_down_duration[0] >= 0.0:
        share = min(max((imgui.get_mouse_pos().x - track.x - knob) / (room - 2 * knob), 0.0), 1.0)
        a, b = (math.log2(low), math.log2(high)) if logarithmic else (low, high)
        raw = min(max(round((a + share * (b - a)) / step) * step, a), b)
        result = 2.0**raw if logarithmic else raw
    shown = value if result is None else result
    middle, x = track.y + height / 2, track.x + knob + place(shown) * (room - 2 * knob)
    draw, half = imgui.get_window_draw_list(), look.px(2.5)
    draw.add_rect_filled(Vec2(track.x, middle - half), Vec2(track.x + room, middle + half), u32(SAND), half)
    draw.add_rect_filled(Vec2(track.x, middle - half), Vec2(x, middle + half), u32(color), half)
    if default is not None:
        mark = track.x + knob + place(default) * (room - 2 * knob)
        draw.add_circle_filled(Vec2(mark, middle), look.px(1.5), u32(DIM, 0.6))
    lively = imgui.is_item_hovered() or imgui.is_item_active()
    draw.add_circle_filled(Vec2(x, middle + look.px(1)), knob + look.px(0.5), u32(INK, 0.16))
    draw.add_circle_filled(Vec2(x, middle), knob, u32(WHITE))
    draw.add_circle_filled(Vec2(x, middle), look.px(4.5 if lively else 3.5), u32(color))
    return None if result is None or result == value else result


def chip(look: Look, name: str, words: str, chosen: bool = False, *, width: float = 0.0, hint: str = "") -> bool:
    """A small rounded button that may be the chosen one of several; true when clicked."""
    pad, height = look.px(10), look.px(24)
    wide = width or width_of(look, words, SMALL) + 2 * pad
    at = imgui.get_cursor_screen_pos()
    clicked = bool(imgui.invisible_button(f"##{name}", Vec2(wide, height)))
    _fill(at, Vec2(wide, height), chosen, height / 2)
    shown = fitted(look, words, wide - pad, SMALL)
    x = at.x + (wide - width_of(look, shown, SMALL)) / 2
    write(look, Vec2(x, at.y + (height - look.px(SMALL)) / 2 - look.px(0.5)), shown, SMALL, WHITE if chosen else INK)
    if hint:
        tip(look, hint)
    return clicked


def chips(look: Look, name: str, words: Sequence[str], chosen: str | None, *, even: bool = False) -> str | None:
    """Chips in as many rows as needed; `even`: in one row, of equal width. Returns the one that was clicked."""
    room, gap = imgui.get_content_region_avail().x, look.px(5)
    width = (room - gap * (len(words) - 1)) / max(len(words), 1) if even else 0.0
    left, clicked = room, None
    imgui.push_style_var(imgui.StyleVar_.item_spacing.value, Vec2(gap, gap))
    for i, word in enumerate(words):
        wide = width or width_of(look, word, SMALL) + look.px(20)
        if i and left >= wide + gap - 0.5:
            imgui.same_line()
            left -= wide + gap
        else:
            left = room - wide
        if chip(look, f"{name}.{word}", word, word == chosen, width=width):
            clicked = word
    imgui.pop_style_var()
    return clicked


def button(look: Look, name: str, icon: str, words: str = "", *, hint: str = "", warm: bool = False,
           width: float = 0.0) -> bool:  # fmt: skip
    """A button with an icon; `warm` is filled with the accent colour. True when clicked."""
    height = look.px(29)
    label = f"{icon}  {words}" if words and icon else words or icon
    wide = width or (width_of(look, label, SMALL) + look.px(22) if words else look.px(31))
    at = imgui.get_cursor_screen_pos()
    clicked = bool(imgui.invisible_button(f"##{name}", Vec2(wide, height)))
    _fill(at, Vec2(wide, height), warm, look.px(9))
    x = at.x + (wide - width_of(look, label, SMALL)) / 2
    write(look, Vec2(x, at.y + (height - look.px(SMALL)) / 2 - look.px(0.5)), label, SMALL, WHITE if warm else INK)
    if hint:
        tip(look, hint)
    return clicked


def _fill(at: Vec2, size: Vec2, chosen: bool, rounding: float) -> None:
    """Fills the item drawn last with the colour for chosen, hovered or pressed."""
    color = CORAL if chosen else SAND
    if imgui.is_item_active():
        color = mix(color, INK, 0.18)
    elif imgui.is_item_hovered():
        color = mix(color, WHITE if chosen else CORAL, 0.16)
    end = Vec2(at.x + size.x, at.y + size.y)
    imgui.get_window_draw_list().add_rect_filled(at, end, u32(color), rounding)


def switch(look: Look, name: str, words: str, on: bool, hint: str = "") -> bool | None:
    """A switch with words beside it; returns its new state if it was clicked, else None."""
    room, height = imgui.get_content_region_avail().x, look.px(24)
    at = imgui.get_cursor_screen_pos()
    clicked = imgui.invisible_button(f"##{name}", Vec2(room, height))
    write(look, Vec2(at.x, at.y + (height - look.px(SMALL)) / 2), words, SMALL, INK)
    wide, tall = look.px(32), look.px(18)
    x, y = at.x + room - wide, at.y + (height - tall) / 2
    draw = imgui.get_window_draw_list()
    track = CORAL if on else mix(LINE, DIM, 0.35 if imgui.is_item_hovered() else 0.1)
    draw.add_rect_filled(Vec2(x, y), Vec2(x + wide, y + tall), u32(track), tall / 2)
    knob = Vec2(x + (wide - tall / 2 if on else tall / 2), y + tall / 2)
    draw.add_circle_filled(knob, tall / 2 - look.px(2.5), u32(WHITE))
    if hint:
        tip(look, hint)
    return (not on) if clicked else None


def card(look: Look, name: str, height: float, chosen: bool = False) -> tuple[bool, Vec2, float]:
    """A card over the full width, `height` px tall, on which the caller writes.

    Returns whether it was clicked, its upper left corner, and its width in px.
    """
    room = imgui.get_content_region_avail().x
    at = imgui.get_cursor_screen_pos()
    imgui.set_next_item_allow_overlap()
    clicked = bool(imgui.invisible_button(f"##{name}", Vec2(room, height)))
    hovered = imgui.is_item_hovered()
    draw, end, rounding = imgui.get_window_draw_list(), Vec2(at.x + room, at.y + height), look.px(10)
    draw.add_rect_filled(at, end, u32(BLUSH if chosen else mix(CARD, SAND, 0.75 if hovered else 0.0)), rounding)
    draw.add_rect(at, end, u32(CORAL if chosen else LINE), rounding, 0, look.px(1.5 if chosen else 1.0))
    return clicked, at, room


def bar(look: Look, at: Vec2, width: float, share: float, color: Rgb = CORAL, height: float = 5.0) -> None:
    """A share 0..1 as a bar at a place of the screen; it takes no room in the layout."""
    draw, tall = imgui.get_window_draw_list(), look.px(height)
    full = min(max(share, 0.0), 1.0) * width
    draw.add_rect_filled(at, Vec2(at.x + width, at.y + tall), u32(mix(SAND, LINE, 0.5)), tall / 2)
    if full > tall:
        draw.add_rect_filled(at, Vec2(at.x + full, at.y + tall), u32(color), tall / 2)


def numbers(look: Look, pairs: Iterable[tuple[str, str]]) -> None:
    """Large numbers side by side, each above what it counts."""
    items = list(pairs)
    at, room = imgui.get_cursor_screen_pos(), imgui.get_content_region_avail().x
    gap = look.px(6)
    each, tall = (room - gap * (len(items) - 1)) / max(len(items), 1), look.px(46)
    draw = imgui.get_window_draw_list()
    for i, (value, words) in enumerate(items):
        x = at.x + i * (each + gap)
        draw.add_rect_filled(Vec2(x, at.y), Vec2(x + each, at.y + tall), u32(SAND, 0.75), look.px(9))
        for line, size, weight, color, y in ((value, 18.0, "bold", INK, 5.0), (words, TINY, "regular", DIM, 27.0)):
            w: Weight = "bold" if weight == "bold" else "regular"
            shown = fitted(look, line, each - look.px(4), size, w)
            write(look, Vec2(x + (each - width_of(look, shown, size, w)) / 2, at.y + look.px(y)), shown, size, color, w)
    imgui.dummy(Vec2(room, tall))


def tip(look: Look, words: str) -> None:
    """Shows words beside the item drawn last, while the mouse rests on it."""
    if not imgui.is_item_hovered(imgui.HoveredFlags_.delay_normal.value | imgui.HoveredFlags_.stationary.value):
        return
    if imgui.begin_tooltip():
        imgui.push_text_wrap_pos(look.px(260))
        imgui.push_font(*look.font(SMALL))
        imgui.text_unformatted(words)
        imgui.pop_font()
        imgui.pop_text_wrap_pos()
        imgui.end_tooltip()
