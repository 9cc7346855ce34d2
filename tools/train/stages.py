"""Stages of training as data: what is rewarded, where episodes begin, and what the environment ignores meanwhile."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from game.play.initial_state import MAX_PENETRATION
from game.sim.model import CharacterModel
from game.sim.motion import MotionClip
from tools.train.clip_states import ClipRows
from tools.train.config import TrainConfig
from tools.train.mirror import symmetrized
from tools.train.reference_table import ReferenceTable
from tools.train.rewards import DEEPMIMIC, TRAINING, ImitationReward
from tools.train.subject import clip_of

Array = NDArray[np.float64]
CLEARANCE = 0.002
"""m above the floor to which a start pose that reaches into it is raised, before the final stage"""


@dataclass(frozen=True, eq=False)
class TrainingStage:
    """What an ImitationEnvironment does differently from one stage of training to the next."""

    name: str
    reference: ReferenceTable
    """what the reward compares with"""
    reward: ImitationReward
    start_states: ClipRows
    """the states in which episodes begin, by time"""
    path_states: Array
    """(M, width + 1) states on the path that sampling found, with their times: starts beside those of start_states"""
    path_rows: ClipRows | None
    """the path's states by time, where starts may also lie between start_states and the path"""
    max_penetration: float
    """m, how deep in the floor the lowest point of a start may lie; negative: how far above it at least"""
    ignore_drift: bool
    """whether the distance from the reference over the ground costs no reward and ends no episode"""


def learning_stage(
    config: TrainConfig, followed: MotionClip, model: CharacterModel, path_states: Array | None = None
) -> TrainingStage:
    """The first stage: the motion that the policy follows, and rewards that are wide enough to learn it from nothing.

    Args:
        followed: the clip, or the feasible motion that sampling found in its place.
        path_states: (M, width + 1), see TrainingStage; None: there are none.
    """
    rows = ClipRows(followed.placed(), model.physics_hz)
    return TrainingStage(
        name="learns",
        reference=ReferenceTable(followed, model),
        reward=ImitationReward(TRAINING, model),
        start_states=rows,
        path_states=_no_states(rows) if path_states is None else path_states,
        path_rows=None,
        max_penetration=-CLEARANCE,
        ignore_drift=bool(config.ignore_drift),
    )


def for_final_stage(config: TrainConfig) -> TrainConfig:
    """The settings of a final stage that begins by itself: what was set by hand for every motion that needed it.

    Short episodes, most of them from where episodes begin that fail, with more noise after hopeless ones
    (policies/LOG.md: spin kick, jump, cartwheel, roll, backflip). Where the final stage is there from the beginning
    (`--final-stage-at 0`), the configuration is used as it is.
    """
    return replace(
        config,
        cycles=min(config.cycles, 1.5),
        start_path=min(config.start_path, 0.2),
        start_weighted=max(config.start_weighted, 0.85),
        start_noise=min(config.start_noise, 0.01),
        explore=max(config.explore, 2.0),
    )


def final_stage(config: TrainConfig, followed: MotionClip, model: CharacterModel) -> TrainingStage:
    """The last stage: the clip itself and where it goes, the game's start states, DeepMimic's rewards."""
    clip = clip_of(config)
    clip = symmetrized(clip, model) if config.mirror else clip.placed()
    rows = ClipRows(clip, model.physics_hz, as_played=True)
    return TrainingStage(
        name="final stage",
        reference=ReferenceTable(clip, model),
        reward=ImitationReward(DEEPMIMIC, model),
        start_states=rows,
        path_states=_no_states(rows),
        path_rows=ClipRows(followed.placed(), model.physics_hz),
        max_penetration=MAX_PENETRATION,
        ignore_drift=False,
    )


def _no_states(rows: ClipRows) -> Array:
    return np.zeros((0, rows.width + 1))
