"""Ages: earlier, clumsier versions of a policy, kept during training, each visibly better than the one before."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from tools.train import checkpoint, policy_export

Publish = Callable[[Path, float, str], None]
"""makes a policy of what is kept in a file: of that age, 0 newborn to 1 trained, and with that name"""


def publish_in(folder: Path) -> Publish:
    """Makes files of a folder, such as one that a running game watches."""

    def publish(path: Path, age: float, name: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        policy_export.export_checkpoint(path, folder / f"{name}.onnx", name=name, age=age)

    return publish


class Ages:
    """Keeps FOLDER/ages/NN.pt; `tools.export` or the performer's exporter makes ONNX files of them."""

    def __init__(self, folder: Path, step: float, name: str, publish: Publish | None = None) -> None:
        """Keep none yet.

        Args:
            folder: the run's.
            step: how much better the next age must be, in scores of 0 to 1.
            name: of the policy; its ages are NAME_age_0, NAME_age_1 and so on.
            publish: is called with each new age.
        """
        self.folder, self.step, self.name, self._publish = folder, step, name, publish
        self.kept: list[float] = []
        """scores of the ages so far"""

    def consider(self, content: dict[str, Any], score: float) -> None:
        """Keep this policy if it is the first or visibly better than the last age."""
        if self.kept and score < self.kept[-1] + self.step:
            return
        path = self.folder / "ages" / f"{len(self.kept):02d}.pt"
        checkpoint.save(path, content)
        self.kept.append(score)
        if self._publish is not None:
            self._publish(path, min(1.0, score), f"{self.name}_age_{len(self.kept) - 1}")

    def finish(self, best: Path) -> None:
        """Publish the best policy as the oldest age."""
        if best.is_file() and self._publish is not None:
            self._publish(best, 1.0, self.name)

    def state_dict(self) -> list[float]:
        """For the checkpoint."""
        return list(self.kept)

    def load_state_dict(self, state: list[float]) -> None:
        """From the checkpoint."""
        self.kept = list(state)
