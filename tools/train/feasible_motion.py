"""FeasibleMotion: what a run imitates: the clip, or the feasible path through it that sampling found."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from game.sim import rotation
from game.sim.model import CharacterModel
from game.sim.motion import MotionClip
from tools.clip_clinic.flight import flights
from tools.train import checkpoint, distributed
from tools.train.batched_worlds import BatchedWorlds
from tools.train.config import TrainConfig
from tools.train.feasible_reference import FeasibleReference, feasible
from tools.train.interruption import Interruption, RunInterruptedError
from tools.train.mirror import mirrored_turns, symmetrized
from tools.train.sampling import SampledPath, Sampler, Search
from tools.train.search_progress import SearchProgress
from tools.train.subject import clip_of
from tools.train.warm_start import WarmStart

ROUNDS = 8
"""of sampling, for clips that need it"""
FLIGHT = 0.3
"""s in the air from which on a clip needs it: what happens there is decided before he takes off,"""
UPSIDE_DOWN = -0.5
"""cosine of the root's lean, and so does one in which he is upside down"""
TRIAL, HOPELESS_COST = 3, 12.0
"""rounds after which a search is given up, where the path's mean cost a window is larger than this"""
GOOD_COST = 4.0
"""mean cost a window up to which a path is worth following: those that were learned from cost 0.9 to 3.8; those of 15
and more (jump, dance_a), and one of 4 and more that fell, were not"""


@dataclass(frozen=True)
class FeasibleMotion:
    """What the policy follows, and what it took to find it."""

    clip: MotionClip
    reference: FeasibleReference | None
    """what sampling found; None: the clip itself is followed"""
    samples: int = 0
    """control steps that the search took"""
    seconds: float = 0.0
    """that the search took"""


def find_motion(config: TrainConfig, model: CharacterModel, interruption: Interruption) -> FeasibleMotion:
    """The clip; or the path through it, searched once and kept after every round in OUT/path.pt.

    A search that was interrupted goes on, and so does one of which the configuration wants more rounds, as long as
    nothing has been learned along it. Raises RunInterruptedError where somebody ends it; the rounds so far are kept.
    """
    clip = clip_of(config)
    if config.mirror:
        clip = symmetrized(clip, model)
    rounds = config.sampling_rounds
    if rounds == 0:
        return FeasibleMotion(clip, None)
    judged = rounds is None
    if rounds is None:
        rounds = ROUNDS if config.performer is None and config.tracker is None and needs_search(clip) else 0
    file, content = config.folder / "path.pt", None
    if file.is_file():
        content = checkpoint.load(file)
    elif config.init is not None:
        content = WarmStart(config.init).path(clip)
        if content is not None:
            _keep(config, content)
    learned = (config.folder / "checkpoint.pt").is_file()
    # a sum waits for all ranks: none looks for the files after another one has written them
    distributed.total(torch.zeros(1))
    unfinished = content is not None and "clip" not in content and content.get("rounds", rounds) < rounds
    unfinished = unfinished and not (judged and content is not None and _hopeless(content))
    if (content is None and rounds) or (unfinished and not learned):
        content = _searched(config, model, clip, rounds, content, interruption, judged=judged)
    if content is None:
        return FeasibleMotion(clip, None)
    if judged and "clip" not in content and float(content["cost"].mean()) > GOOD_COST:
        return FeasibleMotion(clip, None, content["samples"], content["seconds"])
    if "clip" in content:
        clip = checkpoint.clip_from_tensors(content["clip"])
    reference = feasible(clip, model, _path(content), config.lead)
    if config.mirror:
        both = 0.5 * (reference.feedforward + mirrored_turns(reference.feedforward, model))
        reference = FeasibleReference(symmetrized(reference.clip, model), both, reference.starts)
    return FeasibleMotion(reference.clip, reference, content["samples"], content["seconds"])


def needs_search(clip: MotionClip) -> bool:
    """Whether sampling comes first by default: where he flies, or is upside down.

    What goes wrong there was decided long before, which learning alone does not find; where he stays on his feet it is
    the faster way (policies/LOG.md: walk, run, getting up, crawl).
    """
    air = max((flight.past - flight.first for flight in flights(clip)), default=0) / clip.fps
    upright = rotation.rotate(clip.root_rot, np.array([0.0, 0.0, 1.0]))[:, 2]
    return bool(air >= FLIGHT or upright.min() < UPSIDE_DOWN)


def _hopeless(content: dict[str, Any]) -> bool:
    """Whether a search has come so little near the clip that further rounds would not help."""
    return bool(content["rounds"] >= TRIAL and float(content["cost"].mean()) > HOPELESS_COST)


def _keep(config: TrainConfig, content: dict[str, Any]) -> None:
    if distributed.rank() == 0:
        checkpoint.save(config.folder / "path.pt", content)


def _searched(
    config: TrainConfig,
    model: CharacterModel,
    clip: MotionClip,
    rounds: int,
    content: dict[str, Any] | None,
    interruption: Interruption,
    *,
    judged: bool,
) -> dict[str, Any] | None:
    """Sample a path through the clip, on from what an earlier search left; returns what path.pt then holds."""
    started = time.monotonic() - (content["seconds"] if content else 0.0)
    batched_worlds = BatchedWorlds(model, config.worlds, config.characters)
    sampler = Sampler(clip, model, batched_worlds, config)
    done = Search(content["rounds"], _path(content), content["mean"].numpy()) if content else None
    progress = SearchProgress(done.rounds if done else 0, rounds, sampler.num_windows)

    def each_window(number: int, window: int) -> None:
        progress.window(number, window)
        if interruption.agreed():
            kept = f"{number} of {rounds} rounds are kept, and the same command goes on from there"
            raise RunInterruptedError(
                f"interrupted in round {number + 1} of sampling: {kept if number else 'none is kept yet'}"
            )

    for search in sampler.search(rounds, done, each_window):
        content = {
            "of": checkpoint.clip_to_tensors(clip),
            "correction": torch.from_numpy(search.best.correction),
            "states": torch.from_numpy(search.best.states),
            "cost": torch.from_numpy(search.best.cost),
            "mean": torch.from_numpy(search.mean),
            "rounds": search.rounds,
            "samples": sampler.spent(search.rounds),
            "seconds": time.monotonic() - started,
        }
        _keep(config, content)
        progress.round(search, content["samples"])
        if judged and _hopeless(content):
            break
    if judged and content is not None and (cost := float(content["cost"].mean())) > GOOD_COST:
        progress.say(f"sampling is given up: a path that costs {cost:.1f} a window is not worth following; the clip is")
    batched_worlds.close()
    return content


def _path(content: dict[str, Any]) -> SampledPath:
    """The best path of a search; files of finished searches may hold no costs."""
    cost = content["cost"].numpy() if "cost" in content else np.zeros(0)
    return SampledPath(content["correction"].numpy(), content["states"].numpy(), cost)
