"""Keyframes: where a person put the camera while he scrubbed a replay; together they are a shot."""

from __future__ import annotations

from typing import Any

from game.camera.camera_pose import CameraPose
from game.camera.shot import KEY, Keyframe, Shot, shot_to_json

NAME = "marked"
"""of the shot"""
NEAR = 1.0 / 60.0
"""s: a mark this near to another one replaces it"""


class Keyframes:
    """Sorted by time."""

    def __init__(self) -> None:
        self._marks: list[Keyframe] = []

    def __len__(self) -> int:
        return len(self._marks)

    @property
    def times(self) -> list[float]:
        """s, of the take"""
        return [mark.time for mark in self._marks]

    def put(self, time: float, pose: CameraPose) -> None:
        """Keyframes where the camera is at a time, s of the take."""
        kept = [mark for mark in self._marks if abs(mark.time - time) > NEAR]
        self._marks = sorted([*kept, Keyframe(time, pose)], key=lambda mark: mark.time)

    def clear(self) -> None:
        """Takes them all away."""
        self._marks = []

    @property
    def shot(self) -> Shot | None:
        """The way through them; None where there are none."""
        return Shot(tuple(self._marks)) if self._marks else None

    def extra(self) -> dict[str, Any]:
        """What a take keeps of them."""
        shot = self.shot
        return {} if shot is None else {KEY: {NAME: shot_to_json(shot)}}
