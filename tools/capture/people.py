"""Who is in the video: everybody is followed, one is chosen."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tools.capture import CaptureError
from tools.capture.looks import ALIKE, UNLIKE, difference, look
from tools.capture.pose import BlazePose, Image, Reading, Square
from tools.capture.scan import Scan

Array = NDArray[np.float64]

MAX_GAP = 15
LONG_GAP = 60
"""Frames for which somebody may be hidden who is known again by the looks"""
LOOKS = 0.5
"""Body heights that a wholly different look counts as"""
_FORESEEN = 10
"""Frames for which somebody is taken to go on as before"""
_CORE = [11, 12, 23, 24]
MIN_QUALITY = 0.35
MIN_READINGS = 8
TILES_EVERY = 8


@dataclass(eq=False)
class Person:
    """One person's readings, by number of the frame among those used."""

    readings: dict[int, Reading] = field(default_factory=dict)

    @property
    def last(self) -> int:
        return max(self.readings)

    def look(self, last: int = 20) -> Array | None:
        """Median of the last looks, if there are any."""
        looks = [seen for k in sorted(self.readings)[-last:] if (seen := self.readings[k].look) is not None]
        return np.asarray(np.median(looks, axis=0)) if looks else None

    @property
    def height(self) -> float:
        """px"""
        return float(np.percentile([r.height for r in self.readings.values()], 75))

    @property
    def quality(self) -> float:
        return float(np.median([r.quality for r in self.readings.values()]))

    def speed(self, times: Array) -> float:
        """Mean way of the landmarks, body heights a second."""
        frames = sorted(self.readings)
        ways = [np.linalg.norm(self.readings[b].xy - self.readings[a].xy, axis=1).mean() for a, b in _pairs(frames)]
        seconds = sum(times[b] - times[a] for a, b in _pairs(frames))
        return float(sum(ways) / max(seconds, 1e-6) / max(self.height, 1.0))

    def tumble(self) -> float:
        """How far the trunk leaves the upright in the picture, rad: 0.1 in a walk, 1.5 and more in a flip."""
        trunk = np.array([r.xy[[11, 12]].mean(axis=0) - r.xy[[23, 24]].mean(axis=0) for r in self.readings.values()])
        return float(np.percentile(np.abs(np.arctan2(trunk[:, 0], -trunk[:, 1])), 90))

    def prominence(self, times: Array) -> float:
        """Large, long seen and moving, acrobats more than walkers: the one the video is about."""
        movement = (0.2 + min(self.speed(times), 2.0)) * (1.0 + self.tumble())
        return self.height * len(self.readings) * movement * self.quality


def follow(found: Scan, pose: BlazePose, each: Callable[[], Any] = lambda: None) -> list[Person]:
    """Read everybody in every used frame; people in order from left to right. Raises CaptureError for nobody."""
    people: list[Person] = []
    number = {int(frame): k for k, frame in enumerate(found.used)}
    for frame in found.section.frames():
        k = number.get(frame.index)
        if k is None:
            continue
        _see(people, frame.image, k, [None], pose)
        if k % TILES_EVERY == 0:
            _see(people, frame.image, k, tiles(*found.size), pose)
        lost = [p for p in people if p.last < k and k - p.last <= MAX_GAP]
        _see(people, frame.image, k, [_around(p.readings[p.last]) for p in lost], pose)
        each()
    people = merged(people)
    people = [p for p in people if len(p.readings) >= max(MIN_READINGS, 0.15 * len(found.used))]
    if not people:
        raise CaptureError(f"{found.section.path.name}: nobody is seen in its {len(found.used)} frames")
    return sorted(people, key=lambda p: float(np.mean([r.square.x for r in p.readings.values()])))


def _see(people: list[Person], image: Image, frame: int, areas: Sequence[Square | None], pose: BlazePose) -> None:
    """Find people in parts of a frame (None: all of it), and add who is new to what is known of the frame."""
    known = [p.readings[frame] for p in people if frame in p.readings]
    new: list[Reading] = []
    for area in areas:
        for square in pose.detect(image, inside=area):
            if any(covers(square, r.square) for r in known + new):
                continue
            reading = pose.read(image, square, mirror=True)
            if reading.quality >= MIN_QUALITY and not any(_same(reading, other) for other in known + new):
                new.append(replace(reading, look=look(image, reading)))
    _assign(people, new, frame)


def tiles(width: int, height: int) -> list[Square]:
    """Overlapping squares of the picture's short side and of half of it: small people are missed in all of it."""
    found = []
    for size in (min(width, height), min(width, height) / 2):
        across, down = (max(1, math.ceil((side / size - 1.0) / 0.6) + 1) for side in (width, height))
        for x in np.linspace(size / 2, width - size / 2, across):
            found += [Square(float(x), float(y), size, 0.0) for y in np.linspace(size / 2, height - size / 2, down)]
    return found


