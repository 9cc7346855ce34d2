"""Shell: floor, walls and ceiling of a photographed room, found in its lines or from marked corners."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tools.room.room_camera import RoomCamera

Array = NDArray[np.float64]
Ints = NDArray[np.int64]
Picture = NDArray[np.uint8]

FLOOR, BACK, LEFT, RIGHT, CEILING = range(5)
FACES = ("floor", "back", "left", "right", "ceiling")
IN_PLANE = np.array([[1, 1, 0], [1, 0, 1], [0, 1, 1], [0, 1, 1], [1, 1, 0]], bool)
"""[face, axis]: whether lines along an axis can lie on a face"""
MAP_WIDTH = 320
"""px of the maps that say where lines of an axis are"""
CANDIDATES = 12
"""of the place of each wall"""
NEEDED = 0.25
"""share of an edge that lines should lie on; with less it counts against a guess"""
BEST_SIDES = 3
"""of each side that are tried together"""
NARROWEST = 0.5
"""of the camera's height, how near a side wall may be to the camera"""
CONSISTENT = 0.3
"""weight of lines that lie on faces where they can be, against edges that lie on lines"""
GUESS_BIAS = -0.1
"""of a back wall that no line suggests"""
DIFFERS, ASIDE = 24.0, 0.011
"""of 255, by how much colours differ across an edge between two faces; of the picture's width, how far from it they are
compared: lines between planks have one colour on both sides"""


@dataclass(frozen=True)
class Shell:
    """Where the walls are, m; the camera stands above (0, 0). None: there is no such wall to be seen."""

    back: float
    """y of the back wall"""
    left: float | None = None
    """x"""
    right: float | None = None
    ceiling: float | None = None
    """z"""
    found: tuple[str, ...] = ()
    """the faces that the picture's lines or somebody's marks show; the others are guesses"""

    def bounds(self) -> Array:
        """(5,) floor's z, back, left, right, ceiling; far away where there is none."""
        far = 1e6
        sides = (-far if self.left is None else self.left, far if self.right is None else self.right)
        return np.array([0.0, self.back, *sides, far if self.ceiling is None else self.ceiling])


def hits(camera: RoomCamera, bounds: Array, pixels: Array) -> tuple[Ints, Array]:
    """Which face (N,) of the shell pixels (N, 2) show, and where (N, 3), m. `bounds` as of `Shell.bounds`."""
    ray = camera.rays(pixels)
    gap = np.array([bounds[0] - camera.height, bounds[1], bounds[2], bounds[3], bounds[4] - camera.height])
    with np.errstate(divide="ignore", invalid="ignore"):
        t = gap / ray[..., [2, 1, 0, 0, 2]]
    t = np.where(np.isfinite(t) & (t > 0), t, np.inf)
    face = t.argmin(-1)
    reach = np.minimum(np.take_along_axis(t, face[..., None], -1), 1e7)
    return face, camera.position + reach * ray


def find_shell(camera: RoomCamera, segments: Array, axis: Ints, picture: Picture | None = None) -> Shell:
    """The shell that the lines support best.

    Args:
        camera: that took the picture.
        segments: (S, 4) ends, px.
        axis: (S,) of the room, 0, 1 or 2, that each runs along; -1 none.
        picture: (height, width, 3) RGB; colours differ across the edges of a room.
    """
    search = _Search(camera, segments, axis, picture)
    best, best_score = None, -math.inf
    for back in [*search.backs, _guessed_back(camera)]:
        bias = 0.0 if back in search.backs else GUESS_BIAS
        for left, right in itertools.product(search.best_sides(back, False), search.best_sides(back, True)):
            score = search.score(back, left, right, None) + bias
            if score > best_score:
                best, best_score = Shell(back, left, right), score
    assert best is not None  # there is always the guess
    for ceiling in search.ceilings(best.back):
        score = search.score(best.back, best.left, best.right, ceiling)
        if score > best_score + 0.02:
            best, best_score = replace(best, ceiling=ceiling), score
    there = {"back": best.back in search.backs, "left": best.left is not None, "right": best.right is not None,
             "ceiling": best.ceiling is not None}  # fmt: skip
    return replace(best, found=tuple(name for name, found in there.items() if found))


