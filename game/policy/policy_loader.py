"""PolicyLoader: loads policy files one after the other on a thread of its own; one that takes too long is given up."""

from __future__ import annotations

import queue
import threading
import time
from concurrent.futures import Future, InvalidStateError
from pathlib import Path

from game.policy.policy import Policy, PolicyError
from game.sim.model import CharacterModel

MAX_SECONDS = 20.0
"""s that loading a file may take"""
CLOSING_SECONDS = 2.0
"""s that `close` waits for the file that is being loaded"""


class _Worker:
    """One thread, which ends with the process. A worker that has been given up takes no further file."""

    def __init__(self, model: CharacterModel, jobs: queue.SimpleQueue[tuple[Path, Future[Policy]] | None]) -> None:
        self._model, self._jobs = model, jobs
        self.now: tuple[Path, Future[Policy], float] | None = None
        """what is being loaded, and since when"""
        self.given_up = False
        self.thread = threading.Thread(target=self._work, name="policies", daemon=True)
        self.thread.start()

    def _work(self) -> None:
        while not self.given_up and (job := self._jobs.get()) is not None:
            path, future = job
            if not future.set_running_or_notify_cancel():
                continue
            self.now = path, future, time.monotonic()
            try:
                policy = Policy.load(path, self._model)
            except PolicyError as error:
                _finish(future, error)
            except BaseException as error:
                _finish(future, PolicyError(f"{path.name}: {error}"))
                raise
            else:
                _finish(future, policy)
            self.now = None


class PolicyLoader:
    """`submit` files; their futures end with a Policy or a PolicyError, at the latest MAX_SECONDS after their turn.

    Until `start` only those files are loaded that somebody waits for, so that the rest takes no time from a program's
    start.
    """

    def __init__(self, model: CharacterModel) -> None:
        self._model = model
        self._jobs: queue.SimpleQueue[tuple[Path, Future[Policy]] | None] = queue.SimpleQueue()
        self._worker: _Worker | None = None
        self._waiting: list[Future[Policy]] = []
        self._later: dict[Future[Policy], Path] = {}
        """submitted before `start`, and nobody has waited for them"""
        self._started = False

    def submit(self, path: Path) -> Future[Policy]:
        """Load a file after those that were submitted before it, see `start`."""
        future: Future[Policy] = Future()
        self._waiting = [*(other for other in self._waiting if not other.done()), future]
        self._later[future] = path
        if self._started:
            self._begin(future)
        return future

    def start(self) -> None:
        """Load everything from now on."""
        self._started = True
        for future in list(self._later):
            self._begin(future)

    def _begin(self, future: Future[Policy]) -> None:
        self._jobs.put((self._later.pop(future), future))
        if self._worker is None:
            self._worker = _Worker(self._model, self._jobs)

    def give_up_late(self) -> None:
        """Refuse the file that has been loading for too long, and let another thread go on with the next."""
        worker = self._worker
        if worker is None or (now := worker.now) is None or time.monotonic() - now[2] < MAX_SECONDS:
            return
        path, future, _ = now
        worker.given_up = True
        _finish(future, PolicyError(f"{path.name}: loading it takes more than {MAX_SECONDS:g} s"))
        self._worker = _Worker(self._model, self._jobs)

    def wait(self, future: Future[Policy], seconds: float = float("inf")) -> None:
        """Wait until a file is loaded, or so many seconds."""
        end = time.monotonic() + seconds
        if future in self._later:
            self._begin(future)
        while not future.done() and (left := end - time.monotonic()) > 0.0:
            try:
                future.exception(min(left, 0.1))
            except TimeoutError:
                self.give_up_late()

    def close(self) -> None:
        """Load no further file. Waits a short time for the present one."""
        for future in self._waiting:
            future.cancel()
        if self._worker is not None:
            self._jobs.put(None)
            self._worker.thread.join(CLOSING_SECONDS)
            self._worker = None


def _finish(future: Future[Policy], result: Policy | PolicyError) -> None:
    """End a future, unless it was given up."""
    try:
        if isinstance(result, Policy):
            future.set_result(result)
        else:
            future.set_exception(result)
    except InvalidStateError:
        pass  # it came too late
