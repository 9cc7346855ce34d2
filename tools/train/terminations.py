"""When an episode ends early: pure functions, (N, ...) -> (N,) bool; and which bodies a clip lets touch the floor."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from game.sim.floor_contacts import allowed_contacts
from game.sim.model import CharacterModel
from tools.train.config import TrainConfig
from tools.train.subject import clip_of


def tracking_lost(body_pos: Tensor, reference_pos: Tensor, limit: Tensor | float) -> Tensor:
    """Some body is farther than `limit` m (N,) from where the reference has it: (N, B, 3) x2 -> (N,).

    Pose-error termination: MimicKit and DeepMimic's successors; without it a fall is imitated for seconds.
    """
    return (body_pos - reference_pos).square().sum(-1).amax(-1) > limit**2


def drifted(root_pos: Tensor, reference_pos: Tensor, limit: float) -> Tensor:
    """The root is farther than `limit` m over the ground from where the reference has it: (N, 3) x2 -> (N,)."""
    return (root_pos - reference_pos)[:, :2].square().sum(-1) > limit**2


def fell(floor_contact: NDArray[np.bool_], allowed: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Some body that the clip keeps off the floor touched it: (N, B), (B,) -> (N,). DeepMimic, section 6."""
    return np.asarray((floor_contact & ~allowed).any(-1))


def contact_bodies(config: TrainConfig, model: CharacterModel) -> NDArray[np.bool_]:
    """Bodies (B,) that may touch the floor, by configuration or from the clip.

    From the clip itself, also where sampling found a path to imitate: that must not make its own rules.
    """
    if not config.contact_bodies:
        return allowed_contacts(clip_of(config), model)
    allowed = np.zeros(model.num_bodies, bool)
    allowed[[model.body(name) for name in config.contact_bodies]] = True
    return allowed
