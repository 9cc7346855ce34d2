"""Finds the person of a photograph: BlazePose's landmarks, and how far they can be trusted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tools.build_avatar.sdf import Array
from tools.capture.pose import BlazePose, Image, Reading, Square

NOSE, EYES, EARS, MOUTH = 0, (2, 5), (7, 8), (9, 10)
SHOULDERS, ELBOWS, WRISTS = (11, 12), (13, 14), (15, 16)
HIPS, KNEES, ANKLES, TOES = (23, 24), (25, 26), (27, 28), (31, 32)
"""landmarks of BlazePose, left and right; of the toes the index of the foot"""
SURE = 0.5
"""visibility from which on a landmark counts as seen"""
FAINT = 0.35
"""quality of a reading below which nobody is there"""
EQUAL = 0.6
"""share of the larger person's height from which on a second one may as well be meant"""
OVERLAP = 0.15
"""distance of two readings' hips, in heights, below which they are one person"""
LOOK_ASIDE = (-0.6, -0.45, 0.45, 0.6)
"""heights beside the first person where others are looked for once more"""
CERTAIN, NEXT_TO = 0.6, 0.2
"""quality of such a reading, and its distance in heights, from which on it is somebody else"""
MAX_LEAN = np.radians(35.0)
ROUNDS = 3


class PhotoError(ValueError):
    """A photograph cannot be used; the message says what was found and what helps."""


@dataclass(frozen=True, eq=False)
class PhotoPerson:
    """The person that is measured."""

    picture: Image
    """(height, width, 3) RGB"""
    reading: Reading
    others: int
    """smaller people beside him"""

    def sees(self, *landmarks: int) -> bool:
        """Whether all of them are in the picture, and not hidden."""
        height, width = self.picture.shape[:2]
        xy = self.reading.xy[list(landmarks)]
        inside = (xy >= 0.0).all() and (xy < [width, height]).all()
        return bool(inside and (self.reading.visibility[list(landmarks)] >= SURE).all())

    def inside(self, *landmarks: int) -> bool:
        """Whether all of them lie in the picture, hidden or not."""
        height, width = self.picture.shape[:2]
        xy = self.reading.xy[list(landmarks)]
        return bool((xy >= 0.0).all() and (xy < [width, height]).all())

    @property
    def from_behind(self) -> bool:
        """Whether the left shoulder is on the picture's left and the back on ours."""
        left, right = SHOULDERS
        return bool(self.reading.xy[left, 0] < self.reading.xy[right, 0] and self.turned < np.radians(60.0))

    @property
    def turned(self) -> float:
        """rad between the shoulders' line and the picture's plane, 0 for a view from the front or from behind."""
        across = self.reading.world[SHOULDERS[0]] - self.reading.world[SHOULDERS[1]]
        return float(np.arctan2(abs(across[0]), abs(across[1])))

    @property
    def eye_distance(self) -> float:
        """px between the eyes."""
        return float(np.linalg.norm(self.reading.xy[EYES[0]] - self.reading.xy[EYES[1]]))


def find_person(picture: Image, network: BlazePose | None = None) -> PhotoPerson:
    """The one person, or the one who is clearly the largest. Raises PhotoError."""
    network = network or BlazePose()
    people = read_people(picture, network)
    if not people:
        raise PhotoError("nobody was found in it: expected one person, seen from the front and from head to toe")
    first, *others = people
    others = sorted([*others, *_beside(picture, first, others, network)], key=lambda r: -_extent(r))
    if others and others[0].height > EQUAL * first.height:
        raise PhotoError(
            f"it shows {1 + len(others)} people of about the same size, expected one: crop it to whoever is meant"
        )
    trunk = first.xy[list(SHOULDERS)].mean(0) - first.xy[list(HIPS)].mean(0)
    if np.arctan2(abs(trunk[0]), -trunk[1]) > MAX_LEAN:
        raise PhotoError("whoever is in it lies, bends or hangs, or the picture is turned: expected somebody upright")
    return PhotoPerson(picture, first, len(others))


def read_people(picture: Image, network: BlazePose) -> list[Reading]:
    """Everybody, the largest first."""
    found: list[Reading] = []
    for square in network.detect(picture):
        reading = network.read(picture, square, mirror=True)
        for _ in range(ROUNDS - 1):  # the network's own idea of where to look is better than the detector's
            again = network.read(picture, reading.next_square, mirror=True)
            if again.quality < reading.quality:
                break
            reading = again
        if reading.quality >= FAINT and not any(_same(reading, other) for other in found):
            found.append(reading)
    return sorted(found, key=lambda r: -_extent(r))


def _beside(picture: Image, first: Reading, known: list[Reading], network: BlazePose) -> list[Reading]:
    """People so near to the first one that the detector, seeing both at once, takes them for one."""
    found: list[Reading] = []
    hips, middle = first.xy[list(HIPS)].mean(0), first.xy.mean(0)
    for aside in LOOK_ASIDE:
        area = Square(float(hips[0] + aside * first.height), float(middle[1]), 1.1 * first.height, 0.0)
        for square in network.detect(picture, inside=area):
            reading = network.read(picture, square, mirror=True)
            apart = abs(float(reading.xy[list(HIPS), 0].mean() - hips[0])) / first.height
            new = not any(_same(reading, other) for other in (*known, *found))
            if reading.quality >= CERTAIN and apart > NEXT_TO and new:
                found.append(reading)
    return found


def _extent(reading: Reading) -> float:
    """px from nose to hips: parts that are outside the picture do not count."""
    return float(np.linalg.norm(reading.xy[NOSE] - reading.xy[list(HIPS)].mean(0)))


def _same(a: Reading, b: Reading) -> bool:
    hips: NDArray[np.float64] = a.xy[list(HIPS)].mean(0) - b.xy[list(HIPS)].mean(0)
    return bool(np.linalg.norm(hips) < OVERLAP * max(a.height, b.height))


def along(person: PhotoPerson, a: int, b: int, shares: Array, aside: Array | None = None) -> Array:
    """(N, 2) px of points from one landmark to another, each with those beside it at `aside` of the way's length."""
    start, way = person.reading.xy[a], person.reading.xy[b] - person.reading.xy[a]
    across = np.array([-way[1], way[0]])
    offsets = np.zeros(1) if aside is None else aside
    return np.concatenate([start + shares[:, None] * way + o * across for o in offsets])
