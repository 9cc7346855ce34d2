"""Beginnings: what training can begin with, and how well each does the clip before anything is learned."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from game.scene.paths import policies_dir
from game.sim.model import CharacterModel
from game.sim.motion import ClipError, MotionClip
from tools.clip_clinic.standing import stance_table
from tools.evaluate.clip_distance import distance
from tools.train import checkpoint, evaluation
from tools.train.checkpoint import CheckpointError
from tools.train.config import ACTIONS, ConfigError, TrainConfig
from tools.train.environment import ImitationEnvironment
from tools.train.evaluation import Scores
from tools.train.feasible_reference import feasible
from tools.train.foundation import KINDS, PERFORMER, TRACKER, foundation_of, kept_foundation, read_foundation
from tools.train.performer.performer_below import PerformerBelow, read_performer
from tools.train.policy_graph import PolicyGraph
from tools.train.sampling import SampledPath
from tools.train.stance import StanceFeedback
from tools.train.subject import body_of, clip_of
from tools.train.warm_start import WarmStart

NEAR = 0.3
"""m, largest distance (tools.evaluate.clip_distance) at which another run's motion is a like one"""
LONG = 0.2
"""share of a clip on both feet, from which on it is tried whether the feedback of the stance helps"""
LITTLE_NOISE: dict[str, Any] = {"noise": (0.1, 0.05), "noise_samples": 600_000}
IN_PROGRESS = policies_dir() / "in_progress"
SHIPPED = IN_PROGRESS / "performer" / "checkpoint.pt"


@dataclass(frozen=True)
class Beginning:
    """Nothing, the performer or a tracker below the networks, or the networks of the run of the likest motion."""

    kind: str
    file: Path | None = None
    """the checkpoint, or what a search of the tracker found"""
    stance: bool = False
    """whether he is kept over his feet besides, where the clip stands on both"""

    @property
    def title(self) -> str:
        """What it is called."""
        return f"{self.kind} and stance" if self.stance else self.kind

    def applied(self, config: TrainConfig) -> TrainConfig:
        """A configuration that begins so. Raises CheckpointError."""
        config = replace(config, stance=self.stance)
        if self.kind in KINDS:
            # he does much of it already: less noise, which falls sooner
            below: dict[str, Any] = {self.kind: self.file}
            return replace(config, **below, **LITTLE_NOISE)
        if self.file is not None:
            theirs = checkpoint.load(self.file)["config"]
            same: dict[str, Any] = {
                name: tuple(v) if isinstance(v, list) else v for name, v in theirs.items() if name in ACTIONS
            }
            return replace(config, init=self.file, final_stage_at=0.0, noise=(0.06, 0.045), **same)
        return config


def beginnings(clip: MotionClip, model: CharacterModel, runs: Path, tracker: Path | None = None) -> list[Beginning]:
    """What there is for a clip, nothing first: the performer, and the likest run of `runs` or of those that ship.

    So is the tracker, if one was found. Nothing and the performer also with the feedback of the stance, where the clip
    has both feet on the floor for long.
    """
    found = [Beginning("nothing")]
    if SHIPPED.is_file() and _fits(clip, model):
        found.append(Beginning(PERFORMER, SHIPPED))
    if stance_table(clip, model).share.mean() >= LONG:
        found += [replace(beginning, stance=True) for beginning in found]
    if tracker is not None:
        found.append(Beginning(TRACKER, tracker))
    likest = _likest(clip, model, [*sorted(runs.glob("*/checkpoint.pt")), *sorted(IN_PROGRESS.glob("*/checkpoint.pt"))])
    if likest is not None:
        found.append(Beginning("likest", likest))
    return found


def _fits(clip: MotionClip, model: CharacterModel) -> bool:
    """Whether the performer that ships is one of today's graph, which may change while a new one is trained."""
    try:
        PerformerBelow(model, clip, read_performer(SHIPPED))
    except (CheckpointError, ConfigError):
        return False
    return True


def _likest(clip: MotionClip, model: CharacterModel, files: list[Path]) -> Path | None:
    """The run whose motion is nearest, within NEAR, among those from which a run on the clip can begin."""
    near: list[tuple[float, Path]] = []
    for file in files:
        try:
            content = checkpoint.load(file)
            if "networks" not in content or kept_foundation(content):
                continue
            theirs = checkpoint.clip_from_tensors(content.get("shown", content["clip"]))
            if theirs.loop == clip.loop:
                WarmStart(file).path(clip)  # raises where it is too long or too short
                near.append((distance(clip, theirs.on_body(model), model), file))
        except (CheckpointError, ConfigError, ClipError, KeyError):
            continue  # of another version or another pace: a beginning less
    near = [(far, file) for far, file in near if far <= NEAR]
    return min(near)[1] if near else None


def untrained(config: TrainConfig, num_worlds: int, seconds: float) -> Scores:
    """How well the configuration's beginning does the clip before anything is learned, from the game's own starts.

    Raises CheckpointError, ConfigError, ClipError.
    """
    torch.set_num_threads(1)
    model, clip = body_of(config), clip_of(config)
    below = foundation_of(model, clip, config.lead, read_foundation(config))
    earlier = None if config.init is None else WarmStart(config.init)
    path = None if earlier is None else earlier.path(clip)
    feedforward = None
    if path is not None:
        clip = checkpoint.clip_from_tensors(path["clip"])
        found = SampledPath(path["correction"].numpy(), path["states"].numpy(), path["cost"].numpy())
        reference = feasible(clip, model, found, config.lead)
        clip, feedforward = reference.clip, torch.from_numpy(reference.feedforward).float()
    shape = (config.hidden, config.action_scale, config.lead, config.lateral)
    torch.manual_seed(config.seed)
    stance = StanceFeedback(model, clip) if config.stance else None
    graph = PolicyGraph(model, clip, *shape, below=below, stance=stance)
    if feedforward is not None:
        graph.feedforward = feedforward
    if earlier is not None:
        earlier.fill(graph.networks)
    tested = replace(config, start_noise=config.evaluate_noise)
    environment = ImitationEnvironment(tested, clip, model, num_worlds, config.characters)
    try:
        return evaluation.evaluate(environment, graph, seconds)
    finally:
        environment.close()
