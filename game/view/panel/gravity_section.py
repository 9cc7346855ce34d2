"""GravitySection: presets, a dial with an arrow to drag, and a slider for each component."""

from __future__ import annotations

import math

import numpy as np
from imgui_bundle import imgui

from game.input.world_actions import GRAVITIES, gravity_name
from game.play.events import Gravity, Vec3
from game.view.panel import widgets as w
from game.view.panel.look import CORAL, INK, LINE, MIST, PAPER, WHITE, Look, mix, u32
from game.view.panel.panel_data import PanelModel

Vec2 = imgui.ImVec2

EARTH = 9.8
MAX_SHOWN = 2.5 * EARTH
"""m/s2, at the rim of the dial and the ends of the sliders"""
SNAP = 0.04
"""share of the dial's radius: an arrow this near to an axis snaps to it"""


def pulled(dx: float, dy: float, sideways: float) -> Vec3:
    """The gravity (3,), m/s2, of an arrow on the dial.

    Args:
        dx: to the right, which is +x, forwards; 1 is the rim.
        dy: down.
        sideways: m/s2 along +y, his left, which the dial does not show.
    """
    length = math.hypot(dx, dy)
    if length > 1.0:
        dx, dy = dx / length, dy / length
    x, z = (0.0 if abs(part) < SNAP else round(MAX_SHOWN * part, 1) for part in (dx, -dy))
    return (x + 0.0, sideways, z + 0.0)


class GravitySection:
    """Direction and strength of gravity."""

    def draw(self, look: Look, model: PanelModel) -> None:
        """Draws presets, dial and sliders."""
        vector = model.settings.gravity
        strength = math.sqrt(sum(v * v for v in vector))
        w.heading(look, "Gravity", f"{strength:.1f} m/s²  ({strength / EARTH:.2f} g)")
        choice = w.chips(look, "gravity", tuple(GRAVITIES), gravity_name(np.asarray(vector)))
        if choice is not None:
            model.post(Gravity(GRAVITIES[choice]))
        start, room, size = imgui.get_cursor_screen_pos(), imgui.get_content_region_avail().x, look.px(92)
        self._dial(look, model, vector, start, size)
        imgui.set_cursor_screen_pos(Vec2(start.x + size + look.px(12), start.y))
        w.inset("##vector", Vec2(room - size - look.px(12), size))
        for axis, label in enumerate(("forward", "to his left", "up")):
            moved = w.slider(look, label, label, vector[axis], -MAX_SHOWN, MAX_SHOWN,
                             value_text=f"{vector[axis]:.1f}", step=0.1, default=(0.0, 0.0, -EARTH)[axis])  # fmt: skip
            imgui.set_cursor_pos_y(imgui.get_cursor_pos_y() - look.px(8))
            if moved is not None:
                parts = list(vector)
                parts[axis] = round(moved, 1) + 0.0
                model.post(Gravity((parts[0], parts[1], parts[2])))
        imgui.end_child()

    def _dial(self, look: Look, model: PanelModel, vector: Vec3, start: Vec2, size: float) -> None:
        imgui.invisible_button("##dial", Vec2(size, size))
        middle, radius = Vec2(start.x + size / 2, start.y + size / 2), size / 2
        if imgui.is_item_active():
            mouse = imgui.get_mouse_pos()
            choice = pulled((mouse.x - middle.x) / radius, (mouse.y - middle.y) / radius, vector[1])
            if choice != vector:
                model.post(Gravity(choice))
                vector = choice
        draw, lively = imgui.get_window_draw_list(), imgui.is_item_hovered() or imgui.is_item_active()
        draw.add_circle_filled(middle, radius, u32(mix(PAPER, MIST, 0.8 if lively else 0.55)), 64)
        draw.add_circle(middle, radius * EARTH / MAX_SHOWN, u32(LINE), 48, look.px(1))
        for dx, dy in ((1, 0), (0, 1)):
            a = Vec2(middle.x - 0.9 * radius * dx, middle.y - 0.9 * radius * dy)
            b = Vec2(middle.x + 0.9 * radius * dx, middle.y + 0.9 * radius * dy)
            draw.add_line(a, b, u32(LINE), look.px(1))
        tip = Vec2(middle.x + vector[0] / MAX_SHOWN * radius, middle.y - vector[2] / MAX_SHOWN * radius)
        length = math.hypot(tip.x - middle.x, tip.y - middle.y)
        draw.add_circle_filled(middle, look.px(4), u32(INK))
        if length > look.px(3):
            draw.add_line(middle, tip, u32(CORAL), look.px(3.5))
        draw.add_circle_filled(tip, look.px(6), u32(CORAL))
        draw.add_circle_filled(tip, look.px(2.5), u32(WHITE))
        w.tip(look, "Pull the arrow: seen from his right side, he faces to the right. The ring is Earth's.")
