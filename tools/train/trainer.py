"""Trainer: iterations of collecting and learning, and what must survive them."""

from __future__ import annotations

import dataclasses
import math
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch

from tools.train import checkpoint, distributed, evaluation
from tools.train.ages import Ages, publish_in
from tools.train.average import Average
from tools.train.checkpoint import clip_to_tensors
from tools.train.config import ConfigError, TrainConfig
from tools.train.environment import ImitationEnvironment
from tools.train.evaluation import Scores
from tools.train.feasible_motion import find_motion
from tools.train.films import Films
from tools.train.foundation import Weights, foundation_of, kept_foundation, read_foundation
from tools.train.interruption import Interruption, RunInterruptedError
from tools.train.mirror import Mirror
from tools.train.policy_graph import PolicyGraph
from tools.train.ppo import PPO, Update
from tools.train.preflight import check
from tools.train.rollout import RolloutStats, collect
from tools.train.run_logger import RunLogger
from tools.train.stages import final_stage, for_final_stage
from tools.train.stance import StanceFeedback
from tools.train.subject import body_of, clip_of
from tools.train.warm_start import WarmStart

EVALUATION_WORLDS = 4
SOON = 10.0
"""times sooner comes the next evaluation after one that was good, but did not count yet"""
COUNTERS = (
    "iteration", "samples", "seconds", "episodes", "final_stage_since", "robust_since", "best", "evaluated_at",
    "first_landing",
)  # fmt: skip
"""attributes of Trainer that a checkpoint keeps"""


