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
        self.end_failure = np.full(BINS, 0.5)
        """(BINS,) how often episodes failed lately in a phase"""
        self.start_failure = np.full(BINS, 0.5)
        """(BINS,) share of the episodes that started in a phase and failed lately"""
        self.own = np.zeros((capacity, state_width))
        """(capacity, width) states in the new cycle's anchor frame, with their time, last"""
        self.num_own = 0

    def draw(self, count: int, rng: np.random.Generator, path: Array) -> tuple[Array, Array, Array]:
        """Draw where `count` episodes begin.

        Args:
            path: (W, width) states on the path that sampling found, with their times, last; W may be 0.

        Returns:
            times (count,), s; states (count, width - 1), nan: the reference's at that time; the phases (count,) of the
            starts for `learn`, nan where an episode goes on where another ended.
        """
        config, kind = self.config, rng.random(count)
        # half of the weighted starts lie shortly before phases in which episodes fail, half where failing ones start
        before = self._bins(
            0.5 * self.end_failure / self.end_failure.sum() + 0.5 / BINS, count, rng
        ) - BACK * rng.random(count)
        failing = self._bins(self.start_failure / self.start_failure.sum(), count, rng)
        phase = np.where(rng.random(count) < 0.5, before, failing)
        phase = phase % 1.0 if self.loop else np.clip(phase, 0.0, 1.0)
        uniform = rng.random(count) >= config.start_weighted
        phase = np.where(uniform, rng.random(count), phase)
        time = np.where(kind < config.start_zero, 0.0, phase * self.duration)
        start_phase = time / self.duration
        rows = np.full((count, self.own.shape[1]), np.nan)
        if len(path):
            from_path = (kind >= config.start_zero) & (rng.random(count) < config.start_path)
            nearest = np.abs(time[:, None] - path[:, -1]).argmin(1)
            rows[from_path] = path[nearest[from_path]]
        if self.num_own:
            number = rng.integers(min(self.num_own, len(self.own)), size=count)
            from_own = (kind >= config.start_zero) & (kind < config.start_zero + config.start_own)
            rows[from_own] = self.own[number[from_own]]
            start_phase[from_own] = np.nan
        return np.where(np.isnan(rows[:, -1]), time, rows[:, -1]), rows[:, :-1], start_phase

    @staticmethod
    def _bins(weights: Array, count: int, rng: np.random.Generator) -> Array:
        """Phases (count,), drawn by the weights (BINS,) of the bins that they lie in."""
        return np.asarray((rng.choice(BINS, size=count, p=weights) + rng.random(count)) / BINS)

    def learn(self, end_phase: Array, failed: NDArray[np.bool_], start_phase: Array) -> None:
        """Count M episodes by the phases 0..1 in which they ended and started; a start of nan was not in the clip."""
        known = ~np.isnan(start_phase)
        for bin_, fell in zip(_bin(start_phase[known]), failed[known], strict=True):
            self.start_failure[bin_] += 0.03 * (fell - self.start_failure[bin_])
        np.clip(self.start_failure, 0.02, 1.0, out=self.start_failure)
        for bin_ in _bin(end_phase[failed]):
            self.end_failure[bin_] += 0.02 * (1.0 - self.end_failure[bin_])
        self.end_failure *= 0.9995 ** len(end_phase)
        np.clip(self.end_failure, 1e-3, 1.0, out=self.end_failure)

    def exploration(self, start_phase: Array, since: Array) -> Array:
        """Factors (N,) of the action noise in episodes that started at phases (N,), nan: not in the clip, (N,) s ago.

        Where a start fails whatever is tried within the noise, nothing can be learned from it: there is more noise.
        """
        hopeless = np.where(np.isnan(start_phase), 0.0, self.start_failure[_bin(np.nan_to_num(start_phase))])
        return np.asarray(1.0 + (self.config.explore - 1.0) * hopeless * np.exp(-since / EXPLORED))

    def remember(self, states: Array) -> None:
        """Keep states (M, width) in which characters began the next cycle."""
        for row in states:
            self.own[self.num_own % len(self.own)] = row
            self.num_own += 1

    def state_dict(self) -> dict[str, Tensor]:
        """Tensors of the same shape on every rank."""
        number = torch.tensor([float(self.num_own)], dtype=torch.float64)
        tables = {name: torch.tensor(getattr(self, name)) for name in ("end_failure", "start_failure", "own")}
        return tables | {"num_own": number}

    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        """Take over what state_dict gave."""
        self.end_failure = state["end_failure"].numpy().copy()
        self.start_failure = state["start_failure"].numpy().copy()
        self.own = state["own"].numpy().copy()
        self.num_own = int(state["num_own"][0])


def _bin(phase: Array) -> NDArray[np.int64]:
    """The bins (M,) of phases (M,), 0..1."""
    return np.asarray(np.minimum(phase * BINS, BINS - 1).astype(np.int64))
