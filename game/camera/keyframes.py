"""Keyframes: camera poses that a person set while watching a replay; together they make a shot."""

from __future__ import annotations

from typing import Any

from game.camera.camera_pose import CameraPose
from game.camera.shot import KEY, MARKED, MOST_KEYFRAMES, Keyframe, Shot, shot_to_json

NEAR = 1.0 / 60.0
"""s: a keyframe nearer than this to another one replaces it"""


RECORD_STEP = 0.06
"""s between the keyframes of a recording, at least: every second tick has one"""
RECORD_GAP = 0.5
"""s: after a longer pause a recording begins anew"""


class Keyframes:
    """Sorted by time."""

    def __init__(self) -> None:
        self._keyframes: list[Keyframe] = []
        self._recorded: float | None = None
        """s, the last time of a recording"""

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

    def record(self, time: float, pose: CameraPose) -> None:
        """Sets a keyframe where a camera that is being recorded is now; those that it passes over are replaced.

        At most one every RECORD_STEP, and no more than a shot may have.
        """
        before = self._recorded
        if before is not None and 0.0 <= time - before < RECORD_STEP:
            return
        if before is not None and 0.0 < time - before < RECORD_GAP:
            self._keyframes = [key for key in self._keyframes if not before < key.time <= time]
        self._recorded = time
        if len(self._keyframes) < MOST_KEYFRAMES:
            self.put(time, pose)

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
        return {} if shot is None else {KEY: {MARKED: shot_to_json(shot)}}
