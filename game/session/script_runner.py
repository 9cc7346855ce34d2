"""ScriptRunner: plays a script: before every tick it says which events come, and which camera looks.

With a performer he walks, turns, does any clip and stands between steps. Without one the specialists do what they can:
they walk straight ahead, begin their skills wherever he is, and go on with them; what none has learned is left out.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from game.camera.cuts import Cuts
from game.play import events as ev
from game.play.performance import STANDING
from game.play.runtime import Runtime
from game.policy.library import PolicyLibrary
from game.policy.policy import PolicyError
from game.scene.set_file import load_prop
from game.session.follow_up import FollowUp
from game.session.opening import PERFORMER, find_policy
from game.session.script import Script
from game.session.script_step import CameraCut, Do, PutProp, Shove, Skill, Step, Turn, Wait, Walk
from game.sim import rotation

GAITS = ("walk", "run")
"""skills of the specialists that walk and run"""
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


def opening_policy(script: Script, library: PolicyLibrary) -> str | None:
    """What a run begins with in which a script is played; None for what any run begins with."""
    if PERFORMER in library.names:
        return PERFORMER
    for step in script.steps:
        skill = step.name if isinstance(step, Skill) else GAITS[step.run] if isinstance(step, Walk) else None
        if skill is not None and (name := _specialist(library, skill)) is not None:
            return name
    return None


def skills(runtime: Runtime) -> list[str]:
    """What a step of kind `skill` can name: a performer's repertoire, else what specialists have learned."""
    library = runtime.library
    if PERFORMER in library.names:
        known = library.get(PERFORMER).spec.repertoire
        return sorted(known) if known else runtime.clips.names
    specs = [policy.spec for policy in library.loaded.values()]
    return sorted({spec.skill for spec in specs if spec.clip is not None and spec.skill})


def _specialist(library: PolicyLibrary, skill: str) -> str | None:
    """The policy of a name or skill; None where there is none."""
    try:
        return find_policy(library, skill)
    except PolicyError:
        return None


