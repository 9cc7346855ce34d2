"""Practice: PPO over all situations at once, with the specialists' advice where there is any, and shoves."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from game.policy.policy import Policy
from game.sim.model import CharacterModel
from tools.train import distributed, quaternion
from tools.train.joint_axes import joint_axes
from tools.train.performer.banks import heaps, upright
from tools.train.performer.distillation import HUBER, LIMIT, Memory
from tools.train.performer.performer_config import PerformerConfig
from tools.train.performer.performer_environment import PerformerEnvironment
from tools.train.performer.performer_graph import SCALE, PerformerGraph
from tools.train.performer.performer_mirror import PerformerMirror
from tools.train.performer.situations import Situations
from tools.train.ppo import advantages

Array = NDArray[np.float64]
PUSH_TICKS, PELVIS = 6, 0
PUSH_EVERY = 2.5
"""mean s between pushes"""
PUSHED_AFTER = 45
"""ticks after a push when it counts as survived"""
FORCES = (20.0, 400.0)
"""N, between which everyone's force goes up and down"""
KEPT_REWARD = 0.55
"""of a moment that others may begin from"""
SETTLED = 24
"""ticks into an episode after which its moments are his own"""


@dataclass
class Rollout:
    """An iteration of a rank: T ticks of N characters."""

    observation: Tensor
    """(T + 1, N, D)"""
    action: Tensor
    """(T, N, A)"""
    log_prob: Tensor
    """(T, N)"""
    reward: Tensor
    done: Tensor
    bootstrap: Tensor
    """(T, N) value of the state in which an episode was cut off, else 0"""
    group: NDArray[np.int64]
    """(T, N) number of the kind"""


@dataclass
class Count:
    """Episodes of a kind that ended since the last line of the log."""

    episodes: int = 0
    failed: int = 0
    ticks: int = 0
    reward: float = 0.0


@dataclass(frozen=True)
class Learned:
    """What an update did, the same on all distributed."""

    kl: float
    rate: float
    value_loss: float
    advice_loss: float


@dataclass
class Shoves:
    """Every character has a force that rises when he survives it and falls when he does not."""

    force: Array
    """(N,) N"""
    left: NDArray[np.int64]
    """(N,) ticks until the last push counts as survived; 0: none is on its way"""
    log: list[float] = field(default_factory=list)


