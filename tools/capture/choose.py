"""The best reading of one person in every frame: more candidates where it is hard, chosen over time."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tools.capture import CaptureError
from tools.capture.people import Person, covers
from tools.capture.pose import MIRRORED, BlazePose, Image, Reading, Square
from tools.capture.scan import Scan
from tools.capture.video import MIN_FRAMES

Array = NDArray[np.float64]

EASY_QUALITY = 0.70
MIN_QUALITY = 0.20
MAX_SKIP = 5
SWAP_PENALTY = 0.04
ROUNDS = 2
MARGIN = 5
"""Frames looked at before the person is first seen, and after."""
_QUALITY_COST, _MOVE_COST, _TURN_COST, _SKIP_COST = 4.0, 7.2, 4.8, 3.0
_BODY = slice(11, 29)


@dataclass(frozen=True, eq=False)
class Chosen:
    """One reading a frame. U frames used."""

    readings: list[Reading | None]
    hard: NDArray[np.bool_]
    """(U,) where more candidates were tried"""
    span: tuple[int, int]
    """First used frame in which the person is seen, and the one after the last."""

    def within(self, first: int, end: int) -> Chosen:
        """Only the used frames from `first` to the one before `end`, from the first seen of them to the last."""
        readings = [r if first <= k < end else None for k, r in enumerate(self.readings)]
        seen = [k for k, reading in enumerate(readings) if reading is not None]
        return replace(self, readings=readings, span=(seen[0], seen[-1] + 1) if seen else (first, first))


def choose(found: Scan, person: Person, pose: BlazePose, each: Callable[[], Any] = lambda: None) -> Chosen:
    """Choose over time between the detector's reading and, on hard stretches, turned and carried-on ones."""
    count = len(found.used)
    candidates: list[list[Reading]] = [[person.readings[k]] if k in person.readings else [] for k in range(count)]
    path = person_path(person, count)
    height, times = person.height, found.used_times
    best = best_way(candidates, height, times)
    hard = _hard(best, height, times)
    hard[: max(min(person.readings) - MARGIN, 0)] = hard[person.last + MARGIN + 1 :] = False
    number = {int(frame): k for k, frame in enumerate(found.used)}
    for turn in range(ROUNDS):
        wanted = hard if turn == 0 else hard & np.array([r is None or r.quality < EASY_QUALITY for r in best])
        if not wanted.any():
            break
        for frame in found.section.frames():
            k = number.get(frame.index)
            if k is None or not wanted[k]:
                continue
            squares = _turned(frame.image, path[k], pose) if turn == 0 else []
            squares += _carried(candidates, best, k)
            for square, source in _different(squares, [r.square for r in candidates[k]]):
                candidates[k] += _readings(frame.image, square, source, pose)
            candidates[k] = _distinct([r for r in candidates[k] if _near(r, path[k])])
            each()
        either = [[*c, *map(swapped, c)] if hard[k] else c for k, c in enumerate(candidates)]
        best = best_way(either, height, times)
    seen = [k for k, reading in enumerate(best) if reading is not None]
    if len(seen) < MIN_FRAMES:
        raise CaptureError(
            f"{found.section.path.name}: the person is seen in {len(seen)} frames, expected at least {MIN_FRAMES}"
        )
    return Chosen(best, hard, (seen[0], seen[-1] + 1))


def person_path(person: Person, count: int) -> list[Square]:
    """Where the person is in every frame, between the frames in which he was seen."""
    frames = sorted(person.readings)
    rows = np.array([[r.square.x, r.square.y, r.square.size] for r in (person.readings[k] for k in frames)])
    columns = [np.interp(np.arange(count), frames, column) for column in rows.T]
    return [Square(float(x), float(y), float(size), 0.0) for x, y, size in zip(*columns, strict=True)]


def _hard(best: list[Reading | None], height: float, times: Array) -> NDArray[np.bool_]:
    """Frames that are missing, unsure or jumpy, and their neighbours."""
    hard = np.array([r is None or r.quality < EASY_QUALITY for r in best])
    for k in range(1, len(best)):
        a, b = best[k - 1], best[k]
        if a is not None and b is not None and _distance(a, b, height, times[k] - times[k - 1]) > 2.0:
            hard[k - 1 : k + 1] = True
    return np.convolve(hard, np.ones(3), "same") > 0


