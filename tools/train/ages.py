"""Ages: earlier, clumsier versions of a policy, kept during training, each visibly better than the one before."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from game.sim.model import CharacterModel
from game.sim.motion import MotionClip
from tools.train import checkpoint, policy_export
from tools.train.config import TrainConfig
from tools.train.evaluation import Scores


class Ages:
    """Keeps FOLDER/ages/NN.pt; `tools.export` makes ONNX files of them."""

    def __init__(self, config: TrainConfig, model: CharacterModel, clip: MotionClip) -> None:
        self.config, self.model, self.clip = config, model, clip
        self.kept: list[float] = []
        """scores of the ages so far"""

    def consider(self, content: dict[str, Any], scores: Scores) -> None:
        """Keep this policy if it is the first or visibly better than the last age."""
        if self.kept and scores.score < self.kept[-1] + self.config.age_step:
            return
        path = self.config.folder / "ages" / f"{len(self.kept):02d}.pt"
        checkpoint.save(path, content)
        self.kept.append(scores.score)
        self._publish(path, min(1.0, scores.score), f"{Path(self.config.clip).stem}_age_{len(self.kept) - 1}")

    def finish(self, best: Path) -> None:
        """Publish the best policy as the oldest age."""
        if best.is_file():
            self._publish(best, 1.0, Path(self.config.clip).stem)

    def _publish(self, path: Path, age: float, name: str) -> None:
        if self.config.publish is None:
            return
        self.config.publish.mkdir(parents=True, exist_ok=True)
        policy_export.export_checkpoint(path, self.config.publish / f"{name}.onnx", name=name, age=age)

    def state_dict(self) -> list[float]:
        """For the checkpoint."""
        return list(self.kept)

    def load_state_dict(self, state: list[float]) -> None:
        """From the checkpoint."""
        self.kept = list(state)
