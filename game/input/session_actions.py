"""SessionActions: the actions on time, cameras, replays and takes. Knows no keys and no window."""

from __future__ import annotations

import time
from collections.abc import Collection
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import ClassVar, Protocol

from game.camera.camera_pose import CameraPose
from game.input.action_handlers import ActionTable
from game.record.replay import SECONDS
from game.record.take import Take
from game.session.attempts import AfterFall
from game.session.session import Session

LEAP = 0.5
"""s"""
AFTER_FALL = {
    AfterFall.GET_UP: "after a fall he gets up",
    AfterFall.RETRY: "after a fall comes the next attempt",
    AfterFall.STAY: "after a fall he stays where he is",
}


class CameraChooser(Protocol):
    """The part of a camera rig that is used."""

    @property
    def pose(self) -> CameraPose:
        """Where the camera is."""

    def cycle(self, steps: int, subject: int = 0) -> str:
        """Looks through another camera."""

    def home(self) -> None:
        """Puts the free camera back."""


class SessionActions:
    """Does each action of `game.input.bindings` that is about time, replays, takes or cameras."""

    actions: ClassVar[ActionTable[SessionActions]] = ActionTable()

    def __init__(self, session: Session, camera_rig: CameraChooser, out: Path) -> None:
        """`out` is the folder of takes."""
        self._session, self._camera_rig, self._out = session, camera_rig, out
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="takes")
        self._saving: dict[Path, Future[None]] = {}

    def poll(self) -> list[str]:
        """Messages for the screen about takes that have been saved since the last call, or that could not be."""
        done = [path for path, future in self._saving.items() if future.done()]
        return [_saved(path, self._saving.pop(path).exception()) for path in done]

    def close(self) -> None:
        """Waits until all is saved."""
        self._writer.shutdown(wait=True)

    # ---------------------------------------------------------------- time
    @actions.does("pause")
    def pause(self) -> None:
        self._session.toggle_pause()

    @actions.does("step")
    def step(self) -> str:
        if self._session.replay is None:
            self._session.clock.paused = True
        return "\n".join(self._session.step().messages)

    @actions.does("slower")
    def slower(self) -> None:
        self._session.set_speed(self._session.speed / 2)

    @actions.does("faster")
    def faster(self) -> None:
        self._session.set_speed(self._session.speed * 2)

    @actions.does("after_fall")
    def after_fall(self) -> str:
        return self.choose_after_fall(self._session.attempts.after_fall.next)

    def choose_after_fall(self, mode: AfterFall) -> str:
        """From now on this comes after a fall; returns a message for the screen."""
        self._session.attempts.after_fall = mode
        return AFTER_FALL[mode]

    # ---------------------------------------------------------------- replays and takes
    @actions.does("replay")
    def replay(self) -> str | None:
        session = self._session
        if session.replay is not None:
            session.end_replay()
            return None
        return None if session.begin_replay() else "nothing has happened yet"

    @actions.chooses("scrub")
    def scrub(self, choice: int) -> str | None:
        return self._go(1 if choice else -1)

    @actions.chooses("leap")
    def leap(self, choice: int) -> str | None:
        ticks = round(LEAP * self._session.runtime.model.control_hz)
        return self._go(ticks if choice else -ticks)

    def _go(self, ticks: int) -> str | None:
        replay = self._session.replay
        if replay is None:
            return "there is no replay to scrub: begin one first"
        replay.step(ticks)
        return None

    @actions.does("mark")
    def mark(self) -> str:
        session = self._session
        if session.replay is None:
            return "camera marks are set in a replay: begin one first"
        session.keyframes.put(session.replay.time, self._camera_rig.pose)
        return f"camera mark {len(session.keyframes)}: the camera 'shot' goes along them"

    @actions.does("marks_clear")
    def marks_clear(self) -> str:
        self._session.keyframes.clear()
        return "no camera marks"

    @actions.does("save_take")
    def save_take(self) -> str:
        return self._save(0)

    @actions.does("save_last")
    def save_last(self) -> str:
        session = self._session
        ago = session.runtime.tick_count - round(SECONDS * session.runtime.model.control_hz)
        return self._save(max(0, ago) if session.replay is None else max(0, session.replay.frames[0].snapshot.tick - 1))

    def _save(self, first_tick: int) -> str:
        """Makes a take and has a thread write it: that takes half a second, and the game goes on meanwhile."""
        session = self._session
        extra = {**session.keyframes.extra(), **session.cuts.extra()}
        take = Take.of(session.runtime, set_name=session.set_name, first_tick=first_tick, **extra)
        try:
            path = new_file(self._out, "take", "zip", self._saving)
        except OSError as error:
            return f"the take cannot be saved: {error}"
        self._saving[path] = self._writer.submit(take.save, path)
        return f"saving {path.name} ..."

    # ---------------------------------------------------------------- cameras
    @actions.does("camera_next")
    def camera_next(self) -> str:
        return self._camera_rig.cycle(1)

    @actions.does("camera_previous")
    def camera_previous(self) -> str:
        return self._camera_rig.cycle(-1)

    @actions.does("camera_home")
    def camera_home(self) -> None:
        self._camera_rig.home()


def _saved(path: Path, error: BaseException | None) -> str:
    return f"saved {path}" if error is None else f"the take cannot be saved: {error}"


def new_file(folder: Path, kind: str, ending: str, reserved: Collection[Path] = ()) -> Path:
    """The path of a file that does not exist yet, named by kind and time; makes the folder. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    stem = f"{kind}_{time.strftime('%Y%m%d_%H%M%S')}"
    path, more = folder / f"{stem}.{ending}", 1
    while path.exists() or path in reserved:
        path, more = folder / f"{stem}_{more}.{ending}", more + 1
    return path
