"""PanelWindow: a Panel in a Panda3D window, through p3dimgui. It works in a window only, not offscreen."""

from __future__ import annotations

import panda3d.core as p3d
from direct.showbase.DirectObject import DirectObject
from imgui_bundle import imgui
from p3dimgui import ImGuiBackend

from game.view.panel.look import Look
from game.view.panel.model import PanelModel
from game.view.panel.panel import Panel


class PanelWindow:
    """Shows and hides the panel, and says when it has the mouse or the keyboard. One for each ShowBase."""

    def __init__(self, window: p3d.GraphicsWindow, parent: p3d.NodePath, model: PanelModel) -> None:
        """`parent` is ShowBase's pixel2d. Call it once ShowBase has its window."""
        self._backend = ImGuiBackend(window, parent, "light")
        io = imgui.get_io()
        io.set_ini_filename("")
        self.panel = Panel(Look(), model)
        self._events = DirectObject()
        self._events.accept("imgui-new-frame", self._draw)

    def _draw(self) -> None:
        self.panel.draw()

    @property
    def visible(self) -> bool:
        return not self._backend.root.is_hidden()

    @visible.setter
    def visible(self, visible: bool) -> None:
        (self._backend.show if visible else self._backend.hide)()

    @property
    def width(self) -> float:
        """px of the window that it covers, from the left."""
        return self.panel.width if self.visible else 0.0

    @property
    def has_mouse(self) -> bool:
        """Whether clicks and the wheel are meant for it."""
        return self.visible and bool(self._backend.is_mouse_captured())

    @property
    def has_keyboard(self) -> bool:
        """Whether somebody types into it."""
        return self.visible and bool(imgui.get_io().want_text_input)
