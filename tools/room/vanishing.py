"""The camera of a photograph from its straight lines, most of which run along the room's three axes.

Seen from the camera, a line of the picture is a plane through the eye; the direction of parallel lines lies in all of
their planes. First three perpendicular directions are sought that most lines agree with (RANSAC, for several focal
lengths), then rotation and focal length are refined together. Where the picture does not tell the focal length (a wall
seen straight on), an ordinary one is assumed; `Solution.focal_error` says how well it is known.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tools.room.room_camera import RoomCamera, camera_rays

Array = NDArray[np.float64]
Ints = NDArray[np.int64]

USUAL_VIEW = math.radians(66.0)
"""rad, horizontal field of view that is assumed of a picture wider than high: of telephones and ordinary lenses"""
USUAL_SPREAD = 0.30
"""standard deviation of the logarithm of the focal length"""
VIEWS = tuple(math.radians(a) for a in (36.0, 45.0, 54.0, 62.0, 70.0, 79.0, 90.0, 105.0))
AGREES = math.sin(math.radians(2.0))
"""sine of the angle by which a line may miss its vanishing point"""
TILT = math.cos(math.radians(48.0))
"""of the room's vertical against the picture's: a photograph is not taken more tilted than that"""
ENOUGH_LINES, ENOUGH_LENGTH = 4, 0.35
"""lines of an axis, and their length in diagonals of the picture, without which it is not known"""
TRIES = 1500


@dataclass(frozen=True, eq=False)
class Solution:
    """A camera and what it was solved from."""

    camera: RoomCamera
    axis: Ints
    """(S,) of each segment: 0, 1 or 2 for x, y, z; -1 for none of them"""
    known: tuple[bool, bool, bool]
    """whether enough lines run along x, y and z"""
    focal_error: float
    """standard deviation of the focal length, as a share of it, from the lines alone; infinite if they do not tell"""
    error: float
    """rad, root mean square of how far the lines miss their vanishing points"""

    @property
    def solved(self) -> bool:
        """Whether the lines gave the camera: two axes are needed, the third is perpendicular to both."""
        return sum(self.known) >= 2


def usual_focal(size: tuple[int, int]) -> float:
    """px, of a camera that nothing is known of."""
    return float(0.5 * max(size) / math.tan(0.5 * USUAL_VIEW))


def level_camera(size: tuple[int, int], focal: float | None = None) -> RoomCamera:
    """A camera held level that looks along y."""
    rotation = np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    return RoomCamera(size, focal or usual_focal(size), rotation)


def solve(segments: Array, size: tuple[int, int], focal: float | None = None,
          marked: Ints | None = None, seed: int = 0) -> Solution:  # fmt: skip
    """The camera of a picture.

    Args:
        segments: (S, 4) u, v, u, v of their ends, px.
        size: px, width and height.
        focal: px, if it is known (from the file's EXIF); within a few percent it is refined all the same.
        marked: (S,) the axis of segments that somebody has marked, 0, 1 or 2, and -1 of the others.
        seed: of the random choices.
    """
    marked = np.full(len(segments), -1) if marked is None else marked
    prior = (math.log(focal or usual_focal(size)), 0.03 if focal else USUAL_SPREAD)
    by_hand = bool((marked >= 0).any())
    length = np.hypot(segments[:, 2] - segments[:, 0], segments[:, 3] - segments[:, 1]) / math.hypot(*size)
    weight = np.where(marked >= 0, 3.0, length)
    random = np.random.default_rng(seed)
    best: tuple[float, Array, float] | None = None
    views = VIEWS if focal is None else (2.0 * math.atan(0.5 * max(size) / focal),)
    for view in views if len(segments) >= 3 else ():
        guess = 0.5 * max(size) / math.tan(0.5 * view)
        axes = _directions(segments, size, guess, weight, marked, random)
        if axes is None:
            continue
        axes, log_focal = _refined(axes, math.log(guess), segments, size, marked, prior)
        score = _support(axes, segments, size, math.exp(log_focal), weight, marked)
        score -= 0.25 * ((log_focal - prior[0]) / prior[1]) ** 2 * (0.1 if by_hand else 0.05)
        if best is None or score > best[0]:
            best = score, axes, log_focal
    if best is None:
        nothing = np.full(len(segments), -1)
        return Solution(level_camera(size, focal), nothing, (False, False, False), math.inf, math.inf)
    return _described(best[1], best[2], segments, size, length, marked)


def _planes(segments: Array, size: tuple[int, int], focal: float) -> tuple[Array, Array]:
    """(S, 3) unit normals of the planes through the eye and each segment, and unit rays to their middles."""
    a, b = (camera_rays(segments[:, k : k + 2], size, focal) for k in (0, 2))
    normal, middle = np.cross(a, b), a + b
    return normal / np.linalg.norm(normal, axis=1, keepdims=True), middle / np.linalg.norm(
        middle, axis=1, keepdims=True
    )


def _misses(axes: Array, normal: Array, middle: Array) -> Array:
    """(..., 3, S) sines of the angles by which segments miss the vanishing points of directions (..., 3, 3), rows."""
    across = np.sqrt(np.maximum(1.0 - (axes @ middle.T) ** 2, 1e-9))
    return np.asarray(np.minimum(np.abs(axes @ normal.T) / across, 1.0))


def _votes(misses: Array, weight: Array, marked: Ints) -> Array:
    """(...,) how much of the segments' weight agrees with one direction each."""
    good = np.maximum(1.0 - (misses / AGREES) ** 2, 0.0)
    best = good.max(-2)
    if (marked >= 0).any():
        # those that somebody has marked agree with their own direction alone, however badly
        own = np.exp(
            -np.take_along_axis(misses, np.broadcast_to(np.maximum(marked, 0), misses[..., :1, :].shape), -2) * 9
        )
        best = np.where(marked >= 0, own[..., 0, :], best)
    return np.asarray((best * weight).sum(-1))


def _support(axes: Array, segments: Array, size: tuple[int, int], focal: float, weight: Array, marked: Ints) -> float:
    return float(_votes(_misses(axes, *_planes(segments, size, focal)), weight, marked))


def _directions(segments: Array, size: tuple[int, int], focal: float, weight: Array, marked: Ints,
                random: np.random.Generator) -> Array | None:  # fmt: skip
    """(3, 3) the room's x, y, z in the camera's axes, as rows, that most segments agree with; None: there are none."""
    normal, middle = _planes(segments, size, focal)
    chance = weight / weight.sum()
    i, j, k = (random.choice(len(segments), TRIES, p=chance) for _ in range(3))
    first = np.cross(normal[i], normal[j])
    # a wall seen straight on has no third vanishing point in the picture: its directions are guesses, too
    first = np.concatenate([first, np.tile(np.eye(3)[[0, 2]], (10, 1))])
    k = np.concatenate([k, random.choice(len(segments), 20, p=chance)])
    first /= np.maximum(np.linalg.norm(first, axis=1, keepdims=True), 1e-12)
    second = np.cross(normal[k], first)
    size_of = np.linalg.norm(second, axis=1)
    first, second = first[size_of > 0.05], (second / np.maximum(size_of, 1e-12)[:, None])[size_of > 0.05]
    frames = _named(np.stack([first, second, np.cross(first, second)], 1))
    if not len(frames):
        return None
    votes = _votes(_misses(frames, normal, middle), weight, marked)
    return np.asarray(frames[int(votes.argmax())])


def _named(frames: Array) -> Array:
    """Of frames (F, 3, 3), rows, those that can be a room, as its x (right), y (away), z (up)."""
    rows = np.arange(len(frames))
    up = np.abs(frames[:, :, 2]).argmax(1)
    z = frames[rows, up] * np.sign(frames[rows, up, 2])[:, None]
    away = np.where(np.arange(3)[None] == up[:, None], -1.0, np.abs(frames[:, :, 0])).argmax(1)
    y = frames[rows, away] * np.sign(frames[rows, away, 0])[:, None]
    named = np.stack([np.cross(y, z), y, z], 1)
    return np.asarray(named[z[:, 2] > TILT])


def _rotated(axes: Array, turn: Array) -> Array:
    """The frame (3, 3), rows, turned by a rotation vector (3,)."""
    angle = float(np.linalg.norm(turn))
    if angle < 1e-12:
        return axes
    x, y, z = turn / angle
    k = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.asarray(axes @ (np.eye(3) + math.sin(angle) * k + (1 - math.cos(angle)) * k @ k).T)


def _residuals(axes: Array, log_focal: float, segments: Array, size: tuple[int, int], axis: Ints) -> Array:
    """(S,) signed sines of how far each segment misses the vanishing point of its axis."""
    normal, middle = _planes(segments, size, math.exp(log_focal))
    own = axes[axis]
    across = np.sqrt(np.maximum(1.0 - (own * middle).sum(1) ** 2, 1e-9))
    return np.asarray((own * normal).sum(1) / across)


def _refined(axes: Array, log_focal: float, segments: Array, size: tuple[int, int], marked: Ints,
             prior: tuple[float, float]) -> tuple[Array, float]:  # fmt: skip
    """Rotation and focal length by Gauss and Newton, with outliers weighted down."""
    for _ in range(25):
        axes_now, focal_now = axes, log_focal
        axis, _ = _assigned(axes, log_focal, segments, size, marked)
        chosen = axis >= 0
        if chosen.sum() < 3:
            return axes, log_focal
        step, _ = _newton(axes, log_focal, segments[chosen], size, axis[chosen], marked[chosen], prior)
        axes, log_focal = _rotated(axes_now, step[:3]), focal_now + float(np.clip(step[3], -0.2, 0.2))
        log_focal = min(max(log_focal, math.log(0.25 * max(size))), math.log(6.0 * max(size)))
        if np.abs(step).max() < 1e-7:
            break
    return axes, log_focal


def _newton(axes: Array, log_focal: float, segments: Array, size: tuple[int, int], axis: Ints,
            marked: Ints, prior: tuple[float, float] | None) -> tuple[Array, Array]:  # fmt: skip
    """One step (4,), a rotation vector and the logarithm of the focal length, and the information matrix (4, 4)."""
    base = _residuals(axes, log_focal, segments, size, axis)
    small = 1e-6
    columns = [
        (_residuals(_rotated(axes, small * e), log_focal, segments, size, axis) - base) / small for e in np.eye(3)
    ]
    columns.append((_residuals(axes, log_focal + small, segments, size, axis) - base) / small)
    jacobian = np.stack(columns, 1)
    # a line's ends are known to about a pixel, so that a long one tells more; lines of one thing err together
    noise = np.hypot(0.0025, 1.2 / np.hypot(segments[:, 2] - segments[:, 0], segments[:, 3] - segments[:, 1]))
    robust = 1.0 / (1.0 + (base / (1.5 * noise)) ** 2)
    w = np.where(marked >= 0, 1.0, robust * 0.25) / noise**2
    matrix = jacobian.T @ (w[:, None] * jacobian)
    right = -jacobian.T @ (w * base)
    information = matrix.copy()
    if prior is not None:
        matrix[3, 3] += 1.0 / prior[1] ** 2
        right[3] -= (log_focal - prior[0]) / prior[1] ** 2
    return np.linalg.solve(matrix + 1e-3 * np.eye(4), right), information


def _assigned(
    axes: Array, log_focal: float, segments: Array, size: tuple[int, int], marked: Ints
) -> tuple[Ints, Array]:
    misses = _misses(axes, *_planes(segments, size, math.exp(log_focal)))
    axis = np.where(misses.min(0) < AGREES, misses.argmin(0), -1)
    axis = np.where(marked >= 0, marked, axis)
    return axis, np.take_along_axis(misses, np.maximum(axis, 0)[None], 0)[0]


def _described(
    axes: Array, log_focal: float, segments: Array, size: tuple[int, int], length: Array, marked: Ints
) -> Solution:
    axis, misses = _assigned(axes, log_focal, segments, size, marked)
    known = tuple(
        bool((marked == k).any() or ((axis == k).sum() >= ENOUGH_LINES and length[axis == k].sum() >= ENOUGH_LENGTH))
        for k in range(3)
    )
    chosen = axis >= 0
    error, spread = math.inf, math.inf
    if chosen.sum() >= 3:
        _, information = _newton(axes, log_focal, segments[chosen], size, axis[chosen], marked[chosen], None)
        error = float(np.sqrt((misses[chosen] ** 2).mean()))
        values = np.linalg.eigvalsh(information)
        if values[0] > 1e-3:
            spread = float(np.sqrt(np.linalg.inv(information)[3, 3]))
    camera = RoomCamera(size, math.exp(log_focal), axes)  # rows are the room's axes in the camera's: camera to room
    return Solution(camera, axis, (known[0], known[1], known[2]), spread, error)
