"""Sets, Props, CrowdSection: the parts of the page World that choose what is in the scene."""

from __future__ import annotations

from imgui_bundle import imgui

from game.play.events import MAX_CROWD, Crowd
from game.view.panel import icons
from game.view.panel import widgets as w
from game.view.panel.look import CORAL, SMALL, Look
from game.view.panel.panel_data import PanelModel
from game.view.panel.policies import spoken

WAYS = ("with a click", "from above")


class Sets:
    """The choice of the set, and of its time of day."""

    def draw(self, look: Look, model: PanelModel) -> None:
        """Draws a chip for each set."""
        w.heading(look, "Set", "restarts the run")
        names = {spoken(name): name for name in model.set_names}
        current = next((words for words, name in names.items() if name == model.set_name), None)
        choice = w.chips(look, "set", tuple(names), current)
        if choice is not None and choice != current:
            model.choose_set(names[choice])
        times = {spoken(name): name for name in model.times_of_day}
        if len(times) > 1:
            w.heading(look, "Time of day")
            now = spoken(model.time_of_day)
            time = w.chips(look, "time of day", tuple(times), now)
            if time is not None and time != now:
                model.choose_time_of_day(times[time])


class Props:
    """The choice of props."""

    def __init__(self) -> None:
        self.way = WAYS[0]
        """how a prop is put into the scene"""

    def draw(self, look: Look, model: PanelModel) -> None:
        """Draws a chip for each prop. A prop is placed by the next click into the picture, or falls at once."""
        count = model.num_placed
        w.heading(look, "Props", f"{count} about" if count else "")
        room, gap = imgui.get_content_region_avail().x, look.px(5)
        bin_width = look.px(34) + gap if count else 0.0
        width = (room - gap) / 2
        for i, way in enumerate(WAYS):
            if i:
                imgui.same_line(0.0, gap)
            if w.chip(look, way, way, way == self.way, width=width - bin_width / 2):
                self.way = way
                if model.placing is not None:
                    model.place_prop(None)
        if count:
            imgui.same_line(0.0, gap)
            if w.chip(look, "clear", icons.DELETE, width=bin_width - gap, hint="take all of them away"):
                model.clear_props()
        imgui.push_style_var(imgui.StyleVar_.item_spacing.value, imgui.ImVec2(gap, gap))
        for i, name in enumerate(model.prop_names):
            if i % 2:
                imgui.same_line()
            if w.chip(look, f"prop.{name}", spoken(name), model.placing == name, width=width):
                self._choose(model, name)
        imgui.pop_style_var()
        if model.placing is not None:
            w.text(look, "Click into the picture to put it there.", SMALL, CORAL)

    def _choose(self, model: PanelModel, name: str) -> None:
        if self.way == WAYS[0]:
            model.place_prop(None if model.placing == name else name)
        else:
            model.drop_prop(name)


class CrowdSection:
    """The number of characters."""

    def draw(self, look: Look, model: PanelModel) -> None:
        """Draws the slider."""
        crowd = model.settings.crowd
        value_text = "alone" if crowd == 1 else f"{crowd} of him"
        moved = w.slider(
            look, "crowd", "crowd", crowd, 1, MAX_CROWD, value_text=value_text, step=1.0, default=1, logarithmic=True
        )
        if moved is not None:
            model.post(Crowd(round(moved)))
