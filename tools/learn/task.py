"""Task: what every stage works on: the folder, its files, and what is known so far."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tools.learn.journal import Journal
from tools.learn.learn_options import Effort, LearnOptions, name_of
from tools.learn.learn_progress import LearnProgress


@dataclass(frozen=True, eq=False)
class Task:
    """One motion that he learns."""

    options: LearnOptions
    effort: Effort
    folder: Path
    journal: Journal
    progress: LearnProgress

    @property
    def name(self) -> str:
        """Of the motion, its policy and its files."""
        return name_of(self.options)

    @property
    def shown(self) -> Path:
        """The clip as it came in."""
        return self.folder / f"{self.name}_shown.json"

    @property
    def clip(self) -> Path:
        """The clip that he learns: mended."""
        return self.folder / f"{self.name}.json"

    @property
    def tracker(self) -> Path:
        """The feedback that keeps him along the clip."""
        return self.folder / f"{self.name}_tracker.pt"

    @property
    def run(self) -> Path:
        """The trainer's folder."""
        return self.folder / "train"

    @property
    def policies(self) -> Path:
        """The policy and its ages."""
        return self.folder / "policies"

    @property
    def policy(self) -> Path:
        """What he has learned, as a file for the game."""
        return self.policies / f"{self.name}.onnx"

    @property
    def film(self) -> Path:
        """The way there."""
        return self.folder / f"{self.name}.mp4"
