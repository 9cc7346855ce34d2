"""RunLogger: a line that says how it goes, a table of all iterations, TensorBoard scalars. Rank 0 only."""

from __future__ import annotations

import json
import sys
import time
from typing import Any

from tools.train import distributed, evaluation
from tools.train.config import TrainConfig
from tools.train.evaluation import Scores
from tools.train.ppo import Update
from tools.train.rollout import RolloutStats

EVERY = 2.0
"""s between lines on a terminal; elsewhere every LOG_EVERY"""
LOG_EVERY = 20.0


class RunLogger:
    """Writes FOLDER/metrics.jsonl, FOLDER/tensorboard and the line."""

    def __init__(self, config: TrainConfig, control_hz: int, samples: int, seconds: float) -> None:
        self.active = distributed.rank() == 0
        if not self.active:
            return
        config.folder.mkdir(parents=True, exist_ok=True)
        (config.folder / "config.json").write_text(json.dumps(config.to_json(), indent=1) + "\n", "utf-8")
        from torch.utils.tensorboard import SummaryWriter

        self._board = SummaryWriter(str(config.folder / "tensorboard"))
        self._table = (config.folder / "metrics.jsonl").open("a", encoding="utf-8")
        self._config, self._control_hz = config, control_hz
        self._start = (samples, seconds)
        self._shown = 0.0
        self._scores: Scores | None = None

    def iteration(
        self, samples: int, seconds: float, wall: float, update: Update, stats: RolloutStats, noise: float, stage: str
    ) -> None:
        """After every iteration, which took `wall` s, with actions of deviation `noise`."""
        if not self.active:
            return
        ticks, episodes = stats.ticks, max(1, stats.episodes)
        row: dict[str, Any] = {
            "samples": samples,
            "seconds": round(seconds, 1),
            "samples_per_second": round(ticks / wall),
            "reward": round(stats.reward / ticks, 4),
            "failed": round(stats.failed / episodes, 4),
            "episode_seconds": round(stats.episode_ticks / episodes / self._control_hz, 3),
            **{name: round(value / ticks, 4) for name, value in stats.terms.items()},
            "policy_loss": round(update.policy_loss, 5),
            "value_loss": round(update.value_loss, 6),
            "kl": round(update.kl, 5),
            "clipped": round(update.clipped, 4),
            "rate": update.rate,
            "noise": round(noise, 4),
        }
        self._write("train", samples, row)
        now = time.monotonic()
        if now - self._shown > (EVERY if sys.stdout.isatty() else LOG_EVERY):
            self._shown = now
            self._line(row, stage)

    def _line(self, row: dict[str, Any], stage: str) -> None:
        score = f"landed {self._scores.landed:4.0%} survive {self._scores.survival:4.0%}" if self._scores else ""
        text = (
            f"{row['samples'] / 1e6:7.3f}M  {stage}  {row['samples_per_second']:5d}/s  reward {row['reward']:.3f}  "
            f"failed {row['failed']:4.0%}  {score}  {self._left(row['samples'], row['seconds'])}"
        )
        print(f"\r\x1b[K{text}" if sys.stdout.isatty() else text, end="" if sys.stdout.isatty() else "\n", flush=True)

    def _left(self, samples: int, seconds: float) -> str:
        config, (samples_0, seconds_0) = self._config, self._start
        left = []
        if config.hours is not None:
            left.append(3600.0 * config.hours - seconds)
        if config.samples is not None and samples > samples_0:
            left.append((config.samples - samples) * (seconds - seconds_0) / (samples - samples_0))
        return f"{min(left) / 60.0:.0f} min left" if left else "no end set"

    def scores(self, samples: int, seconds: float, scores: Scores) -> None:
        """After every evaluation."""
        if not self.active:
            return
        self._scores = scores
        row = {"samples": samples, "seconds": round(seconds, 1), **evaluation.as_dict(scores)}
        self._write("evaluation", samples, row)
        end = "\n" if not sys.stdout.isatty() else "\r\n"
        words = "  ".join(f"{k} {v:.3f}" for k, v in evaluation.as_dict(scores).items())
        print(f"evaluated at {samples / 1e6:.3f}M, {seconds / 60.0:.1f} min: {words}", end=end, flush=True)

    def _write(self, kind: str, samples: int, row: dict[str, Any]) -> None:
        self._table.write(json.dumps({"kind": kind, **row}) + "\n")
        self._table.flush()
        for name, value in row.items():
            if name != "samples":
                self._board.add_scalar(f"{kind}/{name}", value, samples)

    def close(self) -> None:
        """Flush and close the files."""
        if self.active:
            self._table.close()
            self._board.close()
