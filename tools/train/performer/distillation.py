"""Distillation: the performer learns what the specialists would do in the states that he himself gets into (DAgger)."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from game.policy.policy import Policy
from game.sim.model import CharacterModel
from tools.train import distributed, quaternion
from tools.train.joint_axes import joint_axes
from tools.train.performer.performer_environment import PerformerEnvironment
from tools.train.performer.performer_graph import SCALE, PerformerGraph
from tools.train.performer.repertoire import MotionSpec
from tools.train.performer.situations import Situations

LIMIT = 4.0
"""of an action"""
NOISE = 0.08
"""of half of the characters' actions"""
HUBER = 0.3


class Memory:
    """The last observations and labels."""

    def __init__(self, capacity: int, observation: int, action: int) -> None:
        self.observation = torch.zeros(capacity, observation)
        self.label = torch.zeros(capacity, action)
        self.capacity, self.next, self.filled = capacity, 0, 0

    def add(self, observation: Tensor, label: Tensor) -> None:
        """(M, size), (M, actions)"""
        index = (self.next + torch.arange(len(label))) % self.capacity
        self.observation[index], self.label[index] = observation, label
        self.next = (self.next + len(label)) % self.capacity
        self.filled = min(self.capacity, self.filled + len(label))


class Distiller:
    """Characters, each with the motion that he keeps; the specialists run in every tick."""

    def __init__(
        self, model: CharacterModel, graph: PerformerGraph, environment: PerformerEnvironment, situations: Situations,
        motions: list[MotionSpec], experts: dict[str, Policy], seed: int, capacity: int = 300_000,
    ) -> None:  # fmt: skip
        self.model, self.graph, self.environment, self.situations = model, graph, environment, situations
        self.experts = experts
        n = environment.num_characters
        names = [m.name for m in motions for _ in range(m.weight) if m.name in experts or not m.clip]
        self.motion = np.array([names[k % len(names)] for k in range(n)])
        self.who = {name: np.flatnonzero(self.motion == name) for name in experts}
        self.memory = Memory(capacity, graph.sight.size, graph.residual.num_actions)
        self.rng, self.generator = np.random.default_rng(seed), torch.Generator().manual_seed(seed)
        self.row = np.zeros(n, np.int64)
        self.time = np.zeros(n)
        self.led = np.zeros(n, bool)
        """(N,) whom his specialist moves, not he himself"""
        self.columns = torch.tensor([3 * j + k for j, k in joint_axes(model)])
        self.restart(np.arange(n), 0.0)

    def restart(self, indices: np.ndarray, led: float) -> None:
        """Begin anew; a share `led` of them is moved by the specialists."""
        episodes = []
        for n in indices:
            name = str(self.motion[n])
            self.row[n] = self.situations.start_row(name)
            episodes.append(self.situations.of_clip(name, int(self.row[n])))
        self.environment.begin(indices, episodes)
        self.led[indices] = self.rng.random(len(indices)) < led

    def labels(self, pose: Tensor) -> Tensor:
        """(N, actions) what the specialists would do; standing still takes no action on the balance."""
        environment, hz = self.environment, self.model.control_hz
        wanted = pose.clone()
        rows = environment.plan[environment._everyone, torch.from_numpy(environment.tick)]
        cycle = rows[:, environment.cols.cycle][:, 0].numpy()
        for name, who in self.who.items():
            table, expert = self.situations.tables[name], self.experts[name]
            time = self.row[who] / (4 * hz) + environment.tick[who] / hz - cycle[who] * table.duration
            inputs = environment.fields(environment.cycle_frames(who), expert.inputs, who)
            inputs["time"] = np.maximum(time, 0.0).astype(np.float32)
            wanted[who] = torch.from_numpy(expert.run(inputs).joint_target).float()
        turn = quaternion.to_rotvec(quaternion.multiply(quaternion.conjugate(pose), wanted))
        return (turn.flatten(1)[:, self.columns] / SCALE).clamp(-LIMIT, LIMIT)

    def collect(self, ticks: int, led: float) -> None:
        """Drive on for some ticks and keep what the specialists would have done."""
        environment, graph = self.environment, self.graph
        n = environment.num_characters
        with torch.inference_mode():
            for _ in range(ticks):
                observation, pose = graph.sight(environment.inputs())
                label = self.labels(pose)
                self.memory.add(observation, label)
                action = torch.where(torch.from_numpy(self.led)[:, None], label, graph.act(observation))
                noisy = torch.from_numpy(self.rng.random(n) < 0.5).float()[:, None] * NOISE
                action = action + noisy * torch.randn(action.shape, generator=self.generator)
                step = environment.step(graph.target(pose, action).double().numpy())
                ended = np.flatnonzero(step.terminated | step.truncated)
                for k in ended:
                    self.situations.learn(str(self.motion[k]), int(self.row[k]), bool(step.terminated[k]))
                self.restart(ended, led)

    def settle(self) -> None:
        """Set the normaliser from what has been seen; all ranks agree."""
        seen = self.memory.observation[: self.memory.filled]
        moments = distributed.mean(torch.stack([seen.mean(0), seen.square().mean(0)]).double())
        # the last number, the gait gate's, stays what it is
        self.graph.mean[:-1] = moments[0, :-1].float()
        self.graph.spread[:-1] = ((moments[1] - moments[0] ** 2).clamp(min=0.0).sqrt() + 0.05)[:-1].float()

    def learn(self, optimizer: torch.optim.Optimizer, steps: int, size: int) -> float:
        """Gradient steps on random samples of the memory; the mean loss."""
        actor, memory, total = self.graph.actor, self.memory, 0.0
        for _ in range(steps):
            index = torch.randint(0, memory.filled, (size,), generator=self.generator)
            action = actor(self.graph.normalized(memory.observation[index]))
            loss = nn.functional.smooth_l1_loss(action, memory.label[index], beta=HUBER)
            optimizer.zero_grad(set_to_none=True)
            torch.autograd.backward([loss])
            distributed.average_gradients(actor.parameters())
            nn.utils.clip_grad_norm_(actor.parameters(), 1.0)
            optimizer.step()
            total += float(loss.detach())
        return total / steps
