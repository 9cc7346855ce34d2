"""Rollout: T steps of a rank's characters with the noisy policy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from tools.train import distributed
from tools.train.environment import ImitationEnvironment
from tools.train.policy_graph import PolicyGraph
from tools.train.ppo import Batch, log_prob


@dataclass
class RolloutStats:
    """What happened in a rollout, as sums, which can be added up over ranks."""

    terms: dict[str, float]
    """of each term of the reward, over all ticks"""
    ticks: int = 0
    """of all characters"""
    reward: float = 0.0
    episodes: int = 0
    """that ended"""
    failed: int = 0
    """of these, that were terminated"""
    episode_ticks: int = 0
    """length of those that ended, together"""

    def over_ranks(self) -> RolloutStats:
        """The sums of all ranks together."""
        values = [*self.terms.values(), self.ticks, self.reward, self.episodes, self.failed, self.episode_ticks]
        *terms, ticks, reward, episodes, failed, episode_ticks = distributed.total(
            torch.tensor(values, dtype=torch.float64)
        ).tolist()
        named = dict(zip(self.terms, terms, strict=True))
        return RolloutStats(named, int(ticks), reward, int(episodes), int(failed), int(episode_ticks))


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
    names = environment.stage.reward.names
    stats = RolloutStats(dict.fromkeys(names, 0.0))
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
            truncated = np.flatnonzero(outcome.truncated)
            if len(truncated):
                cut, _ = graph.observe(environment.inputs(truncated))
                bootstrap[t, torch.from_numpy(truncated)] = networks.value(cut) / (1.0 - gamma)
            stats.ticks += n
            stats.reward += float(outcome.reward.sum())
            for name, value in zip(names, outcome.terms.sum(0).tolist(), strict=True):
                stats.terms[name] += value
            stats.episodes += int(ended.sum())
            stats.failed += int(outcome.terminated.sum())
            stats.episode_ticks += int(environment.ticks[ended].sum())
            restarted = environment.end(outcome)
            seen, pose = graph.observe(environment.inputs() if len(restarted) else environment.latest)
        observation[steps] = seen
    # out of inference mode: learning needs tensors that autograd may save
    tensors = (observation, action, spread, logs, reward, done, bootstrap)
    return Batch(*(t.clone() for t in tensors)), stats
