"""BodyMap: a figure on which limbs and joints are chosen by click, and a slider for their strength."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from imgui_bundle import imgui

from game.play.events import ALL, Strength
from game.sim.model import CharacterModel
from game.sim.roles import FigurePiece
from game.view.panel import widgets as w
from game.view.panel.look import CORAL, DIM, INK, MIST, MUSTARD, PAPER, RED, TINY, Look, Rgb, mix, u32
from game.view.panel.panel_data import PanelModel

Vec2 = imgui.ImVec2
Point = tuple[float, float]
Limbs = Mapping[str, tuple[str, ...]]

MAX_STRENGTH = 2.0
"""of the slider; events allow up to 10"""
HEIGHT, WIDTH = 272.0, 142.0
"""px, of the map as designed"""


def piece_at(pieces: Sequence[FigurePiece], point: Point) -> FigurePiece | None:
    """The piece at a point of the figure, or within 0.02 of it (the figure is 1 high); None if there is none."""
    nearest = min(pieces, key=lambda piece: _distance(piece, point))
    return nearest if _distance(nearest, point) < 0.02 else None


def _distance(piece: FigurePiece, point: Point) -> float:
    """Distance of a point from a piece's edge; negative inside."""
    (ax, ay), (bx, by), (px, py) = piece.a, piece.b, point
    dx, dy = bx - ax, by - ay
    along = ((px - ax) * dx + (py - ay) * dy) / (dx * dx + dy * dy)
    t = min(max(along, 0.0), 1.0)
    return math.hypot(px - ax - t * dx, py - ay - t * dy) - piece.radius


def limb_of(limbs: Limbs, joint: str) -> str:
    """The limb that a joint belongs to; the joint itself if there is none."""
    return next((limb for limb, joints in limbs.items() if joint in joints), joint)


def joints_in(model: CharacterModel, part: str) -> tuple[str, ...]:
    """The joints of a part: all, a limb or a joint."""
    return model.joint_names if part == ALL else model.roles.limbs.get(part, (part,))


def next_part(limbs: Limbs, chosen: str, joint: str) -> str:
    """What a click on a joint chooses: first its limb, with another click the joint, then the limb again."""
    limb = limb_of(limbs, joint)
    return joint if chosen == limb else limb


def color_of(strength: float) -> Rgb:
    """Pale for limp, coral for the strength of training, red for more than that."""
    if strength <= 1.0:
        return mix(MIST, mix(MUSTARD, CORAL, strength), 0.15 + 0.85 * strength if strength > 0.0 else 0.0)
    return mix(CORAL, RED, (strength - 1.0) / (MAX_STRENGTH - 1.0))


def strength_words(strength: float) -> str:
    """A strength in words."""
    if strength == 0.0:
        return "limp"
    return "as learned" if strength == 1.0 else f"{100 * strength:.0f} %"


