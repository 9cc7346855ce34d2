"""ContactAccumulator: turns the sums that the substeps of a tick made of contact points into Contacts."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from game.sim.bullet.substeps import no_contacts
from game.sim.contact import FLOOR, Contact

_ORDER = {"character": 0, "prop": 1, "floor": 2}


class ContactAccumulator:
    """Sums contact points between `begin` and `end`, and knows which character, prop or floor each Bullet body is."""

    def __init__(self, bodies_per_character: int, seconds: float) -> None:
        """seconds: how long the forces of one reading act, until the next one."""
        self._bodies_per_character = bodies_per_character
        self._seconds = seconds
        self._num_characters = 0
        self._owner: dict[int, tuple[str, int]] = {}
        self.sums = no_contacts()
        """of the tick so far, as `substeps.advance` makes them"""

    def set_owners(self, floor: int, characters: Sequence[int], props: Mapping[int, int]) -> None:
        """Say which Bullet body is the floor, which one each character is, and which one each prop id is."""
        self._num_characters = len(characters)
        self._owner = {floor: ("floor", FLOOR)}
        self._owner |= {body: ("prop", k) for k, body in props.items()}
        self._owner |= {body: ("character", k) for k, body in enumerate(characters)}

    def begin(self) -> None:
        """Start a tick."""
        self.sums.used[0] = 0

    def end(self) -> tuple[tuple[Contact, ...], NDArray[np.bool_]]:
        """The tick's contacts, and which bodies (N, B) touched the floor."""
        floor_touch = np.zeros((self._num_characters, self._bodies_per_character), bool)
        contacts: list[Contact] = []
        pairs, sums, used = self.sums
        for pair, total in zip(pairs[: used[0]].tolist(), sums[: used[0]].tolist(), strict=True):
            contact = self._contact(pair, total)
            contacts.append(contact)
            if contact.kind == "floor" and contact.character >= 0:
                floor_touch[contact.character, contact.body] = True
        return tuple(contacts), floor_touch

    def _contact(self, pair: list[int], total: list[float]) -> Contact:
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
            impulse=force * self._seconds,
            peak=total[7],
        )