class Trainer:
    """One rank of a run. All ranks hold the same networks; rank 0 writes."""

    def __init__(self, config: TrainConfig, interruption: Interruption | None = None) -> None:
        """Search a path if need be, or take over what lies in the run's folder.

        Raises:
            ClipError, CheckpointError, ConfigError: as `preflight.check`.
            RunInterruptedError: the search was.
        """
        check(config)
        self.config, self.interruption = config, interruption or Interruption()
        self.model = body_of(config)
        followed = find_motion(config, self.model, self.interruption)
        self.clip, self.feasible = followed.clip, followed.reference
        self.samples, self.seconds = followed.samples, followed.seconds
        self.searched = followed.samples
        """of `samples`, those that were not learned from"""
        self.iteration, self.episodes = 0, 0
        self.good = False
        """whether the latest evaluation was as good as it has to be (`--good`)"""
        self.nearly = False
        """whether it survived so well, but in the first stage, or before anything was learned"""
        self.noise = config.noise[0]
        """standard deviation of the latest actions"""
        self.inherited: dict[str, float] = {}
        """samples and seconds of the run whose networks this one began with"""
        if config.ignore_drift is None:
            config = self.config = dataclasses.replace(config, ignore_drift=self.feasible is not None)
        torch.manual_seed(config.seed)
        self.foundation = self._find_foundation()
        """the weights of what lies below the policy, if there is anything"""
        below = foundation_of(self.model, self.clip, config.lead, self.foundation)
        shape = (config.hidden, config.action_scale, config.lead, config.lateral)
        stance = StanceFeedback(self.model, self.clip) if config.stance else None
        self.graph = PolicyGraph(self.model, self.clip, *shape, below=below, stance=stance)
        if self.feasible is not None:
            self.graph.feedforward = torch.from_numpy(self.feasible.feedforward).float()
        mirror = Mirror(self.model, self.graph.features) if config.mirror else None
        self.ppo = PPO(self.graph.networks, config, mirror)
        self.average = Average(self.graph.networks, config.average_samples)
        path = None if self.feasible is None else self.feasible.starts
        self.environment = ImitationEnvironment(config, self.clip, self.model, config.worlds, config.characters, path)
        tested = dataclasses.replace(config, start_noise=config.evaluate_noise)
        self.testing = ImitationEnvironment(tested, self.clip, self.model, EVALUATION_WORLDS, config.characters)
        self.final_stage_since: int | None = None
        self.robust_since: int | None = None
        self.best, self.evaluated_at = -1.0, -(10**12)
        self.first_landing: dict[str, float] = {}
        publish = None if config.publish is None else publish_in(config.publish)
        self.ages = Ages(config.folder, config.age_step, Path(config.clip).stem, publish)
        self.films = Films(config)
        if self.path.is_file():
            self.resume(checkpoint.load(self.path))
        else:
            if config.init is not None:
                earlier = WarmStart(config.init)
                earlier.fill(self.graph.networks)
                self.inherited = earlier.spent
            self.average.follow(self.graph.networks, math.inf)
            self._enter_stage(final=config.final_stage_at <= 0.0)
            self.environment.seed(config.seed, distributed.rank(), 0)
            self.environment.reset(torch.arange(self.environment.num_characters).numpy())

    def _find_foundation(self) -> Weights:
        """Of the run's checkpoint, if there is one: a run goes on with what it began with; else of its settings."""
        return kept_foundation(checkpoint.load(self.path)) if self.path.is_file() else read_foundation(self.config)

    @property
    def path(self) -> Path:
        """The run's checkpoint."""
        return self.config.folder / "checkpoint.pt"

    # ---------------------------------------------------------------- one iteration
    def step(self) -> tuple[Update, RolloutStats]:
        """Collect and learn once. The same numbers follow from the same checkpoint."""
        config = self.config
        seed = [config.seed, distributed.rank(), self.iteration + 1]
        self.environment.seed(*seed)
        generator = torch.Generator().manual_seed(int(np.random.SeedSequence(seed).generate_state(1)[0]))
        self.environment.disturbances.size = self._disturbance()
        self.environment.tracking_error_limit = config.tracking_error_limit_at(self.samples)
        self.environment.lenient = config.lenient_at(self.samples)
        self.noise = config.noise_at(self.samples, self._robust())
        batch, stats = collect(self.environment, self.graph, config.steps, self.noise, generator)
        update = self.ppo.update(batch, generator)
        self.iteration += 1
        fresh = config.steps * config.num_characters * distributed.world_size()
        self.samples += fresh
        # before the final stage the weights change so fast that their mean would lag behind
        self.average.follow(self.graph.networks, math.inf if self.final_stage_since is None else fresh)
        total = stats.over_ranks()
        self.episodes += total.episodes
        return update, total

    @property
    def stage(self) -> str:
        """Name of the present stage."""
        if self.robust_since is not None:
            return f"disturbed {self._disturbance():.0%}"
        return self.environment.stage.name

    def _disturbance(self) -> float:
        """Size of the disturbances, 0 to 1: they begin with a fifth and grow during the robustness stage."""
        return 0.0 if self.robust_since is None else 0.2 + 0.8 * self._robust()

    def _robust(self) -> float:
        """How much of the robustness stage is over, 0 to 1."""
        if self.robust_since is None:
            return 0.0
        return min(1.0, (self.samples - self.robust_since) / max(1, self.config.robust_samples))

    def _enter_stage(self, *, final: bool) -> None:
        """Begin the final stage if `final`, and put the environments into it once it has begun."""
        if self.final_stage_since is None and final:
            self.final_stage_since, self.best = self.samples, -1.0
        if self.final_stage_since is not None:
            stage = final_stage(self.config, self.clip, self.model)
            self.environment.stage = self.testing.stage = stage
            if self.config.final_stage_at > 0.0:
                self.environment.configure(for_final_stage(self.config))

    # ---------------------------------------------------------------- a run
    def run(self) -> None:
        """Iterate until the time or the samples are used up, or the run is interrupted.

        Raises:
            RunInterruptedError: nothing has been learned yet.
            ConfigError: the search has used up the time, so that nothing was learned.
            CheckpointError, OSError: something cannot be written.
        """
        start = self.samples, self.seconds
        logger = RunLogger(self.config, self.model.control_hz, *start, self.evaluated_at, self._until)
        try:
            self._iterate(logger)
        finally:
            logger.close()

    @property
    def _until(self) -> int | None:
        """The value of `samples` that ends the run; those of the search do not count as learning."""
        return None if self.config.samples is None else self.searched + self.config.samples

    def _iterate(self, logger: RunLogger) -> None:
        started, before = time.monotonic(), self.seconds
        saved = time.monotonic()
        while not self._finished():
            if self.samples - self.evaluated_at >= self.config.evaluate_samples / (SOON if self.nearly else 1.0):
                logger.say("evaluating")
                logger.scores(self.samples, self.seconds, self.evaluate())
                if self.good:  # all ranks have the same scores
                    break
            iteration_started = time.monotonic()
            update, stats = self.step()
            self.seconds = before + time.monotonic() - started
            wall = time.monotonic() - iteration_started
            logger.iteration(self.samples, self.seconds, wall, update, stats, self.noise, self.stage)
            self.films.consider(self._policy)
            due = time.monotonic() - saved > 60.0 * self.config.checkpoint_minutes
            if distributed.total(torch.tensor([float(due and distributed.rank() == 0)])).item():
                self.save()
                saved = time.monotonic()
        interrupted = self.interruption.agreed()
        if self.iteration == 0:
            self._nothing_learned(interrupted)
        self.seconds = before + time.monotonic() - started
        if self.evaluated_at != self.samples:
            logger.say("evaluating")
            logger.scores(self.samples, self.seconds, self.evaluate())
        self.save()
        if distributed.rank() == 0:
            self.ages.finish(self.config.folder / "best.pt")
        if not interrupted:
            self.films.finish()

    def _nothing_learned(self, interrupted: bool) -> None:
        """Such networks are no policy: they are neither kept nor published."""
        kept = f"; the path is kept in {self.config.folder}, and the same command goes on from it" * bool(self.searched)
        if interrupted:
            raise RunInterruptedError(f"interrupted before anything was learned{kept}")
        raise ConfigError(f"nothing was learned: --hours {self.config.hours:g} were used up before{kept} with more")

    def _finished(self) -> bool:
        over = self._until is not None and self.samples >= self._until
        over |= self.config.hours is not None and self.seconds >= 3600.0 * self.config.hours
        over |= self.good
        return bool(distributed.total(torch.tensor([float(over or self.interruption.wanted)])).item())

    def evaluate(self) -> Scores:
        """Score the policy; keep it when it is the best so far, or a new age."""
        scores = evaluation.evaluate(
            self.testing, self.graph, self.config.evaluate_seconds, networks=self.average.networks
        )
        self.evaluated_at = self.samples
        if scores.landed > 0.0 and "landed" not in self.first_landing:
            self.first_landing = {"landed": self.samples, "landed_seconds": round(self.seconds, 1)}
        final = self.final_stage_since is not None
        self.good = final and self.iteration > 0 and scores.survival >= self.config.good
        self.nearly = not self.good and scores.survival >= self.config.good
        if not final and self._ready(scores):
            self._enter_stage(final=True)
        elif self.robust_since is None and scores.survival >= self.config.robust_at:
            self.robust_since = self.samples
            self.best = -1.0
        if distributed.rank() == 0:
            content = self._policy() | {"scores": evaluation.as_dict(scores)}
            self.ages.consider(content, scores.score)
            # a policy of the robustness stage is not compared with those before it
            if scores.score >= self.best or self.good:
                self.best = scores.score
                checkpoint.save(self.config.folder / "best.pt", content)
        return scores

    def _ready(self, scores: Scores) -> bool:
        """Whether the final stage may begin: the first cycles land, and so do some in a row."""
        config, duration = self.config, self.clip.duration
        room = 0.7 * config.evaluate_seconds / duration if self.clip.loop else 0.0
        return scores.landed >= config.final_stage_at and scores.cycles >= min(config.final_stage_cycles, room)

    # ---------------------------------------------------------------- keeping
    def _networks(self) -> dict[str, Any]:
        found: dict[str, Any] = {} if self.feasible is None else {"shown": clip_to_tensors(clip_of(self.config))}
        found |= self.foundation
        return found | {
            "networks": self.average.networks.state_dict(),
            "feedforward": self.graph.feedforward,
            "clip": clip_to_tensors(self.clip),
            "allowed_contacts": self.environment.allowed_names,
            "config": self.config.to_json(),
            "inherited": self.inherited,
        }

    def _policy(self) -> dict[str, Any]:
        """What tools.export needs, and how much training it took."""
        facts = {"samples": self.samples, "seconds": round(self.seconds, 1), "episodes": self.episodes}
        return self._networks() | facts

    def save(self) -> None:
        """Write a checkpoint and go on from it as a resumed run would: in fresh Worlds with the stored states."""
        own = self.environment.state_dict()
        all_ranks = {k: distributed.gather(v) for k, v in own.items()}
        if distributed.rank() == 0:
            content = self._networks() | {
                "learner": self.graph.networks.state_dict(),
                "optimizer": self.ppo.optimizer.state_dict(),
                "rate": self.ppo.rate,
                "environments": all_ranks,
                "counters": {name: getattr(self, name) for name in COUNTERS},
                "ages": self.ages.state_dict(),
            }
            checkpoint.save(self.path, content)
        self.environment.load_state_dict(own)

    def resume(self, content: dict[str, Any]) -> None:
        """Take over a checkpoint."""
        # checkpoints from before weights were averaged hold one set of networks
        self.graph.networks.load_state_dict(content.get("learner", content["networks"]))
        self.average.networks.load_state_dict(content["networks"])
        self.ppo.optimizer.load_state_dict(content["optimizer"])
        self.ppo.rate = content["rate"]
        for name, value in content["counters"].items():
            setattr(self, name, value)
        self._enter_stage(final=self.config.final_stage_at <= 0.0)
        self.ages.load_state_dict(content["ages"])
        self.inherited = content.get("inherited", {})
        all_ranks = content["environments"]
        ours = (distributed.world_size(), self.environment.num_characters)
        if "ticks" in all_ranks and tuple(all_ranks["ticks"].shape) == ours:
            self.environment.load_state_dict({k: v[distributed.rank()] for k, v in all_ranks.items()})
        else:
            # another number of ranks or characters: the networks go on, the episodes begin anew
            self.environment.seed(self.config.seed, distributed.rank(), self.iteration)
            self.environment.reset(torch.arange(self.environment.num_characters).numpy())
