"""The motions that the performer learns, as one small file names them, and their tables."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from game.policy.policy import Policy
from game.scene.paths import policies_dir
from game.sim.floor_contacts import allowed_contacts
from game.sim.kinematics import standing_state
from game.sim.model import CharacterModel
from game.sim.motion import MotionClip
from tools.train.performer.motion_table import MotionTable, clip_table, stand_table

MOTIONS = Path(__file__).with_name("motions.json")
STAND = "stand"
HOLD = 2.0
"""s that the last pose of a motion that does not loop is held"""
LONGEST = 10.0
"""s of an episode"""


@dataclass(frozen=True)
class MotionSpec:
    """One line of the file."""

    name: str
    clip: str = ""
    """name or path; of standing still, none"""
    expert: str = ""
    """the policy that it is distilled from, if any"""
    upright: bool = False
    """whether he may come to it, and go on from it, on his feet"""
    weight: int = 1
    """how many of the characters do it while distilling; how likely it is begun afterwards"""


@dataclass(frozen=True)
class Stages:
    """What is practised when."""

    distil_samples: int
    """until which the specialists are imitated"""
    mix: dict[str, float]
    """afterwards, the share of the characters in each class of situations"""
    stop: tuple[str, ...] = ()
    """motions from which he comes to a stand; none: from all that there are"""
    ends: tuple[str, ...] = ()
    """clips that loop, from the end of whose cycle he comes to a stand as well"""
    running: float = 0.4
    """how often who is steered goes faster than he walks"""


def read_stages(path: Path = MOTIONS) -> Stages:
    """The file's stages."""
    content: dict[str, Any] = json.loads(path.read_text("utf-8"))
    mix = {k: float(v) for k, v in content["mix"].items()}
    return Stages(
        int(content["distil_samples"]), mix, tuple(content.get("stop", ())), tuple(content.get("ends", ())),
        float(content["running"]),
    )  # fmt: skip


def read_motions(path: Path = MOTIONS) -> list[MotionSpec]:
    """The file's motions, in its order."""
    content: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return [MotionSpec(name, **fields) for name, fields in content["motions"].items()]


def load_expert(spec: MotionSpec, model: CharacterModel) -> Policy:
    """The policy that a motion is distilled from."""
    return Policy.load(policies_dir() / f"{spec.expert}.onnx", model)


def load_ends(stages: Stages, model: CharacterModel) -> list[MotionTable]:
    """Tables of the clips from whose ends he comes to a stand."""
    return [load_table(MotionSpec(name, name), model) for name in stages.ends]


def load_table(spec: MotionSpec, model: CharacterModel, expert: Policy | None = None) -> MotionTable:
    """A motion's table; what may touch the floor is the expert's rule, if there is one."""
    seconds = LONGEST + 1.0
    if not spec.clip:
        return stand_table(model, standing_state(model), seconds)
    clip = MotionClip.load(spec.clip)
    allowed: NDArray[np.bool_] = allowed_contacts(clip, model)
    if expert is not None:
        allowed = np.zeros(model.num_bodies, bool)
        allowed[[*model.feet, *(model.body(name) for name in expert.spec.allowed_contacts)]] = True
    return clip_table(clip, model, allowed, seconds, name=spec.name)
