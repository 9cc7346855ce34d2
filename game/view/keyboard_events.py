"""KeyboardEvents: a window's keys by position, as they go down and up, and what is printed on them."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import panda3d.core as p3d
from direct.showbase.DirectObject import DirectObject

from game.input.bindings import MODIFIERS
from game.input.keyboard import Keyboard
from game.input.keyboard_layout import US, KeyboardLayout


class KeyboardEvents:
    """Presses a Keyboard's keys. Panda3D's raw events have the same names, a US keyboard's, on every layout.

    Args:
        window: whose keys they are.
        source: the node of its mouse and keyboard, ShowBase's `mouseWatcher`.
        keyboard: what is pressed.
        begin: called with each action that begins, and its choice.
        end: called with each held action that ends, and its choice.
    """

    def __init__(
        self,
        window: p3d.GraphicsOutput,
        source: p3d.NodePath,
        keyboard: Keyboard,
        begin: Callable[[str, int], None],
        end: Callable[[str, int], None],
    ) -> None:
        self._window, self._keyboard, self._begin, self._end = window, keyboard, begin, end
        self._has_focus = self._focus()
        thrower = p3d.ButtonThrower("keyboard")
        thrower.specific_flag = False  # ShowBase's own throws those
        thrower.raw_button_down_event, thrower.raw_button_up_event = "raw-key-down", "raw-key-up"
        thrower.button_down_event, thrower.button_up_event = "any-button-down", "any-button-up"
        source.attach_new_node(thrower)
        self._events = DirectObject()
        self._events.accept("raw-key-down", self._press)
        self._events.accept("raw-key-up", self._release)
        for event, down in (("any-button-down", True), ("any-button-up", False)):
            self._events.accept(event, self._modifier, [down])
        self._events.accept("window-event", self._window_event)

    def repeat(self, seconds: float) -> None:
        """Has the keys that are held repeat what they do. Once a frame, which takes so many seconds."""
        for action, choice in self._keyboard.repeated(seconds):
            self._begin(action, choice)

    def _press(self, key: str) -> None:
        begun = self._keyboard.press(key)
        if begun is not None:
            self._begin(*begun)

    def _release(self, key: str) -> None:
        ended = self._keyboard.release(key)
        if ended is not None:
            self._end(*ended)

    def _modifier(self, down: bool, button: str) -> None:
        if button in MODIFIERS:
            self._keyboard.set_modifier(button, down)
            (self._press if down else self._release)(button)

    def _window_event(self, _window: p3d.GraphicsOutput) -> None:
        """Lets all keys go when another window gets them: this one does not hear when they go up."""
        before, self._has_focus = self._has_focus, self._focus()
        if before and not self._has_focus:
            for action, choice in self._keyboard.release_all():
                self._end(action, choice)

    def _focus(self) -> bool:
        return isinstance(self._window, p3d.GraphicsWindow) and bool(self._window.get_properties().foreground)


def layout_of(window: p3d.GraphicsOutput) -> KeyboardLayout:
    """What is printed on the keys of the keyboard in use now; where nothing is known, a US keyboard."""
    if not isinstance(window, p3d.GraphicsWindow):
        return US
    # None where a platform knows no map, which its types do not say
    table = cast("p3d.ButtonMap | None", window.get_keyboard_map())
    if table is None:
        return US
    buttons = ((table.get_raw_button(i).name, table.get_mapped_button_label(i)) for i in range(table.get_num_buttons()))
    return KeyboardLayout({name: label for name, label in buttons if len(name) == 1 and label})
