"""Session: a Runtime on a clock. Takes events whenever they come, makes ticks when they are due."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from game.camera.keyframes import Keyframes
from game.play.agent import Agent
from game.play.clock import FixedClock
from game.play.events import MAX_CROWD, Drag, Event, Play
from game.play.runtime import Runtime
from game.policy.policy import PolicyError
from game.record.playback import FinishedPlayback, is_cut, items_of
from game.record.replay import RecentFrames, Replay
from game.scene.set_spec import ItemSpec, SetSpec
from game.session.attempts import Attempts
from game.session.opening import BARE, opening
from game.session.referee import judge
from game.sim.snapshot import Snapshot, interpolate


class Session:
    """What a window shows.

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
        self.attempts = Attempts()
        self.recent = RecentFrames(runtime.model.control_hz)
        self.keyframes = Keyframes()
        """of the camera, by the time of this run"""
        self.replay: Replay | None = None
        """what is looked at again; the run itself waits meanwhile"""
        self._news: list[str] = []
        self._pending = opening(runtime.library, policy, spec)
        self._previous = runtime.snapshot

    def change_set(self, spec: SetSpec) -> None:
        """Begins anew in another set, with the same skill."""
        policy, library = self.policy_of(0), self.runtime.library
        events = opening(library, policy, spec)
        self.runtime.close()
        self.runtime, self.spec = Runtime(library, seed=self.runtime.seed), spec
        self.recent.clear()
        self.keyframes.clear()
        self.replay, self._pending, self._previous = None, events, self.runtime.snapshot
        for character in range(MAX_CROWD):
            self.attempts.begin(character)

    def resume(self, again: FinishedPlayback, spec: SetSpec, first_tick: int | None = None) -> None:
        """Goes on from the end of a take that was run again in its set; from `first_tick` on it is looked at first."""
        self.runtime.close()
        self.runtime, self.spec = again.runtime, spec
        self.recent.clear()
        self.keyframes.clear()
        for frame in again.frames[-self.recent.capacity :]:
            self.recent.add(frame.snapshot, again.items, cut=frame.cut)
        self.replay, self._pending, self._previous = None, [], self.runtime.snapshot
        if first_tick is not None and again.frames:
            self.replay = Replay(again.frames, again.items, self.clock.hz)
            self.replay.seek(first_tick - again.frames[0].snapshot.tick)
        for character in range(MAX_CROWD):
            self.attempts.begin(character)

    @property
    def pending(self) -> Sequence[Event]:
        """What was asked for and happens at the next tick."""
        return self._pending

    @property
    def set_name(self) -> str:
        """Of the set, for a take; empty for the bare floor."""
        return "" if self.spec is BARE else self.spec.name

    @property
    def snapshot(self) -> Snapshot:
        """The newest."""
        return self.runtime.snapshot

    @property
    def items(self) -> Mapping[int, ItemSpec]:
        """What each prop is, by id."""
        return items_of(self.runtime)

    @property
    def placed(self) -> Sequence[int]:
        """Ids of the things that the set does not have."""
        furniture = sum(1 for item in self.spec.items if item.parts)
        return [prop for prop in self.runtime.world.props if prop >= furniture]

    @property
    def policy_names(self) -> Sequence[str]:
        """All that could be played, in the order of the list: what bears a skill's own name first, young ages last."""
        library = self.runtime.library
        names, loaded = library.names, library.loaded

        def rank(name: str) -> tuple[bool, bool, str]:
            spec = loaded[name].spec if name in loaded else None
            if spec is None:  # still loading
                return False, True, name
            return spec.age is not None and spec.age < 1.0, spec.skill != name, name

        # NAME@HASH is what a take calls a policy that changed while it was played
        return tuple(sorted((name for name in names if "@" not in name), key=rank))

    def policy_of(self, character: int) -> str | None:
        """The name of what a character plays, what was asked for counted in; None where nobody drives him."""
        for event in reversed(self._pending):
            if isinstance(event, Play) and event.character == character:
                return event.policy
        policy = self.runtime.agents[character].policy
        if policy is None:
            return None
        return policy.path.stem if policy.path is not None else policy.spec.name

    def family_of(self, policy: str) -> Sequence[str]:
        """The ages of a policy's skill, youngest first; empty where it cannot be played any more."""
        try:
            return self.runtime.library.family(policy)
        except PolicyError:
            return ()

    def post(self, event: Event) -> None:
        """Has an event happen at the next tick."""
        before = self._pending[-1] if self._pending else None
        if isinstance(event, Drag) and isinstance(before, Drag) and before.hand == event.hand:
            self._pending.pop()  # a hand is only where it is at the tick
        self._pending.append(event)

    def poll(self) -> list[str]:
        """Looks for new and changed policies; one that is being played goes on in its new form.

        Returns what to tell the person, verdicts on attempts included.
        """
        library = self.runtime.library
        messages = library.poll()
        news, self._news = self._news, []
        for index, agent in enumerate(self.runtime.agents):
            policy, name = agent.policy, self.policy_of(index)
            if not messages or policy is None or name not in library.names:
                continue
            if library.get(name).sha256 != policy.sha256:
                self.post(Play(name, index, phase=self._phase(agent)))
        return [*messages, *news]

    def begin_replay(self) -> bool:
        """Looks at the last seconds again; whether there are any yet."""
        self.replay = self.recent.replay()
        return self.replay is not None

    def end_replay(self) -> None:
        """Goes on where the run stands."""
        self.replay = None

    @property
    def speed(self) -> float:
        """Simulated seconds per second, of the replay if there is one."""
        return self.clock.speed if self.replay is None else self.replay.speed

    def set_speed(self, speed: float) -> None:
        """Sets the speed, held within 1/16..4."""
        (self.clock if self.replay is None else self.replay).set_speed(speed)

    @property
    def paused(self) -> bool:
        """Whether time stands still, that of the replay if there is one."""
        return self.clock.paused if self.replay is None else self.replay.paused

    def toggle_pause(self) -> None:
        """Stays, or goes on."""
        if self.replay is None:
            self.clock.paused = not self.clock.paused
        else:
            self.replay.toggle_pause()

    @property
    def time(self) -> float:
        """s, of what is shown."""
        return self.snapshot.time if self.replay is None else self.replay.time

    def advance(self, seconds: float) -> list[Snapshot]:
        """Makes the ticks that are due after so many seconds on the wall, and returns them; those of a replay."""
        if self.replay is not None:
            return self.replay.advance(seconds)
        return [self._tick() for _ in range(self.clock.advance(seconds))]

    def played(self, seconds: float) -> float:
        """How many of so many seconds on the wall are lived through: the clock drops what is over, a replay nothing."""
        clock = self.clock
        return seconds if self.replay is not None else min(seconds, clock.max_ticks / (clock.hz * clock.speed))

    def step(self) -> Snapshot:
        """Makes one tick whatever the clock says; it is shown whole. In a replay it goes one further."""
        if self.replay is not None:
            self.replay.step(1)
            return self.replay.shown()
        snapshot = self._tick()
        self._previous = snapshot
        return snapshot

    def shown(self) -> Snapshot:
        """What to draw: between the last two ticks, where the clock stands, or of the replay."""
        if self.replay is not None:
            return self.replay.shown()
        if self._previous is self.snapshot:
            return self.snapshot
        return interpolate(self._previous, self.snapshot, self.clock.fraction)

    @property
    def shown_items(self) -> Mapping[int, ItemSpec]:
        """What each prop of what is shown is, by id."""
        return self.items if self.replay is None else self.replay.items

    def _tick(self) -> Snapshot:
        events, self._pending = self._pending, []
        self._previous = self.snapshot
        snapshot = self.runtime.tick(events)
        moved = is_cut(self.runtime, events)
        if moved:
            self._previous = snapshot  # who was put elsewhere does not fly there
        self.recent.add(snapshot, self.items, cut=moved)
        verdicts, resets = judge(self.attempts, self.runtime, events)
        self._news.extend(map(str, verdicts))
        self._pending.extend(resets)
        return snapshot

    def _phase(self, agent: Agent) -> float:
        """0..1, where in its clip a agent is now."""
        clip = agent.policy.spec.clip if agent.policy is not None else None
        if clip is None:
            return 0.0
        time = agent.time(self.runtime.tick_count, self.runtime.model.control_hz)
        return (time / clip.duration) % 1.0 if clip.loop else min(time / clip.duration, 1.0)
