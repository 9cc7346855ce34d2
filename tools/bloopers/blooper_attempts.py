"""Attempts: each runs without a window in a new world, and gets a score."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from game.play.events import Strength, Timed
from game.play.runtime import Runtime
from game.policy.library import PolicyLibrary
from game.record.playback import Playback, items_of
from game.record.take import Take
from game.scene.set_spec import SetSpec
from game.session.opening import opening
from tools.bloopers.luck import Luck
from tools.bloopers.score import Judge, Measures, pratfall_score

GIVE_UP_TICKS = 3
"""ticks after a fall at which he goes limp, in attempts with `gives_up`"""


@dataclass(frozen=True, eq=False)
class BlooperAttempt:
    """One attempt and its result."""

    luck: Luck
    measures: Measures
    flips: int
    """flips that were landed"""
    seed: int

    @property
    def score(self) -> float:
        """See `tools.bloopers.score`."""
        return pratfall_score(self.measures)


def run(luck: Luck, library: PolicyLibrary, spec: SetSpec, seconds: float, seed: int) -> tuple[BlooperAttempt, Take]:
    """Runs an attempt; the Take can be filmed.

    Raises:
        PolicyError: its policy does not exist any more.
    """
    beginning = [Timed(0, event) for event in opening(library, luck.policy, spec)]
    runtime = Runtime(library, seed=seed)
    num_ticks = round(seconds * runtime.model.control_hz)
    with Playback(runtime, [*beginning, *luck.events], num_ticks) as playback:
        items = items_of(runtime)
        judge = Judge(runtime.model, items)
        neck = runtime.model.joint_names[runtime.model.neck]
        for snapshot, present, _ in playback:
            items |= present
            judge.add(snapshot, runtime.agents[0].counter)
            if luck.gives_up and 0 < judge.fall_tick == snapshot.tick - GIVE_UP_TICKS:
                for event in (Strength(0.06), Strength(0.25, neck)):
                    playback.add(Timed(snapshot.tick, event))
        flips = runtime.agents[0].counter.flips
        attempt = BlooperAttempt(luck, judge.measures(), flips, seed)
        take = Take.of(runtime, title=f"Attempt {luck.number}", set_name=spec.name, words=list(luck.words))
        return attempt, take


def best(attempts: Sequence[BlooperAttempt], count: int) -> list[BlooperAttempt]:
    """The best falls, best first. Each further fall for the same reason counts half as much as the one before."""
    left, chosen, seen = list(attempts), list[BlooperAttempt](), dict[tuple[str, ...], int]()
    while left and len(chosen) < count:
        pick = max(left, key=lambda a: (a.score * 0.5 ** seen.get(_reason(a), 0), -a.luck.number))
        if pick.score <= 0.0:
            break
        left.remove(pick)
        chosen.append(pick)
        seen[_reason(pick)] = seen.get(_reason(pick), 0) + 1
    return chosen


def _reason(attempt: BlooperAttempt) -> tuple[str, ...]:
    """What caused the fall in the viewer's eyes: the words about props, pushes and planets."""
    return tuple(word for word in attempt.luck.words if word.split()[0] in ("A", "An", "The", "Mars.", "Jupiter."))
