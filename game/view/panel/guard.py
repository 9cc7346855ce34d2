"""Guard: a part of the panel that fails to draw is left out from then on, with its reason in its place."""

from __future__ import annotations

from collections.abc import Callable

from imgui_bundle import imgui

from game.scene.refusal import reason_of
from game.view.panel import widgets as w
from game.view.panel.look import RED, TINY, Look


class Guard:
    """Draws parts by name. What a part had begun in imgui when it failed is ended, so that the rest can go on."""

    def __init__(self) -> None:
        self.failed: dict[str, str] = {}
        """why, by name, of the parts that are left out"""

    def draw(self, look: Look, name: str, part: Callable[[], None]) -> None:
        """Draws a part, or says why it is left out."""
        if name not in self.failed:
            state = imgui.internal.ErrorRecoveryState()
            imgui.internal.error_recovery_store_state(state)
            try:
                part()
            except Exception as error:  # noqa: BLE001 - whatever a file brought, the window goes on
                self.failed[name] = reason_of(error)
                _end_what_was_begun(state)
        if name in self.failed:
            w.text(look, f"{name} cannot be shown: {self.failed[name]}", TINY, RED)


def _end_what_was_begun(state: imgui.internal.ErrorRecoveryState) -> None:
    io = imgui.get_io()
    before = io.config_error_recovery_enable_assert, io.config_error_recovery_enable_tooltip
    io.config_error_recovery_enable_assert = io.config_error_recovery_enable_tooltip = False
    imgui.internal.error_recovery_try_to_recover_state(state)
    io.config_error_recovery_enable_assert, io.config_error_recovery_enable_tooltip = before
