"""Rollout: T steps of a rank's characters with the noisy policy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from tools.train.environment import ImitationEnvironment
from tools.train.policy_graph import PolicyGraph
from tools.train.ppo import Batch, log_prob


@dataclass(frozen=True)
class RolloutStats:
    """What happened in a rollout; sums, so that ranks can be added up."""

    sums: Tensor
    """(10,): ticks, reward, five terms, ended episodes, of these failed, their ticks"""

    @staticmethod
    def empty() -> Tensor:
        return torch.zeros(10, dtype=torch.float64)

    @property
    def episodes(self) -> int:
        """How many ended."""
        return int(self.sums[7])


def collect(
    environment: ImitationEnvironment, graph: PolicyGraph, steps: int, std: float, generator: torch.Generator
) -> tuple[Batch, RolloutStats]:
    """Run the policy with action noise `std` for `steps` ticks, beginning and ending in mid-episode."""
    n, gamma = environment.num_characters, environment.config.gamma
    observation = torch.empty(steps + 1, n, graph.features.size)
    action = torch.empty(steps, n, graph.residual.num_actions)
    spread = torch.empty(steps, n)
    logs, reward = torch.empty(steps, n), torch.empty(steps, n)
    done, bootstrap = torch.zeros(steps, n), torch.zeros(steps, n)
    sums = RolloutStats.empty()
    networks = graph.networks
    with torch.inference_mode():
        seen, pose = graph.observe(environment.inputs())
        for t in range(steps):
            observation[t] = seen
            mean = networks.act(seen)
            spread[t] = std * environment.exploration
            action[t] = mean + spread[t, :, None] * torch.randn(mean.shape, generator=generator)
            logs[t] = log_prob(action[t], mean, spread[t])
            outcome = environment.step(graph.target(pose, action[t]).double().numpy())
            ended = outcome.terminated | outcome.truncated
            reward[t], done[t] = outcome.reward, torch.from_numpy(ended).float()
            late = np.flatnonzero(outcome.truncated)
            if len(late):
                cut, _ = graph.observe(environment.inputs(late))
                bootstrap[t, torch.from_numpy(late)] = networks.value(cut) / (1.0 - gamma)
            sums[0] += n
            sums[1] += outcome.reward.sum()
            sums[2:7] += outcome.terms.sum(0)
            sums[7] += int(ended.sum())
            sums[8] += int(outcome.terminated.sum())
            sums[9] += int(environment.ticks[ended].sum())
            begun = environment.end(outcome)
            seen, pose = graph.observe(environment.inputs() if len(begun) else environment.latest)
        observation[steps] = seen
    # out of inference mode: learning needs tensors that autograd may save
    tensors = (observation, action, spread, logs, reward, done, bootstrap)
    return Batch(*(t.clone() for t in tensors)), RolloutStats(sums)
