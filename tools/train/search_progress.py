"""SearchProgress: says how far sampling is and how long it will take. Rank 0 only."""

from __future__ import annotations

import time

from tools.train import distributed
from tools.train.progress_line import ProgressLine, in_words
from tools.train.sampling import Search


class SearchProgress:
    """Of a search of `num_rounds` rounds with `num_windows` windows each, that goes on after round `done`."""

    def __init__(self, done: int, num_rounds: int, num_windows: int) -> None:
        self._first, self._rounds, self._windows = done * num_windows, num_rounds, num_windows
        self._line = ProgressLine()
        self._begun: float | None = None
        """when the first window was done: it also compiles"""

    def window(self, number: int, window: int) -> None:
        """A window of a round is done; both are counted from 0."""
        if distributed.rank() != 0:
            return
        now = time.monotonic()
        if self._begun is None:
            self._begun = now
        if not self._line.due:
            return
        at = number * self._windows + window + 1
        done, left = at - self._first - 1, self._rounds * self._windows - at
        words = f"about {in_words((now - self._begun) / done * left)} left" if done else "no estimate yet"
        self._line.show(
            f"sampling round {number + 1} of {self._rounds}: window {window + 1} of {self._windows}, {words}"
        )

    def say(self, text: str) -> None:
        """Print a line."""
        if distributed.rank() == 0:
            self._line.say(text)

    def round(self, search: Search, spent: int) -> None:
        """A round is done, with so many control steps since the search began: the best path so far."""
        if distributed.rank() != 0:
            return
        cost = search.best.cost
        worst = int(cost.argmax())
        self._line.say(
            f"sampling round {search.rounds} of {self._rounds}: {spent / 1e6:.3f}M samples, cost {cost.mean():.2f} a "
            f"window, worst {cost[worst]:.2f} in window {worst}"
        )
