"""HitFinder: which contacts of a tick are heard: sudden increases of load only; a body that lies still is silent."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from game.sim.contact import Contact, Vec3
from game.sim.snapshot import Snapshot

HELD = 0.85
"""factor per tick by which a remembered load decays: so a contact that comes and goes counts as one load"""
RISE = 1.5
"""a hit has more than this times the remembered load; less is only weight being shifted"""
MIN_IMPULSE = 0.15
"""N s above the remembered load that a hit has at least"""
TELEPORT = 1.0
"""m; a body that moved farther in one tick was placed there, and does not hit anything"""

Owner = tuple[int, int]
"""character or -1, and its body or the prop's id"""


@dataclass(frozen=True)
class SoundHit:
    """A body or a prop that hit something."""

    tick: int
    character: int
    """whose body it is; -1 for a prop"""
    body: int
    """index of the body, or the prop's id"""
    kind: str
    """of what was hit: floor, prop or character"""
    other: int
    """FLOOR, a prop's id or a character"""
    other_body: int
    """index of the body that was hit, if it was a character's"""
    point: Vec3
    """m, world"""
    impulse: float
    """N s above the remembered load"""


class HitFinder:
    """Remembers the loads of all bodies and props. Call `find` every tick."""

    def __init__(self) -> None:
        self._loads: dict[Owner, float] = {}
        self._before: Snapshot | None = None

    def find(self, snapshot: Snapshot) -> list[SoundHit]:
        """The hits of a tick, hardest first. What was placed in this tick hits nothing."""
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
            remembered = self._loads.get(owner, 0.0)
            new = owner[0] in new_characters if owner[0] >= 0 else owner[1] in new_props
            if not new and load - remembered > MIN_IMPULSE and load > RISE * remembered:
                c = strongest[owner]
                hits.append(
                    SoundHit(
                        snapshot.tick, c.character, c.body, c.kind, c.other, c.other_body, c.point, load - remembered
                    )
                )
        faded = {owner: HELD * load for owner, load in self._loads.items() if HELD * load > 0.1 * MIN_IMPULSE}
        self._loads = {owner: max(loads.get(owner, 0.0), faded.get(owner, 0.0)) for owner in loads.keys() | faded}
        self._before = snapshot
        return sorted(hits, key=lambda hit: (-hit.impulse, hit.character, hit.body))

    def _newcomers(self, snapshot: Snapshot) -> tuple[set[int], set[int]]:
        """Characters and props that are new or were placed elsewhere since the last tick."""
        before = self._before
        everybody = set(range(snapshot.num_characters))
        if before is None:
            return everybody, set(snapshot.props.ids)
        stayed = range(min(before.num_characters, snapshot.num_characters))
        jumps = snapshot.body_pos[list(stayed), 0] - before.body_pos[list(stayed), 0]
        still = {i for i, jump in zip(stayed, np.linalg.norm(jumps, axis=-1), strict=True) if jump < TELEPORT}
        return everybody - still, set(snapshot.props.ids) - set(before.props.ids)
