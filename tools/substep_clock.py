"""SubstepClock: CPU time of the parts of the compiled inner loop, from the Bullet functions that begin each part."""

from __future__ import annotations

import ctypes
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from game.sim.bullet import BulletEngine, substeps
from game.sim.bullet.c_api import address, bullet
from game.sim.world import World

STEP = {"begin_step": "step", "begin_contacts": "", "begin_state": ""}
"""the bare physics steps alone"""
PARTS = {
    "begin_torques": "set",
    "begin_step": "step",
    "begin_contacts": "contacts",
    "begin_state": "read",
    # a state was requested and is copied; then come the next substep's torques
    "get_state": "pd",
}


class SubstepClock:
    """Seconds by part since they were last read. What it costs itself is kept apart, as `watch`."""

    def __init__(self, parts: Mapping[str, str]) -> None:
        """parts: which label begins with the call of which field of `substeps.Calls`; an empty one ends a part."""
        self.spent: dict[str, float] = {}
        self._label = ""
        self._since = 0.0
        self._inside = False
        self._callbacks = {field: self._callback(field, label) for field, label in parts.items()}

    def _callback(self, field: str, label: str) -> Any:
        function = getattr(bullet, substeps.FUNCTIONS[field])

        def begin(*arguments: Any) -> Any:
            self._mark(label)
            return function(*arguments)

        return ctypes.CFUNCTYPE(function.restype, *function.argtypes)(begin)

    def _mark(self, label: str) -> None:
        if self._inside and label != self._label:
            now = time.thread_time()
            if self._label:
                self.spent[self._label] = self.spent.get(self._label, 0.0) + now - self._since
            self._label, self._since = label, time.thread_time()
            self.spent["watch"] = self.spent.get("watch", 0.0) + self._since - now

    def put_into(self, world: World) -> None:
        """Watch a world for as long as it lives, while `on`."""
        engine = world.engine
        assert isinstance(engine, BulletEngine)  # the one that there is
        client = engine.client
        client.calls = client.calls._replace(**{f: address(call) for f, call in self._callbacks.items()})

    @contextmanager
    def on(self) -> Iterator[None]:
        """Count what happens in control ticks of the worlds that this was put into."""
        advance = substeps.advance

        def watched(*arguments: Any) -> Any:
            self._inside = True
            result = advance(*arguments)
            self._mark("")
            self._inside = False
            return result

        substeps.advance = watched  # type: ignore[assignment]
        try:
            yield
        finally:
            substeps.advance = advance

    def read(self) -> dict[str, float]:
        """The seconds, and start again from zero."""
        spent, self.spent = self.spent, {}
        return spent
