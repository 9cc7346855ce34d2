"""Contents: which characters and props a world has, and an error for any other."""

from __future__ import annotations

from game.scene.set_spec import ItemSpec
from game.sim.model import CharacterModel


class WorldError(ValueError):
    """A world cannot do this, or has no such character, body or prop."""


class Contents:
    """A number of characters of one model, and props by their ids."""

    def __init__(self, model: CharacterModel) -> None:
        self.model = model
        self.num_characters = 0
        self.props: dict[int, ItemSpec] = {}

    def check_body(self, character: int, body: int) -> None:
        """Raise WorldError unless there is such a body of such a character."""
        if not 0 <= character < self.num_characters:
            raise WorldError(f"no character {character}; there are {self.num_characters}")
        if not 0 <= body < self.model.num_bodies:
            raise WorldError(f"no body {body}; there are {self.model.num_bodies}: {', '.join(self.model.body_names)}")

    def check_prop(self, prop: int) -> None:
        """Raise WorldError unless there is such a prop."""
        if prop not in self.props:
            raise WorldError(f"no prop {prop}; there are {sorted(self.props)}")
