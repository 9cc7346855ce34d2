"""FollowUp: what a run does by itself after each tick: attempts are judged, who fell gets up or is put back."""

from __future__ import annotations

from collections.abc import Sequence

from game.play.events import MAX_CROWD, Event
from game.play.runtime import Runtime
from game.session.attempts import AfterFall, Attempts
from game.session.recovery import Recovery
from game.session.referee import judge
from game.session.skills import SkillRuns


class FollowUp:
    """Looks at each tick of one run, and returns events for the next one; so takes hold all that it does."""

    def __init__(self, after_fall: AfterFall = AfterFall.GET_UP) -> None:
        self.attempts = Attempts()
        self.attempts.after_fall = after_fall
        self.recovery = Recovery()
        self.skills = SkillRuns()

    def clear(self) -> None:
        """What goes on is another run: nobody has fallen in it, the counts stay."""
        self.recovery.clear()
        self.skills.clear()
        for character in range(MAX_CROWD):
            self.attempts.begin(character)

    def resume(self, runtime: Runtime) -> None:
        """What goes on is a take: who lies in it gets up."""
        self.clear()
        self.recovery.resume(runtime)

    def events(self, runtime: Runtime, happened: Sequence[Event]) -> tuple[list[Event], list[str]]:
        """Looks at the tick that a run has just made, with the events that happened in it.

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
