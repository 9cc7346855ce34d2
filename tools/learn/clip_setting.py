"""The one setting of the trainer for all clips: what depends on a clip follows from the clip itself."""

from __future__ import annotations

import numpy as np

from game.sim.floor_contacts import allowed_contacts
from game.sim.model import CharacterModel
from game.sim.motion import MotionClip
from tools.learn.task import Task
from tools.train.config import TrainConfig
from tools.train.sampling import symmetric

NEVER = 2.0
"""more than any share"""
HOLD = 6.0
"""s that he must stand after a clip that does not loop: with 2 he rises and topples (policies/LOG.md, getting up)"""


def setting(task: Task) -> TrainConfig:
    """The trainer's configuration for the task's clip, beginning with nothing. Raises ClipError, ModelError."""
    model, effort = CharacterModel.load(task.options.character), task.effort
    clip, shown = (MotionClip.load(path).on_body(model) for path in (task.clip, task.shown))
    return TrainConfig(
        clip=str(task.clip),
        out=task.run,
        character=model.name,
        hours=task.options.hours,
        samples=effort.samples,
        ranks=task.options.ranks,
        good=effort.good,
        worlds=effort.worlds,
        characters=effort.characters,
        steps=effort.steps,
        hidden=effort.hidden,
        minibatch=effort.minibatch,
        # where left and right do the same, little is corrected sideways
        lateral=0.5 if symmetric(clip, model) else 0.8,
        noise=(0.16, 0.05),
        hold=HOLD,
        contact_bodies=contact_bodies(shown, clip, model),
        robust_at=NEVER,
        evaluate_samples=effort.evaluate_samples,
        evaluate_seconds=effort.evaluate_seconds,
        # he shall be as good as the game and tools.evaluate find him
        evaluate_noise=0.0,
        age_step=0.03,
        film_minutes=0.0,
    )


def contact_bodies(shown: MotionClip, mended: MotionClip, model: CharacterModel) -> tuple[str, ...]:
    """The bodies that may touch the floor: what either clip brings there, and the same of the other side.

    Mending lifts bodies out of the floor that the motion does rest on; and where he is on hands and knees, a hand that
    hovers a little higher than the other one may come down like it (policies/LOG.md, crawl).
    """
    allowed = allowed_contacts(shown, model) | allowed_contacts(mended, model)
    allowed |= allowed[np.asarray(model.roles.opposite_body)]
    return tuple(model.body_names[body] for body in np.flatnonzero(allowed))
