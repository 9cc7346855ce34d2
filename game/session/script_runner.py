"""ScriptRunner: plays a script: before every tick it says which events come, and which camera looks."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from game.play import events as ev
from game.play.performance import STANDING
from game.play.runtime import Runtime
from game.session.script import CameraCut, Do, Script, Skill, Step, Turn, Wait, Walk
from game.sim import rotation

CUTS = "cuts"
"""key of `Take.extra`: a list of [tick, name of a camera]"""
PERFORMER = "performer"
ARRIVED = 0.35
"""m from the place where he was to go"""
SLOWEST = 0.4
"""m/s: who is slower gives up after PATIENCE more"""
PATIENCE = 6.0
"""s"""
TURNING_SPEED = 0.35
"""m/s of the short steps on which he turns"""
FACING = math.radians(12.0)
SETTLE = 0.8
"""s of standing after a walk or a turn, before the next step"""


class ScriptRunner:
    """One character plays a script. After a fall it waits until he is up, then goes on with the next step."""

    def __init__(
        self, script: Script, runtime: Runtime, character: int = 0, first: int = 0,
        busy: Callable[[int], bool] = lambda _: False,
    ) -> None:  # fmt: skip
        """Args:
        script: what is played.
        runtime: where.
        character: who plays it.
        first: the step to begin with.
        busy: whether a character is getting up at the moment: the script waits.
        """
        self.script, self.runtime, self.character = script, runtime, character
        self.step = first
        """index of the present step; the number of steps when it is over"""
        self.cuts: list[tuple[int, str]] = []
        """ticks at which the camera changed, and to which"""
        self._busy = busy
        self._begun = -1
        self._until: int | None = None
        self._fell = False
        self._length, self._course = 0.0, 0.0
        """m to the place at the beginning of a walk, rad that he was steered last"""

    @property
    def finished(self) -> bool:
        """Whether the last step is over."""
        return self.step >= len(self.script.steps)

    @property
    def camera(self) -> str | None:
        """The camera that the script wants now; None before its first cut."""
        return self.cuts[-1][1] if self.cuts else None

    def extra(self) -> dict[str, Any]:
        """What a take keeps of it."""
        return {CUTS: [[tick, name] for tick, name in self.cuts]} if self.cuts else {}

    def events(self) -> list[ev.Event]:
        """Those of the next tick."""
        made: list[ev.Event] = []
        if not self.finished and (self._busy(self.character) or self.runtime.agents[self.character].counter.down):
            self._fell = True
            return made
        if self._fell:
            # on his feet again: the step in which he fell is over
            self._fell = False
            if self._begun >= 0:
                self._next()
        while not self.finished:
            step = self.script.steps[self.step]
            if self._begun < 0:
                self._begun = self.runtime.tick_count
                made += self._begin(step)
            more, over = self._go_on(step)
            made += more
            if not over:
                break
            self._next()
        return made

    # ---------------------------------------------------------------- steps
    def _begin(self, step: Step) -> list[ev.Event]:
        """The events with which a step begins."""
        match step:
            case CameraCut():
                self.cuts.append((self.runtime.tick_count, step.name))
                return []
            case Do():
                return [step.made()]
            case Walk():
                return [*self._performer(), ev.Steer(self._velocity(step), self.character)]
            case Turn():
                return [*self._performer(), ev.Steer(self._towards(math.radians(step.direction)), self.character)]
            case Skill():
                return self._skill(step)
            case _:
                return []

    def _go_on(self, step: Step) -> tuple[list[ev.Event], bool]:
        """Further events of a step, and whether it is over."""
        seconds = (self.runtime.tick_count - self._begun) / self.runtime.model.control_hz
        match step:
            case Wait():
                return [], seconds >= step.seconds
            case Walk(to=None):
                return self._halt(seconds >= step.seconds)
            case Walk():
                away = self._away(step)
                given_up = seconds > self._length / SLOWEST + PATIENCE
                more, over = self._halt(away < ARRIVED or given_up)
                if not more and self._until is None:
                    more = [ev.Steer(self._velocity(step), self.character)] if self._off_course(step) else []
                return more, over
            case Turn():
                off = _wrapped(math.radians(step.direction) - self._heading())
                return self._halt(abs(off) < FACING or seconds > PATIENCE)
            case Skill():
                return [], self._skill_over(step, seconds)
            case _:
                return [], True

    def _halt(self, arrived: bool) -> tuple[list[ev.Event], bool]:
        """Stops who has arrived, and ends the step when he has settled."""
        if self._until is not None:
            return [], self.runtime.tick_count >= self._until
        if not arrived:
            return [], False
        self._until = self.runtime.tick_count + round(SETTLE * self.runtime.model.control_hz)
        return [ev.Steer((0.0, 0.0), self.character)], False

    def _next(self) -> None:
        self.step, self._begun, self._until = self.step + 1, -1, None

    # ---------------------------------------------------------------- skills
    def _performer(self) -> list[ev.Event]:
        """What has a performer drive him, unless one does."""
        drives = self.runtime.agents[self.character].performance is not None
        return [] if drives else [ev.Play(PERFORMER, self.character)]

    def _skill(self, step: Skill) -> list[ev.Event]:
        library = self.runtime.library
        policy = self.runtime.agents[self.character].policy
        if PERFORMER in library.names:
            repertoire = library.get(PERFORMER).spec.repertoire
            clip = repertoire.get(step.name, step.name)
            if clip in self.runtime.clips.names:
                drives = policy is not None and bool(policy.spec.lookahead)
                return [*([] if drives else self._performer()),
                        ev.Perform(clip, self.character, cycles=step.cycles)]  # fmt: skip
        return [ev.Play(step.name, self.character)]

    def _skill_over(self, step: Skill, seconds: float) -> bool:
        agent = self.runtime.agents[self.character]
        if self.runtime.tick_count == self._begun:
            return False
        if agent.performance is not None:
            return agent.performance.doing == STANDING
        clip = agent.policy.spec.clip if agent.policy is not None else None
        return clip is None or seconds >= step.cycles * clip.duration

    # ---------------------------------------------------------------- ways
    def _position(self) -> np.ndarray[Any, np.dtype[np.float64]]:
        return self.runtime.world.state.root_pos[self.character, :2]

    def _heading(self) -> float:
        return float(rotation.heading(self.runtime.world.state.root_rot[self.character]))

    def _away(self, step: Walk) -> float:
        assert step.to is not None
        return float(np.hypot(*(np.array(step.to) - self._position())))

    def _velocity(self, step: Walk) -> tuple[float, float]:
        walk, run = self.runtime.clips.gait.paces
        speed = run if step.run else walk
        angle = math.radians(step.direction)
        if step.to is not None:
            way = np.array(step.to) - self._position()
            angle = math.atan2(way[1], way[0])
            self._length = float(np.hypot(*way)) if self._begun == self.runtime.tick_count else self._length
        self._course = angle
        return (speed * math.cos(angle), speed * math.sin(angle))

    def _off_course(self, step: Walk) -> bool:
        assert step.to is not None
        way = np.array(step.to) - self._position()
        return abs(_wrapped(math.atan2(way[1], way[0]) - self._course)) > math.radians(10.0)

    def _towards(self, angle: float) -> tuple[float, float]:
        return (TURNING_SPEED * math.cos(angle), TURNING_SPEED * math.sin(angle))


def _wrapped(angle: float) -> float:
    return (angle + math.pi) % (2.0 * math.pi) - math.pi