class BodyMap:
    """The figure, a slider and buttons."""

    def __init__(self) -> None:
        self.part = ALL
        """the chosen part, which the slider sets: all, a limb or a joint"""

    def draw(self, look: Look, model: PanelModel) -> None:
        """Draws the figure; a click chooses a limb, a second one its joint."""
        strength = dict(zip(model.body_model.joint_names, model.settings.strength, strict=True))
        w.heading(look, "Strength", "click a limb, again for a joint")
        start, room = imgui.get_cursor_screen_pos(), imgui.get_content_region_avail().x
        figure = look.px(WIDTH)
        self._figure(look, model.body_model, strength, start, figure)
        imgui.set_cursor_screen_pos(Vec2(start.x + figure + look.px(12), start.y))
        w.inset("##strength", Vec2(room - figure - look.px(12), look.px(HEIGHT)))
        self._settings(look, model, strength)
        imgui.end_child()

    def _figure(
        self, look: Look, body: CharacterModel, strength: Mapping[str, float], start: Vec2, width: float
    ) -> None:
        tall, roles, limbs = look.px(HEIGHT), body.roles, body.roles.limbs
        draw = imgui.get_window_draw_list()
        end = Vec2(start.x + width, start.y + tall)
        draw.add_rect_filled(start, end, u32(mix(PAPER, MIST, 0.55)), look.px(12))
        imgui.invisible_button("##figure", Vec2(width, tall))
        unit, top, middle = tall - look.px(18), start.y + look.px(9), start.x + width / 2
        mouse = imgui.get_mouse_pos()
        at = ((mouse.x - middle) / unit, (mouse.y - top) / unit)
        under = piece_at(roles.figure, at) if imgui.is_item_hovered() else None
        if imgui.is_item_clicked():
            self.part = next_part(limbs, self.part, under.joint) if under else ALL
        chosen = joints_in(body, self.part)
        for outlined in (True, False):  # outlines first, so that neighbours do not cut into each other
            for piece in (*roles.figure_decor, *roles.figure):
                color = color_of(strength[piece.joint])
                if under is not None and limb_of(limbs, under.joint) == limb_of(limbs, piece.joint):
                    color = mix(color, PAPER, 0.25)
                thin = look.px(2.2) if piece.joint in chosen and self.part != ALL else look.px(0.0)
                if outlined and not thin:
                    continue
                _capsule(piece, Vec2(middle, top), unit, thin if outlined else 0.0, INK if outlined else color)
        w.write(look, Vec2(start.x + look.px(9), end.y - look.px(19)), "R", TINY, DIM, "bold")
        w.write(look, Vec2(end.x - look.px(15), end.y - look.px(19)), "L", TINY, DIM, "bold")
        if under is not None:
            imgui.set_mouse_cursor(imgui.MouseCursor_.hand.value)

    def _settings(self, look: Look, model: PanelModel, strength: Mapping[str, float]) -> None:
        joints = joints_in(model.body_model, self.part)
        values = [strength[joint] for joint in joints]
        mean = sum(values) / len(values)
        even = max(values) - min(values) < 1e-9
        title = "The whole body" if self.part == ALL else self.part.replace("_", " ").capitalize()
        w.text(look, title, 15.0, INK, "bold")
        value_text = strength_words(mean) if even else f"{100 * mean:.0f} % on average"
        moved = w.slider(look, "strength", "", mean, 0.0, MAX_STRENGTH, value_text=value_text, step=0.05, default=1.0)
        if moved is not None:
            _strengthen(model, round(moved, 2), self.part)
        room, gap = imgui.get_content_region_avail().x, look.px(6)
        half = (room - gap) / 2
        if w.button(look, "limp", "", "Limp", hint="no strength at all in what is chosen", width=half):
            _strengthen(model, 0.0, self.part)
        imgui.same_line(0.0, gap)
        if w.button(look, "learned", "", "As learned", hint="the strength that he was trained with", width=half):
            _strengthen(model, 1.0, self.part)
        if w.button(look, "all.limp", "", "All limp", width=half):
            _strengthen(model, 0.0, ALL)
        imgui.same_line(0.0, gap)
        if w.button(look, "all.learned", "", "Restore all", warm=min(strength.values()) < 1.0, width=half):
            _strengthen(model, 1.0, ALL)
            self.part = ALL
        if model.can("limp"):
            w.text(look, f"Hold {model.key_of('limp')} to drop him for a moment.", TINY, DIM)


def _strengthen(model: PanelModel, value: float, part: str) -> None:
    for character in range(model.settings.crowd):
        model.post(Strength(value, part, character))


def _capsule(piece: FigurePiece, origin: Vec2, unit: float, more: float, color: Rgb) -> None:
    """Draws a piece of the figure, `more` px larger on every side."""
    draw, radius, ink = imgui.get_window_draw_list(), piece.radius * unit + more, u32(color)
    a = Vec2(origin.x + piece.a[0] * unit, origin.y + piece.a[1] * unit)
    b = Vec2(origin.x + piece.b[0] * unit, origin.y + piece.b[1] * unit)
    draw.add_line(a, b, ink, 2 * radius)
    draw.add_circle_filled(a, radius, ink, 28)
    draw.add_circle_filled(b, radius, ink, 28)
