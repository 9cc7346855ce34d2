"""FollowUp: what happens by itself after each tick: attempts are judged, fallen characters get up or are put back."""

from __future__ import annotations

from collections.abc import Sequence

from game.play.events import MAX_CROWD, Event
from game.play.runtime import Runtime
from game.session.attempts import AfterFall, Attempts
from game.session.recovery import Recovery
from game.session.referee import judge
from game.session.skills import SkillRuns


class FollowUp:
    """Reads the state after each tick and returns events for the next one, so that takes contain what it does."""

    def __init__(self, after_fall: AfterFall = AfterFall.GET_UP) -> None:
        self.attempts = Attempts()
        self.attempts.after_fall = after_fall
        self.recovery = Recovery()
        self.skills = SkillRuns()

    def clear(self) -> None:
        """Starts with another run. The counts of attempts stay."""
        self.recovery.clear()
        self.skills.clear()
        for character in range(MAX_CROWD):
            self.attempts.begin(character)

    def resume(self, runtime: Runtime) -> None:
        """Starts with the continuation of a take: characters that lie on the floor get up."""
        self.clear()
        self.recovery.resume(runtime)

    def events(self, runtime: Runtime, happened: Sequence[Event]) -> tuple[list[Event], list[str]]:
        """Reads the state after a tick, and the events that happened in it.

        Returns:
            Events for the next tick, and messages for the player.
        """
        verdicts, resets = judge(self.attempts, runtime, happened)
        wanted = self.attempts.after_fall is AfterFall.GET_UP
        drivers = dict(self.skills.performers)
        handed = self.skills.events(runtime)
        recovering, news = self.recovery.events(runtime, happened, drivers, wanted=wanted)
        lost = [event for reset in resets for event in self.recovery.cancel(reset.character, runtime)]
        return [*handed, *recovering, *lost, *resets], [*map(str, verdicts), *news]
