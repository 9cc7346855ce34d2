"""Gamepad: buttons that do actions, sticks that push him and turn the camera."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
import panda3d.core as p3d
from numpy.typing import NDArray

from game.input.bindings import Action

Array = NDArray[np.float64]

DEAD = 0.2
"""of a stick's way, in which it rests"""
TURN = 0.45
"""widths of the window a second that a stick turns the camera by"""
ZOOM = 6.0
"""steps of the wheel a second"""
_AXIS = p3d.InputDevice.Axis


class Device(Protocol):
    """The part of p3d.InputDevice that is used."""

    def poll(self) -> None: ...

    def find_axis(self, axis: Any, /) -> Any:
        """Its state, with `known` and `value` -1..1."""

    def find_button(self, button: Any, /) -> Any:
        """Its state, with `known` and `pressed`."""


class PadInput(NamedTuple):
    """What a gamepad was used for since it was last read."""

    pressed: list[tuple[str, int]]
    """actions that begin, and their choices"""
    released: list[str]
    """held actions that end"""
    push: Array
    """(2,) right and up, each -1..1"""
    turn: Array
    """(2,) as CameraRig.drag takes it, a second"""
    zoom: float
    """steps a second"""


class Gamepad:
    """One gamepad. `read` it once a frame."""

    def __init__(self, device: Device, actions: Iterable[Action]) -> None:
        self.device = device
        self._buttons = [(name, action, choice) for action in actions for choice, name in enumerate(action.pad)]
        self._down: set[str] = set()

    def read(self) -> PadInput:
        """What was pressed and let go since the last time, and where the sticks are."""
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
        zoom = self._value(_AXIS.right_trigger) - self._value(_AXIS.left_trigger)
        push = _stick(self._value(_AXIS.left_x), self._value(_AXIS.left_y))
        return PadInput(pressed, released, push, -TURN * turn, ZOOM * zoom)

    def _is_down(self, name: str) -> bool:
        state = self.device.find_button(p3d.ButtonRegistry.ptr().find_button(name))
        return bool(state.known and state.pressed)

    def _value(self, axis: Any) -> float:
        state = self.device.find_axis(axis)
        return float(state.value) if state.known else 0.0


def first_gamepad(actions: Sequence[Action]) -> Gamepad | None:
    """The first one that is plugged in."""
    manager = p3d.InputDeviceManager.get_global_ptr()
    found = manager.get_devices(p3d.InputDevice.DeviceClass.gamepad)  # type: ignore[arg-type]  # its stub says int
    return Gamepad(found[0], actions) if len(found) else None


def _stick(x: float, y: float) -> Array:
    """(2,) 0 while it rests, 1 at its edge."""
    size = math.hypot(x, y)
    if size <= DEAD:
        return np.zeros(2)
    return np.array([x, y]) / size * min((size - DEAD) / (1.0 - DEAD), 1.0)
