"""Panel: the card at the window's left side, with its pages. Drawn between imgui's new_frame and render."""

from __future__ import annotations

from functools import partial

from imgui_bundle import imgui

from game.view.panel import icons
from game.view.panel import widgets as w
from game.view.panel.body_map import BodyMap
from game.view.panel.falls import Falls
from game.view.panel.figures import Figures
from game.view.panel.floor_section import FloorSection
from game.view.panel.gravity_section import GravitySection
from game.view.panel.guard import Guard
from game.view.panel.look import CORAL, DIM, INK, LARGE, LINE, SAND, SMALL, TINY, WHITE, Look, mix, scale_of, u32
from game.view.panel.nerves_section import NervesSection
from game.view.panel.panel_data import PanelModel
from game.view.panel.pictures import Pictures
from game.view.panel.policies import Policies
from game.view.panel.script_strip import ScriptStrip
from game.view.panel.section import Section
from game.view.panel.stats import Stats
from game.view.panel.surroundings import CrowdSection, Props, Sets
from game.view.panel.switches import Switches
from game.view.panel.takes import Takes
from game.view.panel.transport import Transport

Vec2 = imgui.ImVec2

WIDTH, MARGIN = 316.0, 12.0
SCRUB_BAR = 52.0
"""px of the design; SCRUB_BAR: height left free for the replay's bar"""
_FLAGS = imgui.WindowFlags_
FLAGS = (
    _FLAGS.no_title_bar.value
    | _FLAGS.no_resize.value
    | _FLAGS.no_move.value
    | _FLAGS.no_collapse.value
    | _FLAGS.no_saved_settings.value
    | _FLAGS.no_scrollbar.value
    | _FLAGS.no_scroll_with_mouse.value
    | _FLAGS.no_nav.value
    | _FLAGS.no_focus_on_appearing.value
)


class Panel:
    """Holds which page is open; everything else is in the model."""

    def __init__(self, look: Look, model: PanelModel) -> None:
        """`look`: of the imgui context that it is drawn into; `model`: what it shows and changes."""
        self.look = look
        self.model = model
        self.pages: dict[str, tuple[str, tuple[Section, ...]]] = {
            "Him": (icons.PERSON, (Policies(), Switches(), Falls(), Stats())),
            "Body": (icons.BODY, (BodyMap(), NervesSection())),
            "World": (icons.GLOBE, (GravitySection(), FloorSection(), CrowdSection(), Sets(), Props())),
            "Script": (icons.CLAPPER, (ScriptStrip(),)),
            "You": (icons.YOU, (Figures(),)),
            "Film": (icons.FILM, (Pictures(), Takes())),
        }
        self.page = "Him"
        self._guard = Guard()
        self._transport = Transport()

    @property
    def width(self) -> float:
        """Width that it covers, px, margin included."""
        return self.look.px(WIDTH + MARGIN)

    def draw(self) -> None:
        """Draws the panel, scaled to the window's size."""
        look, size = self.look, imgui.get_io().display_size
        scale = scale_of(size.x, size.y)
        if scale != look.scale:
            look.set_scale(scale)
        margin = look.px(MARGIN)
        at, end = Vec2(margin, margin), Vec2(margin + look.px(WIDTH), size.y - margin)
        if self.model.replaying:
            end.y -= look.px(SCRUB_BAR)
        _shadow(look, at, end)
        imgui.set_next_window_pos(at)
        imgui.set_next_window_size(Vec2(end.x - at.x, end.y - at.y))
        imgui.begin("##panel", None, FLAGS)
        self._head()
        imgui.begin_child("##page", Vec2(0.0, imgui.get_content_region_avail().y - look.px(49)))
        for i, section in enumerate(self.pages[self.page][1]):
            imgui.push_id(f"{self.page}.{i}")
            name = f"{self.page}: {type(section).__name__}"
            self._guard.draw(look, name, partial(section.draw, look, self.model))
            imgui.pop_id()
        imgui.end_child()
        w.rule(look)
        self._transport.draw(look, self.model)
        imgui.end()

    def _head(self) -> None:
        """Draws the name, the key that hides the panel, and the tabs."""
        look = self.look
        at, room = imgui.get_cursor_screen_pos(), imgui.get_content_region_avail().x
        w.write(look, at, "Pratfall", LARGE, INK, "bold")
        key = self.model.key_of("panel")
        words = f"{key} hides this" if key else ""
        w.write(look, Vec2(at.x + room - w.width_of(look, words, TINY), at.y + look.px(7)), words, TINY, DIM)
        imgui.dummy(Vec2(room, look.px(24)))
        self._tabs(room)

    def _tabs(self, room: float) -> None:
        look, draw = self.look, imgui.get_window_draw_list()
        at, tall = imgui.get_cursor_screen_pos(), look.px(32)
        labels = {name: f"{icon} {name}" for name, (icon, _) in self.pages.items()}
        lengths = {name: w.width_of(look, label, SMALL, "bold") for name, label in labels.items()}
        spare = (room - sum(lengths.values())) / len(labels)
        x = at.x
        draw.add_rect_filled(at, Vec2(at.x + room, at.y + tall), u32(SAND), look.px(10))
        for name, label in labels.items():
            each = lengths[name] + spare
            imgui.set_cursor_screen_pos(Vec2(x, at.y))
            if imgui.invisible_button(f"##page.{name}", Vec2(each, tall)):
                self.page = name
            chosen, inset = name == self.page, look.px(3)
            if chosen or imgui.is_item_hovered():
                color = CORAL if chosen else mix(SAND, LINE, 0.8)
                a, b = Vec2(x + inset, at.y + inset), Vec2(x + each - inset, at.y + tall - inset)
                draw.add_rect_filled(a, b, u32(color), look.px(8))
            color = WHITE if chosen else INK
            left = Vec2(x + spare / 2, at.y + (tall - look.px(SMALL)) / 2 - look.px(1))
            w.write(look, left, label, SMALL, color, "bold")
            x += each


def _shadow(look: Look, at: Vec2, end: Vec2) -> None:
    """A soft shadow below the card."""
    draw = imgui.get_background_draw_list()
    for i in range(6):
        grow, drop = look.px(1.0 + 1.6 * i), look.px(3)
        a, b = Vec2(at.x - grow, at.y - grow + drop), Vec2(end.x + grow, end.y + grow + drop)
        draw.add_rect_filled(a, b, u32(INK, 0.035), look.px(14) + grow)
