"""Journal: what has been done, in the folder's state.json: a stage that stands in it is not done again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from game.scene.whole_file import written_whole
from tools.learn import LearnError

SCHEMA = 1
Result = dict[str, Any]
"""what a stage found out: plain values for JSON"""


class Journal:
    """The results of the stages that are done, by name, and how long each took."""

    def __init__(self, folder: Path) -> None:
        """Read a folder's journal, or begin one. Raises LearnError where the file is no journal."""
        self._file = folder / "state.json"
        self._stages: dict[str, dict[str, Any]] = {}
        self.source: Result = {}
        """what the folder is about"""
        if not self._file.is_file():
            return
        try:
            content = json.loads(self._file.read_text("utf-8"))
            if content["schema"] != SCHEMA:
                raise ValueError(f"schema {content['schema']}, expected {SCHEMA}")
            self.source, self._stages = dict(content["source"]), dict(content["stages"])
        except (ValueError, KeyError, TypeError, OSError) as error:
            raise LearnError(f"{self._file} cannot be read: {error}; move it away to begin again") from error

    def __contains__(self, stage: str) -> bool:
        """Whether a stage is done."""
        return stage in self._stages

    def __getitem__(self, stage: str) -> Result:
        """The result of a stage that is done. Raises KeyError."""
        result: Result = self._stages[stage]["result"]
        return result

    def seconds(self, stage: str) -> float:
        """How long a stage took."""
        return float(self._stages[stage]["seconds"])

    def begin(self, source: Result) -> None:
        """Note what the folder is about. Raises LearnError where it is about something else."""
        if self.source and self.source != source:
            raise LearnError(
                f"{self._file.parent} holds {self.source['given']} as it was then; give another --out, or remove it"
            )
        self.source = source
        self._write()

    def done(self, stage: str, result: Result, seconds: float) -> None:
        """Note a result."""
        self._stages[stage] = {"result": result, "seconds": round(seconds, 1)}
        self._write()

    def forget(self, stages: list[str]) -> None:
        """Stages that are to be done again."""
        self._stages = {name: stage for name, stage in self._stages.items() if name not in stages}
        self._write()

    def _write(self) -> None:
        content = {"schema": SCHEMA, "source": self.source, "stages": self._stages}
        with written_whole(self._file) as file:
            file.write_text(json.dumps(content, indent=1) + "\n", "utf-8")
