"""Shot: keyframes of the camera, and the smooth path through them.

A take keeps its shots in `Take.extra["shots"]`: lists of keyframes, by the shot's name. A keyframe is
{"time": s, "position": [x, y, z], "rotation": [x, y, z, w], "fov": rad}.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from game.camera.camera_pose import CameraPose
from game.sim import rotation

Array = NDArray[np.float64]

KEY = "shots"
"""of Take.extra"""
MARKED = "marked"
"""of the shot that a person's own keyframes make, in takes"""
MOST_KEYFRAMES = 10_000


class ShotError(ValueError):
    """Keyframes that make no shot; the message says which of them is wrong, and how."""


@dataclass(frozen=True, eq=False)
class Keyframe:
    """Where the camera is at a time."""

    time: float
    """s, of the take"""
    pose: CameraPose


@dataclass(frozen=True, eq=False)
class Shot:
    """One keyframe or more, sorted by time."""

    keyframes: tuple[Keyframe, ...]

    def __post_init__(self) -> None:
        """Raises ShotError."""
        times = [key.time for key in self.keyframes]
        if not times:
            raise ShotError("a shot has no keyframes, expected at least one")
        for before, after in pairwise(times):
            if not after > before:
                raise ShotError(f"a keyframe at {after} s follows one at {before} s, expected times that grow")

    def at(self, time: float) -> CameraPose:
        """The pose at a time, s; before the first keyframe and after the last it stays there.

        Position and field of view go along a Catmull-Rom spline over the keyframes' own times; orientation along its
        counterpart on the sphere, whose turn is steady through every keyframe. It starts and ends at rest, so
        two keyframes make a slerp that eases in and out.
        """
        keyframes = self.keyframes
        if time <= keyframes[0].time or len(keyframes) == 1:
            return keyframes[0].pose
        if time >= keyframes[-1].time:
            return keyframes[-1].pose
        i = bisect_right([key.time for key in keyframes], time) - 1
        span = keyframes[i + 1].time - keyframes[i].time
        u = (time - keyframes[i].time) / span
        here, there = keyframes[i].pose, keyframes[i + 1].pose
        line = _hermite(u, span, _row(here), _row(there), self._drift(i), self._drift(i + 1))
        # in the tangent space of this keyframe: the turn to the next, and how fast it changes at either end
        turn = rotation.difference(here.rotation, there.rotation)
        step = _hermite(u, span, np.zeros(3), turn, self._spin(i), _inverse_jacobian(turn) @ self._spin(i + 1))
        q = rotation.normalize(rotation.multiply(here.rotation, rotation.from_rotvec(step)))
        return CameraPose(line[:3], q, float(line[3]))

    def _drift(self, i: int) -> Array:
        """(4,) per second, of position and field of view at a keyframe."""
        if not 0 < i < len(self.keyframes) - 1:
            return np.zeros(4)
        a, b, c = (self.keyframes[k] for k in (i - 1, i, i + 1))
        return _slope(_row(b.pose) - _row(a.pose), _row(c.pose) - _row(b.pose), b.time - a.time, c.time - b.time)

    def _spin(self, i: int) -> Array:
        """(3,) rad/s, angular velocity at a keyframe in its own frame."""
        if not 0 < i < len(self.keyframes) - 1:
            return np.zeros(3)
        a, b, c = (self.keyframes[k] for k in (i - 1, i, i + 1))
        before, after = (rotation.difference(x.pose.rotation, y.pose.rotation) for x, y in ((a, b), (b, c)))
        return _slope(before, after, b.time - a.time, c.time - b.time)


def _row(pose: CameraPose) -> Array:
    return np.append(pose.position, pose.fov)


def _slope(before: Array, after: Array, dt_before: float, dt_after: float) -> Array:
    """Of the parabola through three neighbours, at the middle one."""
    return np.asarray((before / dt_before * dt_after + after / dt_after * dt_before) / (dt_before + dt_after))


def _hermite(u: float, span: float, a: Array, b: Array, slope_a: Array, slope_b: Array) -> Array:
    """Cubic from a to b over `span` seconds at fraction u, with slopes per second at its ends."""
    u2, u3 = u * u, u * u * u
    return np.asarray(
        (2 * u3 - 3 * u2 + 1) * a + (3 * u2 - 2 * u3) * b
        + span * ((u3 - 2 * u2 + u) * slope_a + (u3 - u2) * slope_b)
    )  # fmt: skip


def _inverse_jacobian(v: Array) -> Array:
    """(3, 3) from angular velocity in the turned frame to the rate of rotation vector v (Sola et al. 2018, eq. 144)."""
    angle = float(np.linalg.norm(v))
    cross = np.array([[0.0, -v[2], v[1]], [v[2], 0.0, -v[0]], [-v[1], v[0], 0.0]])
    if angle < 1e-6:
        return np.asarray(np.eye(3) + 0.5 * cross)
    factor = 1.0 / angle**2 - (1.0 + math.cos(angle)) / (2.0 * angle * max(math.sin(angle), 1e-9))
    return np.asarray(np.eye(3) + 0.5 * cross + factor * cross @ cross)


def shots_of(extra: Mapping[str, Any]) -> dict[str, Shot]:
    """The shots among what a take keeps, by name. Raises ShotError."""
    shots = extra.get(KEY, {})
    if not isinstance(shots, dict):
        raise ShotError(f"{KEY!r} is a {type(shots).__name__}, expected an object of shots by name")
    return {name: shot_from_json(cards, name) for name, cards in shots.items()}


def shot_to_json(shot: Shot) -> list[dict[str, Any]]:
    """What a take keeps of a shot."""
    return [
        {"time": m.time, "position": m.pose.position.tolist(), "rotation": m.pose.rotation.tolist(), "fov": m.pose.fov}
        for m in shot.keyframes
    ]


def shot_from_json(cards: Any, name: str) -> Shot:
    """Reads a shot. Raises ShotError."""
    if not isinstance(cards, list) or len(cards) > MOST_KEYFRAMES:
        raise ShotError(
            f"shot {name!r}: expected a list of 1..{MOST_KEYFRAMES} keyframes, found {type(cards).__name__}"
        )
    try:
        return Shot(tuple(_keyframe(card) for card in cards))
    except (ShotError, KeyError, TypeError, ValueError) as error:
        reason = f"a keyframe lacks {error}" if isinstance(error, KeyError) else str(error)
        raise ShotError(f"shot {name!r}: {reason}") from error


def _keyframe(card: Mapping[str, Any]) -> Keyframe:
    numbers = [float(card["time"]), *_floats(card["position"], 3), *_floats(card["rotation"], 4), float(card["fov"])]
    if not all(map(math.isfinite, numbers)) or not 0.01 < numbers[8] < 3.1:
        raise ShotError(f"a keyframe {numbers}: expected finite numbers, and a fov of 0.01..3.1 rad")
    quaternion = np.array(numbers[4:8])
    if abs(np.linalg.norm(quaternion) - 1.0) > 0.01:
        raise ShotError(f"rotation {numbers[4:8]}: expected a unit quaternion, x y z w")
    return Keyframe(numbers[0], CameraPose(np.array(numbers[1:4]), rotation.normalize(quaternion), numbers[8]))


def _floats(values: Sequence[float], count: int) -> list[float]:
    if len(values) != count:
        raise ShotError(f"{list(values)}: expected {count} numbers")
    return [float(v) for v in values]
