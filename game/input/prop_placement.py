"""PropPlacement: which prop the next click puts where. Knows no mouse and no window."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from game.input.picking import Ray, pick_top
from game.play.events import Spawn
from game.scene.json_fields import SetError
from game.scene.set_file import load_prop, names
from game.scene.set_spec import ItemSpec, quaternion_of
from game.sim import rotation
from game.sim.snapshot import Snapshot

Array = NDArray[np.float64]

GAP = 0.01
"""m that a thing is put above what it is put on: it settles"""
TURN = math.radians(15.0)
FARTHEST = 25.0
"""m from the eye"""


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

    def spot(self, ray: Ray, snapshot: Snapshot, items: Mapping[int, ItemSpec]) -> Array | None:
        """(3,) where a line of sight meets the floor or a thing that it can be put on; None where it meets neither."""
        hit = pick_top(ray, snapshot, items)
        return None if hit is None or hit.distance > FARTHEST else hit.point

    def spawn(self, point: Array, item: ItemSpec | None = None) -> Spawn | None:
        """The event that puts it (or another item) onto a point (3,); None where none is chosen."""
        item = self.item if item is None else item
        if item is None:
            return None
        x, y, z = point.tolist()
        turned = rotation.multiply(np.array(quaternion_of((0.0, 0.0, self.yaw))), np.array(item.quaternion))
        a, b, c, d = turned.tolist()
        return Spawn(replace(item, position=(x, y, z + item.position[2] + GAP), quaternion=(a, b, c, d)))

    def outline(self) -> Array:
        """(4, 3) the corners of the chosen prop's footprint about the origin, turned; (0, 3) without one."""
        if self.item is None:
            return np.zeros((0, 3))
        low, high = _extent(self.item)
        corners = np.array(
            [[low[0], low[1], 0.0], [high[0], low[1], 0.0], [high[0], high[1], 0.0], [low[0], high[1], 0.0]]
        )
        return rotation.rotate(np.tile(rotation.from_heading(self.yaw), (4, 1)), corners)


def _extent(item: ItemSpec) -> tuple[Array, Array]:
    """(3,), (3,) the smallest and largest coordinates of an item's solid parts in its frame, a little generous."""
    lows, highs = [], []
    for part in item.parts:
        size = part.size
        if part.shape == "box":
            half = 0.5 * np.array(size)
        else:
            half = np.array([size[0], size[0], size[0] if part.shape == "sphere" else 0.5 * size[1]])
            half[2] += size[0] if part.shape == "capsule" else 0.0
        reach = np.abs(rotation.to_matrix(np.array(part.quaternion))) @ half
        lows.append(np.array(part.position) - reach)
        highs.append(np.array(part.position) + reach)
    return np.min(lows, axis=0), np.max(highs, axis=0)