class Practice:
    """Characters in whatever situation is wanting; collects and learns."""

    def __init__(
        self, model: CharacterModel, graph: PerformerGraph, environment: PerformerEnvironment, situations: Situations,
        experts: dict[str, Policy], config: PerformerConfig, seed: int,
    ) -> None:  # fmt: skip
        self.model, self.graph, self.environment, self.situations = model, graph, environment, situations
        self.experts, self.config = experts, config
        n = environment.num_characters
        self.rng, self.generator = np.random.default_rng(seed), torch.Generator().manual_seed(seed)
        self.motion = np.full(n, "", dtype=object)
        self.row = np.zeros(n, np.int64)
        self.earned = np.zeros(n)
        self.counts: dict[str, Count] = {}
        self.kinds: list[str] = []
        self.shoves = Shoves(np.full(n, FORCES[0]), np.zeros(n, np.int64))
        self.rate = config.actor_rate
        self.optimizer = torch.optim.Adam(
            [
                {"params": list(graph.actor.parameters()), "lr": self.rate},
                {"params": list(graph.critic.parameters()), "lr": config.critic_rate},
            ]
        )
        self.columns = torch.tensor([3 * j + k for j, k in joint_axes(model)])
        self.memory = Memory(config.memory, graph.sight.size, graph.residual.num_actions)
        """what the specialists advised, learned from again and again"""
        self.mirror = PerformerMirror(model)
        self.lay_heaps()
        self.restart(np.arange(n))

    def lay_heaps(self) -> None:
        """New heaps on the floor to get up from."""
        tables = self.situations.tables
        if self.situations.mix.get("fallen") and "walk" in tables:
            self.situations.lay(heaps(self.model, tables["walk"], self.rng))

    def restart(self, indices: NDArray[np.int64]) -> None:
        """Give characters (M,) new episodes."""
        if not len(indices):
            return
        ending = np.zeros(self.environment.num_characters, bool)
        ending[indices] = True
        present = [str(kind) for kind in self.environment.kind[~ending]]
        episodes = []
        for n in indices:
            episode, self.motion[n], self.row[n] = self.situations.draw(present)
            present.append(episode.kind)
            episodes.append(episode)
        self.environment.begin(indices, episodes)
        self.earned[indices] = 0.0
        self.shoves.left[indices] = 0

    # ---------------------------------------------------------------- collecting
    def advice(self, pose: Tensor) -> tuple[Tensor, Tensor]:
        """What the specialists would do, (N, A), and of whom there is any, (N,): who plays a clip from its own pose."""
        environment, hz = self.environment, self.model.control_hz
        n = environment.num_characters
        wanted, advised = pose.clone(), np.zeros(n, bool)
        clips = np.array([str(kind).startswith("clip:") for kind in environment.kind])
        rows = environment.plan[torch.arange(n), torch.from_numpy(environment.tick)]
        cycle = rows[:, environment.cols.cycle][:, 0].numpy()
        for name, expert in self.experts.items():
            who = np.flatnonzero(clips & (self.motion == name))
            if not len(who):
                continue
            time = self.row[who] / (4 * hz) + environment.tick[who] / hz
            time = time - cycle[who] * self.situations.tables[name].duration
            inputs = environment.fields(environment.cycle_frames(who), expert.inputs, who)
            inputs["time"] = np.maximum(time, 0.0).astype(np.float32)
            wanted[who] = torch.from_numpy(expert.run(inputs).joint_target).float()
            advised[who] = True
        turn = quaternion.to_rotvec(quaternion.multiply(quaternion.conjugate(pose), wanted))
        return (turn.flatten(1)[:, self.columns] / SCALE).clamp(-LIMIT, LIMIT), torch.from_numpy(advised)

    def collect(self, ticks: int) -> Rollout:
        """Run the noisy policy on."""
        environment, graph, noise = self.environment, self.graph, self.config.noise
        n, gamma = environment.num_characters, self.config.gamma
        size, actions = graph.sight.size, graph.residual.num_actions
        out = Rollout(
            torch.empty(ticks + 1, n, size), torch.empty(ticks, n, actions), torch.empty(ticks, n),
            torch.empty(ticks, n), torch.zeros(ticks, n), torch.zeros(ticks, n), np.zeros((ticks, n), np.int64),
        )  # fmt: skip
        with torch.inference_mode():
            for t in range(ticks):
                seen, pose = graph.sight(environment.inputs())
                out.observation[t] = seen
                if self.config.specialists:
                    advice, advised = self.advice(pose)
                    self.memory.add(seen[advised], advice[advised])
                mean = graph.act(seen)
                out.action[t] = mean + noise * torch.randn(mean.shape, generator=self.generator)
                out.log_prob[t] = _log_prob(out.action[t], mean, noise)
                out.group[t] = [self._number(str(kind)) for kind in environment.kind]
                self._push()
                step = environment.step(graph.target(pose, out.action[t]).double().numpy())
                out.reward[t] = step.reward
                ended = step.terminated | step.truncated
                out.done[t] = torch.from_numpy(ended).float()
                late = np.flatnonzero(step.truncated)
                if len(late):
                    cut, _ = graph.sight(environment.inputs(late))
                    out.bootstrap[t, torch.from_numpy(late)] = graph.value(cut) / (1.0 - gamma)
                self.earned += step.reward.numpy()
                if t % 8 == 0:
                    self._remember(step.reward.numpy(), ended)
                self._end(np.flatnonzero(ended), step.terminated)
            out.observation[ticks], _ = graph.sight(environment.inputs())
        return out

    def _number(self, kind: str) -> int:
        if kind not in self.kinds:
            self.kinds.append(kind)
        return self.kinds.index(kind)

    def _push(self) -> None:
        """Shove now and then who is on his feet."""
        environment, shoves, model = self.environment, self.shoves, self.model
        ready = (environment.tick > 10) & (shoves.left == 0)
        chance = 1.0 / (PUSH_EVERY * model.control_hz)
        for n in np.flatnonzero(ready & (self.rng.random(len(ready)) < chance)):
            if str(environment.kind[n]).startswith(("fallen", "clip:getup", "clip:crawl")):
                continue
            angle, force = self.rng.uniform(0.0, 2.0 * np.pi), shoves.force[n] * self.rng.uniform(0.4, 1.0)
            if force > 0.75 * shoves.force[n]:
                shoves.left[n] = PUSHED_AFTER
            world, place = divmod(int(n), environment.crowd.per_world)
            push = force * np.array([np.cos(angle), np.sin(angle), 0.0])
            environment.crowd.worlds[world].forces.push(place, PELVIS, push, PUSH_TICKS)

    def _remember(self, reward: Array, ended: NDArray[np.bool_]) -> None:
        """Keep good moments for others to begin from."""
        environment = self.environment
        good = (reward > KEPT_REWARD) & ~ended & (environment.tick > SETTLED) & (self.rng.random(len(ended)) < 0.3)
        chosen = np.flatnonzero(good)
        if not len(chosen):
            return
        states = environment.states(chosen)
        fit = upright(states, environment.crowd.body_pos[chosen, self.model.roles.head, 2])
        for k, n in enumerate(chosen):
            kind = str(environment.kind[n])
            group, _, name = kind.partition(":")
            name = "gait" if group == "steer" else "stand" if group in ("hub", "stand") else name
            if fit[k]:
                self.situations.bank.add(name, states[k], self.rng)

    def _end(self, ended: NDArray[np.int64], terminated: NDArray[np.bool_]) -> None:
        environment, shoves = self.environment, self.shoves
        underway = shoves.left > 0
        shoves.left[underway] -= 1
        held = underway & (shoves.left == 0)
        shoves.force[held] = np.minimum(FORCES[1], shoves.force[held] * 1.1)
        lost = ended[terminated[ended] & underway[ended]]
        shoves.force[lost] = np.maximum(FORCES[0], shoves.force[lost] * 0.85)
        for n in ended:
            kind, failed = str(environment.kind[n]), bool(terminated[n])
            count = self.counts.setdefault(kind, Count())
            count.episodes += 1
            count.failed += failed
            count.ticks += int(environment.tick[n])
            count.reward += float(self.earned[n])
            self.situations.ended[kind] = 0.97 * self.situations.ended.get(kind, 0.5) + 0.03 * failed
            if kind.startswith("clip:"):
                self.situations.learn(str(self.motion[n]), int(self.row[n]), failed)
        self.restart(ended)

    def report(self) -> dict[str, str]:
        """By kind: share of the episodes that were not cut, mean s, mean reward a tick, and how many; and forgets."""
        hz = self.model.control_hz
        lines = {
            kind: f"{1 - c.failed / c.episodes:.2f}/{c.ticks / c.episodes / hz:.1f}s/{c.reward / max(1, c.ticks):.2f}"
            f"/{c.episodes}"
            for kind, c in sorted(self.counts.items())
        }
        self.counts = {}
        return lines

    # ---------------------------------------------------------------- learning
    def update(self, rollout: Rollout, *, critic_only: bool) -> Learned:
        """Some epochs of PPO over all samples and their mirror images; the advantages of every class are scaled alike.

        Every rank takes its own steps, and their networks are averaged at the end: one message instead of one a step,
        which is what counts where ranks wait for a shared core.
        """
        config, graph = self.config, self.graph
        gamma = config.gamma
        with torch.no_grad():
            inputs = graph.normalized(rollout.observation)
            value = graph.critic(inputs)[..., 0] / (1.0 - gamma)
            advantage = advantages(rollout.reward, value, rollout.done, rollout.bootstrap, gamma, config.lam)
            returns = ((advantage + value[:-1]) * (1.0 - gamma)).flatten()
            advantage = self._scaled(advantage.flatten(), rollout.group.flatten())
            inputs, action = inputs[:-1].flatten(0, 1), rollout.action.flatten(0, 1)
            # every sample once more, as a mirror shows it; its noise, not its action, is mirrored, so that it is one
            # of the policy's own even while the policy does not do the same on both sides
            image = graph.normalized(self.mirror.observation(rollout.observation[:-1].flatten(0, 1)))
            image_action = graph.actor(image) + self.mirror.action(action - graph.actor(inputs))
            old = rollout.log_prob.flatten().repeat(2)
            inputs, action = torch.cat([inputs, image]), torch.cat([action, image_action])
            returns, advantage = returns.repeat(2), advantage.repeat(2)
        count, size = len(inputs), config.minibatch
        sums, num, kl = torch.zeros(2), 0, 0.0
        for _ in range(config.epochs):
            kls = torch.zeros(2)
            for part in torch.split(torch.randperm(count, generator=self.generator), size):
                value_loss = (graph.critic(inputs[part])[:, 0] - returns[part]).square().mean()
                loss = 2.0 * value_loss
                advice_loss = torch.zeros(())
                if not critic_only:
                    mean = graph.actor(inputs[part])
                    log_ratio = _log_prob(action[part], mean, config.noise) - old[part]
                    ratio = log_ratio.exp()
                    bounded = ratio.clamp(1.0 - config.clip_ratio, 1.0 + config.clip_ratio)
                    policy_loss = -torch.min(ratio * advantage[part], bounded * advantage[part]).mean()
                    advice_loss = self._advice_loss()
                    loss = loss + policy_loss + config.specialists * advice_loss + 1e-3 * mean.square().mean()
                    kls += torch.stack([(ratio - 1.0 - log_ratio).mean().detach(), torch.ones(())])
                self.optimizer.zero_grad(set_to_none=True)
                loss.backward()
                nn.utils.clip_grad_norm_(graph.actor.parameters(), 1.0)
                nn.utils.clip_grad_norm_(graph.critic.parameters(), 1.0)
                self.optimizer.step()
                sums += torch.stack([value_loss.detach(), advice_loss.detach()])
                num += 1
            if not critic_only:
                kl = float(kls[0] / kls[1])
                if kl > 2.0 * config.target_kl:
                    break
        self._average()
        value_loss, advice_loss, kl = distributed.mean(torch.cat([sums / num, torch.tensor([kl])])).tolist()
        if not critic_only:
            self._steer(kl)
        return Learned(kl, self.rate, value_loss, advice_loss)

    def _average(self) -> None:
        """Replace the networks by their mean over the ranks."""
        parameters = list(self.graph.parameters())
        with torch.no_grad():
            flat = distributed.mean(torch.cat([p.flatten() for p in parameters]))
            for parameter, part in zip(parameters, torch.split(flat, [p.numel() for p in parameters]), strict=True):
                parameter.copy_(part.view_as(parameter))

    def _advice_loss(self) -> Tensor:
        """How far the actor is from what the specialists advised, on samples of the memory."""
        memory, graph, size = self.memory, self.graph, self.config.advice_minibatch
        if not self.config.specialists or memory.filled < size:
            return torch.zeros(())
        index = torch.randint(0, memory.filled, (size,), generator=self.generator)
        seen, label = memory.observation[index], memory.label[index]
        if torch.rand((), generator=self.generator) < 0.5:
            seen, label = self.mirror.observation(seen), self.mirror.action(label)
        action = graph.actor(graph.normalized(seen))
        return nn.functional.smooth_l1_loss(action, label, beta=HUBER)

    def _scaled(self, advantage: Tensor, group: NDArray[np.int64]) -> Tensor:
        """Zero mean and unit deviation of every class of which there are enough, and of the others together."""
        classes = [kind.partition(":")[0] for kind in self.kinds]
        names = sorted(set(classes))
        of = torch.from_numpy(np.array([names.index(c) for c in classes])[group])
        result = (advantage - advantage.mean()) / (advantage.std() + 1e-6)
        for k in range(len(names)):
            part = of == k
            if int(part.sum()) > 200:
                mine = advantage[part]
                result[part] = (mine - mine.mean()) / (mine.std() + 1e-6)
        return result

    def _steer(self, kl: float) -> None:
        low, high = self.config.actor_rate_range
        if kl > 1.5 * self.config.target_kl:
            self.rate = max(low, self.rate / 1.3)
        elif kl < self.config.target_kl / 1.5:
            self.rate = min(high, self.rate * 1.15)
        self.optimizer.param_groups[0]["lr"] = self.rate


def _log_prob(action: Tensor, mean: Tensor, noise: float) -> Tensor:
    """Of independent normals, without the constant: (..., A) x2 -> (...)."""
    return -0.5 * ((action - mean) / noise).square().sum(-1)
