"""Session: a Runtime on a clock. Events may be posted at any time; ticks are made when they are due."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from game.camera.cuts import Cuts
from game.camera.keyframes import Keyframes
from game.play.agent import Agent
from game.play.clock import FixedClock
from game.play.events import Drag, Event, Play, Reset, Steer
from game.play.performance import STANDING
from game.play.runtime import Runtime
from game.policy.policy import PolicyError
from game.record.playback import FinishedPlayback, is_cut, items_of
from game.record.replay import RecentFrames, Replay
from game.scene.set_spec import ItemSpec, SetSpec
from game.session.attempts import Attempts
from game.session.follow_up import FollowUp
from game.session.opening import BARE, PERFORMER, opening
from game.session.script import Script
from game.session.script_runner import ScriptRunner
from game.sim.snapshot import Snapshot, interpolate

AGED, IMPORTED = "_age_", "deepmimic_"
"""in the names of young ages, and at the beginning of those of imported policies"""
MAX_FRAME_SECONDS = 0.1
"""of real time that one `advance` takes for ticks: where they are slow the game is slow, and still answers"""


class Session:
    """A run that goes on in real time, with attempts, replays of its last seconds, and changes of the set.

    Args:
        runtime: a fresh one.
        policy: what to begin with, see `find_policy`.
        spec: the set that it is played in.

    Raises:
        PolicyError: there is no such policy.
    """

    def __init__(self, runtime: Runtime, policy: str | None = None, spec: SetSpec = BARE) -> None:
        self.runtime = runtime
        self.spec = spec
        self.clock = FixedClock(runtime.model.control_hz)
        self.follow_up = FollowUp()
        self.recent = RecentFrames(runtime.model.control_hz)
        self.keyframes = Keyframes()
        """the camera's keyframes, by the time of this run"""
        self.cuts = Cuts()
        """the script's cuts from camera to camera, by the ticks of this run"""
        self.script: ScriptRunner | None = None
        """the script that is played now"""
        self.replay: Replay | None = None
        """shown instead of the run, which waits meanwhile; None where there is none"""
        self._dropped = 0
        """ticks of the last `advance` that there was no time for"""
        self._verdicts: list[str] = []
        self._pending = opening(runtime.library, policy, spec)
        self._previous = runtime.snapshot

    @property
    def attempts(self) -> Attempts:
        """All that he has tried so far."""
        return self.follow_up.attempts

    def play_script(self, script: Script, first: int = 0, character: int = 0) -> None:
        """Has a character play a script from a step on, from where he is."""
        self.end_replay()
        self.script = ScriptRunner(script, self.runtime, character, first, self.follow_up, self.cuts)

    def stop_script(self) -> None:
        """Has nothing more of the script happen; he goes on with what he does."""
        self.script = None

    def is_scripted(self, character: int) -> bool:
        """Whether a character plays a script: he is steered by it while the player steers nowhere."""
        return self.script is not None and self.script.character == character

    def change_set(self, spec: SetSpec, policy: str | None = None) -> None:
        """Begins a new run in another set, with a policy, or with the one that the first character plays now."""
        library = self.runtime.library
        events = opening(library, policy or self.policy_of(0), spec)
        self.runtime.close()
        self.runtime, self.spec = Runtime(library, seed=self.runtime.seed), spec
        self.recent.clear()
        self.keyframes.clear()
        self.cuts.clear()
        self.script = None
        self.replay, self._pending, self._previous = None, events, self.runtime.snapshot
        self.follow_up.clear()

    def resume(
        self, playback: FinishedPlayback, spec: SetSpec, first_tick: int | None = None, cuts: Cuts | None = None
    ) -> None:
        """Goes on from the end of a take.

        Args:
            playback: the take, run to its end; its runtime becomes this session's.
            spec: the take's set.
            first_tick: show a replay of the take from this tick on first; None goes on at once.
            cuts: the take's cuts from camera to camera.
        """
        self.runtime.close()
        self.runtime, self.spec = playback.runtime, spec
        self.recent.clear()
        self.keyframes.clear()
        self.cuts.replace(Cuts() if cuts is None else cuts)
        self.script = None
        for frame in playback.frames[-self.recent.capacity :]:
            self.recent.add(frame.snapshot, playback.items, cut=frame.cut)
        self.replay, self._pending, self._previous = None, [], self.runtime.snapshot
        if first_tick is not None and playback.frames:
            self.replay = Replay(playback.frames, playback.items, self.clock.hz)
            self.replay.seek(first_tick - playback.frames[0].snapshot.tick)
        self.follow_up.resume(self.runtime)

    @property
    def pending(self) -> Sequence[Event]:
        """Events that happen at the next tick, in order."""
        return self._pending

    @property
    def set_name(self) -> str:
        """The set's name as a take holds it; empty for the bare floor."""
        return "" if self.spec is BARE else self.spec.name

    @property
    def snapshot(self) -> Snapshot:
        """Of the last tick, whatever a replay shows."""
        return self.runtime.snapshot

    @property
    def items(self) -> Mapping[int, ItemSpec]:
        """What each prop is, by id."""
        return items_of(self.runtime)

    @property
    def placed(self) -> Sequence[int]:
        """Ids of the props that are not furniture of the set, in the order that they came."""
        furniture = sum(1 for item in self.spec.items if item.parts)
        world = self.runtime.world
        return [prop for prop in world.props if prop >= furniture and prop not in world.mechanics.pieces]

    @property
    def policy_names(self) -> Sequence[str]:
        """All policies in the number keys' order: performers, those named as their skill, and young ages last."""
        library = self.runtime.library
        names, loaded = library.names, library.loaded

        def rank(name: str) -> tuple[bool, bool, bool, str]:
            spec = loaded[name].spec if name in loaded else None
            if spec is None:  # still loading: its name says where it will be, so that the keys keep their meaning
                return AGED in name, name != PERFORMER, name.startswith(IMPORTED), name
            return spec.age is not None and spec.age < 1.0, not spec.lookahead, spec.skill != name, name

        # NAME@HASH is what a take calls a policy that changed while it was played
        return tuple(sorted((name for name in names if "@" not in name), key=rank))

    def policy_of(self, character: int) -> str | None:
        """The policy that a character plays, or will play from the next tick on; None where no policy drives him.

        Of one who is getting up it is the policy that he goes on with.
        """
        for event in reversed(self._pending):
            if isinstance(event, Play) and event.character == character:
                return event.policy
        plan = self.follow_up.recovery.plan_of(character)
        return self.driver_of(character) if plan is None else plan.policy

    def driver_of(self, character: int) -> str | None:
        """The policy that drives a character in this tick; None where none does."""
        policy = self.runtime.agents[character].policy
        if policy is None:
            return None
        return policy.path.stem if policy.path is not None else policy.spec.name

    @property
    def performer(self) -> str | None:
        """A policy that follows references, and so can be steered: PERFORMER, else the first there is; or None."""
        found = [name for name, policy in self.runtime.library.loaded.items() if policy.spec.lookahead]
        return PERFORMER if PERFORMER in found else min(found, default=None)

    @property
    def paces(self) -> tuple[float, float]:
        """m/s of walk and run. Raises ClipError."""
        return self.runtime.clips.gait.paces

    def steering_of(self, character: int) -> NDArray[np.float64] | None:
        """(2,) m/s, where a character is steered, what happens at the next tick counted in; None: he cannot be."""
        for event in reversed(self._pending):
            if isinstance(event, Steer) and event.character == character:
                return np.array(event.velocity)
        performance = self.runtime.agents[character].performance
        return None if performance is None else performance.steering

    def is_busy(self, character: int) -> bool:
        """Whether somebody gets up, or does a skill that another policy does for the performer."""
        skills, recovery = self.follow_up.skills, self.follow_up.recovery
        return skills.performer_of(character) is not None or recovery.plan_of(character) is not None

    def do_skill(self, policy: str, character: int) -> None:
        """Has a character do the skill of a policy: once where a performer drives him, else the policy drives him."""
        try:
            self._pending += self.follow_up.skills.begin(policy, character, self.runtime)
        except PolicyError as error:
            self._verdicts.append(str(error))

    def doing(self, character: int) -> str:
        """Who drives a character and what he does, in a few words."""
        agent, recovery = self.runtime.agents[character], self.follow_up.recovery
        driver = self.driver_of(character)
        if recovery.strength_of(character) is not None:
            return "limp after a fall"
        if recovery.plan_of(character) is not None:
            return "gets up by himself" if agent.performance is not None else f"gets up, driven by {driver}"
        if (performer := self.follow_up.skills.performer_of(character)) is not None:
            return f"driven by the specialist {driver} for {performer}"
        if (wished := self.follow_up.skills.waiting_for(character)) is not None:
            return f"comes to a stand for {wished}"
        if agent.performance is None:
            return "" if driver is None else "driven by a specialist"
        if agent.performance.doing != STANDING:
            return f"performs {agent.performance.doing}"
        return "goes where he is steered" if agent.performance.steering.any() else "stands"

    def strength_of(self, character: int) -> NDArray[np.float64]:
        """(J,) a character's strength; of one who lies limp after a fall, what it will be again."""
        later = self.follow_up.recovery.strength_of(character)
        return self.snapshot.strength[character] if later is None else later

    def family_of(self, policy: str) -> Sequence[str]:
        """The ages of a policy's skill, youngest first; empty where it cannot be played any more."""
        try:
            return self.runtime.library.family(policy)
        except PolicyError:
            return ()

    def post(self, event: Event) -> None:
        """Has an event happen at the next tick. Of several Drags of one hand in a row only the last is kept."""
        before = self._pending[-1] if self._pending else None
        if isinstance(event, Drag) and isinstance(before, Drag) and before.hand == event.hand:
            self._pending.pop()
        if isinstance(event, Steer):
            self._pending = [e for e in self._pending if not (isinstance(e, Steer) and e.character == event.character)]
        if isinstance(event, Reset):  # into the pose of what he plays, not of what he gets up with
            self._pending += self.follow_up.recovery.cancel(event.character, self.runtime)
        self._pending.append(event)

    def poll(self) -> list[str]:
        """Looks for new and changed policies; one that is being played goes on in its new form.

        Returns what to tell the person, verdicts on attempts included.
        """
        library = self.runtime.library
        messages = library.poll()
        verdicts, self._verdicts = self._verdicts, []
        for index, agent in enumerate(self.runtime.agents):
            policy, name = agent.policy, self.driver_of(index)
            if not messages or policy is None or name not in library.names:
                continue
            if library.get(name).sha256 != policy.sha256:
                self.post(Play(name, index, phase=self._phase(agent)))
        return [*messages, *verdicts]

    def begin_replay(self) -> bool:
        """Shows the last seconds again. Returns False where no tick has been made yet."""
        self.replay = self.recent.replay()
        return self.replay is not None

    def end_replay(self) -> None:
        """Shows the run again, which goes on from where it waited."""
        self.replay = None

    @property
    def speed(self) -> float:
        """Simulated seconds per real second; of the replay if there is one."""
        return self.clock.speed if self.replay is None else self.replay.speed

    def set_speed(self, speed: float) -> None:
        """Sets the speed, held within 1/16..4."""
        (self.clock if self.replay is None else self.replay).set_speed(speed)

    @property
    def paused(self) -> bool:
        """Whether time stands still; in a replay, its time."""
        return self.clock.paused if self.replay is None else self.replay.paused

    def toggle_pause(self) -> None:
        """Pauses, or goes on; in a replay, the replay."""
        if self.replay is None:
            self.clock.paused = not self.clock.paused
        else:
            self.replay.toggle_pause()

    @property
    def time(self) -> float:
        """s since the run began, of what is shown."""
        return self.snapshot.time if self.replay is None else self.replay.time

    def advance(self, seconds: float) -> list[Snapshot]:
        """Makes the ticks due after so many real seconds and returns them; in a replay, those that it passed."""
        if self.replay is not None:
            return self.replay.advance(seconds)
        self._dropped = self.clock.advance(seconds)
        ticks: list[Snapshot] = []
        end = time.perf_counter() + MAX_FRAME_SECONDS
        while self._dropped and (not ticks or time.perf_counter() < end):
            ticks.append(self._tick())
            self._dropped -= 1
        return ticks

    def played(self, seconds: float) -> float:
        """How many of so many real seconds time goes on for: the clock drops what it cannot make up for."""
        clock = self.clock
        if self.replay is not None:
            return seconds
        tick = 1.0 / (clock.hz * clock.speed)
        return max(0.0, min(seconds, clock.max_ticks * tick) - self._dropped * tick)

    def step(self) -> Snapshot:
        """Makes one tick at once, clock or no clock, and shows it; in a replay it goes one tick forward."""
        if self.replay is not None:
            self.replay.step(1)
            return self.replay.shown()
        snapshot = self._tick()
        self._previous = snapshot
        return snapshot

    def shown(self) -> Snapshot:
        """What to draw: interpolated between the last two ticks to the present moment; or of the replay."""
        if self.replay is not None:
            return self.replay.shown()
        if self._previous is self.snapshot:
            return self.snapshot
        return interpolate(self._previous, self.snapshot, self.clock.fraction)

    @property
    def shown_items(self) -> Mapping[int, ItemSpec]:
        """What each prop of `shown` is, by id."""
        return self.items if self.replay is None else self.replay.items

    def _follow_script(self) -> None:
        """Posts what the script has happen in the next tick."""
        if self.script is None:
            return
        for event in self.script.events():
            self.post(event)
        self._verdicts.extend(self.script.messages())
        if self.script.finished:
            self.script = None

    def _tick(self) -> Snapshot:
        self._follow_script()
        events, self._pending = self._pending, []
        self._previous = self.snapshot
        snapshot = self.runtime.tick(events)
        moved = is_cut(self.runtime, events)
        if moved:
            self._previous = snapshot  # nothing is interpolated across a jump
        self.recent.add(snapshot, self.items, cut=moved)
        later, news = self.follow_up.events(self.runtime, events)
        self._verdicts.extend(news)
        self._pending.extend(later)
        return snapshot

    def _phase(self, agent: Agent) -> float:
        """0..1, where in its clip an agent is now."""
        clip = agent.policy.spec.clip if agent.policy is not None else None
        if clip is None:
            return 0.0
        time = agent.time(self.runtime.tick_count, self.runtime.model.control_hz)
        return (time / clip.duration) % 1.0 if clip.loop else min(time / clip.duration, 1.0)
