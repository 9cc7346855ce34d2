"""Settings: what events have set for the world and one character, and what pending events will make of it.

The panel shows the settings as they will be after the pending events, so that a slider answers even while time stands
still. An event that sets something has its line in `after`, beside its handler.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace

from game.play.body_groups import joints_of
from game.play.events import Crowd, Event, EventError, Friction, Gravity, Nerves, Strength, Vec3
from game.sim.model import CharacterModel


@dataclass(frozen=True)
class Settings:
    """What is set for one character and the world around it."""

    strength: tuple[float, ...]
    """(J,) factor of each joint's gains and torque limits"""
    nerves: Nerves
    gravity: Vec3
    """m/s2, world"""
    friction: float
    """of the floor"""
    crowd: int
    """number of characters"""

    def after(self, events: Iterable[Event], character: int, model: CharacterModel) -> Settings:
        """The settings of `character` once events have happened. An impossible part of the body changes nothing."""
        settings = self
        for event in events:
            match event:
                case Strength(value, part, of) if of == character:
                    with suppress(EventError):
                        strength = list(settings.strength)
                        for joint in joints_of(model, part):
                            strength[joint] = value
                        settings = replace(settings, strength=tuple(strength))
                case Nerves(character=of) if of == character:
                    settings = replace(settings, nerves=event)
                case Gravity(vector):
                    settings = replace(settings, gravity=vector)
                case Friction(value):
                    settings = replace(settings, friction=value)
                case Crowd(count):
                    settings = replace(settings, crowd=count)
                case _:
                    pass
        return settings
