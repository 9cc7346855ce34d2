"""Events: everything that a person, a script, a test or a replay may do to a Runtime.

As JSON an event is an object with its `tick`, its `type` (the class's name in lower case) and the class's fields; those
with a default may be left out. `{"tick": 30, "type": "push", "body": "torso", "force": [400, 0, 0]}`.

A new kind of event is a class here and its handler in `game.play.event_handlers`.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, ClassVar, NamedTuple

import cattrs
from cattrs.errors import BaseValidationError

from game.scene.set_spec import ItemSpec

Vec3 = tuple[float, float, float]

MAX_CROWD = 64
"""of `Crowd.count`"""
ALL = "all"
"""`Strength.part` of the whole body"""


class EventError(ValueError):
    """An event's JSON or values make no sense: says which, and what there is."""


@dataclass(frozen=True)
class Event:
    """The base of all events. Every class that is derived from it is a kind of event, known by its name in JSON."""

    TYPES: ClassVar[dict[str, type[Event]]] = {}
    """every kind by its name in JSON, in the order of definition"""

    def __init_subclass__(cls) -> None:
        name = cls.__name__.lower()
        if name in Event.TYPES:
            raise TypeError(f"two events are called {name!r} in JSON: {Event.TYPES[name]} and {cls}")
        Event.TYPES[name] = cls


@dataclass(frozen=True)
class Play(Event):
    """Let a policy drive a character from this tick on, in whatever state it is."""

    policy: str | None
    """name in the library; None lets go (it holds the default pose)"""
    character: int = 0
    phase: float = 0.0
    """0..1, where in the clip it starts"""
    place: bool = False
    """put the character into the clip's pose at that phase, where it first stood"""
    aligned: bool = True
    """the clip is turned as he is turned, however he lies; else by the heading of his x axis (takes of schema 1)"""


@dataclass(frozen=True)
class Perform(Event):
    """Do a clip, joined from wherever the character is, with a policy that follows references; then stand."""

    clip: str
    """name in models/clips"""
    character: int = 0
    phase: float = 0.0
    """0..1, where in the clip it starts"""
    cycles: int | None = None
    """of a clip that loops, so many; None goes on until something else is wanted"""
    policy: str = "performer"
    """who does it, unless the character is driven by a policy that follows references already"""


@dataclass(frozen=True)
class Steer(Event):
    """Walk or run over the ground, for a character whose policy follows references; he stands where it is 0."""

    velocity: tuple[float, float]
    """m/s, world: x and y"""
    character: int = 0


@dataclass(frozen=True)
class GetUp(Event):
    """Rise from however the character lies."""

    character: int = 0
    specialist: bool = False
    """by the policy that learned just this, also where the character's own follows references"""


@dataclass(frozen=True)
class Reset(Event):
    """Put a character into the starting pose of its policy, where it first stood."""

    character: int = 0
    phase: float = 0.0


@dataclass(frozen=True)
class Crowd(Event):
    """Have this many characters; new ones copy the first one's policy, spread over its phases."""

    count: int
    """1..MAX_CROWD"""


@dataclass(frozen=True)
class Push(Event):
    """A force at a body's centre of mass for a while."""

    force: Vec3
    """N, world"""
    body: str = "pelvis"
    character: int = 0
    seconds: float = 0.2


@dataclass(frozen=True)
class Grab(Event):
    """Take hold of a body, or of a prop, with a spring. A hand holds one thing at a time."""

    target: Vec3
    """m, world: where the hand is"""
    point: Vec3 = (0.0, 0.0, 0.0)
    """m, where it holds, in the frame of the body or prop"""
    body: str = "torso"
    character: int = 0
    prop: int | None = None
    """a prop's id instead of a character's body"""
    hand: int = 0


@dataclass(frozen=True)
class Drag(Event):
    """Move a hand that holds something."""

    target: Vec3
    hand: int = 0


@dataclass(frozen=True)
class Release(Event):
    """Open a hand."""

    hand: int = 0


@dataclass(frozen=True)
class Gravity(Event):
    """Change gravity."""

    vector: Vec3
    """m/s2, world"""


@dataclass(frozen=True)
class Friction(Event):
    """Change the floor's friction."""

    value: float


@dataclass(frozen=True)
class Strength(Event):
    """Scale the gains and torque limits of a part of a body: 1 driven, 0 limp."""

    value: float
    part: str = ALL
    """a joint, a limb (left_arm, right_arm, left_leg, right_leg, trunk) or all"""
    character: int = 0


@dataclass(frozen=True)
class Nerves(Event):
    """Disturb what a character senses and does."""

    delay: int = 0
    """ticks until what the policy wants arrives at the joints"""
    sense_noise: float = 0.0
    """rad (and rad/s times 10) on what the policy sees of the joints"""
    act_noise: float = 0.0
    """rad on the joint targets"""
    character: int = 0


@dataclass(frozen=True)
class Spawn(Event):
    """Put a thing into the world; ids count up from 0."""

    item: ItemSpec
    velocity: Vec3 = (0.0, 0.0, 0.0)
    ang_vel: Vec3 = (0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Remove(Event):
    """Take a thing away."""

    prop: int


class Timed(NamedTuple):
    """An event and the tick before which it happens."""

    tick: int
    event: Event


_CONVERTER = cattrs.Converter(forbid_extra_keys=True)


def to_json(timed: Timed) -> dict[str, Any]:
    """The JSON object of an event."""
    return {"tick": timed.tick, "type": type(timed.event).__name__.lower(), **asdict(timed.event)}


def from_json(card: Any) -> Timed:
    """Read an event. Raises EventError."""
    if not isinstance(card, dict):
        raise EventError(f"an event is a JSON {type(card).__name__}, expected an object with tick and type")
    fields = dict(card)
    tick, kind = fields.pop("tick", None), fields.pop("type", None)
    if not isinstance(tick, int) or isinstance(tick, bool) or tick < 0:
        raise EventError(f"event {kind!r}: tick {tick!r}, expected an integer from 0")
    if kind not in Event.TYPES:
        raise EventError(f"event at tick {tick}: type {kind!r}; there are {', '.join(Event.TYPES)}")
    try:
        return Timed(tick, _CONVERTER.structure(fields, Event.TYPES[kind]))
    except (BaseValidationError, ValueError, TypeError) as error:
        reasons = (
            "; ".join(cattrs.transform_error(error, path=kind)) if isinstance(error, BaseValidationError) else error
        )
        raise EventError(f"event at tick {tick}: {reasons}") from error
