"""Proximal policy optimisation (Schulman et al. 2017) with generalised advantage estimation (2016)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from tools.train import distributed
from tools.train.config import TrainConfig
from tools.train.mirror import Mirror
from tools.train.network import ActorCritic


class NonFiniteError(ArithmeticError):
    """Something became NaN or infinite; the message names it."""


@dataclass(frozen=True)
class Batch:
    """An iteration of one rank: T steps of N characters."""

    observation: Tensor
    """(T + 1, N, D)"""
    action: Tensor
    """(T, N, A)"""
    std: Tensor
    """(T, N) standard deviation of the noise in the action"""
    log_prob: Tensor
    """(T, N) of the action when it was drawn"""
    reward: Tensor
    """(T, N)"""
    done: Tensor
    """(T, N) the episode ended here, for whatever reason"""
    bootstrap: Tensor
    """(T, N) value of the state in which an episode was cut off by time, else 0"""


@dataclass(frozen=True)
class Update:
    """What an update did, the same on all ranks."""

    policy_loss: float
    value_loss: float
    kl: float
    clipped: float
    """share of samples whose ratio was clipped"""
    rate: float
    """the actor's learning rate of the next update"""


def advantages(reward: Tensor, value: Tensor, done: Tensor, bootstrap: Tensor, gamma: float, lam: float) -> Tensor:
    """GAE: sum over l of (gamma lam)^l delta, delta = r + gamma V' - V, cut where episodes end.

    Args:
        reward, done, bootstrap: (T, N); value: (T + 1, N).
    """
    advantage, carried = torch.zeros_like(reward), torch.zeros_like(reward[0])
    alive = 1.0 - done
    for t in range(len(reward) - 1, -1, -1):
        following = alive[t] * value[t + 1] + bootstrap[t]
        delta = reward[t] + gamma * following - value[t]
        carried = delta + gamma * lam * alive[t] * carried
        advantage[t] = carried
    return advantage


def log_prob(action: Tensor, mean: Tensor, std: Tensor) -> Tensor:
    """Of independent normals of the same deviation, without the constant: (..., A) x2, (...) -> (...)."""
    return -0.5 * ((action - mean) / std[..., None]).square().sum(-1) - mean.shape[-1] * std.log()


