"""HardestHits: the hardest of each body, from what touched what."""

from __future__ import annotations

from game.sim.snapshot import Snapshot

BRUSH = 3.0
"""N s in a tick: less is not worth telling"""


class HardestHits:
    """Of one character; his feet are left out, and so is what he does to himself."""

    def __init__(self) -> None:
        self.hardest: dict[str, float] = {}
        """N s, by body"""
        self._tick = 0

    def add(self, snapshot: Snapshot, character: int) -> None:
        """Takes in a tick; another world begins with nothing."""
        if snapshot.tick <= self._tick:
            self.hardest.clear()
        self._tick = snapshot.tick
        model = snapshot.model
        for contact in snapshot.contacts:
            if contact.character != character or contact.kind == "self" or contact.body in model.feet:
                continue
            body = model.body_names[contact.body]
            if contact.impulse > max(self.hardest.get(body, 0.0), BRUSH):
                self.hardest[body] = contact.impulse
