"""Warm start: what a run takes over from another one of a like motion: its networks, and its way through the motion."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from torch import nn

from tools.train import checkpoint
from tools.train.config import ConfigError
from tools.train.sampling import WINDOW


class WarmStart:
    """The checkpoint of another run, and the path in its folder if sampling found one."""

    def __init__(self, file: Path) -> None:
        """Raises ConfigError where there is no such checkpoint."""
        if not file.is_file():
            raise ConfigError(f"--init: there is no checkpoint {file}")
        self._file, self._networks = file, checkpoint.load(file)["networks"]

    def fill(self, networks: nn.Module) -> None:
        """Give networks the other run's weights. Raises ConfigError where they are of other shapes."""
        try:
            networks.load_state_dict(self._networks)
        except RuntimeError as error:
            raise ConfigError(f"--init: the networks of {self._file} do not fit these: {error}") from error

    def path(self, duration: float, control_hz: int) -> dict[str, Any] | None:
        """What sampling found there, for a clip of `duration` s; None: nothing.

        The loops must begin at the same moment of the motion (`tools.clip_clinic --begin`). Raises ConfigError where
        one of them lasts longer.
        """
        file = self._file.parent / "path.pt"
        if not file.is_file():
            return None
        content = checkpoint.load(file)
        window = WINDOW / control_hz
        theirs = len(content["correction"]) * window
        if abs(theirs - duration) > 2.0 * window:
            raise ConfigError(f"--init: the path in {file} lasts {theirs:.2f} s, the clip {duration:.2f} s")
        return content | {"samples": 0, "seconds": 0.0}
