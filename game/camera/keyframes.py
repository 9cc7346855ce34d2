"""Keyframes: camera poses that a person set while watching a replay; together they make a shot."""

from __future__ import annotations

from typing import Any

from game.camera.camera_pose import CameraPose
from game.camera.shot import KEY, Keyframe, Shot, shot_to_json

NAME = "marked"
"""of the shot that they make, in takes"""
NEAR = 1.0 / 60.0
"""s: a keyframe nearer than this to another one replaces it"""


class Keyframes:
    """Sorted by time."""

    def __init__(self) -> None:
        self._keyframes: list[Keyframe] = []

    def __len__(self) -> int:
        return len(self._keyframes)

    @property
    def times(self) -> list[float]:
        """s, of the take"""
        return [key.time for key in self._keyframes]

    def put(self, time: float, pose: CameraPose) -> None:
        """Sets a keyframe at a time, s of the take."""
        kept = [key for key in self._keyframes if abs(key.time - time) > NEAR]
        self._keyframes = sorted([*kept, Keyframe(time, pose)], key=lambda key: key.time)

    def clear(self) -> None:
        """Deletes all of them."""
        self._keyframes = []

    @property
    def shot(self) -> Shot | None:
        """The path through them; None where there are none."""
        return Shot(tuple(self._keyframes)) if self._keyframes else None

    def extra(self) -> dict[str, Any]:
        """What a take keeps of them, for `Take.extra`."""
        shot = self.shot
        return {} if shot is None else {KEY: {NAME: shot_to_json(shot)}}
