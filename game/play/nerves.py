"""Presets of `Nerves` and strength: steady, tired, drunk..."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple

from game.play.events import Nerves


class Preset(NamedTuple):
    """Noise and delay, and the strength that goes with them."""

    nerves: Nerves
    strength: float
    words: str
    """what the panel says about it"""


PRESETS = {
    "steady": Preset(Nerves(), 1.0, "nothing is wrong"),
    "tired": Preset(Nerves(1, 0.02, 0.03), 0.65, "weak, and a little late"),
    "drunk": Preset(Nerves(2, 0.10, 0.12), 0.9, "late, and unsure where his limbs are"),
    "jelly": Preset(Nerves(0, 0.0, 0.05), 0.3, "hardly any strength"),
    "stage fright": Preset(Nerves(1, 0.05, 0.25), 1.3, "tense and trembling"),
}
"""by name, in the order in which the key goes through them"""


def preset_of(nerves: Nerves, strength: Iterable[float]) -> str | None:
    """The name of the preset that has these nerves and this strength of every joint; None if there is none."""
    joints = list(strength)
    plain = replace(nerves, character=0)
    for name, preset in PRESETS.items():
        if preset.nerves == plain and all(abs(joint - preset.strength) < 1e-9 for joint in joints):
            return name
    return None
