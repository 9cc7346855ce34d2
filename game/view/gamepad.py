"""Gamepad: its buttons as actions, its sticks and triggers as numbers."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
import panda3d.core as p3d
from numpy.typing import NDArray

from game.input.bindings import Action

Array = NDArray[np.float64]

DEAD_ZONE = 0.2
"""share of a stick's travel within which it counts as released"""
TURN = 0.45
"""widths of the window per second: how fast a stick turns the camera"""
TRIGGER_HELD = 0.5
"""share of a trigger's travel from which on it counts as held"""
ZOOM = 6.0
"""steps of the mouse wheel per second: how fast a stick zooms while the left trigger is held"""
_AXIS = p3d.InputDevice.Axis


class Device(Protocol):
    """The part of p3d.InputDevice that Gamepad uses."""

    def poll(self) -> None: ...

    def find_axis(self, axis: Any, /) -> Any:
        """Its state, with `known` and `value` -1..1."""

    def find_button(self, button: Any, /) -> Any:
        """Its state, with `known` and `pressed`."""


class PadInput(NamedTuple):
    """What a gamepad has done since it was last read."""

    pressed: list[tuple[str, int]]
    """actions whose button went down, and which of an action's buttons it was"""
    released: list[str]
    """actions that last while a button is held, and whose button came up"""
    walk: Array
    """(2,) left stick, right and up, each -1..1"""
    push: Array
    """(2,) the same, instead of walk while the right trigger is held"""
    turn: Array
    """(2,) per second, right stick, in the units of CameraRig.drag"""
    zoom: float
    """steps of the wheel per second"""


class Gamepad:
    """One gamepad. `read` it once a frame."""

    def __init__(self, device: Device, actions: Iterable[Action]) -> None:
        self.device = device
        self._buttons = [(name, action, choice) for action in actions for choice, name in enumerate(action.pad)]
        self._down: set[str] = set()

    def read(self) -> PadInput:
        """What was pressed and released since the last call, and where the sticks are."""
        self.device.poll()
        pressed: list[tuple[str, int]] = []
        released: list[str] = []
        for name, action, choice in self._buttons:
            down = self._is_down(name)
            if down and name not in self._down:
                pressed.append((action.name, choice if action.choice else 0))
            if not down and name in self._down and action.held:
                released.append(action.name)
            (self._down.add if down else self._down.discard)(name)
        turn = _stick(self._value(_AXIS.right_x), self._value(_AXIS.right_y))
        left, still, zoom = _stick(self._value(_AXIS.left_x), self._value(_AXIS.left_y)), np.zeros(2), 0.0
        if self._value(_AXIS.left_trigger) > TRIGGER_HELD:
            turn, zoom = still, float(turn[1])
        pushes = self._value(_AXIS.right_trigger) > TRIGGER_HELD
        walk, push = (still, left) if pushes else (left, still)
        return PadInput(pressed, released, walk, push, -TURN * turn, ZOOM * zoom)

    def _is_down(self, name: str) -> bool:
        state = self.device.find_button(p3d.ButtonRegistry.ptr().find_button(name))
        return bool(state.known and state.pressed)

    def _value(self, axis: Any) -> float:
        state = self.device.find_axis(axis)
        return float(state.value) if state.known else 0.0


def first_gamepad(actions: Sequence[Action]) -> Gamepad | None:
    """The first gamepad that is plugged in, or None."""
    manager = p3d.InputDeviceManager.get_global_ptr()
    found = manager.get_devices(p3d.InputDevice.DeviceClass.gamepad)  # type: ignore[arg-type]  # its stub says int
    return Gamepad(found[0], actions) if len(found) else None


def _stick(x: float, y: float) -> Array:
    """(2,) a stick's direction; its length is 0 in the dead zone and 1 at the edge."""
    size = math.hypot(x, y)
    if size <= DEAD_ZONE:
        return np.zeros(2)
    return np.array([x, y]) / size * min((size - DEAD_ZONE) / (1.0 - DEAD_ZONE), 1.0)
