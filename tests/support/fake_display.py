"""A Display that draws nothing and remembers what it was given, for tests of Game and of what the panel shows."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from game.view.figure import CastFigure
from game.view.quality import Tier


class FakeDisplay:
    """Without sound and without a window."""

    def __init__(self) -> None:
        self.busy: list[str] = []
        self.sets_shown = 0
        self.switches: Mapping[str, bool] = {"ghost": False, "shapes": False}
        self.quality: Tier = "lite"
        self.film_length = ""
        self.figure: Path | None = None

    def show_figure(self, path: Path | None) -> None:
        if path is not None:
            CastFigure.load(path)
        self.figure = path

    def show_busy(self, message: str) -> None:
        self.busy.append(message)

    def show_set(self) -> None:
        self.sets_shown += 1

    def set_quality(self, tier: Tier) -> str:
        self.quality = tier
        return f"quality: {tier}"
