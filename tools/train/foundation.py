"""What gives the joint targets that a policy corrects: a performer, a tracker, or, where there is neither, the clip."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from game.sim.model import CharacterModel
from game.sim.motion import MotionClip
from tools.train.config import ConfigError, TrainConfig
from tools.train.performer.performer_below import PerformerBelow, read_performer
from tools.train.tracker import read_tracker, tracker_of

Weights = dict[str, dict[str, Tensor]]
"""by "performer" or "tracker"; empty where there is neither"""
PERFORMER, TRACKER = "performer", "tracker"
KINDS = (PERFORMER, TRACKER)


def read_foundation(config: TrainConfig) -> Weights:
    """What a configuration names. Raises CheckpointError, ConfigError."""
    if config.performer is not None and config.tracker is not None:
        raise ConfigError("--performer and --tracker: a policy corrects one of them")
    if config.performer is not None:
        return {PERFORMER: read_performer(config.performer)}
    return {} if config.tracker is None else {TRACKER: read_tracker(config.tracker)}


def kept_foundation(content: dict[str, Any]) -> Weights:
    """What a checkpoint holds."""
    return {kind: content[kind] for kind in KINDS if kind in content}


def foundation_of(model: CharacterModel, clip: MotionClip, lead: float, weights: Weights) -> nn.Module | None:
    """A module that gives joint targets (B, J, 4) of PolicyInputs. Raises CheckpointError, ConfigError."""
    if PERFORMER in weights:
        return PerformerBelow(model, clip, weights[PERFORMER])
    return tracker_of(model, clip, lead, weights[TRACKER]) if TRACKER in weights else None
