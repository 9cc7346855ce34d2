"""ContactAccumulator: what touched what in a tick, as Contacts out of the sums that its substeps made."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from game.sim.bullet.substeps import untouched
from game.sim.contact import FLOOR, Contact

if TYPE_CHECKING:
    from game.sim.world import World

_ORDER = {"character": 0, "prop": 1, "floor": 2}


class ContactAccumulator:
    """Knows whose the bodies of a client are; has the sums of contact points between `begin` and `end`."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._owner: dict[int, tuple[str, int]] = {}
        self.sums = untouched()
        """of the tick so far, as `substeps.advance` makes them"""

    def renumber(self) -> None:
        """Learn which body is whose; call it whenever something came or went."""
        world = self._world
        self._owner = {world.floor: ("floor", FLOOR)}
        self._owner |= {p.bullet_id: ("prop", k) for k, p in world.props.items()}
        self._owner |= {c.bullet_id: ("character", k) for k, c in enumerate(world.characters)}

    def begin(self) -> None:
        """Start a tick."""
        self.sums.used[0] = 0

    def end(self) -> tuple[tuple[Contact, ...], NDArray[np.bool_]]:
        """The tick's contacts, and which bodies (N, B) touched the floor."""
        world = self._world
        floor_touch = np.zeros((len(world.characters), world.model.num_bodies), bool)
        contacts: list[Contact] = []
        # what one reading stands for
        seconds = world.dt if world.contact_detail else world.dt * world.model.substeps
        pairs, sums, used = self.sums
        for pair, total in zip(pairs[: used[0]].tolist(), sums[: used[0]].tolist(), strict=True):
            contact = self._contact(pair, total, seconds)
            contacts.append(contact)
            if contact.kind == "floor" and contact.character >= 0:
                floor_touch[contact.character, contact.body] = True
        return tuple(contacts), floor_touch

    def _contact(self, pair: list[int], total: list[float], seconds: float) -> Contact:
        first, second, link_a, link_b = pair
        kind_a, a = self._owner[first]
        kind_b, b = self._owner[second]
        sign = 1.0
        # the character comes first, then the prop; the normal points towards the first
        if _ORDER[kind_a] > _ORDER[kind_b]:
            kind_a, a, link_a, kind_b, b, link_b, sign = kind_b, b, link_b, kind_a, a, link_a, -1.0
        force, nx, ny, nz = total[6], sign * total[3], sign * total[4], sign * total[5]
        length = max(math.sqrt(nx * nx + ny * ny + nz * nz), 1e-12)
        is_character = kind_a == "character"
        return Contact(
            character=a if is_character else -1,
            body=link_a if is_character else a,
            kind="self" if is_character and kind_b == "character" and a == b else kind_b,
            other=b,
            other_body=link_b if kind_b == "character" else -1,
            point=(total[0] / force, total[1] / force, total[2] / force),
            normal=(nx / length, ny / length, nz / length),
            impulse=force * seconds,
            peak=total[7],
        )
