"""What a person sees while numba compiles: counted in the game's functions, drawn by the main thread only."""

import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from numba import njit

from game.app.compilation import FIRST_START, WORDS, compilation_bar, reported_compilation

ROOT = Path(__file__).resolve().parents[1]
NEEDED = """
from types import FunctionType
from numba.core.dispatcher import Dispatcher
from game.play.events import Play
from game.play.runtime import Runtime
from game.policy.library import PolicyLibrary
from game.sim.model import CharacterModel
import sys

runtime = Runtime(PolicyLibrary(CharacterModel.load()))
runtime.tick([Play("backflip", place=True)], strict=True)
ours = [f for name, module in list(sys.modules.items()) if name.startswith("game.") for f in vars(module).values()
        if isinstance(f, Dispatcher) and f.targetoptions.get("inline") != "always"]
needed, new = set(), {f for f in ours if f.signatures}
while new:  # what they call, what that calls ...
    needed |= new
    called = {f.py_func.__globals__.get(word) for f in new for word in f.py_func.__code__.co_names}
    new = {f for f in called if f in ours} - needed
print(len(needed))
"""


def compiled(module: str) -> Callable[[float], float]:
    """A function that has not been compiled yet, of a module; it calls another one."""

    def inner(x):  # type: ignore[no-untyped-def]
        return x + 1.0

    inner.__module__ = module
    called = njit(inner)

    def outer(x):  # type: ignore[no-untyped-def]
        return called(x) * 2.0

    outer.__module__ = module
    return njit(outer)  # type: ignore[no-any-return]


def test_functions_of_the_game_are_counted() -> None:
    """Two, one inside the other: two begin, then two are done. The second call compiles nothing."""
    counts: list[int] = []
    ours, other = compiled("game.made_up"), compiled("elsewhere")
    with reported_compilation(counts.append):
        assert other(1.0) == 4.0
        assert counts == []
        assert ours(1.0) == 4.0
        assert counts == [0, 0, 1, 2]
        assert ours(2.0) == 6.0
    assert counts == [0, 0, 1, 2]
    compiled("game.made_up")(1.0)
    assert counts == [0, 0, 1, 2]  # nobody listens any more


def test_another_thread_draws_nothing_but_counts() -> None:
    counts: list[int] = []
    with reported_compilation(counts.append):
        thread = threading.Thread(target=compiled("game.made_up"), args=(1.0,))
        thread.start()
        thread.join()
        assert counts == []
        compiled("game.made_up")(1.0)
    assert counts == [2, 2, 3, 4]


def test_where_there_is_no_terminal_one_line_says_it(capsys: pytest.CaptureFixture[str]) -> None:
    with compilation_bar():
        compiled("game.made_up")(1.0)
        compiled("game.made_up")(1.0)
    assert capsys.readouterr().err == f"{WORDS} ...\n"
    with compilation_bar():
        pass
    assert capsys.readouterr().err == ""


def test_the_bar_in_a_terminal(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    with compilation_bar():
        compiled("game.made_up")(1.0)
    shown = capsys.readouterr().err
    assert WORDS in shown
    assert f"0/{FIRST_START}" in shown


def test_the_bar_is_as_long_as_a_first_start() -> None:
    """FIRST_START is the number of functions that a run needs, whether or not they lie in numba's cache."""
    done = subprocess.run([sys.executable, "-c", NEEDED], cwd=ROOT, capture_output=True, text=True, check=True)
    assert int(done.stdout.split()[-1]) == FIRST_START