def _turned(image: Image, around: Square, pose: BlazePose) -> list[tuple[Square, str]]:
    """What the detector finds near the person with the picture turned by quarters."""
    area = replace(around, size=1.8 * around.size)
    found = []
    for quarter in range(4):
        angle = quarter * math.pi / 2
        for square in pose.detect(image, inside=replace(area, angle=angle), threshold=0.35, most=2):
            found.append((square, f"turned {90 * quarter}"))
    return found


def _carried(candidates: list[list[Reading]], best: list[Reading | None], k: int) -> list[tuple[Square, str]]:
    """Squares that the neighbours' readings point to, as they are and turned on a little."""
    found = []
    for step in (-1, 1):
        j = k + step
        if not 0 <= j < len(candidates):
            continue
        neighbour = max(candidates[j], key=lambda r: r.quality) if candidates[j] else None
        neighbour = best[j] or neighbour
        if neighbour is None:
            continue
        square = neighbour.next_square
        found += [(replace(square, angle=square.angle + turn), "carried") for turn in (0.0, 0.4, -0.4)]
    return found


def swapped(reading: Reading) -> Reading:
    """The same with left and right exchanged, which the network confuses in people upside down or seen from behind."""
    return replace(
        reading,
        xy=reading.xy[MIRRORED],
        world=reading.world[MIRRORED],
        visibility=reading.visibility[MIRRORED],
        quality=reading.quality - SWAP_PENALTY,
        source=reading.source + ", swapped",
    )


def _readings(image: Image, square: Square, source: str, pose: BlazePose) -> list[Reading]:
    """A quick reading, and a better one in the square that it points to."""
    first = pose.read(image, square, source=source)
    if first.quality < MIN_QUALITY:
        return []
    second = pose.read(image, first.next_square, mirror=True, source=source + ", again")
    return [reading for reading in (first, second) if reading.quality >= MIN_QUALITY]


def _different(squares: list[tuple[Square, str]], known: list[Square]) -> list[tuple[Square, str]]:
    """Those that no known one covers."""
    kept: list[tuple[Square, str]] = []
    for square, source in squares:
        if not any(covers(square, other) for other in [*known, *(s for s, _ in kept)]):
            kept.append((square, source))
    return kept


def _near(reading: Reading, around: Square) -> bool:
    x, y = reading.xy[_BODY].mean(axis=0)
    return math.hypot(x - around.x, y - around.y) < 0.6 * around.size and 0.4 < reading.square.size / around.size < 2.5


def _distinct(readings: list[Reading], most: int = 8) -> list[Reading]:
    kept: list[Reading] = []
    for reading in sorted(readings, key=lambda r: -r.quality):
        if all(np.abs(reading.xy - other.xy).mean() > 0.01 * reading.square.size for other in kept):
            kept.append(reading)
        if len(kept) == most:
            break
    return kept


def _distance(a: Reading, b: Reading, height: float, seconds: float) -> float:
    """How unlikely it is that one moves from a to b in this time."""
    move = np.minimum(np.linalg.norm(a.xy[_BODY] - b.xy[_BODY], axis=1) / height, 0.5).mean()
    turn = np.minimum(np.linalg.norm(a.world[_BODY] - b.world[_BODY], axis=1), 0.6).mean()
    return float((_MOVE_COST * move + _TURN_COST * turn) / math.sqrt(max(seconds * 30.0, 0.3)))


def best_way(candidates: list[list[Reading]], height: float, times: Array) -> list[Reading | None]:
    """The cheapest way through the candidates; a frame may be skipped, at a price."""
    cost: list[list[float]] = []
    back: list[list[tuple[int, int] | None]] = []
    for t, options in enumerate(candidates):
        cost.append([])
        back.append([])
        for reading in options:
            own = _QUALITY_COST * (1.0 - reading.quality)
            lowest, arg = own + _SKIP_COST * t, None
            for s in range(max(0, t - MAX_SKIP), t):
                for j, before in enumerate(candidates[s]):
                    way = _distance(before, reading, height, times[t] - times[s])
                    total = cost[s][j] + own + way + _SKIP_COST * (t - s - 1)
                    if total < lowest:
                        lowest, arg = total, (s, j)
            cost[t].append(lowest)
            back[t].append(arg)
    count = len(candidates)
    ends = [(c + _SKIP_COST * (count - 1 - t), t, j) for t, row in enumerate(cost) for j, c in enumerate(row)]
    chosen: list[Reading | None] = [None] * count
    if ends:
        _, t, j = min(ends)
        place: tuple[int, int] | None = (t, j)
        while place is not None:
            chosen[place[0]] = candidates[place[0]][place[1]]
            place = back[place[0]][place[1]]
    return chosen
