"""Compilation: tells a person how far numba is with the game's functions, which takes seconds at the first start."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Never

from numba.core import event
from tqdm import tqdm

FIRST_START = 21
"""functions of the game that the first start compiles, those that they call included; later starts find them on disk"""
WORDS = "compiling the physics, which only the first start does"
GAME = "game."


class _Counter(event.Listener):
    """Counts the game's functions that have been compiled.

    numba reports a compilation only where the function is not in its cache, and one inside another where a function
    calls another one. Functions of numba's own, which come in between, are not counted.
    """

    def __init__(self, show: Callable[[int], None]) -> None:
        self._show, self._count = show, 0

    def on_start(self, event: event.Event) -> None:
        if _is_ours(event):
            self._report()

    def on_end(self, event: event.Event) -> None:
        if _is_ours(event):
            self._count += 1
            self._report()

    def _report(self) -> None:
        # Policies are loaded on a thread of their own: what it compiles counts, but only the main thread may draw.
        if threading.current_thread() is threading.main_thread():
            self._show(self._count)


def _is_ours(event: event.Event) -> bool:
    return bool(event.data["dispatcher"].py_func.__module__.startswith(GAME))


@contextmanager
def reported_compilation(show: Callable[[int], None]) -> Iterator[None]:
    """Inside, `show` is called with the number of functions compiled so far, before and after each of the game's."""
    with event.install_listener("numba:compile", _Counter(show)):
        yield


@contextmanager
def compilation_bar() -> Iterator[None]:
    """Inside, a bar in the terminal shows how far numba is; where there is no terminal, one line says it once."""
    bar: tqdm[Never] | None = None

    def show(count: int) -> None:
        nonlocal bar
        if bar is None:
            if not sys.stderr.isatty():
                print(WORDS, "...", file=sys.stderr, flush=True)
            bar = tqdm(total=FIRST_START, desc=WORDS, leave=False, disable=None)
        bar.update(count - bar.n)
        if count >= FIRST_START:
            bar.close()

    try:
        with reported_compilation(show):
            yield
    finally:
        if bar is not None:
            bar.close()
