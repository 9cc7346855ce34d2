"""Which function carries out which kind of event: `handles` registers one, `handler_of` finds it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from game.play.events import Event, EventError

MAX_NUMBER = 1e6
"""of a force, position or velocity in an event, in SI units"""

E = TypeVar("E", bound=Event)
H = TypeVar("H")
Handler = Callable[[Any, Any], Event | None]
_HANDLERS: dict[type[Event], Handler] = {}


def handles(kind: type[E]) -> Callable[[Callable[[H, E], E | None]], Callable[[H, E], E | None]]:
    """Decorator: makes a method the handler of a kind of event. mypy checks that the method accepts such an event.

    The method returns None, or the event as a take shall store it. It checks everything before it changes anything.
    """

    def register(method: Callable[[H, E], E | None]) -> Callable[[H, E], E | None]:
        if kind in _HANDLERS:
            raise TypeError(f"{kind.__name__} has two handlers: {_HANDLERS[kind]} and {method}")
        _HANDLERS[kind] = method
        return method

    return register


def handler_of(kind: type[Event]) -> Handler:
    """The handler of a kind of event. Raises EventError if there is none."""
    if kind not in _HANDLERS:
        known = ", ".join(known.__name__ for known in _HANDLERS)
        raise EventError(f"no handler for {kind.__name__}; there are handlers for {known}")
    return _HANDLERS[kind]


def without_handler() -> list[str]:
    """Names of the kinds of event that have no handler; a test checks that there are none."""
    return [name for name, kind in Event.TYPES.items() if kind not in _HANDLERS]


def check_finite(what: str, values: tuple[float, ...], most: float = MAX_NUMBER) -> None:
    """Raises EventError, which names `what`, if a value is not finite or its size is larger than `most`."""
    if not np.isfinite(values).all() or np.abs(values).max() > most:
        raise EventError(f"{what} {values}: expected finite numbers of at most {most:g}")
