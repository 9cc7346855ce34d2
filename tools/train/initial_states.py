"""InitialStates: where episodes begin. Reference-state initialisation (DeepMimic, section 6), weighted by failure."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tools.train.config import TrainConfig

Array = NDArray[np.float64]
BINS = 30
EXPLORED = 0.4
"""s in which the additional noise after a start that fails falls to 1/e"""
BACK = 0.35
"""share of a cycle before a failing phase within which the weighted starts lie"""


class InitialStates:
    """Draws start times, learns which phases fail, and remembers how earlier cycles ended."""

    def __init__(self, config: TrainConfig, duration: float, loop: bool, state_width: int, capacity: int = 256) -> None:
        self.config, self.duration, self.loop = config, duration, loop
        self.failure = np.full(BINS, 0.5)
        """(BINS,) recent failures by phase"""
        self.begun = np.full(BINS, 0.5)
        """(BINS,) share of the episodes begun in a phase that failed of late"""
        self.own = np.zeros((capacity, state_width))
        """(capacity, width) states in the new cycle's anchor frame, with their time, last"""
        self.num_own = 0
        self.path = np.zeros((0, state_width))
        """(W, width) states that sampling found, with their time, last"""

    def draw(self, count: int, rng: np.random.Generator) -> tuple[Array, Array, Array]:
        """Start times (count,), s; the states (count, width - 1) to start from, nan: the reference's; for `learn`.

        The last are the phases (count,) of the starts, nan where an episode goes on where another ended.
        """
        config, kind = self.config, rng.random(count)
        # half of the weighted starts lie shortly before where episodes end, half where those begin that fail
        before = self._bins(0.5 * self.failure / self.failure.sum() + 0.5 / BINS, count, rng) - BACK * rng.random(count)
        begun = self._bins(self.begun / self.begun.sum(), count, rng)
        phase = np.where(rng.random(count) < 0.5, before, begun)
        phase = phase % 1.0 if self.loop else np.clip(phase, 0.0, 1.0)
        uniform = rng.random(count) >= config.start_weighted
        phase = np.where(uniform, rng.random(count), phase)
        time = np.where(kind < config.start_zero, 0.0, phase * self.duration)
        begun = time / self.duration
        rows = np.full((count, self.own.shape[1]), np.nan)
        if len(self.path):
            from_path = (kind >= config.start_zero) & (rng.random(count) < config.start_path)
            nearest = np.abs(time[:, None] - self.path[:, -1]).argmin(1)
            rows[from_path] = self.path[nearest[from_path]]
        if self.num_own:
            number = rng.integers(min(self.num_own, len(self.own)), size=count)
            from_own = (kind >= config.start_zero) & (kind < config.start_zero + config.start_own)
            rows[from_own] = self.own[number[from_own]]
            begun[from_own] = np.nan
        return np.where(np.isnan(rows[:, -1]), time, rows[:, -1]), rows[:, :-1], begun

    @staticmethod
    def _bins(weights: Array, count: int, rng: np.random.Generator) -> Array:
        """Phases (count,), drawn by the weights (BINS,) of the bins that they lie in."""
        return np.asarray((rng.choice(BINS, size=count, p=weights) + rng.random(count)) / BINS)

    def learn(self, phase: Array, failed: NDArray[np.bool_], begun: Array) -> None:
        """Count episodes that ended at phases (M,) and began at phases `begun` (M,), 0..1; nan: not in the clip."""
        known = ~np.isnan(begun)
        for bin_, fell in zip(_bin(begun[known]), failed[known], strict=True):
            self.begun[bin_] += 0.03 * (fell - self.begun[bin_])
        np.clip(self.begun, 0.02, 1.0, out=self.begun)
        for bin_ in _bin(phase[failed]):
            self.failure[bin_] += 0.02 * (1.0 - self.failure[bin_])
        self.failure *= 0.9995 ** len(phase)
        np.clip(self.failure, 1e-3, 1.0, out=self.failure)

    def exploration(self, begun: Array, since: Array) -> Array:
        """Factors (N,) of the noise in episodes begun at phases (N,), nan: not in the clip, `since` (N,) s ago.

        Where a start fails whatever he does within the noise, nothing can be learned from it: there he tries more.
        """
        hopeless = np.where(np.isnan(begun), 0.0, self.begun[_bin(np.nan_to_num(begun))])
        return np.asarray(1.0 + (self.config.explore - 1.0) * hopeless * np.exp(-since / EXPLORED))

    def remember(self, states: Array) -> None:
        """Keep states (M, width) in which characters came round to the next cycle."""
        for row in states:
            self.own[self.num_own % len(self.own)] = row
            self.num_own += 1

    def state_dict(self) -> dict[str, Tensor]:
        """Tensors of the same shape on every rank."""
        number = torch.tensor([float(self.num_own)], dtype=torch.float64)
        tables = {name: torch.tensor(getattr(self, name)) for name in ("failure", "begun", "own")}
        return tables | {"num_own": number}

    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        """Take over what state_dict gave."""
        self.failure = state["failure"].numpy().copy()
        self.begun = state["begun"].numpy().copy()
        self.own = state["own"].numpy().copy()
        self.num_own = int(state["num_own"][0])


def _bin(phase: Array) -> NDArray[np.int64]:
    """The bins (M,) of phases (M,), 0..1."""
    return np.asarray(np.minimum(phase * BINS, BINS - 1).astype(np.int64))
