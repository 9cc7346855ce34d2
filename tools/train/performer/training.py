"""The performer's training: distillation first, then PPO over all situations; one run, resumed from its folder."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch

from game.sim.model import CharacterModel
from game.sim.motion import MotionClip
from tools.train import checkpoint, distributed
from tools.train.ages import Ages
from tools.train.performer.distillation import Distiller
from tools.train.performer.gait_gate import Windows, train
from tools.train.performer.performer_config import PerformerConfig
from tools.train.performer.performer_environment import PerformerEnvironment
from tools.train.performer.performer_graph import PerformerGraph
from tools.train.performer.practice import Practice
from tools.train.performer.progress import clip_survival, hub_survival
from tools.train.performer.repertoire import LONGEST, load_ends, load_expert, load_table, read_motions, read_stages
from tools.train.performer.situations import Situations

GATE_EPOCHS = 40
LED_ITERATIONS = 15
"""of distillation, over which ever fewer are led by the specialists"""
FILLING = 4
"""iterations before the first gradient step"""


class Log:
    """Lines to the screen and to OUT/log.jsonl, of the first rank."""

    def __init__(self, out: Path) -> None:
        self.path = out / "log.jsonl"

    def __call__(self, **values: Any) -> None:
        if distributed.rank():
            return
        plain = {k: round(v, 5) if isinstance(v, float) else v for k, v in values.items()}
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(plain) + "\n")
        print(" ".join(f"{k}={v}" for k, v in plain.items()), flush=True)


class Run:
    """One rank's part of a run."""

    def __init__(self, config: PerformerConfig) -> None:
        self.config = config
        self.model = CharacterModel.load()
        self.motions = read_motions()
        self.experts = {m.name: load_expert(m, self.model) for m in self.motions if m.expert}
        tables = {m.name: load_table(m, self.model, self.experts.get(m.name)) for m in self.motions}
        self.seed = config.seed + 1000 * distributed.rank()
        torch.manual_seed(config.seed)
        self.graph = PerformerGraph(self.model)
        ticks = round(config.seconds * self.model.control_hz)
        longest = max(2 * ticks, round(LONGEST * self.model.control_hz))
        self.environment = PerformerEnvironment(self.model, config.worlds, config.characters, longest)
        stages = read_stages()
        self.distil_samples = config.distil_samples or stages.distil_samples
        upright = [m.name for m in self.motions if m.upright]
        weights = {m.name: float(m.weight) for m in self.motions}
        ends = load_ends(stages, self.model)
        self.situations = Situations(self.model, tables, upright, ticks, self.seed, stages, weights, ends)
        self.samples = {"distil": 0, "ppo": 0}
        self.minutes = 0.0
        self.log = Log(config.out)
        self.begun = self.kept = self.measured = time.monotonic()
        self.optimizer_state: dict[str, Any] | None = None
        self.force: torch.Tensor | None = None
        self.averaged: dict[str, torch.Tensor] = {}
        self.ages = Ages(config.out, config.age_step, "performer")
        self.path = config.out / "checkpoint.pt"
        if self.path.is_file():
            self._resume()
        else:
            # every rank by itself, with the same seed: they come to the same
            windows = Windows(self.model, config.seed).draw(config.gate_windows)
            self.log(gate=train(self.graph.sight.gait, *windows, GATE_EPOCHS), windows=config.gate_windows)
            self._keep_age(0.0)

    def _resume(self) -> None:
        content = checkpoint.load(self.path)
        self.graph.load_state_dict(content["graph"])
        self.samples, self.minutes = dict(content["samples"]), float(content["minutes"])
        self.optimizer_state = content.get("optimizer")
        for name, values in content.get("failing", {}).items():
            if name in self.situations.failing:
                self.situations.failing[name] = values.numpy().copy()
        self.situations.ended = dict(content.get("ended", {}))
        self.force = content.get("force")
        self.averaged = dict(content.get("averaged", {}))
        self.situations.hard.update(content.get("hard", {}))
        self.ages.load_state_dict(content.get("ages", []))
        self.log(resumed=dict(self.samples))

    def keep(self, optimizer: torch.optim.Optimizer, **extra: Any) -> None:
        """Write the checkpoint."""
        now = time.monotonic()
        self.minutes += (now - self.kept) / 60.0
        self.kept = now
        if distributed.rank() == 0:
            content = {"graph": self.graph.state_dict(), "optimizer": optimizer.state_dict(), "samples": self.samples}
            ages = self.ages.state_dict()
            checkpoint.save(self.path, content | {"minutes": self.minutes, "ages": ages, **extra})

    def _keep_age(self, score: float) -> None:
        """Keep the present networks as an age, if they are visibly better, 0 to 1, than the last that was kept."""
        if distributed.rank() == 0:
            content = {"graph": self.graph.state_dict(), "samples": self.samples, "minutes": self.minutes}
            self.ages.consider(content, score)

    def ended(self) -> bool:
        """Whether the time is up; the first rank says so."""
        over = self.config.minutes and time.monotonic() - self.begun > 60.0 * self.config.minutes
        flag = torch.tensor([1.0 if over and distributed.rank() == 0 else 0.0])
        return bool(distributed.total(flag)[0] > 0)

    def due(self, since: float, minutes: float) -> bool:
        """Whether so many minutes have passed; the first rank says so."""
        flag = torch.tensor([1.0 if time.monotonic() - since > 60.0 * minutes and distributed.rank() == 0 else 0.0])
        return bool(distributed.total(flag)[0] > 0)

    def distil(self) -> None:
        """Until enough samples."""
        config, graph = self.config, self.graph
        distiller = Distiller(
            self.model, graph, self.environment, self.situations, self.motions, self.experts, self.seed, config.memory
        )
        optimizer = torch.optim.Adam(graph.actor.parameters(), config.distil_rate[0])
        fresh = self.samples["distil"] == 0
        if self.optimizer_state is not None:
            optimizer.load_state_dict(self.optimizer_state)
        iteration = 0
        while self.samples["distil"] < self.distil_samples and not self.ended():
            begin = time.monotonic()
            led = max(0.0, 1.0 - iteration / LED_ITERATIONS) if fresh else 0.0
            distiller.led &= bool(led)
            distiller.collect(config.ticks, led)
            middle = time.monotonic()
            self.samples["distil"] += config.ticks * self.environment.num_characters * distributed.world_size()
            iteration += 1
            loss = 0.0
            if fresh and iteration == FILLING:
                distiller.settle()
            if iteration >= FILLING:
                part = min(1.0, self.samples["distil"] / self.distil_samples)
                first, last = config.distil_rate
                for group in optimizer.param_groups:
                    group["lr"] = first * (last / first) ** part
                loss = distiller.learn(optimizer, config.distil_steps, config.distil_minibatch)
            if iteration % 10 == 0:
                end = time.monotonic()
                self.log(
                    stage="distil", samples=self.samples["distil"], loss=loss, collect=middle - begin,
                    learn=end - middle, minutes=self.minutes + (end - self.kept) / 60.0,
                    failing={k: round(float(v.mean()), 2) for k, v in self.situations.failing.items()},
                )  # fmt: skip
            if self.due(self.kept, config.checkpoint_minutes):
                self.keep(optimizer)
            if self.due(self.measured, config.progress_minutes):
                self.measure()
                distiller.restart(np.arange(self.environment.num_characters), 0.0)
        self.keep(optimizer)
        self.measure()
        self.optimizer_state = None

    def practise(self) -> None:
        """PPO, until the time is up."""
        config = self.config
        practice = Practice(
            self.model, self.graph, self.environment, self.situations, self.experts, config, self.seed + 1
        )
        if self.optimizer_state is not None and len(self.optimizer_state["param_groups"]) == 2:
            practice.optimizer.load_state_dict(self.optimizer_state)
            practice.rate = practice.optimizer.param_groups[0]["lr"]
        if self.force is not None:
            practice.shoves.force = np.resize(self.force.numpy(), self.environment.num_characters)
        iteration, warm = 0, 2 if self.samples["ppo"] else config.warm
        while not self.ended():
            begin = time.monotonic()
            rollout = practice.collect(config.ticks)
            middle = time.monotonic()
            learned = practice.update(rollout, critic_only=iteration < warm)
            iteration += 1
            self.situations.harden()
            self._average_in(config.ticks * self.environment.num_characters * distributed.world_size())
            self.samples["ppo"] += config.ticks * self.environment.num_characters * distributed.world_size()
            if iteration % 10 == 0:
                end = time.monotonic()
                force = practice.shoves.force
                self.log(
                    stage="ppo", samples=self.samples["ppo"], kl=learned.kl, rate=learned.rate,
                    hard={way: round(hard, 3) for way, hard in self.situations.hard.items()},
                    value=learned.value_loss, advice=learned.advice_loss,
                    reward=float(rollout.reward.mean()), collect=middle - begin, learn=end - middle,
                    minutes=self.minutes + (end - self.kept) / 60.0,
                    force=[round(float(q)) for q in np.quantile(force, (0.1, 0.5, 0.9))], kinds=practice.report(),
                )  # fmt: skip
            if iteration % 100 == 0:
                practice.lay_heaps()
            if self.due(self.kept, config.checkpoint_minutes):
                self.keep(practice.optimizer, **self._learned(practice))
            if self.due(self.measured, config.progress_minutes):
                self.measure()
                practice.restart(np.arange(self.environment.num_characters))
        self.keep(practice.optimizer, **self._learned(practice))

    def _average_in(self, samples: int) -> None:
        """Let the averaged networks follow the learning ones."""
        now = self.graph.state_dict()
        if not self.averaged:
            self.averaged = {name: value.clone() for name, value in now.items()}
        share = min(1.0, samples / max(1, self.config.average_samples))
        for name, value in self.averaged.items():
            if value.is_floating_point():
                value.lerp_(now[name], share)

    def _learned(self, practice: Practice) -> dict[str, Any]:
        """What is known of where he fails, for the checkpoint."""
        return {
            "failing": {name: torch.tensor(values) for name, values in self.situations.failing.items()},
            "ended": dict(self.situations.ended), "force": torch.tensor(practice.shoves.force),
            "hard": dict(self.situations.hard),
            "averaged": self.averaged,
        }  # fmt: skip

    def measure(self) -> None:
        """Measure the averaged networks and log; leaves everybody to be begun anew."""
        learning = {name: value.clone() for name, value in self.graph.state_dict().items()}
        self.graph.load_state_dict(self.averaged or learning)
        found = clip_survival(self.environment, self.graph, self.situations)
        self.log(progress="clips", samples=dict(self.samples), **found)
        survival = [row[0] for row in found.values()]
        if self.samples["ppo"]:
            found = hub_survival(self.environment, self.graph, self.situations)
            self.log(progress="hub", samples=dict(self.samples), **found)
        # what only practice teaches counts as nothing before
        others = [row[0] for row in found.values()] if self.samples["ppo"] else [0.0]
        self._keep_age(0.5 * (sum(survival) / len(survival) + sum(others) / len(others)))
        self.graph.load_state_dict(learning)
        self.measured = time.monotonic()


def check(config: PerformerConfig) -> None:
    """Raise what would stop a run, before its processes start: a missing clip or policy, an unreadable checkpoint."""
    model = CharacterModel.load()
    for motion in read_motions():
        if motion.clip:
            MotionClip.load(motion.clip)
        if motion.expert:
            load_expert(motion, model)
    path = config.out / "checkpoint.pt"
    if path.is_file():
        checkpoint.load(path)


def main(config: PerformerConfig) -> None:
    """One rank's run."""
    distributed.join()
    config.out.mkdir(parents=True, exist_ok=True)
    run = Run(config)
    if run.samples["distil"] < run.distil_samples:
        run.distil()
    if run.samples["distil"] >= run.distil_samples:
        run.practise()
    distributed.leave()
