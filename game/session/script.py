"""Script: stunts strung together: a list of steps as a small JSON file. `game.session.script_runner` plays it.

{"set": "living_room", "steps": [
  {"do": "wait", "seconds": 1.5},
  {"do": "camera", "name": "handheld"},
  {"do": "walk", "to": [1.5, 0.5]},
  {"do": "skill", "name": "backflip"},
  {"do": "push", "force": 500, "direction": 90},
  {"do": "prop", "name": "banana_skin", "ahead": 1.5},
  {"do": "event", "event": {"type": "gravity", "vector": [0, 0, -1.62]}},
  {"do": "skill", "name": "bow"}]}
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from game.scene.json_text import JsonError, parse_object
from game.scene.refusal import refused_as
from game.session.script_step import ScriptError, Step, step_from_json, step_to_json

MAX_STEPS = 1000


@dataclass(frozen=True)
class Script:
    """Steps, and where they are played. Editing makes another one."""

    steps: tuple[Step, ...] = ()
    set_name: str = ""
    """a set of models/sets; empty for wherever one is"""

    def inserted(self, index: int, step: Step) -> Script:
        """With one step more, at an index. Raises ScriptError where there are too many."""
        if len(self.steps) >= MAX_STEPS:
            raise ScriptError(f"{MAX_STEPS} steps, no more are possible")
        return replace(self, steps=(*self.steps[:index], step, *self.steps[index:]))

    def without(self, index: int) -> Script:
        """With one step less."""
        return replace(self, steps=(*self.steps[:index], *self.steps[index + 1 :]))

    def with_step(self, index: int, step: Step) -> Script:
        """With another step in place of one."""
        return replace(self, steps=(*self.steps[:index], step, *self.steps[index + 1 :]))

    def with_moved(self, index: int, to: int) -> Script:
        """With a step moved to another index."""
        return self.without(index).inserted(to, self.steps[index])

    def save(self, path: Path) -> None:
        """Write it; all or nothing. Raises OSError."""
        path.parent.mkdir(parents=True, exist_ok=True)
        staging = path.with_name(path.name + ".part")
        lines = ",\n".join("  " + json.dumps(card) for card in self.to_json()["steps"])
        staging.write_text(f'{{"set": {json.dumps(self.set_name)}, "steps": [\n{lines}\n]}}\n', "utf-8")
        staging.replace(path)

    def to_json(self) -> dict[str, Any]:
        """The JSON object of a script."""
        return {"set": self.set_name, "steps": [step_to_json(step) for step in self.steps]}

    @staticmethod
    def parse(data: bytes | str, name: str) -> Script:
        """Read a script's JSON; `name` is what messages call it. Raises ScriptError."""
        try:
            content = parse_object(data, name)
        except JsonError as error:
            raise ScriptError(str(error)) from error
        unknown = content.keys() - {"set", "steps"}
        if unknown:
            raise ScriptError(f"{name}: {', '.join(sorted(unknown))} is unknown; there are set, steps")
        steps, set_name = content.get("steps"), content.get("set", "")
        if not isinstance(steps, list) or not isinstance(set_name, str):
            raise ScriptError(f"{name}: expected a list of steps and the name of a set")
        if len(steps) > MAX_STEPS:
            raise ScriptError(f"{name}: {len(steps)} steps, expected at most {MAX_STEPS}")
        return Script(tuple(step_from_json(card, f"{name}: step {k + 1}") for k, card in enumerate(steps)), set_name)

    @staticmethod
    def load(path: Path) -> Script:
        """Read a script's file. Raises ScriptError."""
        with refused_as(ScriptError, str(path)):
            return Script.parse(path.read_bytes(), path.name)
