"""PanelModel: the interface through which the panel reads and changes the game. Tests use one of plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from game.play.events import Event
from game.play.settings import Settings
from game.session.script_desk import ScriptDesk
from game.sim.model import CharacterModel
from game.view.figure_folder import FigureCard


@dataclass(frozen=True)
class PolicyCard:
    """What the panel shows of a policy. Its file may still be loading, or may have been refused."""

    name: str
    skill: str = ""
    family: str = ""
    """policies of one family are stages of training of one skill"""
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
    """Attempts, flips, falls and hits so far."""

    attempts: int = 0
    landed: int = 0
    flips: int = 0
    falls: int = 0
    outcomes: Mapping[str, int] = field(default_factory=dict)
    """how often attempts ended in each way"""
    hits: Mapping[str, float] = field(default_factory=dict)
    """the hardest hit of each body on anything, N s"""


class PanelModel(Protocol):
    """The part of the game that the panel uses."""

    @property
    def body_model(self) -> CharacterModel:
        """The body; Settings.strength is in the order of its joints."""

    @property
    def settings(self) -> Settings:
        """Settings of the chosen character and the world, as they will be after the pending events."""

    @property
    def control_hz(self) -> int:
        """Ticks a second."""

    def post(self, event: Event) -> None:
        """Makes an event happen at the next tick."""

    def act(self, action: str, choice: int = 0) -> None:
        """Carries out an action of `game.input.bindings`, as its key does."""

    def can(self, action: str) -> bool:
        """Whether there is such an action."""

    def key_of(self, action: str) -> str:
        """The name of an action's key; empty if it has none."""

    # ---- him
    @property
    def policies(self) -> Sequence[PolicyCard]:
        """All policies, in the order of the number keys, then the refused files."""

    @property
    def policy(self) -> str | None:
        """Name of the policy that drives the chosen character."""

    @property
    def doing(self) -> str:
        """Who drives him and what he does, in a few words; empty where nobody drives him."""

    def play(self, policy: str) -> None:
        """Lets a policy drive all characters."""

    @property
    def tally(self) -> AttemptCounts: ...

    # ---- after a fall
    @property
    def after_fall_names(self) -> Sequence[str]:
        """What can happen after a fall, by name."""

    @property
    def after_fall(self) -> str:
        """The name that is chosen."""

    def choose_after_fall(self, name: str) -> None: ...

    @property
    def limp_seconds(self) -> float:
        """s that he lies limp before he gets up"""

    @property
    def usual_limp_seconds(self) -> float:
        """the same, as long as the player has not changed it"""

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
        """Whether a replay is shown; its bar is at the bottom of the window."""

    # ---- the world
    @property
    def set_names(self) -> Sequence[str]: ...

    @property
    def set_name(self) -> str: ...

    def choose_set(self, name: str) -> None:
        """Starts a new run in another set."""

    @property
    def times_of_day(self) -> Sequence[str]:
        """What the set can be lit like."""

    @property
    def time_of_day(self) -> str: ...

    def choose_time_of_day(self, name: str) -> None:
        """Lights the set differently; the run goes on."""

    @property
    def prop_names(self) -> Sequence[str]: ...

    @property
    def placing(self) -> str | None:
        """The prop that the next click into the picture will place, or None."""

    def place_prop(self, name: str | None) -> None:
        """Lets the next click into the picture place a prop; None cancels that."""

    def drop_prop(self, name: str) -> None:
        """Lets a prop fall on him from above."""

    @property
    def num_placed(self) -> int:
        """Number of props in the world that are not part of the set."""

    def clear_props(self) -> None:
        """Removes those props."""

    # ---- switches
    @property
    def switches(self) -> Mapping[str, bool]:
        """The state of each switch (`ghost`, `mute`, ...) that the game has, by name."""

    def switch(self, name: str, on: bool) -> None: ...

    # ---- scripts
    @property
    def script_desk(self) -> ScriptDesk:
        """The script that is edited, and its files."""

    @property
    def script_step(self) -> int | None:
        """Index of the step that is played now; None where no script is."""

    def play_script(self, first: int) -> None:
        """Plays the edited script from a step on."""

    def stop_script(self) -> None: ...

    @property
    def skill_names(self) -> Sequence[str]:
        """What a step of kind `skill` can name."""

    def say(self, message: str) -> None:
        """Shows a message on the screen."""

    # ---- what he looks like
    @property
    def figures(self) -> Sequence[FigureCard]:
        """The figures from elsewhere, by name."""

    @property
    def figure_folder(self) -> Path:
        """Where a person puts files of such figures."""

    @property
    def avatar(self) -> str:
        """The name of the figure that he is drawn as; OWN for our own."""

    @property
    def casting(self) -> str:
        """The name of the file of which a figure is being made; empty where none is."""

    def wear(self, name: str) -> None:
        """Draws him as a figure, or as OWN."""

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
        """How long the film is that is being made, in words; empty if there is none."""

    @property
    def takes(self) -> Sequence[TakeCard]:
        """Saved takes, newest first."""

    @property
    def take_actions(self) -> Sequence[str]:
        """What can be done with a take: some of `open`, `replay` and `film`."""

    def use_take(self, action: str, take: TakeCard) -> None:
        """Carries out one of `take_actions`."""

    def rename_take(self, take: TakeCard, title: str) -> None: ...

    def delete_take(self, take: TakeCard) -> None: ...
