"""Cuts: changes from camera to camera at given ticks. Scripts make them; a take's cuts are the camera called `cuts`.

A take keeps them in `Take.extra["cuts"]`: [[tick, name of a camera], ...]. Like an event, a cut at tick t
has its effect in the tick that begins then: in snapshots whose tick is greater than t.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterator, Mapping
from typing import Any, NamedTuple

CUTS = "cuts"
"""the camera's name, and the key of Take.extra"""
MAX_CUTS = 10_000


class CutError(ValueError):
    """A list of cuts is wrong; the message says which cut, and why."""


class CutPoint(NamedTuple):
    """A change of camera."""

    tick: int
    camera: str


class Cuts:
    """Cuts in order of their ticks."""

    def __init__(self, cuts: Collection[CutPoint] = ()) -> None:
        self._cuts = list(cuts)

    def __len__(self) -> int:
        return len(self._cuts)

    def __iter__(self) -> Iterator[CutPoint]:
        return iter(self._cuts)

    def add(self, tick: int, camera: str) -> None:
        """Adds a cut, and removes those at this tick or after it: the run continues from here."""
        self._cuts = [*(cut for cut in self._cuts if cut.tick < tick), CutPoint(tick, camera)][-MAX_CUTS:]

    def replace(self, cuts: Cuts) -> None:
        """Replaces all cuts by those of another list, such as those of a take that is continued."""
        self._cuts = list(cuts)

    def clear(self) -> None:
        """Removes all cuts."""
        self._cuts = []

    def at(self, tick: int) -> CutPoint | None:
        """The last cut before the snapshot of a tick; None before the first cut."""
        index = bisect_left(self._cuts, tick, key=lambda cut: cut.tick)
        return self._cuts[index - 1] if index else None

    def extra(self) -> dict[str, Any]:
        """The cuts as JSON, for `Take.extra`."""
        return {CUTS: [[cut.tick, cut.camera] for cut in self._cuts]} if self._cuts else {}


def cuts_of(extra: Mapping[str, Any], cameras: Collection[str]) -> Cuts:
    """The cuts of a take.

    Args:
        extra: see `Take.extra`.
        cameras: the names of all cameras.

    Raises:
        CutError: they are no list of [tick, name], the ticks do not ascend, or there is no such camera.
    """
    cards = extra.get(CUTS, [])
    if not isinstance(cards, list) or len(cards) > MAX_CUTS:
        raise CutError(f"{CUTS!r}: expected a list of at most {MAX_CUTS} cuts, found {type(cards).__name__}")
    found: list[CutPoint] = []
    for number, card in enumerate(cards, 1):
        match card:
            case [int(tick), str(camera)] if not isinstance(tick, bool) and tick >= 0:
                found.append(CutPoint(tick, camera))
            case _:
                raise CutError(f"cut {number} is {card!r}, expected [tick from 0, name of a camera]")
        if camera not in cameras:
            raise CutError(f"cut {number}: no camera is called {camera!r}; there are {', '.join(cameras)}")
        if len(found) > 1 and tick <= found[-2].tick:
            raise CutError(
                f"cut {number} at tick {tick} follows one at tick {found[-2].tick}, expected ascending ticks"
            )
    return Cuts(found)
