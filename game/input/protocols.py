"""SessionView, ViewDirection: what WorldActions need of a session and of a camera."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from game.play.events import Event
from game.scene.set_spec import ItemSpec
from game.sim.snapshot import Snapshot

Array = NDArray[np.float64]


class ViewDirection(Protocol):
    """Any camera: where the player looks from."""

    @property
    def eye(self) -> Array:
        """(3,)"""

    @property
    def forward(self) -> Array:
        """(3,) horizontal unit vector away from the viewer"""

    @property
    def right(self) -> Array:
        """(3,) horizontal unit vector to the viewer's right"""


class SessionView(Protocol):
    """The part of a session that is used."""

    @property
    def snapshot(self) -> Snapshot:
        """The newest."""

    @property
    def items(self) -> Mapping[int, ItemSpec]:
        """What each prop is, by id."""

    @property
    def placed(self) -> Sequence[int]:
        """Ids of the things that the set does not have, in the order that they came."""

    @property
    def policy_names(self) -> Sequence[str]:
        """All that could be played, in the order of the list."""

    def policy_of(self, character: int) -> str | None:
        """What a character plays."""

    def strength_of(self, character: int) -> Array:
        """(J,) a character's strength; of one who lies limp after a fall, what it will be again."""

    def family_of(self, policy: str) -> Sequence[str]:
        """The ages of a policy's skill, youngest first."""

    def do_skill(self, policy: str, character: int) -> None:
        """Has a character do the skill of a policy: once where a performer drives him, else the policy drives him."""

    def post(self, event: Event) -> None:
        """Has an event happen at the next tick."""
