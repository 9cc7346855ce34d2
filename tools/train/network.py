"""Actor, critic and the observation's normaliser."""

from __future__ import annotations

import itertools
import math

import torch
from torch import Tensor, nn


class Normalizer(nn.Module):
    """Running mean and variance of observations; merges batches by Chan's parallel formula."""

    mean: Tensor
    var: Tensor
    count: Tensor

    def __init__(self, size: int, limit: float = 6.0, memory: float = 2e6) -> None:
        super().__init__()
        self.limit, self.memory = limit, memory
        self.register_buffer("mean", torch.zeros(size))
        self.register_buffer("var", torch.ones(size))
        self.register_buffer("count", torch.zeros(()))

    def forward(self, x: Tensor) -> Tensor:
        """(B, size) -> (B, size), within +-limit."""
        return ((x - self.mean) * torch.rsqrt(self.var + 1e-4)).clamp(-self.limit, self.limit)

    def merge(self, mean: Tensor, var: Tensor, count: float) -> None:
        """Fold a batch's mean and variance (size,) in; beyond `memory` samples the old ones fade."""
        total = self.count + count
        delta = mean - self.mean
        self.var.copy_((self.var * self.count + var * count + delta**2 * self.count * count / total) / total)
        self.mean.add_(delta * (count / total))
        self.count.copy_(total.clamp(max=self.memory))


def mlp(inputs: int, hidden: tuple[int, ...], outputs: int, last_gain: float) -> nn.Sequential:
    """ReLU layers with orthogonal weights; the last one's are scaled by last_gain."""
    widths = [inputs, *hidden, outputs]
    layers: list[nn.Module] = []
    for k, (a, b) in enumerate(itertools.pairwise(widths)):
        linear = nn.Linear(a, b)
        last = k == len(widths) - 2
        nn.init.orthogonal_(linear.weight, math.sqrt(2.0) * (last_gain if last else 1.0))
        nn.init.zeros_(linear.bias)
        layers += [linear] if last else [linear, nn.ReLU()]
    return nn.Sequential(*layers)


class ActorCritic(nn.Module):
    """Separate networks behind one normaliser. The actor's noise is a schedule, not a parameter."""

    def __init__(self, observation: int, action: int, hidden: tuple[int, ...]) -> None:
        super().__init__()
        self.normalizer = Normalizer(observation)
        self.actor = mlp(observation, hidden, action, 0.01)
        self.critic = mlp(observation, hidden, 1, 0.3)

    def act(self, observation: Tensor) -> Tensor:
        """Mean action, (B, observation) -> (B, action)."""
        action: Tensor = self.actor(self.normalizer(observation))
        return action

    def value(self, observation: Tensor) -> Tensor:
        """Expected return times (1 - gamma), about 0..1: (B, observation) -> (B,)."""
        return torch.as_tensor(self.critic(self.normalizer(observation))[:, 0])
