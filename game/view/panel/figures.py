"""Figures: the page on which he becomes somebody else."""

from __future__ import annotations

from imgui_bundle import imgui

from game.scene.paths import models_dir
from game.view.figure_folder import OWN, FigureCard
from game.view.panel import widgets as w
from game.view.panel.look import CORAL, DIM, INK, LINE, SAND, SMALL, TINY, WHITE, Look, u32
from game.view.panel.panel_data import PanelModel

Vec2 = imgui.ImVec2

OWN_PICTURE = models_dir() / "humanoid" / "avatar.png"
COLUMNS, TALL, FOOT = 3, 126.0, 22.0
"""pictures beside each other; px of the design: height of a picture and of the name below it"""


class Figures:
    """A picture for each figure; below them what the chosen one's file says of its licence."""

    def draw(self, look: Look, model: PanelModel) -> None:
        """Draws the pictures."""
        w.heading(look, "Who he is", "drawn so; he weighs the same")
        gap = look.px(6)
        width = (imgui.get_content_region_avail().x - gap * (COLUMNS - 1)) / COLUMNS
        cards = (FigureCard(OWN, OWN_PICTURE, OWN_PICTURE), *model.figures)
        for i, card in enumerate(cards):
            if i % COLUMNS:
                imgui.same_line(0.0, gap)
            self._card(look, model, card, width)
        if model.casting:
            w.text(look, f"casting {model.casting} ...", SMALL, CORAL)
        chosen = next((card for card in cards if card.name == model.avatar), None)
        if chosen is not None and chosen.licence:
            w.heading(look, chosen.name, "what its file says")
            w.text(look, chosen.licence, SMALL, DIM)
        w.heading(look, "Your own")
        w.text(
            look,
            "Drop a rigged figure (.glb or .vrm) on this window or put it into the folder below. VRoid, Mixamo, Ready "
            "Player Me, Blender and Unreal make such files.",
            SMALL,
            DIM,
        )
        w.text(look, str(model.figure_folder), TINY, DIM)

    def _card(self, look: Look, model: PanelModel, card: FigureCard, width: float) -> None:
        at, tall = imgui.get_cursor_screen_pos(), look.px(TALL)
        size = Vec2(width, tall + look.px(FOOT))
        clicked = bool(imgui.invisible_button(f"##figure.{card.name}", size))
        hovered, chosen = imgui.is_item_hovered(), card.name == model.avatar
        draw, end, rounding = imgui.get_window_draw_list(), Vec2(at.x + width, at.y + size.y), look.px(8)
        draw.add_rect_filled(at, end, u32(SAND, 1.0 if hovered else 0.6), rounding)
        picture = look.picture(card.picture) if card.picture is not None else None
        if picture is not None:
            draw.add_image_rounded(
                picture, at, Vec2(end.x, at.y + tall), Vec2(0.0, 0.0), Vec2(1.0, 1.0), u32(WHITE), rounding
            )
        else:
            words = "!" if card.trouble else card.name[:1].upper()
            x = at.x + (width - w.width_of(look, words, 28.0, "bold")) / 2
            w.write(look, Vec2(x, at.y + tall / 2 - look.px(16)), words, 28.0, CORAL if card.trouble else INK, "bold")
        draw.add_rect(at, end, u32(CORAL if chosen else LINE), rounding, 0, look.px(2.0 if chosen else 1.0))
        name = w.fitted(look, "our own" if card.name == OWN else card.name, width - look.px(8), SMALL)
        x = at.x + (width - w.width_of(look, name, SMALL)) / 2
        w.write(look, Vec2(x, at.y + tall + look.px(3)), name, SMALL, INK)
        if card.trouble:
            w.tip(look, card.trouble)
        elif clicked and not chosen:
            model.wear(card.name)
