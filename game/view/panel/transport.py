"""Transport: pause, step, speed, restart, reset and replay, on every page. In a replay: keyframes, and back."""

from __future__ import annotations

from imgui_bundle import imgui

from game.play.clock import MAX_SPEED, MIN_SPEED
from game.view.panel import icons
from game.view.panel import widgets as w
from game.view.panel.look import TEAL, Look
from game.view.panel.panel_data import PanelModel

Vec2 = imgui.ImVec2

LIVE_BUTTONS = (
    ("step", icons.STEP, "one tick forward"),
    ("restart", icons.RESTART, "start what he does from its beginning"),
    ("reset", icons.RESET, "back on his feet"),
    ("replay", icons.REPLAY, "the last seconds again"),
)
REPLAY_BUTTONS = (
    ("step", icons.STEP, "one tick forward"),
    ("mark", icons.MARK, "the camera is here now: marks make a shot"),
    ("marks_clear", icons.DELETE, "forget the marks"),
    ("replay", icons.LIVE, "back to the game"),
)


class Transport:
    """The row at the bottom of the panel."""

    def draw(self, look: Look, model: PanelModel) -> None:
        """Draws the buttons and the slider for the speed."""
        gap = look.px(5)
        icon, hint = (icons.PLAY, "go on") if model.paused else (icons.PAUSE, "pause")
        if w.button(look, "pause", icon, hint=_with_key(model, "pause", hint), warm=model.paused):
            model.act("pause")
        for name, icon, hint in REPLAY_BUTTONS if model.replaying else LIVE_BUTTONS:
            if not model.can(name):
                continue
            imgui.same_line(0.0, gap)
            if w.button(look, name, icon, hint=_with_key(model, name, hint)):
                model.act(name)
        imgui.same_line(0.0, look.px(10))
        w.inset("##speed", Vec2(0.0, look.px(34)))
        speed = model.speed
        moved = w.slider(look, "speed", "time", speed, MIN_SPEED, MAX_SPEED,
                         value_text=speed_words(speed), step=0.5, default=1.0, logarithmic=True,
                         color=TEAL)  # fmt: skip
        if moved is not None:
            model.set_speed(moved)
        imgui.end_child()


def speed_words(speed: float) -> str:
    """A speed in words."""
    if speed == 1.0:
        return "normal speed"
    return f"1/{1 / speed:.3g}" if speed < 1.0 else f"{speed:.3g}x"


def _with_key(model: PanelModel, action: str, hint: str) -> str:
    key = model.key_of(action)
    return f"{hint}  ({key})" if key else hint
