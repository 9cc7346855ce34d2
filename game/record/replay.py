"""RecentFrames and Replay: the last seconds of what was seen, and looking at them again."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import NamedTuple

from game.play.clock import MAX_SPEED, MIN_SPEED
from game.scene.set_spec import ItemSpec
from game.sim.snapshot import Snapshot, interpolate

SECONDS = 15.0
LEAD_IN = 5.0
"""s before now, where a replay begins"""


class ReplayFrame(NamedTuple):
    """A tick, kept to be shown again."""

    snapshot: Snapshot
    cut: bool
    """a character was moved to another place: do not interpolate from the frame before"""


class RecentFrames:
    """The last seconds, always kept."""

    def __init__(self, control_hz: int, seconds: float = SECONDS) -> None:
        self._hz = control_hz
        self._frames: deque[ReplayFrame] = deque(maxlen=round(seconds * control_hz) + 1)
        self._items: dict[int, ItemSpec] = {}

    def add(self, snapshot: Snapshot, items: Mapping[int, ItemSpec], *, cut: bool = False) -> None:
        """Keeps a tick, and what its props are (`items`, by id): some may be gone when it is replayed."""
        self._frames.append(ReplayFrame(snapshot, cut))
        self._items.update(items)

    def clear(self) -> None:
        """Forgets everything, for a new world, whose ticks and props are numbered from 0."""
        self._frames.clear()
        self._items.clear()

    def __len__(self) -> int:
        return len(self._frames)

    @property
    def capacity(self) -> int:
        """Ticks that are kept at most."""
        return self._frames.maxlen or 0

    @property
    def first_tick(self) -> int:
        """Of what is kept; 0 where nothing is."""
        return self._frames[0].snapshot.tick if self._frames else 0

    def replay(self) -> Replay | None:
        """A replay of what is kept now; None where that is nothing."""
        return Replay(tuple(self._frames), dict(self._items), self._hz) if self._frames else None


class Replay:
    """Plays frames again. A position is a number of ticks from the first frame, and need not be whole.

    Args:
        frames: one or more, a tick apart.
        items: what every prop in them is, by id.
        control_hz: ticks a second.
    """

    def __init__(self, frames: tuple[ReplayFrame, ...], items: Mapping[int, ItemSpec], control_hz: int) -> None:
        self.frames, self.items = frames, items
        self.speed = 1.0
        self.paused = False
        self._hz = control_hz
        self.position = max(0.0, self.last - LEAD_IN * control_hz)

    @property
    def last(self) -> float:
        """The position of the end."""
        return float(len(self.frames) - 1)

    @property
    def fraction(self) -> float:
        """How far through it is, 0..1."""
        return self.position / self.last if self.last else 1.0

    @property
    def time(self) -> float:
        """s, of the take."""
        return (self.frames[0].snapshot.tick + self.position) / self._hz

    @property
    def seconds_left(self) -> float:
        """s until the end, at normal speed."""
        return (self.last - self.position) / self._hz

    def set_speed(self, speed: float) -> None:
        """Sets the speed, held within 1/16..4."""
        self.speed = min(max(speed, MIN_SPEED), MAX_SPEED)

    def seek(self, position: float) -> None:
        """Goes to a position, held within the replay."""
        self.position = min(max(position, 0.0), self.last)

    def seek_fraction(self, fraction: float) -> None:
        """Goes to 0 (the beginning) .. 1 (the end)."""
        self.seek(fraction * self.last)

    def step(self, ticks: int) -> None:
        """Goes to a whole tick so many further, or back, and stays there."""
        self.paused = True
        self.seek(round(self.position) + ticks)

    def toggle_pause(self) -> None:
        """Pauses, or plays on; at the end it plays from the beginning."""
        if self.position >= self.last:
            self.position, self.paused = 0.0, False
        else:
            self.paused = not self.paused

    def advance(self, seconds: float) -> list[Snapshot]:
        """Plays on for so many seconds of real time; returns the ticks that it passed."""
        if self.paused or seconds <= 0.0:
            return []
        before = int(self.position)
        self.seek(self.position + seconds * self.speed * self._hz)
        return [frame.snapshot for frame in self.frames[before + 1 : int(self.position) + 1]]

    def shown(self) -> Snapshot:
        """What to draw: between two ticks where the position is."""
        index = int(self.position)
        fraction = self.position - index
        here = self.frames[index].snapshot
        if fraction == 0.0 or index + 1 >= len(self.frames) or self.frames[index + 1].cut:
            return here
        return interpolate(here, self.frames[index + 1].snapshot, fraction)
