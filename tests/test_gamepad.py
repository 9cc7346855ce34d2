"""A gamepad that is not there: its buttons do what the actions say, its sticks rest in the middle."""

from types import SimpleNamespace
from typing import Any

import panda3d.core as p3d
import pytest

from game.input.bindings import ACTIONS
from game.view.gamepad import DEAD_ZONE, TURN, ZOOM, Gamepad

AXIS = p3d.InputDevice.Axis


class Device:
    """Buttons that are down, axes that are known."""

    def __init__(self) -> None:
        self.down: set[str] = set()
        self.axes: dict[Any, float] = {}
        self.polls = 0

    def poll(self) -> None:
        self.polls += 1

    def find_axis(self, axis: Any, /) -> Any:
        return SimpleNamespace(known=axis in self.axes, value=self.axes.get(axis, 0.0))

    def find_button(self, button: Any, /) -> Any:
        return SimpleNamespace(known=True, pressed=button.name in self.down)


@pytest.fixture
def device() -> Device:
    return Device()


def test_buttons_are_pressed_once_and_let_go(device: Device) -> None:
    pad = Gamepad(device, ACTIONS)
    device.down = {"face_a", "face_b", "dpad_left"}
    used = pad.read()
    assert set(used.pressed) == {("limp", 0), ("throw_ball", 0), ("shove", 2)}
    assert pad.read().pressed == []
    device.down = set()
    assert pad.read().released == ["limp"]  # only what is held ends
    assert pad.read().released == []
    assert device.polls == 4


def test_every_button_is_one_that_panda_knows() -> None:
    known = p3d.ButtonRegistry.ptr()
    names = [button for action in ACTIONS for button in action.pad]
    assert len(names) == len(set(names))
    for name in names:
        assert known.find_button(name) in {getattr(p3d.GamepadButton, name)()}


def test_sticks(device: Device) -> None:
    pad = Gamepad(device, ACTIONS)
    device.axes = {AXIS.left_x: 0.5 * DEAD_ZONE, AXIS.left_y: -0.5 * DEAD_ZONE}
    assert not pad.read().walk.any()
    device.axes = {AXIS.left_x: 0.0, AXIS.left_y: 1.0, AXIS.right_x: 0.6, AXIS.right_y: 0.0}
    used = pad.read()
    assert used.walk == pytest.approx([0.0, 1.0])
    assert used.turn == pytest.approx([-TURN * (0.6 - DEAD_ZONE) / (1.0 - DEAD_ZONE), 0.0])
    assert not used.push.any() and used.zoom == 0.0


def test_triggers_give_the_sticks_another_meaning(device: Device) -> None:
    pad = Gamepad(device, ACTIONS)
    device.axes = {AXIS.left_x: 1.0, AXIS.left_y: 0.0, AXIS.right_trigger: 1.0}
    used = pad.read()
    assert used.push == pytest.approx([1.0, 0.0])
    assert not used.walk.any()
    device.axes = {AXIS.left_x: 1.0, AXIS.right_x: 0.0, AXIS.right_y: -1.0, AXIS.left_trigger: 1.0}
    used = pad.read()
    assert used.walk == pytest.approx([1.0, 0.0])
    assert used.zoom == pytest.approx(-ZOOM)
    assert not used.turn.any() and not used.push.any()
