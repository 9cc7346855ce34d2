"""PolicyLibrary: finds policies in folders, loads them on a thread of its own, and notices new files."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

from game.policy.policy import Policy, PolicyError
from game.policy.policy_loader import PolicyLoader
from game.scene.paths import policies_dir
from game.sim.model import CharacterModel

POLL_SECONDS = 0.25
FAMILY_SECONDS = 5.0
"""that `family` waits for files that are still being loaded"""


@dataclass
class _Entry:
    """One file: its time and size when it was last read, and the policy or error that came of it."""

    stamp: tuple[int, int]
    future: Future[Policy]
    announced: bool = False


class PolicyLibrary:
    """Policies by name (the file's stem). A broken file is refused, and its last good version stays loaded."""

    def __init__(self, model: CharacterModel, folders: list[Path] | None = None) -> None:
        """Look at folders (policies/ by default); a later folder's policies hide an earlier one's of the same name.

        Raises:
            PolicyError: one of the folders is not there.
        """
        self.model = model
        self.folders = folders if folders is not None else [policies_dir()]
        for folder in self.folders:
            if not folder.is_dir():
                raise PolicyError(f"{folder}: there is no such folder of policies")
        self.refused: dict[str, str] = {}
        """why, by name, of the files that were refused"""
        self._entries: dict[Path, _Entry] = {}
        self._loaded: dict[str, Policy] = {}
        self._loader = PolicyLoader(model)
        self._next_poll = 0.0
        self._lock = threading.Lock()
        self._messages: list[str] = []
        """for the next `poll` to return"""
        self._scan(settle=False)

    def close(self) -> None:
        """Stop loading."""
        self._loader.close()

    @property
    def names(self) -> tuple[str, ...]:
        """Of all policies that are loaded or still loading, sorted."""
        pending = {path.stem for path, entry in self._entries.items() if not entry.future.done()}
        self._collect()
        return tuple(sorted(pending | self._loaded.keys()))

    def get(self, name: str) -> Policy:
        """The policy of that name; waits while it is being loaded. Raises PolicyError."""
        for path, entry in list(self._entries.items()):
            if path.stem == name and name not in self._loaded and not entry.future.cancelled():
                self._loader.wait(entry.future)
        self._collect()
        if name in self._loaded:
            return self._loaded[name]
        reason = f": {self.refused[name]}" if name in self.refused else f"; there are {', '.join(self.names) or 'none'}"
        raise PolicyError(f"no policy {name!r}{reason}")

    @property
    def loaded(self) -> Mapping[str, Policy]:
        """Those that can be played at once, by name."""
        self._collect()
        return self._loaded

    def add(self, name: str, policy: Policy) -> None:
        """Hold a policy that is no file of the folders (a take's)."""
        self._loaded[name] = policy

    def family(self, name: str) -> tuple[str, ...]:
        """The names of a policy's ages, youngest first; itself alone where it has none.

        It waits up to FAMILY_SECONDS for files that are still being loaded, and leaves out those that are not by then.
        """
        family = self.get(name).spec.family
        if not family:
            return (name,)
        self._wait(FAMILY_SECONDS)
        ages = [
            (p.spec.age if p.spec.age is not None else 1.0, n)
            for n, p in self._loaded.items()
            if p.spec.family == family
        ]
        return tuple(n for _, n in sorted(ages))

    def poll(self) -> list[str]:
        """Look for new files, at most every POLL_SECONDS; returns messages for the user.

        From the first `poll` on all files are loaded, before it only those that somebody needs.
        """
        self._loader.start()
        now = time.monotonic()
        if now >= self._next_poll:
            self._next_poll = now + POLL_SECONDS
            self._scan(settle=True)
        self._collect()
        messages, self._messages = self._messages, []
        return messages

    def settle(self) -> Mapping[str, str]:
        """Wait until every file is loaded or refused; returns why, by name, of those that were refused."""
        self._wait(math.inf)
        return self.refused

    def _wait(self, seconds: float) -> None:
        """Wait so long for files that are still being loaded."""
        end = time.monotonic() + seconds
        for entry in list(self._entries.values()):
            self._loader.wait(entry.future, end - time.monotonic())
        self._collect()

    def _scan(self, *, settle: bool) -> None:
        """Queue files that are new or changed. `settle`: those written this very moment wait for the next look."""
        for folder in self.folders:
            if not folder.is_dir():
                continue
            for path in sorted(folder.glob("*.onnx")):
                try:
                    stat = path.stat()
                except OSError:
                    continue  # gone between listing and looking
                stamp = (stat.st_mtime_ns, stat.st_size)
                entry = self._entries.get(path)
                if entry is not None and entry.stamp == stamp:
                    continue
                if settle and time.time_ns() - stat.st_mtime_ns < 100_000_000:
                    continue
                self._entries[path] = _Entry(stamp, self._loader.submit(path), announced=not settle)

    def _collect(self) -> None:
        """Move what has finished loading into `_loaded` or `refused`, with a message for each."""
        self._loader.give_up_late()
        with self._lock:
            for path, entry in self._entries.items():
                if not entry.future.done() or entry.future.cancelled():
                    continue
                error = entry.future.exception()
                if error is None:
                    policy = entry.future.result()
                    if self._loaded.get(path.stem) is not policy and self._is_uppermost(path):
                        self._loaded[path.stem] = policy
                        self.refused.pop(path.stem, None)
                        if not entry.announced:
                            self._messages.append(f"loaded {path.stem}")
                elif self.refused.get(path.stem) != str(error):
                    self.refused[path.stem] = str(error)
                    self._messages.append(f"refused {error}")
                entry.announced = True

    def _is_uppermost(self, path: Path) -> bool:
        """Whether no later folder has a file of this name."""
        order = [folder for folder in self.folders if (folder / path.name) in self._entries]
        return not order or order[-1] == path.parent
