"""Warm start: a run begins with the networks, and the path through the motion, of another run of a similar motion.

That may be a run of a body of other lengths; then the networks alone are taken over.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from torch import nn

from game.sim.motion import MotionClip
from tools.train import checkpoint
from tools.train.config import BEFORE_STANCE, ConfigError, TrainConfig

STRETCH = 0.1
"""largest relative difference of the two clips' durations"""


class WarmStart:
    """The checkpoint of another run, and the path in its folder if sampling found one."""

    def __init__(self, file: Path) -> None:
        """Raises ConfigError where there is no such file, CheckpointError where it is no checkpoint of a run."""
        if not file.is_file():
            raise ConfigError(f"--init: there is no checkpoint {file}")
        self._file, self._content = file, checkpoint.load(file, ("config", "networks"))

    def check(self, config: TrainConfig, clip: MotionClip) -> None:
        """Raise ConfigError where actions mean something else there, or its path does not suit this run."""
        for kind in ("performer", "tracker"):
            if (kind in self._content) != (getattr(config, kind) is not None):
                has = "corrects" if kind in self._content else "does not correct"
                raise ConfigError(f"--init: the policy of {self._file} {has} a {kind}; give both, or none, a --{kind}")
        theirs = BEFORE_STANCE | self._content["config"]
        differ = config.differing(theirs)
        if differ:
            options = " ".join(_option(name, theirs[name]) for name in differ)
            raise ConfigError(f"--init: {self._file} was trained with other settings; add {options}")
        if config.sampling_rounds != 0 and config.final_stage_at > 0.0 and self.path(clip) is not None:
            raise ConfigError("--init: its path leads through another clip; --final-stage-at 0 rewards what is like it")

    @property
    def spent(self) -> dict[str, float]:
        """Samples and seconds that its networks took, its own beginnings' included."""
        counted = self._content.get("counters", self._content)
        before = self._content.get("inherited", {})
        return {name: counted[name] + before.get(name, 0) for name in ("samples", "seconds")}

    def fill(self, networks: nn.Module) -> None:
        """Give networks the other run's weights. Raises ConfigError where they are of other shapes."""
        try:
            networks.load_state_dict(self._content["networks"])
        except RuntimeError as error:
            raise ConfigError(f"--init: the networks of {self._file} have other sizes than these") from error

    def path(self, clip: MotionClip) -> dict[str, Any] | None:
        """The path that sampling found there, and its clip at the pace of `clip`; None: there is none for this body.

        The loops must begin at the same moment of the motion (`tools.clip_clinic --begin`). Raises ConfigError where
        one of them lasts much longer.
        """
        file = self._file.parent / "path.pt"
        if not file.is_file():
            return None
        content = checkpoint.load(file)
        theirs = checkpoint.clip_from_tensors(content["clip"] if "clip" in content else self._content["shown"])
        if theirs.character != clip.character:
            return None  # it leads another body
        if abs(theirs.duration / clip.duration - 1.0) > STRETCH:
            raise ConfigError(
                f"--init: the path in {file} lasts {theirs.duration:.2f} s, the clip {clip.duration:.2f} s"
            )
        paced = replace(theirs, name=clip.name, fps=theirs.fps * theirs.duration / clip.duration)
        own = {"of": checkpoint.clip_to_tensors(clip), "clip": checkpoint.clip_to_tensors(paced)}
        return content | own | {"samples": 0, "seconds": 0.0}


def _option(name: str, value: Any) -> str:
    """As on the command line."""
    words = f"--{'no-' if value is False else ''}{name.replace('_', '-')}"
    if isinstance(value, bool):
        return words
    return f"{words} {' '.join(map(str, value)) if isinstance(value, list) else f'{value:g}'}"
