"""Who is who after two people have crossed, by what they wear."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tools.capture.looks import ALIKE, difference
from tools.capture.people import Person, apart

Array = NDArray[np.float64]

_WINDOW = 25
"""Frames before and after a crossing whose looks are compared"""
_MEET = 0.6
"""Body heights between two people from which on they may be taken for each other"""
_FEWEST = 8
"""Frames that a look must last in"""


def usual_look(person: Person, frames: Sequence[int]) -> Array | None:
    """A person's median look in those of `frames` in which there is one."""
    looks = [r.look for k in frames if (r := person.readings.get(k)) is not None and r.look is not None]
    return np.asarray(np.median(looks, axis=0)) if looks else None


def untangle(people: list[Person]) -> list[tuple[int, str]]:
    """Exchange what follows a crossing between two people whose looks say that they were confused.

    Returns:
        Frames at which it is not sure who is who, each with a word on it.
    """
    doubts: list[tuple[int, str]] = []
    for a, b in itertools.combinations(people, 2):
        for first, last in meetings(a, b):
            before, after = range(first - _WINDOW, first), range(last + 1, last + 1 + _WINDOW)
            looks = [usual_look(p, frames) for p in (a, b) for frames in (before, after)]
            if any(seen is None for seen in looks):
                continue
            a_before, a_after, b_before, b_after = looks
            if difference(a_before, b_before) < ALIKE:
                doubts.append((last, "two people who look alike cross: check who is followed after it"))
                continue
            kept = difference(a_before, a_after) + difference(b_before, b_after)
            exchanged = difference(a_before, b_after) + difference(b_before, a_after)
            if exchanged < 0.6 * kept and kept - exchanged > ALIKE:
                _exchange(a, b, (first + last) // 2)
    return doubts


def meetings(a: Person, b: Person) -> list[tuple[int, int]]:
    """First and last frames of each time in which two people are near each other or one hides the other."""
    both = sorted(set(a.readings) & set(b.readings))
    near = [k for k in both if apart(a.readings[k], b.readings[k]) < _MEET]
    groups: list[tuple[int, int]] = []
    for k in near:
        if groups and k - groups[-1][1] <= _WINDOW // 2:
            groups[-1] = (groups[-1][0], k)
        else:
            groups.append((k, k))
    return groups


def changes(person: Person) -> list[int]:
    """Frames from which on a person looks like somebody else, and stays so."""
    frames = sorted(person.readings)
    found: list[int] = []
    for j in range(_FEWEST, len(frames) - _FEWEST):
        before, after = frames[max(0, j - _WINDOW) : j], frames[j : j + _WINDOW]
        looks = usual_look(person, before), usual_look(person, after)
        # of who stands on his head, trunk and thighs may be taken for each other: the colours are the same, exchanged
        off = min(difference(*looks), difference(looks[0], None if looks[1] is None else np.roll(looks[1], 3)))
        step = difference(person.readings[frames[j - 1]].look, person.readings[frames[j]].look)
        if off > 3.0 * ALIKE and step > 2.0 * ALIKE and (not found or frames[j] - found[-1] > _WINDOW):
            found.append(frames[j])
    return found


def _exchange(a: Person, b: Person, frame: int) -> None:
    later_a = {k: r for k, r in a.readings.items() if k > frame}
    later_b = {k: r for k, r in b.readings.items() if k > frame}
    for person, other in ((a, later_b), (b, later_a)):
        person.readings = {k: r for k, r in person.readings.items() if k <= frame} | other
