"""Settings of a training run of the performer."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class PerformerConfig:
    """`python -m tools.train performer`; a folder that holds a checkpoint is gone on with."""

    out: Path = Path("runs/performer")
    """where the run lives"""
    ranks: int = 2
    """processes"""
    worlds: int = 16
    """Bullet worlds of a rank"""
    characters: int = 8
    """in a world"""
    ticks: int = 64
    """of an iteration: with the defaults 16,384 samples"""
    minutes: float = 0.0
    """after which it ends; 0: never"""
    gate_windows: int = 20_000
    """of references, that the gate between the experts is fitted to before all else"""
    distil_samples: int = 0
    """until which the specialists are imitated, then PPO; 0: as motions.json has it"""
    distil_steps: int = 60
    """gradient steps of an iteration while distilling"""
    distil_rate: tuple[float, float] = (1e-3, 5e-5)
    """Adam's, at first and at the end"""
    distil_minibatch: int = 1024
    """of a rank"""
    memory: int = 300_000
    """samples of a rank that distillation draws from"""
    seconds: float = 6.0
    """of an episode"""
    gamma: float = 0.97
    lam: float = 0.92
    epochs: int = 2
    """of PPO, over all samples and their mirror images"""
    minibatch: int = 2048
    """of a rank"""
    clip_ratio: float = 0.2
    target_kl: float = 0.03
    """the actor's rate is steered by it"""
    actor_rate: float = 2e-5
    actor_rate_range: tuple[float, float] = (5e-6, 5e-4)
    critic_rate: float = 5e-4
    noise: float = 0.08
    """standard deviation of the actions"""
    specialists: float = 5.0
    """weight of the specialists' advice in PPO"""
    advice_minibatch: int = 512
    """samples of a gradient step, of a rank, that the advice is taken from"""
    warm: int = 10
    """iterations at the start of PPO in which the critic alone learns"""
    average_samples: int = 150_000
    """samples over which the networks that are measured and exported are averaged, in PPO"""
    checkpoint_minutes: float = 3.0
    progress_minutes: float = 12.0
    """between measurements in the log"""
    age_step: float = 0.08
    """how much more often, of all that is measured, he must stay up before his next age is kept"""
    seed: int = 0
