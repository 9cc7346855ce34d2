"""Pictures: cameras, quality, sound, and the buttons that film."""

from __future__ import annotations

from imgui_bundle import imgui

from game.view.panel import icons
from game.view.panel import widgets as w
from game.view.panel.look import Look
from game.view.panel.panel_data import PanelModel
from game.view.panel.policies import spoken

BUTTONS = (
    ("screenshot", icons.CAMERA, "Picture"),
    ("save_last", icons.SAVE, "Keep the last 15 s"),
    ("save_take", icons.SAVE, "Keep the run"),
)
SWITCHES = (("follow", "camera follows him"), ("mute", "mute"), ("fullscreen", "full screen"))


class Pictures:
    """Film buttons, cameras, quality and switches."""

    def draw(self, look: Look, model: PanelModel) -> None:
        """Draws chips, switches and buttons."""
        self._film(look, model)
        w.heading(look, "Camera", _key(model, "camera_next"))
        self._choose_camera(look, model)
        w.heading(look, "Quality", "lite is for slow machines, film for films")
        choice = w.chips(look, "quality", tuple(model.qualities), model.quality, even=True)
        if choice is not None and choice != model.quality:
            model.choose_quality(choice)
        switches = model.switches
        for name, words in SWITCHES:
            now = w.switch(look, name, words, switches[name], _key(model, name)) if name in switches else None
            if now is not None:
                model.switch(name, now)

    def _film(self, look: Look, model: PanelModel) -> None:
        w.heading(look, "Film", model.filming)
        gap = look.px(6)
        room = imgui.get_content_region_avail().x
        half = (room - gap) / 2
        icon, words = (icons.STOP, "Stop") if model.filming else (icons.RECORD, "Film")
        if w.button(look, "record", icon, words, warm=True, hint=_key(model, "record"), width=half):
            model.act("record")
        for i, (name, icon, words) in enumerate(BUTTONS):
            if i % 2 == 0:
                imgui.same_line(0.0, gap)
            if w.button(look, name, icon, words, hint=_key(model, name), width=half):
                model.act(name)

    def _choose_camera(self, look: Look, model: PanelModel) -> None:
        names = {spoken(name): name for name in model.camera_names}
        current = next((words for words, name in names.items() if name == model.camera), None)
        choice = w.chips(look, "camera", tuple(names), current)
        if choice is not None:
            model.choose_camera(names[choice])


def _key(model: PanelModel, action: str) -> str:
    return f"key {model.key_of(action)}" if model.can(action) else ""
