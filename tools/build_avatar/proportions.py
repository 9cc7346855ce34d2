"""Proportions: how long and wide a person's parts are, relative to those of the physical body."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np

from game.sim.model import CharacterModel
from game.sim.roles import BodyPart
from tools.build_avatar.sdf import Array

SMALLEST, LARGEST = 0.8, 1.25
"""beyond these a ratio is a wrong measurement rather than a person"""


@dataclass(frozen=True)
class Proportions:
    """Each is 1 for the body as it comes."""

    torso: float = 1.0
    """height of the trunk"""
    hips: float = 1.0
    """from hip joint to hip joint"""
    shoulders: float = 1.0
    """from shoulder to shoulder"""
    thighs: float = 1.0
    shins: float = 1.0
    upper_arms: float = 1.0
    forearms: float = 1.0

    def within_bounds(self) -> Proportions:
        """The same with every ratio between SMALLEST and LARGEST."""
        found = {f.name: getattr(self, f.name) for f in fields(self)}
        return Proportions(**{name: min(max(value, SMALLEST), LARGEST) for name, value in found.items()})

    def body_scales(self, model: CharacterModel) -> Array:
        """(B, 3) factors along the axes of each body's own frame: limbs along z, trunk and pelvis along y and z."""
        across = {BodyPart.PELVIS: self.hips, BodyPart.TORSO: self.shoulders}
        along = {
            BodyPart.PELVIS: self.torso, BodyPart.TORSO: self.torso,
            BodyPart.THIGH: self.thighs, BodyPart.SHIN: self.shins,
            BodyPart.UPPER_ARM: self.upper_arms, BodyPart.FOREARM: self.forearms,
        }  # fmt: skip
        return np.array([[1.0, across.get(part, 1.0), along.get(part, 1.0)] for part in model.roles.part])


def stretched_skeleton(model: CharacterModel, scales: Array) -> CharacterModel:
    """The body with its joints where (B, 3) factors of their parents put them; masses and shapes stay."""
    parents = model.body_parent
    factors = np.where(parents[:, None] >= 0, scales[parents], 1.0)
    return replace(model, body_offset=model.body_offset * factors)
