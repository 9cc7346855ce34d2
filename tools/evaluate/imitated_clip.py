"""The clip that a policy imitates: one of models/clips, or what the policy itself shows."""

from __future__ import annotations

import numpy as np

from game.policy.policy import Policy, PolicyError
from game.policy.policy_spec import ClipInfo
from game.policy.try_out import standing_inputs
from game.scene.paths import models_dir
from game.sim import rotation
from game.sim.model import CharacterModel
from game.sim.motion import MotionClip

TOLERANCE = 0.01
"""s by which a clip may last longer than the one on the policy's card"""
SHOWN_HZ = 60
"""frames a second of a clip that is read from a policy's outputs"""


def imitated_clip(policy: Policy) -> MotionClip:
    """The clip to hold a policy against.

    The clip of models/clips that its card names, where it lasts as long as the card says; else, as for policies that
    were trained from a file, what the policy shows as its outputs `reference_*`.

    Raises:
        PolicyError: it imitates no clip, or one that is neither in models/clips nor shown.
        ClipError: the clip in models/clips cannot be read.
    """
    info = policy.spec.clip
    if info is None:
        raise PolicyError(f"{policy.spec.name} imitates no clip: there is nothing to hold it against")
    # a card's name is no path
    if info.name in {file.stem for file in (models_dir() / "clips").glob("*.json")}:
        body = CharacterModel.load(policy.spec.character)
        clip = MotionClip.load(models_dir() / "clips" / f"{info.name}.json").on_body(body)
        if _fits(clip, info):
            return clip
    if not policy.has_reference:
        raise PolicyError(
            f"{policy.spec.name} imitates {info.name}, which is no clip of models/clips, and shows no reference"
        )
    return _shown(policy, info)


def _fits(clip: MotionClip, info: ClipInfo) -> bool:
    return abs(clip.duration - info.duration) <= TOLERANCE and clip.loop == info.loop


def _shown(policy: Policy, info: ClipInfo) -> MotionClip:
    """A policy's reference, frame by frame, in its anchor frame."""
    count = max(2, round(info.duration * SHOWN_HZ) + 1)
    inputs = standing_inputs(policy.spec, CharacterModel.load(policy.spec.character), count)
    # the end of a loop would be its beginning
    inputs["time"] = np.linspace(0.0, info.duration * (1.0 - 1e-5), count, dtype=np.float32).reshape(
        inputs["time"].shape
    )
    reference = policy.run(inputs).reference
    assert reference is not None
    return MotionClip(
        info.name,
        (count - 1) / info.duration,
        info.loop,
        reference.root_pos,
        rotation.normalize(reference.root_rot),
        rotation.normalize(reference.joint_rot),
        character=policy.spec.character,
    )
