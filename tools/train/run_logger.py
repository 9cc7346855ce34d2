"""RunLogger: a line that says how it goes, a table of all iterations, TensorBoard scalars. Rank 0 only."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from game.scene.whole_file import written_whole
from tools.train import distributed, evaluation
from tools.train.config import TrainConfig
from tools.train.evaluation import Scores
from tools.train.ppo import Update
from tools.train.progress_line import ProgressLine, in_words
from tools.train.rollout import RolloutStats


class RunLogger:
    """Writes FOLDER/metrics.jsonl, FOLDER/tensorboard and the line.

    Args:
        config: of the run.
        control_hz: ticks a second.
        samples: where the run is now; what was written of later ones was lost, and will be written again.
        seconds: the same in time.
        evaluated_at: samples at the last evaluation that is not lost.
        until: samples at which the run ends; None: by time, or not at all.
    """

    def __init__(
        self, config: TrainConfig, control_hz: int, samples: int, seconds: float, evaluated_at: int, until: int | None
    ) -> None:
        self.active = distributed.rank() == 0
        if not self.active:
            return
        config.folder.mkdir(parents=True, exist_ok=True)
        (config.folder / "config.json").write_text(json.dumps(config.to_json(), indent=1) + "\n", "utf-8")
        from torch.utils.tensorboard import SummaryWriter

        self._board = SummaryWriter(str(config.folder / "tensorboard"), purge_step=samples + 1)
        table = config.folder / "metrics.jsonl"
        _forget(table, {"train": samples, "evaluation": evaluated_at})
        self._table = table.open("a", encoding="utf-8")
        self._config, self._control_hz = config, control_hz
        self._start, self._until = (samples, seconds), until
        self._progress = ProgressLine()
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
        if self._progress.due:
            self._line(row, stage)

    def _line(self, row: dict[str, Any], stage: str) -> None:
        score = f"landed {self._scores.landed:4.0%} survive {self._scores.survival:4.0%}" if self._scores else ""
        self._progress.show(
            f"{row['samples'] / 1e6:7.3f}M  {stage}  {row['samples_per_second']:5d}/s  reward {row['reward']:.3f}  "
            f"failed {row['failed']:4.0%}  {score}  {self._left(row['samples'], row['seconds'])}"
        )

    def _left(self, samples: int, seconds: float) -> str:
        config, until, (samples_0, seconds_0) = self._config, self._until, self._start
        left = []
        if config.hours is not None:
            left.append(3600.0 * config.hours - seconds)
        if until is not None and samples > samples_0:
            left.append((until - samples) * (seconds - seconds_0) / (samples - samples_0))
        return f"about {in_words(max(0.0, min(left)))} left" if left else "no end set"

    def say(self, text: str) -> None:
        """Print a line."""
        if self.active:
            self._progress.say(text)

    def scores(self, samples: int, seconds: float, scores: Scores) -> None:
        """After every evaluation."""
        if not self.active:
            return
        self._scores = scores
        row = {"samples": samples, "seconds": round(seconds, 1), **evaluation.as_dict(scores)}
        self._write("evaluation", samples, row)
        words = "  ".join(f"{k} {v:.3f}" for k, v in evaluation.as_dict(scores).items())
        self._progress.say(f"evaluated at {samples / 1e6:.3f}M, {seconds / 60.0:.1f} min: {words}")

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


def _forget(table: Path, last: dict[str, int]) -> None:
    """Take out of a table what comes after the `last` samples of its kind, and a line that was cut off."""
    if not table.is_file():
        return
    kept = []
    for line in table.read_text("utf-8", errors="replace").splitlines():
        try:
            row = json.loads(line)
            if row["samples"] <= last[row["kind"]]:
                kept.append(line + "\n")
        except (ValueError, TypeError, KeyError):
            continue
    with written_whole(table) as file:
        file.write_text("".join(kept), "utf-8")
