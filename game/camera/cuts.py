"""Cuts: which camera looks from when on. A script makes them; with a take they are the camera called `cuts`.

A take keeps them in `Take.extra["cuts"]`: [[tick, name of a camera], ...]. As with events, what is cut at tick t is
seen from the tick that begins then: in snapshots whose tick is greater than t.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterator, Mapping
from typing import Any, NamedTuple

CUTS = "cuts"
"""the camera's name, and the key of Take.extra"""
MOST_CUTS = 10_000


class CutError(ValueError):
    """A list of cuts makes no sense; the message says which of them is wrong, and how."""


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
        """Adds a cut; those at this tick and later are dropped, since the run goes on from here."""
        self._cuts = [*(cut for cut in self._cuts if cut.tick < tick), CutPoint(tick, camera)][-MOST_CUTS:]

    def replace(self, cuts: Cuts) -> None:
        """Has the same cuts as another list: those of a take that is gone on with."""
        self._cuts = list(cuts)

    def clear(self) -> None:
        """Forgets all of them: another run begins."""
        self._cuts = []

    def at(self, tick: int) -> CutPoint | None:
        """The cut that the snapshot of a tick is seen with; None before the first."""
        index = bisect_left(self._cuts, tick, key=lambda cut: cut.tick)
        return self._cuts[index - 1] if index else None

    def extra(self) -> dict[str, Any]:
        """What a take keeps of them, for `Take.extra`."""
        return {CUTS: [[cut.tick, cut.camera] for cut in self._cuts]} if self._cuts else {}


def cuts_of(extra: Mapping[str, Any], cameras: Collection[str]) -> Cuts:
    """The cuts among what a take keeps.

    Args:
        extra: see `Take.extra`.
        cameras: names that there are.

    Raises:
        CutError: they are no list of [tick, name], the ticks do not ascend, or there is no such camera.
    """
    cards = extra.get(CUTS, [])
    if not isinstance(cards, list) or len(cards) > MOST_CUTS:
        raise CutError(f"{CUTS!r}: expected a list of at most {MOST_CUTS} cuts, found {type(cards).__name__}")
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
