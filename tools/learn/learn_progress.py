"""LearnProgress: which stage it is, how far that is, and what is left."""

from __future__ import annotations

from tools.train.progress_line import ProgressLine, in_words

WIDTH = 24
"""letters of the bar"""


class LearnProgress:
    """A bar over all stages. Within a stage it moves by what the stage says of itself."""

    def __init__(self, weights: dict[str, float]) -> None:
        """weights: seconds that each stage usually takes, in their order."""
        self._weights, self._line = weights, ProgressLine()
        self._stage, self._title = "", ""

    def begin(self, stage: str, title: str) -> None:
        """A stage begins."""
        self._stage, self._title = stage, title
        self.show(0.0)

    def show(self, share: float, words: str = "", left: float | None = None) -> None:
        """How far the stage is, 0 to 1; what there is to say of it; s that it will still take at most, if known."""
        names = list(self._weights)
        number = names.index(self._stage)
        before, own = sum(self._weights[n] for n in names[:number]), self._weights[self._stage]
        rest = sum(self._weights[n] for n in names[number + 1 :])
        full = round(WIDTH * (before + share * own) / sum(self._weights.values()))
        left = rest + ((1.0 - share) * own if left is None else left)
        line = f"{'█' * full}{'░' * (WIDTH - full)} {number + 1} of {len(names)}, {self._title}"
        self._line.show(f"{line}{': ' if words else ''}{words}, at most {in_words(left)} left")

    @property
    def due(self) -> bool:
        """Whether the latest line is old enough for another one."""
        return self._line.due

    def say(self, text: str) -> None:
        """A line that stays."""
        self._line.say(text)
