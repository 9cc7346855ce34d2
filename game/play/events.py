"""Events: everything that a person, a script, a test or a replay may do to a Runtime.

As JSON an event is an object with its `tick`, its `type` (the class's name in lower case) and the class's fields; those
with a default may be left out. `{"tick": 30, "type": "push", "body": "torso", "force": [400, 0, 0]}`.

A new kind of event is a class here and its handler in `game.play.event_handlers` or `game.play.policy_handlers`.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, ClassVar, NamedTuple

import cattrs
from cattrs.errors import BaseValidationError

from game.scene.refusal import refused_as, shortened
from game.scene.set_spec import ItemSpec

Vec3 = tuple[float, float, float]

MAX_CROWD = 64
"""of `Crowd.count`"""
MAX_EVENTS = 500_000
"""in a file: hours of pulling him about without a pause"""
ALL = "all"
"""`Strength.part` of the whole body"""


class EventError(ValueError):
    """An event's JSON or values are not possible. The message says which, and what is possible."""


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
    """Let a policy drive a character from this tick on, whatever state the character is in."""

    policy: str | None
    """name in the library; None: no policy, the joints hold the default pose"""
    character: int = 0
    phase: float = 0.0
    """0..1, where in the clip it starts"""
    place: bool = False
    """first put the character into the clip's pose at that phase, at the place where it first stood"""
    aligned: bool = True
    """turn the clip to the character's own heading in a way that also works for a body that lies; false: by the heading
    of the body's x axis, as in takes of schema 1"""


@dataclass(frozen=True)
class Perform(Event):
    """Perform a clip with a policy that follows references, blended in from the present pose; then stand."""

    clip: str
    """name in models/clips"""
    character: int = 0
    phase: float = 0.0
    """0..1, where in the clip it starts"""
    cycles: int | None = None
    """how many cycles of a clip that loops; None: until another event ends it"""
    policy: str = "performer"
    """the policy to use; ignored where the character's present policy follows references already"""
    settled: bool = False
    """whether he comes to a stand first, for up to 4 s"""


@dataclass(frozen=True)
class Steer(Event):
    """Walk or run at a velocity; (0, 0) is to stand. For a character whose policy follows references."""

    velocity: tuple[float, float]
    """m/s, world: x and y"""
    character: int = 0


@dataclass(frozen=True)
class Halt(Event):
    """Come to a stand, whatever is steered, until something is performed. For a policy that follows references."""

    character: int = 0


@dataclass(frozen=True)
class GetUp(Event):
    """Get up from the floor, face up or face down."""

    character: int = 0
    specialist: bool = False
    """use the policy that was trained for getting up, even if the present one follows references"""


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
    """Apply a force at a body's centre of mass for some seconds."""

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
    """m, the point that is held, in the frame of the body or prop"""
    body: str = "torso"
    character: int = 0
    prop: int | None = None
    """a prop's id instead of a character's body"""
    hand: int = 0


@dataclass(frozen=True)
class Drag(Event):
    """Move a hand to another target, m, world; what it holds is pulled along."""

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
class Restitution(Event):
    """Change the floor's share of a bounce: multiplied with the share of what hits it; 1 at first."""

    value: float


@dataclass(frozen=True)
class Strength(Event):
    """Scale the gains and torque limits of a part of a body: 1 driven, 0 limp."""

    value: float
    part: str = ALL
    """a joint, a limb (left_arm, right_arm, left_leg, right_leg, trunk) or all"""
    character: int = 0
    limits: bool = True
    """with strength 0 a joint has friction and keeps to a human's limits; false: it turns freely, as in takes of
    schemas 1 and 2"""


@dataclass(frozen=True)
class Nerves(Event):
    """Add noise and delay to what a character senses and does."""

    delay: int = 0
    """ticks by which the joint targets are late"""
    sense_noise: float = 0.0
    """standard deviation, rad, of the joint rotations that the policy sees; of joint velocities 10 times that, rad/s"""
    act_noise: float = 0.0
    """standard deviation, rad, of the joint targets"""
    character: int = 0


@dataclass(frozen=True)
class Spawn(Event):
    """Put a prop into the world. The first one has id 0, the next one 1, and so on."""

    item: ItemSpec
    velocity: Vec3 = (0.0, 0.0, 0.0)
    ang_vel: Vec3 = (0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Remove(Event):
    """Remove a prop from the world."""

    prop: int
    """its id"""


@dataclass(frozen=True)
class Tidy(Event):
    """Put every prop back where it came into the world, whole and at rest."""


class Timed(NamedTuple):
    """An event and the tick before which it happens."""

    tick: int
    event: Event


_CONVERTER = cattrs.Converter(forbid_extra_keys=True)


def to_json(timed: Timed) -> dict[str, Any]:
    """An event as a JSON object."""
    return {"tick": timed.tick, "type": type(timed.event).__name__.lower(), **asdict(timed.event)}


def from_json(card: Any) -> Timed:
    """Read an event from parsed JSON. Raises EventError, which names the event and the field."""
    if not isinstance(card, dict):
        raise EventError(f"an event is a JSON {type(card).__name__}, expected an object with tick and type")
    fields = dict(card)
    tick, kind = fields.pop("tick", None), fields.pop("type", None)
    if not isinstance(tick, int) or isinstance(tick, bool) or tick < 0:
        found = f"event {shortened(repr(kind))}: tick {shortened(repr(tick))}"
        raise EventError(f"{found}, expected an integer from 0")
    if not isinstance(kind, str) or kind not in Event.TYPES:
        raise EventError(f"event at tick {tick}: type {shortened(repr(kind))}; there are {', '.join(Event.TYPES)}")
    with refused_as(EventError, f"event at tick {tick}"):
        try:
            return Timed(tick, _CONVERTER.structure(fields, Event.TYPES[kind]))
        except BaseValidationError as error:
            reasons = "; ".join(cattrs.transform_error(error, path=kind)[:5])
            raise EventError(f"event at tick {tick}: {shortened(reasons, 1000)}") from error


def list_from_json(cards: Any) -> tuple[Timed, ...]:
    """Read a list of events, in its order. Raises EventError."""
    if not isinstance(cards, list):
        raise EventError(f"expected a JSON list of events, found {type(cards).__name__}")
    if len(cards) > MAX_EVENTS:
        raise EventError(f"{len(cards)} events, expected at most {MAX_EVENTS}")
    return tuple(from_json(card) for card in cards)
