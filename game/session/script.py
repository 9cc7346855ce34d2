"""Script: stunts strung together: a list of steps as a small JSON file. `game.session.script_runner` plays it.

    {"set": "living_room", "steps": [
      {"do": "wait", "seconds": 1.5},
      {"do": "camera", "name": "handheld"},
      {"do": "walk", "to": [1.5, 0.5]},
      {"do": "skill", "name": "backflip"},
      {"do": "event", "event": {"type": "push", "body": "torso", "force": [500, 0, 0]}},
      {"do": "skill", "name": "bow"}]}

A new kind of step is a class here and its method in `script_runner`.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, ClassVar

import cattrs
from cattrs.errors import BaseValidationError

from game.play import events as ev
from game.play.events import EventError
from game.scene.json_text import JsonError, parse_object

MAX_STEPS = 1000
MAX_SECONDS = 3600.0


class ScriptError(ValueError):
    """A script makes no sense: says which step, and what there is."""


@dataclass(frozen=True)
class Step:
    """The base of all steps. Every class that is derived from it is a kind of step, known by `kind` in JSON."""

    KINDS: ClassVar[dict[str, type[Step]]] = {}

    kind: ClassVar[str]

    def __init_subclass__(cls, kind: str) -> None:
        cls.kind = kind
        Step.KINDS[kind] = cls

    def check(self) -> None:
        """Raise ScriptError where a value makes no sense."""

    @property
    def label(self) -> str:
        """What it is called in a list of steps."""
        return self.kind


@dataclass(frozen=True)
class Wait(Step, kind="wait"):
    """Stand, or go on with what he does."""

    seconds: float = 1.0

    def check(self) -> None:
        _within("seconds", self.seconds, 0.0, MAX_SECONDS)

    @property
    def label(self) -> str:
        return f"wait {self.seconds:g} s"


@dataclass(frozen=True)
class Walk(Step, kind="walk"):
    """Walk or run to a place, or in a direction for a while."""

    to: tuple[float, float] | None = None
    """m, x and y in the world"""
    direction: float = 0.0
    """degrees, of the world: 0 is along x, 90 along y; where there is no place to go to"""
    seconds: float = 3.0
    """how long he goes in the direction"""
    run: bool = False

    def check(self) -> None:
        _within("seconds", self.seconds, 0.0, MAX_SECONDS)
        _within("direction", self.direction, -3600.0, 3600.0)
        for coordinate in self.to or ():
            _within("to", coordinate, -1000.0, 1000.0)

    @property
    def label(self) -> str:
        how = "run" if self.run else "walk"
        if self.to is not None:
            return f"{how} to {self.to[0]:g}, {self.to[1]:g}"
        return f"{how} {self.direction:g} deg for {self.seconds:g} s"


@dataclass(frozen=True)
class Turn(Step, kind="turn"):
    """Turn on short steps until he looks in a direction."""

    direction: float = 180.0
    """degrees, of the world"""

    def check(self) -> None:
        _within("direction", self.direction, -3600.0, 3600.0)

    @property
    def label(self) -> str:
        return f"turn to {self.direction:g} deg"


@dataclass(frozen=True)
class Skill(Step, kind="skill"):
    """Do a skill or a clip, then stand."""

    name: str
    cycles: int = 1
    """of a skill that goes round"""

    def check(self) -> None:
        if not 1 <= self.cycles <= 1000:
            raise ScriptError(f"cycles {self.cycles}, expected 1..1000")

    @property
    def label(self) -> str:
        return self.name if self.cycles == 1 else f"{self.name} x{self.cycles}"


@dataclass(frozen=True)
class CameraCut(Step, kind="camera"):
    """Cut to another camera."""

    name: str

    @property
    def label(self) -> str:
        return f"camera: {self.name}"


@dataclass(frozen=True)
class Do(Step, kind="event"):
    """Anything that `game.play.events` knows: a push, gravity, a thing, a limp leg."""

    event: dict[str, Any]
    """an event's JSON, without its tick"""

    def check(self) -> None:
        try:
            self.made()
        except EventError as error:
            raise ScriptError(str(error)) from error

    def made(self) -> ev.Event:
        """The event. Raises EventError."""
        return ev.from_json({**self.event, "tick": 0}).event

    @property
    def label(self) -> str:
        return str(self.event.get("type", "event"))


@dataclass(frozen=True)
class Script:
    """Steps, and where they are played."""

    steps: tuple[Step, ...] = ()
    set_name: str = ""
    """a set of models/sets; empty for wherever one is"""

    def to_json(self) -> dict[str, Any]:
        """The JSON object of a script."""
        steps = [{"do": step.kind, **_changed(step)} for step in self.steps]
        return {"set": self.set_name, "steps": steps}

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
        try:
            return Script.parse(path.read_bytes(), path.name)
        except OSError as error:
            raise ScriptError(f"{path} cannot be read: {error.strerror or error}") from error


_CONVERTER = cattrs.Converter(forbid_extra_keys=True)


def step_from_json(card: Any, where: str = "step") -> Step:
    """Read one step. Raises ScriptError."""
    if not isinstance(card, dict):
        raise ScriptError(f"{where}: a JSON {type(card).__name__}, expected an object with do")
    content = dict(card)
    kind = content.pop("do", None)
    if not isinstance(kind, str) or kind not in Step.KINDS:
        raise ScriptError(f"{where}: do {kind!r}; there are {', '.join(Step.KINDS)}")
    try:
        step = _CONVERTER.structure(content, Step.KINDS[kind])
        step.check()
    except BaseValidationError as error:
        raise ScriptError(f"{where}: {'; '.join(cattrs.transform_error(error, path=kind))}") from error
    except (ScriptError, ValueError, TypeError) as error:
        raise ScriptError(f"{where}: {error}") from error
    return step


def _changed(step: Step) -> dict[str, Any]:
    """A step's fields that are not as they are by default."""
    values = asdict(step)
    return {f.name: values[f.name] for f in fields(step) if values[f.name] != f.default}


def _within(what: str, value: float, least: float, most: float) -> None:
    if not (math.isfinite(value) and least <= value <= most):
        raise ScriptError(f"{what} {value}, expected {least:g}..{most:g}")
