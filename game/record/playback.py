"""Playback: a run of events from a fresh world, tick by tick. Every film, check and export of a take is made by one."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from types import TracebackType
from typing import NamedTuple, Self

from game.play.events import Crowd, Event, EventError, Play, Reset, Timed
from game.play.runtime import Runtime
from game.policy.library import PolicyLibrary
from game.record.replay import ReplayFrame
from game.record.take import Divergence, Take, TakeError
from game.scene.set_spec import ItemSpec
from game.sim.snapshot import Snapshot

MOST_SECONDS = 300.0
"""how much of a long take `rerun` keeps for looking at: its last 300 s"""


class PlaybackTick(NamedTuple):
    """The end of one tick."""

    snapshot: Snapshot
    items: Mapping[int, ItemSpec]
    """what each prop of the snapshot is, by id"""
    cut: bool
    """a character was moved to another place in this tick: do not interpolate from the tick before"""


class Playback:
    """Runs events in a Runtime. Iterate over it for its ticks; it can be iterated over only once.

    Args:
        runtime: where the events happen, at tick 0. `close` closes it.
        events: what happens, in any order; events of one tick keep their order.
        num_ticks: how many ticks to make.
    """

    def __init__(self, runtime: Runtime, events: Iterable[Timed], num_ticks: int) -> None:
        self.runtime, self.num_ticks = runtime, num_ticks
        self.events: list[Event] = []
        """that happened in the tick made last"""
        self._due: dict[int, list[Event]] = {}
        self._take: Take | None = None
        for timed in events:
            self.add(timed)

    @classmethod
    def of(cls, take: Take, num_ticks: int | None = None) -> Self:
        """A take from its beginning, or only its first `num_ticks`. Raises TakeError."""
        count = take.num_ticks if num_ticks is None else min(num_ticks, take.num_ticks)
        playback = cls(take.runtime(), take.events, count)
        playback._take = take
        return playback

    def add(self, timed: Timed) -> None:
        """Adds an event, also while the playback runs. Raises ValueError for a tick that has been made already."""
        if timed.tick < self.runtime.tick_count:
            raise ValueError(f"an event at tick {timed.tick}: the run is at tick {self.runtime.tick_count} already")
        self._due.setdefault(timed.tick, []).append(timed.event)

    def __iter__(self) -> Iterator[PlaybackTick]:
        """Makes the ticks.

        Raises:
            TakeError: an event of a take makes no sense where it happens.
            EventError: the same, where the events are of no take.
        """
        while self.runtime.tick_count < self.num_ticks:
            self.events = events = self._due.pop(self.runtime.tick_count, [])
            try:
                snapshot = self.runtime.tick(events, strict=True)
            except EventError as error:
                if self._take is not None:
                    raise TakeError(str(error)) from error
                raise
            yield PlaybackTick(snapshot, items_of(self.runtime), is_cut(self.runtime, events))

    def close(self) -> None:
        """Frees the world; the policies of a take are closed, too."""
        self.runtime.close()
        if self._take is not None:
            self.runtime.library.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def items_of(runtime: Runtime) -> dict[int, ItemSpec]:
    """What each prop of a world is, by id."""
    return dict(runtime.world.props)


def is_cut(runtime: Runtime, events: Iterable[Event]) -> bool:
    """Whether the tick that a runtime has just made, with these events, moved somebody to another place at once."""
    placed = (isinstance(e, Reset | Crowd) or (isinstance(e, Play) and e.place) for e in events)
    return any(placed) or bool(runtime.world.faults)


def verify(take: Take) -> Divergence | None:
    """Runs a take and compares it with its trace; None where every bit is the same. Raises TakeError."""
    if len(take.trace) != take.num_ticks:
        raise TakeError(f"its trace has {len(take.trace)} ticks, expected {take.num_ticks}")
    with Playback.of(take) as playback:
        for tick, _ in enumerate(playback):
            if (divergence := take.divergence(playback.runtime.trace[-1:], tick)) is not None:
                return divergence
    return None


class FinishedPlayback(NamedTuple):
    """A take that was run to its end, to be looked at and to be played on from there."""

    runtime: Runtime
    """at the take's end"""
    frames: tuple[ReplayFrame, ...]
    items: dict[int, ItemSpec]
    """every prop that there was, by id"""


def rerun(take: Take, library: PolicyLibrary) -> FinishedPlayback:
    """Runs a take to its end.

    Args:
        take: what to run.
        library: what the runtime chooses policies from afterwards; those of the take are added to it.

    Raises:
        TakeError: the take does not run here.
    """
    playback = Playback.of(take)
    runtime = playback.runtime
    frames: deque[ReplayFrame] = deque(maxlen=round(MOST_SECONDS * runtime.model.control_hz))
    items: dict[int, ItemSpec] = {}
    try:
        for tick in playback:
            frames.append(ReplayFrame(tick.snapshot, tick.cut))
            items.update(tick.items)
    except BaseException:
        playback.close()
        raise
    runtime.library.close()
    for name, policy in runtime.policies.items():
        if name not in library.names:
            library.add(name, policy)
    runtime.library = library
    return FinishedPlayback(runtime, tuple(frames), items)
