"""Hits: which contacts of a tick are heard. Only a change of load is: who lies still makes no noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from game.sim.contact import Contact, Vec3
from game.sim.snapshot import Snapshot

HELD = 0.85
"""share per tick of what a body has borne that it is still used to: a flickering contact is one load"""
RISE = 1.5
"""times what it is used to: less is weight being shifted"""
LEAST = 0.15
"""N s"""
TELEPORT = 1.0
"""m in one tick: put there, not moved there"""

Owner = tuple[int, int]
"""character or -1, and its body or the prop's id"""


@dataclass(frozen=True)
class SoundHit:
    """Something was struck."""

    tick: int
    character: int
    """-1 where a prop struck something"""
    body: int
    """the character's, or the prop's id"""
    kind: str
    """of what it struck: floor, prop or character"""
    other: int
    """FLOOR, a prop's id or a character"""
    other_body: int
    point: Vec3
    impulse: float
    """N s beyond what it has borne lately"""


class HitFinder:
    """Remembers what everything bears. Ask it every tick."""

    def __init__(self) -> None:
        self._loads: dict[Owner, float] = {}
        self._before: Snapshot | None = None

    def find(self, snapshot: Snapshot) -> list[SoundHit]:
        """The hits of a tick, hardest first. What has just appeared or been put elsewhere does not strike."""
        strongest: dict[Owner, Contact] = {}
        loads: dict[Owner, float] = {}
        for contact in snapshot.contacts:
            if contact.kind == "self":
                continue
            owner = (contact.character, contact.body)
            loads[owner] = loads.get(owner, 0.0) + contact.impulse
            if owner not in strongest or contact.impulse > strongest[owner].impulse:
                strongest[owner] = contact
        hits = []
        new_characters, new_props = self._newcomers(snapshot)
        for owner, load in loads.items():
            used_to = self._loads.get(owner, 0.0)
            new = owner[0] in new_characters if owner[0] >= 0 else owner[1] in new_props
            if not new and load - used_to > LEAST and load > RISE * used_to:
                c = strongest[owner]
                hits.append(
                    SoundHit(snapshot.tick, c.character, c.body, c.kind, c.other, c.other_body, c.point, load - used_to)
                )
        faded = {owner: HELD * load for owner, load in self._loads.items() if HELD * load > 0.1 * LEAST}
        self._loads = {owner: max(loads.get(owner, 0.0), faded.get(owner, 0.0)) for owner in loads.keys() | faded}
        self._before = snapshot
        return sorted(hits, key=lambda hit: (-hit.impulse, hit.character, hit.body))

    def _newcomers(self, snapshot: Snapshot) -> tuple[set[int], set[int]]:
        """Characters and props that were not there, or elsewhere, a tick ago."""
        before = self._before
        everybody = set(range(snapshot.num_characters))
        if before is None:
            return everybody, set(snapshot.props.ids)
        stayed = range(min(before.num_characters, snapshot.num_characters))
        jumps = snapshot.body_pos[list(stayed), 0] - before.body_pos[list(stayed), 0]
        still = {i for i, jump in zip(stayed, np.linalg.norm(jumps, axis=-1), strict=True) if jump < TELEPORT}
        return everybody - still, set(snapshot.props.ids) - set(before.props.ids)
