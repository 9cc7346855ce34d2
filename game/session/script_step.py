"""The steps of scripts: each kind is a class, with its values and their bounds.

A new kind of step is a class here and its case in `script_runner`.
"""

from __future__ import annotations

import math
from dataclasses import MISSING, asdict, dataclass, field, fields
from typing import Any, ClassVar

import cattrs
from cattrs.errors import BaseValidationError

from game.camera.rigs import NAMES
from game.play import events as ev
from game.play.events import EventError
from game.scene.set_file import names

MAX_SECONDS = 3600.0
MAX_FORCE = 1e5
"""N"""


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

    name: str = "backflip"
    """of a skill of models/clips or of policies"""
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

    name: str = "follow"
    """one of game.camera.rigs.NAMES"""

    def check(self) -> None:
        if self.name not in NAMES:
            raise ScriptError(f"no camera is called {self.name!r}; there are {', '.join(NAMES)}")

    @property
    def label(self) -> str:
        return f"camera: {self.name}"


@dataclass(frozen=True)
class Shove(Step, kind="push"):
    """Push him; the next step comes at once."""

    force: float = 500.0
    """N"""
    direction: float = 0.0
    """degrees, of him: 0 pushes him forward, 90 to his left"""
    seconds: float = 0.2

    def check(self) -> None:
        _within("force", self.force, 0.0, MAX_FORCE)
        _within("direction", self.direction, -3600.0, 3600.0)
        _within("seconds", self.seconds, 1.0 / 240.0, 10.0)

    @property
    def label(self) -> str:
        return f"push {self.force:g} N"


@dataclass(frozen=True)
class PutProp(Step, kind="prop"):
    """Put a prop onto the floor, or let it fall; the next step comes at once."""

    name: str = "banana_skin"
    """of models/props"""
    ahead: float = 1.2
    """m ahead of him"""
    aside: float = 0.0
    """m to his left"""
    at: tuple[float, float] | None = None
    """m, x and y in the world, instead"""
    height: float = 0.0
    """m above the floor"""

    def check(self) -> None:
        if self.name not in names("props"):
            raise ScriptError(f"no prop is called {self.name!r}; there are {', '.join(names('props'))}")
        for what, value in (("ahead", self.ahead), ("aside", self.aside), *(("at", v) for v in self.at or ())):
            _within(what, value, -1000.0, 1000.0)
        _within("height", self.height, 0.0, 100.0)

    @property
    def label(self) -> str:
        return self.name.replace("_", " ")


@dataclass(frozen=True)
class Do(Step, kind="event"):
    """Anything that `game.play.events` knows: gravity, a limp leg, nerves."""

    event: dict[str, Any] = field(default_factory=lambda: {"type": "gravity", "vector": [0.0, 0.0, -1.62]})
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


def step_to_json(step: Step) -> dict[str, Any]:
    """The JSON object of a step: its kind, and the values that are not as they are by default."""
    values = asdict(step)
    usual = {f.name: f.default if f.default_factory is MISSING else f.default_factory() for f in fields(step)}
    return {"do": step.kind} | {name: value for name, value in values.items() if value != usual[name]}


def _within(what: str, value: float, least: float, most: float) -> None:
    if not (math.isfinite(value) and least <= value <= most):
        raise ScriptError(f"{what} {value}, expected {least:g}..{most:g}")
