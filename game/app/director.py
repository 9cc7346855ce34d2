"""Director: what happens by itself in a run without a window: he gets up after falls, and a script is played."""

from __future__ import annotations

import sys

from game.camera.cuts import Cuts
from game.play.events import Event, Timed
from game.record.playback import Playback
from game.session.attempts import AfterFall
from game.session.follow_up import FollowUp
from game.session.script import Script
from game.session.script_runner import ScriptRunner

END_SECONDS = 2.0
"""that a run goes on after a script's last step"""


class Director:
    """Adds events to a playback, tick by tick, so that its take holds them."""

    def __init__(self, playback: Playback, after_fall: AfterFall, script: Script | None = None) -> None:
        """`script`: the playback ends soon after its last step, if it does not end before."""
        self.cuts = Cuts()
        """the script's cuts from camera to camera"""
        self.runner: ScriptRunner | None = None
        self._playback = playback
        self._follow_up = None if after_fall is AfterFall.STAY else FollowUp(after_fall)
        if script is not None:
            self.runner = ScriptRunner(script, playback.runtime, follow_up=self._follow_up, cuts=self.cuts)

    def direct(self) -> None:
        """Adds the events of the next tick; call it before every one."""
        runtime = self._playback.runtime
        tick = runtime.tick_count
        if self._follow_up is not None and tick > 0:
            later, _ = self._follow_up.events(runtime, self._playback.events)
            self._add(tick, later)
        if self.runner is None:
            return
        self._add(tick, self.runner.events())
        for message in self.runner.messages():
            print(message, file=sys.stderr)
        if self.runner.finished:
            end = tick + round(END_SECONDS * runtime.model.control_hz)
            self._playback.num_ticks = min(self._playback.num_ticks, end)

    def _add(self, tick: int, events: list[Event]) -> None:
        for event in events:
            self._playback.add(Timed(tick, event))
