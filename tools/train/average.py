"""Average: the mean of the networks over the last updates, which is evaluated and kept: it varies less than they do."""

from __future__ import annotations

import copy
import math

import torch

from tools.train.network import ActorCritic


class Average:
    """A moving average of an ActorCritic's weights (Polyak, Juditsky 1992), with the latest normaliser."""

    def __init__(self, networks: ActorCritic, samples: int) -> None:
        """samples: over which old weights fade; 0: the average is always the latest."""
        self.samples = samples
        self.networks = copy.deepcopy(networks).requires_grad_(False)

    def follow(self, networks: ActorCritic, samples: float) -> None:
        """Move towards networks that have learned from so many more samples; math.inf: become equal."""
        share = -math.expm1(-samples / self.samples) if self.samples else 1.0
        with torch.no_grad():
            for ours, theirs in zip(self.networks.parameters(), networks.parameters(), strict=True):
                ours.lerp_(theirs, share)
            for latest, its in zip(self.networks.buffers(), networks.buffers(), strict=True):
                latest.copy_(its)