def _around(reading: Reading) -> Square:
    return replace(reading.square, size=1.8 * reading.square.size, angle=0.0)


def covers(a: Square, b: Square) -> bool:
    """Whether two squares would give the same reading."""
    near = math.hypot(a.x - b.x, a.y - b.y) < 0.12 * b.size
    turn = abs((a.angle - b.angle + math.pi) % (2.0 * math.pi) - math.pi)
    return near and 0.75 < a.size / b.size < 1.33 and turn < 0.5


def choose(people: Sequence[Person], found: Scan, number: int | None, at: tuple[float, float] | None) -> int:
    """Index of the person wanted: by number from 1, by a place in the first frame, else the most prominent."""
    if number is not None:
        if not 1 <= number <= len(people):
            raise CaptureError(f"there is no person {number}: {len(people)} found, counted from the left from 1")
        return number - 1
    if at is not None:
        fraction = max(at) <= 1.0
        x, y = (a * s for a, s in zip(at, found.size if fraction else (found.scale, found.scale), strict=True))
        first = [p.readings[min(p.readings)] for p in people]
        return int(np.argmin([np.hypot(*(r.xy.mean(axis=0) - (x, y))) for r in first]))
    return int(np.argmax([p.prominence(found.used_times) for p in people]))


def _assign(people: list[Person], readings: list[Reading], frame: int) -> None:
    """Give each reading to a person seen not long ago, who is near where that one was going, and looks alike."""
    offers = []
    for i, reading in enumerate(readings):
        for person in people:
            gap = frame - person.last
            if gap > MAX_GAP:
                continue
            before = person.readings[person.last]
            distance = min(apart(reading, before), _beside(reading, person, frame))
            ratio = reading.square.size / before.square.size
            if distance < 0.3 + 0.06 * gap and 0.5 < ratio < 2.0:
                offers.append((distance + LOOKS * min(difference(reading.look, person.look()), 1.0), i, person))
    taken: set[int] = set()
    for _, i, person in sorted(offers, key=lambda offer: offer[0]):
        if i not in taken and frame not in person.readings:
            person.readings[frame] = readings[i]
            taken.add(i)
    people += [Person({frame: reading}) for i, reading in enumerate(readings) if i not in taken]


def _beside(reading: Reading, person: Person, frame: int) -> float:
    """Distance of a reading from where a person would be by now who goes on as in the last frames, in heights."""
    last = person.last
    earlier = [k for k in person.readings if last - 5 <= k < last]
    if not earlier or frame - last > _FORESEEN:
        return math.inf
    now, then = (person.readings[k].xy[_CORE].mean(axis=0) for k in (last, min(earlier)))
    there = now + (now - then) * (frame - last) / (last - min(earlier))
    return float(np.hypot(*(reading.xy[_CORE].mean(axis=0) - there))) / max(
        reading.height, person.readings[last].height
    )


def merged(people: list[Person]) -> list[Person]:
    """People that are one: at the same place at the same time, or one where the other was last seen."""
    kept: list[Person] = []
    for person in sorted(people, key=lambda p: -len(p.readings)):
        other = next((p for p in kept if _is_one(p, person)), None)
        if other is None:
            kept.append(person)
            continue
        for frame, reading in person.readings.items():
            if frame not in other.readings or other.readings[frame].quality < reading.quality:
                other.readings[frame] = reading
    return kept if len(kept) == len(people) else merged(kept)


def _is_one(a: Person, b: Person) -> bool:
    both = sorted(set(a.readings) & set(b.readings))
    if both:
        return float(np.median([apart(a.readings[k], b.readings[k]) for k in both])) < 0.3
    near = [(abs(i - k), i, k) for i in a.readings for k in (min(b.readings), b.last)]
    gap, i, k = min(near)
    distance = apart(a.readings[i], b.readings[k])
    looks = a.look(), b.look()
    if gap <= MAX_GAP:
        return distance < 0.3 + 0.06 * gap and difference(*looks) < UNLIKE
    # hidden for longer: only who wears the same, and is about as far on as somebody walks
    known = all(seen is not None for seen in looks)
    return known and difference(*looks) < ALIKE and gap <= LONG_GAP and distance < 0.3 + 0.03 * gap


def apart(a: Reading, b: Reading) -> float:
    """Distance of the bodies' middles, in heights of the taller."""
    middle = [r.xy[_CORE].mean(axis=0) for r in (a, b)]
    return float(np.hypot(*(middle[0] - middle[1]))) / max(a.height, b.height)


def _same(a: Reading, b: Reading) -> bool:
    return bool(np.linalg.norm(a.xy - b.xy, axis=1).mean() < 0.12 * max(a.height, b.height))


def _pairs(frames: list[int]) -> list[tuple[int, int]]:
    return list(itertools.pairwise(frames))