class ScriptRunner:
    """One character plays a script. After a fall it waits until he is up, then goes on with the next step."""

    def __init__(
        self, script: Script, runtime: Runtime, character: int = 0, first: int = 0,
        follow_up: FollowUp | None = None, cuts: Cuts | None = None,
    ) -> None:  # fmt: skip
        """Args:
        script: what is played.
        runtime: where.
        character: who plays it.
        first: the step to begin with.
        follow_up: of the run: while he gets up the script waits, and specialists do what they do better than he.
        cuts: where the script's cuts from camera to camera are added; a new list by default.
        """
        self.script, self.runtime, self.character = script, runtime, character
        self.step = first
        """index of the present step; the number of steps when it is over"""
        self.cuts = Cuts() if cuts is None else cuts
        self._follow_up = follow_up
        self._messages: list[str] = []
        self._skipped = False
        """whether nobody can do the present step"""
        self._begun = -1
        self._until: int | None = None
        self._fell = False
        self._length, self._course = 0.0, 0.0
        """m to the place at the beginning of a walk, rad that he was steered last"""

    @property
    def finished(self) -> bool:
        """Whether the last step is over."""
        return self.step >= len(self.script.steps)

    def events(self) -> list[ev.Event]:
        """Those of the next tick."""
        made: list[ev.Event] = []
        if not self.finished and (self._gets_up or self.runtime.agents[self.character].counter.down):
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

    @property
    def _gets_up(self) -> bool:
        return self._follow_up is not None and self._follow_up.recovery.plan_of(self.character) is not None

    def messages(self) -> list[str]:
        """What could not be done, since the last call."""
        messages, self._messages = self._messages, []
        return messages

    # ---------------------------------------------------------------- steps
    def _begin(self, step: Step) -> list[ev.Event]:
        """The events with which a step begins."""
        match step:
            case CameraCut():
                self.cuts.add(self.runtime.tick_count, step.name)
                return []
            case Do():
                return [step.made()]
            case Shove():
                return [self._push(step)]
            case PutProp():
                return [self._spawn(step)]
            case Walk():
                velocity = self._velocity(step)
                if not self._performs:
                    return self._play_specialist(GAITS[step.run])
                return [*self._performer(), ev.Steer(velocity, self.character)]
            case Turn():
                if not self._performs:
                    return self._skip("only a performer turns")
                return [*self._performer(), ev.Steer(self._towards(math.radians(step.direction)), self.character)]
            case Skill():
                return self._skill(step)
            case _:
                return []

    def _go_on(self, step: Step) -> tuple[list[ev.Event], bool]:
        """Further events of a step, and whether it is over."""
        seconds = (self.runtime.tick_count - self._begun) / self.runtime.model.control_hz
        if self._skipped:
            return [], True
        match step:
            case Wait():
                return [], seconds >= step.seconds
            case Walk() if not self._performs:
                # straight ahead, for as long as the way would take
                return [], seconds >= (step.seconds if step.to is None else self._length / self._pace(step))
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
        self.step, self._begun, self._until, self._skipped = self.step + 1, -1, None, False

    def _skip(self, reason: str) -> list[ev.Event]:
        """Leaves the present step out."""
        self._skipped = True
        step = self.script.steps[self.step]
        self._messages.append(f"step {self.step + 1}, {step.label}, is left out: {reason}")
        return []

    # ---------------------------------------------------------------- skills
    @property
    def _performs(self) -> bool:
        """Whether there is a performer."""
        return PERFORMER in self.runtime.library.names

    def _play_specialist(self, skill: str) -> list[ev.Event]:
        name = _specialist(self.runtime.library, skill)
        if name is None:
            return self._skip(f"nobody has learned {skill!r}")
        return [ev.Play(name, self.character)]

    def _performer(self) -> list[ev.Event]:
        """What has a performer drive him, unless one does."""
        drives = self.runtime.agents[self.character].performance is not None
        return [] if drives else [ev.Play(PERFORMER, self.character)]

    def _skill(self, step: Skill) -> list[ev.Event]:
        library, agent = self.runtime.library, self.runtime.agents[self.character]
        policy = agent.policy
        if self._performs:
            specialist = _specialist(library, step.name) if step.cycles == 1 else None
            if self._follow_up is not None and agent.performance is not None and specialist is not None:
                return self._follow_up.skills.begin(specialist, self.character, self.runtime)
            repertoire = library.get(PERFORMER).spec.repertoire
            clip = repertoire.get(step.name, step.name)
            if clip in self.runtime.clips.names:
                drives = policy is not None and bool(policy.spec.lookahead)
                return [*([] if drives else self._performer()),
                        ev.Perform(clip, self.character, cycles=step.cycles)]  # fmt: skip
        return self._play_specialist(step.name)

    def _skill_over(self, step: Skill, seconds: float) -> bool:
        agent = self.runtime.agents[self.character]
        if self.runtime.tick_count == self._begun:
            return False
        if self._follow_up is not None and self._follow_up.skills.performer_of(self.character) is not None:
            return False
        if agent.performance is not None:
            return agent.performance.doing == STANDING
        clip = agent.policy.spec.clip if agent.policy is not None else None
        return clip is None or seconds >= step.cycles * clip.duration

    # ---------------------------------------------------------------- things
    def _push(self, step: Shove) -> ev.Push:
        model = self.runtime.model
        angle = self._heading() + math.radians(step.direction)
        force = (step.force * math.cos(angle), step.force * math.sin(angle), 0.0)
        return ev.Push(force, model.body_names[model.roles.push_body], self.character, step.seconds)

    def _spawn(self, step: PutProp) -> ev.Spawn:
        item, heading = load_prop(step.name), self._heading()
        away = rotation.rotate(rotation.from_heading(heading), np.array([step.ahead, step.aside, 0.0]))
        x, y = step.at or (self._position() + away[:2]).tolist()
        return ev.Spawn(item.at((x, y, item.position[2] + step.height), heading))

    # ---------------------------------------------------------------- ways
    def _position(self) -> np.ndarray[Any, np.dtype[np.float64]]:
        return self.runtime.world.state.root_pos[self.character, :2]

    def _heading(self) -> float:
        return float(rotation.heading(self.runtime.world.state.root_rot[self.character]))

    def _away(self, step: Walk) -> float:
        assert step.to is not None
        return float(np.hypot(*(np.array(step.to) - self._position())))

    def _velocity(self, step: Walk) -> tuple[float, float]:
        speed = self._pace(step)
        angle = math.radians(step.direction)
        if step.to is not None:
            way = np.array(step.to) - self._position()
            angle = math.atan2(way[1], way[0])
            self._length = float(np.hypot(*way)) if self._begun == self.runtime.tick_count else self._length
        self._course = angle
        return (speed * math.cos(angle), speed * math.sin(angle))

    def _pace(self, step: Walk) -> float:
        """m/s"""
        return self.runtime.clips.gait.paces[step.run]

    def _off_course(self, step: Walk) -> bool:
        assert step.to is not None
        way = np.array(step.to) - self._position()
        return abs(_wrapped(math.atan2(way[1], way[0]) - self._course)) > math.radians(10.0)

    def _towards(self, angle: float) -> tuple[float, float]:
        return (TURNING_SPEED * math.cos(angle), TURNING_SPEED * math.sin(angle))


def _wrapped(angle: float) -> float:
    return (angle + math.pi) % (2.0 * math.pi) - math.pi
