"""Steering: keys that are held and a stick, turned into the velocity that he shall walk with, as the camera looks."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from game.input.action_handlers import ActionTable
from game.input.protocols import ViewDirection
from game.play.events import Event, Play, Steer
from game.sim.motion import ClipError
from game.sim.snapshot import Snapshot

Array = NDArray[np.float64]

WAYS = ((0.0, 1.0), (0.0, -1.0), (-1.0, 0.0), (1.0, 0.0))
"""right and away from the camera, of the keys of `walk`"""
EDGE = (0.95, 0.8)
"""of the stick's way: beyond the first he runs, until it comes back to the second"""
LITTLE = 0.08
"""share of the speed: a change of velocity that is smaller is not worth an event"""


class Steerable(Protocol):
    """The part of a session that is steered."""

    @property
    def snapshot(self) -> Snapshot:
        """The newest."""

    @property
    def performer(self) -> str | None:
        """A policy that can be steered; None where there is none."""

    @property
    def paces(self) -> tuple[float, float]:
        """m/s of walk and run. Raises ClipError."""

    def steering_of(self, character: int) -> Array | None:
        """(2,) m/s, where a character is steered; None where his policy cannot be."""

    def is_busy(self, character: int) -> bool:
        """Whether somebody gets up, or does a skill that another policy does for the performer."""

    def is_scripted(self, character: int) -> bool:
        """Whether a character plays a script."""

    def post(self, event: Event) -> None:
        """Has an event happen at the next tick."""

    def end_replay(self) -> None:
        """Goes back to the run."""


class Steering:
    """`update` it once a frame while the run goes on."""

    actions: ClassVar[ActionTable[Steering]] = ActionTable()

    def __init__(self, session: Steerable, camera: Callable[[], ViewDirection]) -> None:
        self._session, self._camera = session, camera
        self._held = [False] * len(WAYS)
        self._stick = np.zeros(2)
        self._fast = self._stick_fast = False
        self._complained = False

    @actions.chooses("walk")
    def walk(self, choice: int) -> None:
        self._session.end_replay()  # Shift alone, which other keys need too, leaves it alone
        self._held[choice] = True

    @actions.lets_go("walk")
    def walk_end(self, choice: int) -> None:
        self._held[choice] = False

    @actions.does("run")
    def run(self) -> None:
        self._fast = True

    @actions.releases("run")
    def run_end(self) -> None:
        self._fast = False

    def stick(self, right: float, away: float) -> None:
        """Where a stick is, each -1..1."""
        self._stick[:] = right, away
        size = math.hypot(right, away)
        self._stick_fast = size >= EDGE[self._stick_fast]

    def update(self) -> str | None:
        """Posts what has changed; returns a message for the screen where he cannot walk."""
        way, share, fast = self._way()
        if share == 0.0:
            self._complained = False
        message: str | None = None
        for character in range(self._session.snapshot.num_characters):
            message = self._steer(character, way, share, fast) or message
        if message is None or self._complained:
            return None
        self._complained = True
        return message

    def _steer(self, character: int, way: Array, share: float, fast: bool) -> str | None:
        session = self._session
        now = session.steering_of(character)
        if share == 0.0 and (now is None or session.is_scripted(character)):
            return None
        if now is None and session.is_busy(character):
            return None
        performer = session.performer
        if now is None and performer is None:
            return "he cannot be steered: no policy that follows references (performer.onnx) is there"
        try:
            walk, run = session.paces
        except ClipError as error:
            return str(error)
        wanted = way * (run if fast else share * walk)
        if now is None:
            assert performer is not None
            session.post(Play(performer, character))
        elif not _differs(now, wanted):
            return None
        x, y = wanted.round(3).tolist()
        session.post(Steer((x, y), character))
        return None

    def _way(self) -> tuple[Array, float, bool]:
        """The direction (2,) over the ground, the share of the walk's pace, and whether he runs."""
        keys = np.sum([way for way, held in zip(WAYS, self._held, strict=True) if held], axis=0) + np.zeros(2)
        by_keys = bool(np.any(keys))
        right, away = keys if by_keys else self._stick
        camera = self._camera()
        way = right * camera.right[:2] + away * camera.forward[:2]
        size = float(np.linalg.norm(way))
        if size == 0.0:
            return np.zeros(2), 0.0, False
        if by_keys:
            return way / size, 1.0, self._fast
        return way / size, min(size / EDGE[0], 1.0), self._stick_fast


def _differs(now: Array, wanted: Array) -> bool:
    """Whether a change of velocity is worth an event; to stand still always is."""
    if not np.any(wanted):
        return bool(np.any(now))
    most = max(float(np.linalg.norm(now)), float(np.linalg.norm(wanted)))
    return float(np.linalg.norm(wanted - now)) > LITTLE * most
