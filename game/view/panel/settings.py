"""What the settings are after an event: the panel shows at once what was asked for, even while time stands still."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from game.play.events import ALL, Crowd, Event, Friction, Gravity, Nerves, Strength
from game.sim.model import CharacterModel
from game.view.panel.panel_data import PanelSettings


def after(settings: PanelSettings, events: Iterable[Event], character: int, model: CharacterModel) -> PanelSettings:
    """The settings of a character once events have happened. A part that does not exist changes nothing."""
    for event in events:
        match event:
            case Strength(value, part, of) if of == character:
                joints = model.joint_names if part == ALL else model.roles.limbs.get(part, (part,))
                pairs = zip(model.joint_names, settings.strength, strict=True)
                settings = replace(settings, strength=tuple(value if name in joints else old for name, old in pairs))
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
