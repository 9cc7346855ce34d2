"""PropPlacement: which prop the next click puts where. Knows no mouse and no window."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from game.input.picking import Ray, pick_top
from game.play.events import Spawn
from game.scene.json_fields import SetError
from game.scene.set_file import load_prop, names
from game.scene.set_spec import ItemSpec, quaternion_of
from game.sim import rotation
from game.sim.overlap import in_the_way
from game.sim.snapshot import Snapshot

Array = NDArray[np.float64]

GAP = 0.01
"""m that a thing is put above what it is put on: it settles"""
TURN = math.radians(15.0)
FARTHEST = 25.0
"""m from the eye"""


SHIFTS = (0.12, 0.24, 0.36)
"""m that a thing is moved aside where there is no room for it"""
_ANGLES = np.linspace(0.0, math.tau, 12, endpoint=False)
_ASIDE = np.array([[0.0, 0.0, 0.0], *([r * math.cos(a), r * math.sin(a), 0.0] for r in SHIFTS for a in _ANGLES)])
_FURTHER = np.array([[r * math.cos(a), r * math.sin(a), 0.0] for r in (0.7, 1.1, 1.6, 2.2) for a in _ANGLES])


class Spot(NamedTuple):
    """Where a prop would stand."""

    item: ItemSpec
    """the prop, there"""
    in_the_way: str | None
    """the name of what it would be inside of; None: there is room"""


class PropPlacement:
    """One prop chosen of those that there are, or none."""

    def __init__(self, load: Callable[[str], ItemSpec] = load_prop) -> None:
        self._load = load
        self._loaded: dict[str, ItemSpec] = {}
        self.name: str | None = None
        """the chosen one; None where a click places nothing"""
        self.yaw = 0.0
        """rad about z"""

    @property
    def names(self) -> tuple[str, ...]:
        """All that there are."""
        return names("props")

    @property
    def item(self) -> ItemSpec | None:
        """The chosen one as its file has it: lying at the origin, z its resting height."""
        return self._loaded[self.name] if self.name is not None else None

    def choose(self, name: str | None) -> str:
        """Chooses a prop, or None; returns what to tell the person."""
        if name is None:
            self.name = None
            return "no prop to place"
        try:
            self._loaded[name] = self._load(name)
        except SetError as error:
            return str(error)
        self.name = name
        return f"click to place: {name.replace('_', ' ')}"

    def cycle(self, steps: int) -> str:
        """Chooses the prop so many places further; none is one of the places."""
        ring = (None, *self.names)
        place = ring.index(self.name) if self.name in ring else 0
        return self.choose(ring[(place + steps) % len(ring)])

    def turn(self, steps: float) -> None:
        """Turns it about z."""
        self.yaw = math.remainder(self.yaw + steps * TURN, math.tau)

    def spot(self, ray: Ray, snapshot: Snapshot, items: Mapping[int, ItemSpec]) -> Spot | None:
        """Where the chosen prop would stand: where a line of sight meets the floor or a thing, or a little beside.

        None where the line meets neither, or none is chosen.
        """
        hit = pick_top(ray, snapshot, items)
        if hit is None or hit.distance > FARTHEST or self.item is None:
            return None
        first = None
        for aside in _ASIDE if hit.is_floor else _ASIDE[:1]:
            spawn = self.spawn(hit.point + aside)
            assert spawn is not None
            reason = in_the_way(spawn.item, snapshot, items)
            if reason is None:
                return Spot(spawn.item, None)
            first = first or Spot(spawn.item, reason)
        return first

    def near(self, point: Array, item: ItemSpec, snapshot: Snapshot, items: Mapping[int, ItemSpec]) -> Spot:
        """Where an item has room, at a point (3,) or as near to it as possible; at the point where it has none."""
        first = None
        for aside in (*_ASIDE, *_FURTHER):
            spawn = self.spawn(point + aside, item)
            assert spawn is not None
            reason = in_the_way(spawn.item, snapshot, items)
            if reason is None:
                return Spot(spawn.item, None)
            first = first or Spot(spawn.item, reason)
        assert first is not None
        return first

    def spawn(self, point: Array, item: ItemSpec | None = None) -> Spawn | None:
        """The event that puts it (or another item) onto a point (3,); None where none is chosen."""
        item = self.item if item is None else item
        if item is None:
            return None
        x, y, z = point.tolist()
        turned = rotation.multiply(np.array(quaternion_of((0.0, 0.0, self.yaw))), np.array(item.quaternion))
        a, b, c, d = turned.tolist()
        return Spawn(replace(item, position=(x, y, z + item.position[2] + GAP), quaternion=(a, b, c, d)))
