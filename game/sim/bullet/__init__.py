"""PyBullet as the engine of a World: everything that knows Bullet lies here."""

from __future__ import annotations

from numpy.typing import ArrayLike

from game.sim.bullet.bullet_engine import BulletEngine
from game.sim.model import CharacterModel
from game.sim.world import EARTH, World

__all__ = ["BulletEngine", "open_world"]


def open_world(
    model: CharacterModel,
    *,
    gravity: ArrayLike = EARTH,
    floor_friction: float | None = None,
    collide_characters: bool = True,
    contact_detail: bool = True,
) -> World:
    """An empty World that Bullet simulates.

    Args:
        gravity: (3,) m/s2
        floor_friction: Coulomb coefficient, multiplied with the other side's; the model's own by default.
        collide_characters: whether characters touch each other (training keeps them apart).
        contact_detail: read contacts at every substep and sum them; if not, only those of a tick's last substep.

    Raises:
        BulletError: Bullet did not do it.
        WorldError: gravity or friction is out of range.
    """
    engine = BulletEngine(model, collide_characters=collide_characters, contact_detail=contact_detail)
    return World(engine, gravity=gravity, floor_friction=floor_friction)
