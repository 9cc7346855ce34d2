"""PanelModel: what the panel shows, and whom it asks for a change. A test's may be made of plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from game.play.events import Event
from game.play.settings import Settings
from game.sim.model import CharacterModel


@dataclass(frozen=True)
class PolicyCard:
    """What is told of a policy. The file may be still loading, or may have been refused."""

    name: str
    skill: str = ""
    family: str = ""
    """policies of one family are the ages of one skill"""
    age: float | None = None
    """0 newborn .. 1 trained"""
    scores: Mapping[str, Any] = field(default_factory=dict)
    training: Mapping[str, Any] = field(default_factory=dict)
    provenance: str = ""
    licence: str = ""
    trouble: str = ""
    """why it was refused"""


@dataclass(frozen=True)
class TakeCard:
    """A saved take, without its content."""

    path: Path
    title: str
    seconds: float
    saved: float
    """seconds since 1970"""
    set_name: str = ""


@dataclass(frozen=True)
class AttemptCounts:
    """How he has fared."""

    attempts: int = 0
    landed: int = 0
    flips: int = 0
    falls: int = 0
    outcomes: Mapping[str, int] = field(default_factory=dict)
    """how attempts ended, and how often"""
    hits: Mapping[str, float] = field(default_factory=dict)
    """the hardest hit of each body on anything, N s"""


class PanelModel(Protocol):
    """The part of the game that the panel looks at."""

    @property
    def body_model(self) -> CharacterModel:
        """The body; Settings.strength is in the order of its joints."""

    @property
    def settings(self) -> Settings:
        """Of the chosen character and the world, as they are after the pending events."""

    @property
    def control_hz(self) -> int:
        """Ticks a second."""

    def post(self, event: Event) -> None:
        """Has an event happen at the next tick."""

    def act(self, action: str, choice: int = 0) -> None:
        """Does what a key does, see `game.input.bindings`."""

    def can(self, action: str) -> bool:
        """Whether there is such an action."""

    def key_of(self, action: str) -> str:
        """The key of an action as a person calls it; empty where there is none."""

    # ---- him
    @property
    def policies(self) -> Sequence[PolicyCard]:
        """All that there are, in the order of the number keys, then those refused."""

    @property
    def policy(self) -> str | None:
        """What the chosen character plays."""

    def play(self, policy: str) -> None:
        """Has everybody play a policy."""

    @property
    def tally(self) -> AttemptCounts: ...

    # ---- after a fall
    @property
    def after_fall_names(self) -> Sequence[str]:
        """The ways of going on after a fall."""

    @property
    def after_fall(self) -> str:
        """The one that is chosen."""

    def choose_after_fall(self, name: str) -> None: ...

    @property
    def limp_seconds(self) -> float:
        """How long he lies limp before he gets up."""

    @property
    def usual_limp_seconds(self) -> float:
        """How long unless the player chooses otherwise."""

    @property
    def max_limp_seconds(self) -> float: ...

    def set_limp_seconds(self, seconds: float) -> None: ...

    # ---- time
    @property
    def paused(self) -> bool: ...

    @property
    def speed(self) -> float:
        """Simulated seconds per second."""

    def set_speed(self, speed: float) -> None: ...

    @property
    def replaying(self) -> bool:
        """Whether the last seconds are looked at again; their own slider lies at the window's foot."""

    # ---- the world
    @property
    def set_names(self) -> Sequence[str]: ...

    @property
    def set_name(self) -> str: ...

    def choose_set(self, name: str) -> None:
        """Begins anew in another set."""

    @property
    def prop_names(self) -> Sequence[str]: ...

    @property
    def placing(self) -> str | None:
        """The prop that the next click into the picture places."""

    def place_prop(self, name: str | None) -> None:
        """Has the next click into the picture place a prop; None: no longer."""

    def drop_prop(self, name: str) -> None:
        """Lets a prop fall on him from above."""

    @property
    def num_placed(self) -> int:
        """Things in the world that the set does not have."""

    def clear_props(self) -> None:
        """Takes those away."""

    # ---- switches
    @property
    def switches(self) -> Mapping[str, bool]:
        """What can be on or off (`ghost`, `mute`, ...), by name: only what there is."""

    def switch(self, name: str, on: bool) -> None: ...

    # ---- pictures
    @property
    def camera_names(self) -> Sequence[str]: ...

    @property
    def camera(self) -> str: ...

    def choose_camera(self, name: str) -> None: ...

    @property
    def qualities(self) -> Sequence[str]: ...

    @property
    def quality(self) -> str: ...

    def choose_quality(self, name: str) -> None: ...

    @property
    def filming(self) -> str:
        """How long the film is that is being made; empty where none is."""

    @property
    def takes(self) -> Sequence[TakeCard]:
        """Saved ones, newest first."""

    @property
    def take_actions(self) -> Sequence[str]:
        """What can be done with a take: some of `open`, `replay` and `film`."""

    def use_take(self, action: str, take: TakeCard) -> None:
        """Does one of `take_actions`."""

    def rename_take(self, take: TakeCard, title: str) -> None: ...

    def delete_take(self, take: TakeCard) -> None: ...
