"""HardestHits: the hardest hit of each body so far."""

from __future__ import annotations

from game.sim.snapshot import Snapshot

MIN_IMPULSE = 3.0
"""N s in a tick; weaker hits are left out"""


class HardestHits:
    """Of one character, without the feet and without contacts between his own bodies."""

    def __init__(self) -> None:
        self.hardest: dict[str, float] = {}
        """N s, by the body's name"""
        self._tick = 0

    def add(self, snapshot: Snapshot, character: int) -> None:
        """Adds a tick. A tick that is not after the last one starts again from nothing: it is another world."""
        if snapshot.tick <= self._tick:
            self.hardest.clear()
        self._tick = snapshot.tick
        model = snapshot.model
        for contact in snapshot.contacts:
            if contact.character != character or contact.kind == "self" or contact.body in model.feet:
                continue
            body = model.body_names[contact.body]
            if contact.impulse > max(self.hardest.get(body, 0.0), MIN_IMPULSE):
                self.hardest[body] = contact.impulse
