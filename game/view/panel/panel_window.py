"""PanelWindow: a Panel in a Panda3D window, through p3dimgui. It works in a window only, not offscreen."""

from __future__ import annotations

from pathlib import Path

import panda3d.core as p3d
from direct.showbase.DirectObject import DirectObject
from imgui_bundle import imgui
from p3dimgui import ImGuiBackend

from game.view.panel.look import Look
from game.view.panel.panel import Panel
from game.view.panel.panel_data import PanelModel


class PanelWindow:
    """Shows and hides the panel; knows whether it has the mouse or the keyboard. One for each ShowBase."""

    def __init__(self, window: p3d.GraphicsOutput, parent: p3d.NodePath, model: PanelModel) -> None:
        """`parent` is ShowBase's pixel2d. Make it after the window is open. Without shaders it stays hidden."""
        self._window = window
        self._backend: ImGuiBackend | None = None
        if not isinstance(window, p3d.GraphicsWindow) or not window.gsg.supports_basic_shaders:
            return
        self._backend = ImGuiBackend(window, parent, "light")
        imgui.get_io().set_ini_filename("")  # imgui writes no settings file
        look = Look()
        look.load_picture = self._load_picture
        self.panel = Panel(look, model)
        self._events = DirectObject()
        self._events.accept("imgui-new-frame", self.panel.draw)

    def _load_picture(self, path: Path) -> imgui.ImTextureRef | None:
        picture, texture = p3d.PNMImage(), p3d.Texture(path.name)
        if self._backend is None or not picture.read(p3d.Filename.from_os_specific(str(path))):
            return None
        texture.load(picture)
        texture.set_minfilter(p3d.SamplerState.FT_linear)
        loaded: imgui.ImTextureRef = self._backend.loadTexture(texture)
        return loaded

    @property
    def visible(self) -> bool:
        """Whether it is shown."""
        return self._backend is not None and not self._backend.root.is_hidden()

    def toggle(self) -> str | None:
        """Shows or hides it; returns a message if that is not possible."""
        if self._backend is None:
            return "there is no panel: this display has no shaders"
        io = imgui.get_io()
        for forget in (io.clear_events_queue, io.clear_input_keys, io.clear_input_mouse):
            forget()  # ignore what was pressed while it was hidden
        self._backend.toggle()
        return None

    @property
    def inset(self) -> float:
        """Width that it covers from the window's left edge, in the units of ShowBase's aspect2d."""
        return 2.0 * self.panel.width / min(self._window.size) if self.visible else 0.0

    @property
    def has_mouse(self) -> bool:
        """Whether clicks and the wheel go to the panel."""
        return self.visible and bool(imgui.get_io().want_capture_mouse)

    @property
    def has_keyboard(self) -> bool:
        """Whether keys go to a text field of the panel."""
        return self.visible and bool(imgui.get_io().want_text_input)
