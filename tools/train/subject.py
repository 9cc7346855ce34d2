"""Whose body a run trains, and its clip on that body."""

from __future__ import annotations

from typing import Any

from game.sim.model import HUMANOID, CharacterModel
from game.sim.motion import MotionClip
from tools.train.config import TrainConfig


def body_of(config: TrainConfig) -> CharacterModel:
    """The body with the gains of the run. Raises ModelError."""
    return CharacterModel.load(config.character).with_gains(config.kp_scale, config.kd_scale)


def clip_of(config: TrainConfig) -> MotionClip:
    """The clip as that body can do it. Raises ClipError, ModelError."""
    return MotionClip.load(config.clip).on_body(CharacterModel.load(config.character))


def body_of_checkpoint(content: dict[str, Any]) -> CharacterModel:
    """The body with the gains of the run that wrote a checkpoint. Raises ModelError."""
    config = content["config"]
    model = CharacterModel.load(config.get("character", HUMANOID))
    return model.with_gains(config.get("kp_scale", 1.0), config.get("kd_scale", 1.0))