class PPO:
    """Optimises an ActorCritic; the actor's learning rate follows the measured KL, the critic's is fixed."""

    def __init__(self, networks: ActorCritic, config: TrainConfig, mirror: Mirror | None = None) -> None:
        """With a mirror every sample is learned a second time, mirrored, in the same minibatch."""
        self.networks, self.config, self.mirror = networks, config, mirror
        self.rate = config.actor_rate
        self.optimizer = torch.optim.Adam(
            [
                {"params": list(networks.actor.parameters()), "lr": self.rate},
                {"params": list(networks.critic.parameters()), "lr": config.critic_rate},
            ]
        )

    def update(self, batch: Batch, generator: torch.Generator) -> Update:
        """Learn from a batch. Raises NonFiniteError."""
        config, networks = self.config, self.networks
        check_finite("observation", batch.observation)
        check_finite("reward", batch.reward)
        with torch.no_grad():
            inputs = networks.normalizer(batch.observation)
            value = networks.critic(inputs)[..., 0] / (1.0 - config.gamma)
            advantage = advantages(batch.reward, value, batch.done, batch.bootstrap, config.gamma, config.gae_lambda)
            returns = ((advantage + value[:-1]) * (1.0 - config.gamma)).flatten()
            advantage = _standardized(advantage.flatten())
        seen, inputs = batch.observation[:-1].flatten(0, 1), inputs[:-1].flatten(0, 1)
        action, std, old = batch.action.flatten(0, 1), batch.std.flatten(), batch.log_prob.flatten()
        count = len(inputs)
        size = max(1, min(count, config.minibatch // distributed.world_size()))
        if self.mirror is not None:
            seen, inputs, action, old = self._doubled(self.mirror, seen, action, old, std)
            advantage, returns, std = advantage.repeat(2), returns.repeat(2), std.repeat(2)
        kl, sums, num = 0.0, torch.zeros(3), 0
        for _ in range(config.epochs):
            order = torch.randperm(count, generator=generator)
            passed = torch.zeros(4)
            for chosen in torch.split(order, size):
                part = chosen if self.mirror is None else torch.cat([chosen, chosen + count])
                passed += self._step(inputs[part], action[part], old[part], advantage[part], returns[part], std[part])
                num += 1
            kl = float(distributed.mean(passed[3:4] / math.ceil(count / size)))
            sums += passed[:3]
            if kl > 2.5 * config.target_kl:
                break
        policy_loss, value_loss, clipped = distributed.mean(sums / num).tolist()
        self._steer(kl)
        self._merge(seen)
        return Update(policy_loss, value_loss, kl, clipped, self.rate)

    def _doubled(
        self, mirror: Mirror, seen: Tensor, action: Tensor, old: Tensor, std: Tensor
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Observations, inputs, actions and log-probabilities of samples, and then of their mirror images.

        The old log-probability of a mirrored action is the one that the policy gives it in the mirrored state: as long
        as the policy is not symmetric, that is another one than the sample's.
        """
        networks = self.networks
        with torch.no_grad():
            seen = torch.cat([seen, mirror.observation(seen)])
            inputs, turned = networks.normalizer(seen), mirror.action(action)
            drawn = log_prob(turned, networks.actor(inputs[len(action) :]), std)
            return seen, inputs, torch.cat([action, turned]), torch.cat([old, drawn])

    def _step(
        self, inputs: Tensor, action: Tensor, old: Tensor, advantage: Tensor, returns: Tensor, std: Tensor
    ) -> Tensor:
        """One gradient step. Returns policy loss, value loss, share clipped, KL estimate: (4,)."""
        config, networks = self.config, self.networks
        mean = networks.actor(inputs)
        log_ratio = log_prob(action, mean, std) - old
        ratio = log_ratio.exp()
        bounded = ratio.clamp(1.0 - config.clip_ratio, 1.0 + config.clip_ratio)
        policy_loss = -torch.min(ratio * advantage, bounded * advantage).mean()
        value_loss = (networks.critic(inputs)[:, 0] - returns).square().mean()
        # keeps means inside the range where actions still have an effect
        bound_loss = (mean.abs() - 3.0).clamp(min=0.0).square().mean() + 1e-3 * mean.square().mean()
        loss = policy_loss + 2.0 * value_loss + bound_loss
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        distributed.average_gradients(networks.parameters())
        norms = [nn.utils.clip_grad_norm_(net.parameters(), 1.0) for net in (networks.actor, networks.critic)]
        check_finite("loss", loss.detach())
        check_finite("gradient of the actor", norms[0])
        check_finite("gradient of the critic", norms[1])
        self.optimizer.step()
        with torch.no_grad():
            clipped = ((ratio - 1.0).abs() > config.clip_ratio).float().mean()
            # Schulman's unbiased, non-negative estimator of KL(old, new)
            return torch.stack([policy_loss, value_loss, clipped, (ratio - 1.0 - log_ratio).mean()])

    def _steer(self, kl: float) -> None:
        low, high = self.config.actor_rate_range
        if kl > 1.5 * self.config.target_kl:
            self.rate = max(low, self.rate / 1.3)
        elif kl < self.config.target_kl / 1.5:
            self.rate = min(high, self.rate * 1.15)
        self.optimizer.param_groups[0]["lr"] = self.rate

    def _merge(self, observation: Tensor) -> None:
        """Update the normaliser after the update, so that old log-probabilities stay right during it."""
        moments = distributed.mean(torch.stack([observation.mean(0), observation.square().mean(0)]).double())
        var = (moments[1] - moments[0] ** 2).clamp(min=0.0)
        count = float(len(observation) * distributed.world_size())
        self.networks.normalizer.merge(moments[0].float(), var.float(), count)


def _standardized(x: Tensor) -> Tensor:
    """Zero mean and unit variance over all ranks."""
    moments = distributed.mean(torch.stack([x.mean(), x.square().mean()]).double())
    return (x - moments[0].float()) / ((moments[1] - moments[0] ** 2).clamp(min=0.0).sqrt().float() + 1e-6)


def check_finite(name: str, tensor: Tensor) -> None:
    """Raise NonFiniteError naming `tensor` and where its first bad entry lies."""
    if torch.isfinite(tensor).all():
        return
    where = torch.nonzero(~torch.isfinite(tensor))[0].tolist() if tensor.ndim else []
    raise NonFiniteError(
        f"{name} is not finite (rank {distributed.rank()}, first at {where}, shape {tuple(tensor.shape)})"
    )
