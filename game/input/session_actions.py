"""SessionActions: what a person asks of time, cameras, replays and takes. Knows no keys and no window."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Protocol

from game.camera.camera_pose import CameraPose
from game.record.replay import SECONDS
from game.record.take import Take
from game.session.session import Session

LEAP = 0.5
"""s"""


class CameraChooser(Protocol):
    """The part of a viewfinder that is used."""

    @property
    def pose(self) -> CameraPose:
        """Where the camera is."""

    def cycle(self, steps: int, subject: int = 0) -> str:
        """Looks through another camera."""

    def home(self) -> None:
        """Puts the free camera back."""


class SessionActions:
    """One method for each such action of `game.input.bindings`; `do` calls it by name."""

    def __init__(self, live: Session, finder: CameraChooser, out: Path) -> None:
        """`out` is the folder of takes."""
        self._live, self._finder, self._out = live, finder, out
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="takes")
        self._saving: dict[Path, Future[None]] = {}

    def poll(self) -> list[str]:
        """What to tell the person of the takes that were being saved."""
        done = [path for path, future in self._saving.items() if future.done()]
        return [_saved(path, self._saving.pop(path).exception()) for path in done]

    def close(self) -> None:
        """Waits until all is saved."""
        self._writer.shutdown(wait=True)

    def knows(self, action: str) -> bool:
        """Whether `do` has it now."""
        return hasattr(self, f"_do_{action}")

    def do(self, action: str, choice: int = 0) -> str | None:
        """Does an action by name; returns what to tell the person, None where the picture tells enough."""
        act: Callable[[int], str | None] = getattr(self, f"_do_{action}")
        return act(choice)

    # ---------------------------------------------------------------- time
    def _do_pause(self, _: int) -> None:
        self._live.toggle_pause()

    def _do_step(self, _: int) -> str:
        if self._live.replay is None:
            self._live.clock.paused = True
        return "\n".join(self._live.step().messages)

    def _do_slower(self, _: int) -> None:
        self._live.set_speed(self._live.speed / 2)

    def _do_faster(self, _: int) -> None:
        self._live.set_speed(self._live.speed * 2)

    def _do_auto_retry(self, _: int) -> str:
        attempts = self._live.attempts
        attempts.retry = not attempts.retry
        return "after a fall comes the next attempt" if attempts.retry else "after a fall he stays where he is"

    # ---------------------------------------------------------------- replays and takes
    def _do_replay(self, _: int) -> str | None:
        live = self._live
        if live.replay is not None:
            live.end_replay()
            return None
        return None if live.begin_replay() else "nothing has happened yet"

    def _do_scrub(self, choice: int) -> str | None:
        return self._go(1 if choice else -1)

    def _do_leap(self, choice: int) -> str | None:
        ticks = round(LEAP * self._live.runtime.model.control_hz)
        return self._go(ticks if choice else -ticks)

    def _go(self, ticks: int) -> str | None:
        replay = self._live.replay
        if replay is None:
            return "there is no replay to scrub: begin one first"
        replay.step(ticks)
        return None

    def _do_mark(self, _: int) -> str:
        live = self._live
        if live.replay is None:
            return "camera marks are set in a replay: begin one first"
        live.marks.put(live.replay.time, self._finder.pose)
        return f"camera mark {len(live.marks)}: the camera 'shot' goes along them"

    def _do_marks_clear(self, _: int) -> str:
        self._live.marks.clear()
        return "no camera marks"

    def _do_save_take(self, _: int) -> str:
        return self._save(0)

    def _do_save_last(self, _: int) -> str:
        live = self._live
        ago = live.runtime.tick_count - round(SECONDS * live.runtime.model.control_hz)
        return self._save(max(0, ago) if live.replay is None else max(0, live.replay.frames[0].snapshot.tick - 1))

    def _save(self, first_tick: int) -> str:
        """Packs a take and has it written beside the game's own time: that takes half a second."""
        live = self._live
        take = Take.of(live.runtime, set_name=live.set_name, first_tick=first_tick, **live.marks.extra())
        try:
            path = new_file(self._out, "take", "zip", self._saving)
        except OSError as error:
            return f"the take cannot be saved: {error}"
        self._saving[path] = self._writer.submit(take.save, path)
        return f"saving {path.name} ..."

    # ---------------------------------------------------------------- cameras
    def _do_camera_next(self, _: int) -> str:
        return self._finder.cycle(1)

    def _do_camera_previous(self, _: int) -> str:
        return self._finder.cycle(-1)

    def _do_camera_home(self, _: int) -> None:
        self._finder.home()


def _saved(path: Path, error: BaseException | None) -> str:
    return f"saved {path}" if error is None else f"the take cannot be saved: {error}"


def new_file(folder: Path, kind: str, ending: str, taken: Collection[Path] = ()) -> Path:
    """A path in a folder that nothing has yet and that is not taken; makes the folder. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    stem = f"{kind}_{time.strftime('%Y%m%d_%H%M%S')}"
    path, more = folder / f"{stem}.{ending}", 1
    while path.exists() or path in taken:
        path, more = folder / f"{stem}_{more}.{ending}", more + 1
    return path
