"""Hints: the first things to try, one at a time; each goes away by itself once it has been done, for good."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

from game.scene.json_text import JsonError, read_object
from game.scene.paths import user_dir
from game.scene.whole_file import written_whole

HINTS_FILE = user_dir() / "hints.json"
PULL = "pull"
"""what the mouse does, as an action"""


class Hint(NamedTuple):
    """One thing to try."""

    name: str
    actions: tuple[str, ...]
    """any of them does it"""
    words: str
    """{key} is the first action's key"""


HINTS = (
    Hint("walk", ("walk",), "{key} make him walk"),
    Hint("shove", ("shove", "shove_hard"), "{key}: shove him"),
    Hint("pull", (PULL,), "Drag him with the mouse"),
    Hint("throw", ("throw_ball",), "{key}: throw a ball where the mouse points"),
    Hint("help", ("help", "panel"), "{key} shows all keys"),
)


class Hints:
    """What has not been tried yet."""

    def __init__(self, file: Path | None = HINTS_FILE) -> None:
        """file: where is kept what has been done; None keeps nothing. One that cannot be read counts as empty."""
        self._file = file
        self._done: set[str] = set()
        if file is not None and file.is_file():
            try:
                done = read_object(file).get("done")
            except JsonError:
                done = None
            self._done = {name for name in done if isinstance(name, str)} if isinstance(done, list) else set()

    @property
    def now(self) -> Hint | None:
        """The one to show."""
        return next((hint for hint in HINTS if hint.name not in self._done), None)

    def did(self, action: str) -> None:
        """An action was done, or PULL."""
        new = {hint.name for hint in HINTS if action in hint.actions} - self._done
        if not new:
            return
        self._done |= new
        if self._file is not None:
            try:
                self._file.parent.mkdir(parents=True, exist_ok=True)
                with written_whole(self._file) as temporary:
                    temporary.write_text(json.dumps({"done": sorted(self._done)}), encoding="utf-8")
            except OSError:
                self._file = None  # it cannot be kept: the hints come again at the next start