def _guessed_back(camera: RoomCamera) -> float:
    """y of a wall that ends between the horizon and the picture's lower edge."""
    below = camera.on_floor([0.5 * camera.size[0], camera.size[1]])
    near = float(below[1]) if np.isfinite(below[1]) and below[1] > 0 else 2.0 * camera.height
    return float(np.clip(2.0 * near, 2.5 * camera.height, 6.0 * camera.height))


class _Search:
    """The guesses at walls that lines suggest, and how well the lines support them."""

    def __init__(self, camera: RoomCamera, segments: Array, axis: Ints, picture: Picture | None) -> None:
        self.camera, self._segments, self._axis = camera, segments, axis
        self._picture = picture
        self._step = camera.size[0] / MAP_WIDTH
        self._maps = [self._map(segments[axis == k]) for k in range(3)]
        diagonal = math.hypot(*camera.size)
        self._length = np.hypot(segments[:, 2] - segments[:, 0], segments[:, 3] - segments[:, 1]) / diagonal
        self._middle = 0.5 * (segments[:, :2] + segments[:, 2:])
        self._diagonal = diagonal
        borders = np.array([self._border(ends) for ends in segments]).reshape(-1) * self._length
        height = camera.height
        middle, ray = self._middle, camera.rays(self._middle)
        down = ray[:, 2] < -0.02
        with np.errstate(divide="ignore", invalid="ignore"):
            floor = camera.on_floor(middle)
            slope = ray[:, 0] / ray[:, 1]
        x_lines, y_lines, z_lines = (axis == k for k in range(3))
        near, far = 1.2 * height, 14.0 * height
        good = x_lines & down & (floor[:, 1] > near) & (floor[:, 1] < far)
        self.backs = self._grouped(floor[good, 1], borders[good])
        side = y_lines & down
        verticals = z_lines & (ray[:, 1] > 0)
        self._floors = [
            self._grouped(sign * floor[on, 0], borders[on], sign)
            for sign in (-1.0, 1.0)
            for on in [side & (sign * floor[:, 0] > 0.3 * height)]
        ]
        self._slopes = [
            self._grouped(sign * slope[on], borders[on], sign)
            for sign in (-1.0, 1.0)
            for on in [verticals & (sign * slope > 0.05)]
        ]
        up = x_lines & (ray[:, 2] > 0.02) & (ray[:, 1] > 0)
        with np.errstate(divide="ignore", invalid="ignore"):
            rise = ray[:, 2] / ray[:, 1]
        self._rises = self._grouped(rise[up], borders[up])

    def sides(self, back: float, right: bool) -> list[float]:
        """Guesses at x of the left or the right wall: from lines along the floor, and from corners of a back wall."""
        corners = [slope * back for slope in self._slopes[right]]
        return [x for x in [*self._floors[right], *corners] if abs(x) > NARROWEST * self.camera.height]

    def best_sides(self, back: float, right: bool) -> list[float | None]:
        """The best few of `sides`, each judged by itself, and None."""
        places = self.sides(back, right)
        scores = [self.score(back, None, x, None) if right else self.score(back, x, None, None) for x in places]
        return [None, *(places[k] for k in np.argsort(scores)[::-1][:BEST_SIDES])]

    def ceilings(self, back: float) -> list[float]:
        """Guesses at z of the ceiling over a back wall at y."""
        height = self.camera.height
        levels = [height + rise * back for rise in self._rises]
        return [z for z in levels if 1.35 * height < z < 3.2 * height]

    def _border(self, ends: Array) -> float:
        """0.2 to 1.2: how much a segment (4,) looks like the border of two faces, not like a line on one."""
        return 0.2 + 1.0 / 3.0 + self._differs(ends[:2] + np.linspace(0.05, 0.95, 9)[:, None] * (ends[2:] - ends[:2]))

    def _map(self, segments: Array) -> Array:
        """(h, MAP_WIDTH) 1 where a line is, less beside it."""
        height = math.ceil(self.camera.size[1] / self._step)
        found = np.zeros((height, MAP_WIDTH))
        for u0, v0, u1, v1 in segments / self._step:
            count = int(2 * max(abs(u1 - u0), abs(v1 - v0))) + 2
            u, v = np.linspace(u0, u1, count), np.linspace(v0, v1, count)
            inside = (u >= 0) & (u < MAP_WIDTH) & (v >= 0) & (v < height)
            found[v[inside].astype(int), u[inside].astype(int)] = 1.0
        wide = found.copy()
        for dv, du in ((0, 1), (1, 0), (0, -1), (-1, 0)):
            wide = np.maximum(wide, 0.8 * np.roll(found, (dv, du), (0, 1)))
        return wide

    @staticmethod
    def _grouped(values: Array, weights: Array, sign: float = 1.0) -> list[float]:
        """The places, positive, on which most weight lies, within 3 percent of each other; times `sign`."""
        places: list[tuple[float, float]] = []
        left = np.ones(len(values), bool)
        while left.any() and len(places) < CANDIDATES:
            near = (np.abs(np.log(values[:, None] / values[None])) < 0.03) & left[None]
            total = np.where(left, (near * weights[None]).sum(1), -1.0)
            best = int(total.argmax())
            group = near[best]
            places.append((float(total[best]), float((values[group] * weights[group]).sum() / weights[group].sum())))
            left &= ~group
        return [sign * place for _, place in places]

    def score(self, back: float, left: float | None, right: float | None, ceiling: float | None) -> float:
        """How well lines lie on the edges of a shell, and on faces where they can be."""
        tops = 6.0 * self.camera.height if ceiling is None else ceiling
        x0, x1 = -30.0 if left is None else left, 30.0 if right is None else right
        edges = [(0, (x0, back, 0.0), (x1, back, 0.0))]
        for x in (left, right):
            if x is not None:
                edges += [(1, (x, 0.05, 0.0), (x, back, 0.0)), (2, (x, back, 0.0), (x, back, tops))]
        if ceiling is not None:
            edges += [(0, (x0, back, ceiling), (x1, back, ceiling))]
            edges += [(1, (x, 0.05, ceiling), (x, back, ceiling)) for x in (left, right) if x is not None]
        total = sum(self._edge(k, np.array(a), np.array(b)) for k, a, b in edges)
        bounds = Shell(back, left, right, ceiling).bounds()
        face, _ = hits(self.camera, bounds, self._middle)
        known = self._axis >= 0
        fits = IN_PLANE[face[known], self._axis[known]]
        return total + CONSISTENT * float((np.where(fits, 1.0, -1.0) * self._length[known]).sum())

    def _edge(self, axis: int, a: Array, b: Array) -> float:
        """Length of the visible part of an edge, in the picture's diagonals, times the share that lines lie on."""
        points = self.camera.project(a + np.linspace(0.0, 1.0, 160)[:, None] ** 2 * (b - a))
        ok = np.isfinite(points).all(1)
        points = points[ok]
        if len(points) < 2:
            return 0.0
        # evenly along the picture, not along the room
        steps = np.hypot(*np.diff(points, axis=0).T)
        along = np.concatenate([[0.0], np.cumsum(steps)])
        even = np.linspace(0.0, along[-1], min(int(along[-1] / self._step) + 2, 4000))
        u, v = (np.interp(even, along, points[:, k]) for k in (0, 1))
        inside = (u >= 0) & (u < self.camera.size[0]) & (v >= 0) & (v < self.camera.size[1])
        if inside.sum() < 3:
            return 0.0
        differs = self._differs(np.stack([u, v], -1)[inside])
        u, v = (u[inside] / self._step).astype(int), (v[inside] / self._step).astype(int)
        share = float(self._maps[axis][v, np.minimum(u, MAP_WIDTH - 1)].mean())
        return float(inside.sum() * self._step / self._diagonal * (share - NEEDED + differs))

    def _differs(self, points: Array) -> float:
        """Share of points (P, 2), px, of an edge across which the colour changes, above a third."""
        if self._picture is None:
            return 0.0
        way = points[-1] - points[0]
        across = np.array([-way[1], way[0]]) / max(float(np.hypot(*way)), 1e-9) * ASIDE * self.camera.size[0]
        sides = []
        for sign in (-1.0, 1.0):
            near = np.stack([points + sign * share * across for share in (0.6, 0.8, 1.0)])
            u = np.clip(near[..., 0], 0, self.camera.size[0] - 1).astype(int)
            v = np.clip(near[..., 1], 0, self.camera.size[1] - 1).astype(int)
            sides.append(self._picture[v, u].astype(float).mean(0))
        return float((np.linalg.norm(sides[0] - sides[1], axis=1) > DIFFERS).mean()) - 1.0 / 3.0
