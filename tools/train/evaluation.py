"""Evaluation: the deterministic policy, a fixed number of seconds, and nothing is earned after a fall."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np
import torch

from game.sim import rotation
from tools.train import distributed
from tools.train.environment import ImitationEnvironment
from tools.train.network import ActorCritic
from tools.train.policy_graph import PolicyGraph

MAX_ROOT_ERROR = 1.2
"""rad between the root's rotation and the reference's at which a cycle no longer counts"""


@dataclass(frozen=True)
class Scores:
    """Means over episodes; a fall is a touch that the clip does not allow (environment.allowed), not a bad pose."""

    survival: float
    """share of episodes without a fall"""
    life: float
    """share of the time before the fall"""
    reward: float
    """per tick, 0 after a fall: the normalised return"""
    landed: float
    """share of episodes from phase 0 that completed their first cycle without a fall or losing the motion"""
    cycles: float
    """cycles per episode that were completed so, before the first that was not"""
    survival_zero: float
    """as survival, of the episodes from phase 0"""

    @property
    def score(self) -> float:
        """One number to pick policies by, 0 to 1."""
        return (self.life + self.reward + self.survival + self.landed) / 4.0


def evaluate(
    environment: ImitationEnvironment,
    graph: PolicyGraph,
    seconds: float,
    seed: int = 0,
    networks: ActorCritic | None = None,
) -> Scores:
    """Half of the characters from phase 0, half from phases all over the clip, all ranks together.

    Evenly spread: a few phases drawn at random can miss the tenth of the clip in which every start fails.

    Args:
        networks: those that act, where not the graph's.
    """
    n, hz = environment.num_characters, environment.model.control_hz
    networks = networks or graph.networks
    environment.seed(seed, distributed.rank(), 1)
    zero = np.arange(n) % 2 == 0
    spread = (np.arange(n) * distributed.world_size() + distributed.rank()) / (n * distributed.world_size())
    environment.reset(np.arange(n), np.where(zero, 0.0, spread * environment.clip.duration))
    alive, good, first = np.ones(n, bool), np.ones(n, bool), np.zeros(n, bool)
    life, reward, cycles = np.zeros(n), np.zeros(n), np.zeros(n)
    ticks = round(seconds * hz)
    with torch.inference_mode():
        for _ in range(ticks):
            seen, pose = graph.observe(environment.inputs())
            outcome = environment.step(graph.target(pose, networks.act(seen)).double().numpy())
            alive &= ~(outcome.fell | environment.batched_worlds.faults())
            good &= alive & (_root_error(environment) < MAX_ROOT_ERROR)
            life += alive
            reward += np.where(alive, outcome.reward.numpy(), 0.0)
            completed = outcome.wrapped & good
            first |= completed & (cycles == 0)
            cycles += completed
            lost = np.flatnonzero(~alive)
            if len(lost) == n:
                break
            # characters on the floor are reset: a heap of bodies costs four times the step
            down = lost[outcome.fell[lost]]
            environment.reset(down, np.zeros(len(down)))
    if not environment.clip.loop:
        first = good
    sums = [alive, life / ticks, reward / ticks, first & zero, cycles, alive & zero]
    total = distributed.total(torch.tensor([float(np.sum(s)) for s in sums] + [float(n), float(zero.sum())]).double())
    mean, mean_zero = (total / total[6]).tolist(), (total / total[7]).tolist()
    return Scores(mean[0], mean[1], mean[2], mean_zero[3], mean[4], mean_zero[5])


def _root_error(environment: ImitationEnvironment) -> np.ndarray:
    """(N,) angle between the root and the reference's root."""
    inputs = environment.latest
    reference = environment.followed(torch.from_numpy(environment.anchored_time().astype(np.float32)))
    return rotation.angle_between(inputs.root_rot.double().numpy(), reference.root_rot.double().numpy())


def as_dict(scores: Scores) -> dict[str, float]:
    """Rounded, for logs and metadata."""
    return {k: round(float(v), 4) for k, v in dataclasses.asdict(scores).items()}
