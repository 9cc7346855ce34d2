"""First hints: one at a time, gone once done, and gone at the next start, too."""

from __future__ import annotations

from pathlib import Path

from game.app.hints import HINTS, PULL, Hints
from game.input.bindings import ACTIONS


def test_each_goes_away_once_it_is_done(tmp_path: Path) -> None:
    hints = Hints(tmp_path / "hints.json")
    assert len(HINTS) == 5
    for hint in HINTS:
        assert hints.now == hint
        hints.did("pause")
        assert hints.now == hint
        hints.did(hint.actions[-1])
    assert hints.now is None
    assert Hints(tmp_path / "hints.json").now is None


def test_what_is_done_early_is_not_shown_later(tmp_path: Path) -> None:
    hints = Hints(tmp_path / "hints.json")
    hints.did("throw_ball")
    for hint in HINTS:
        hints.did(hint.actions[0])
    assert hints.now is None


def test_a_broken_file_costs_nothing(tmp_path: Path) -> None:
    for text in ("{", '{"done": 3}', '{"done": [1, null]}', "[]"):
        (tmp_path / "hints.json").write_text(text)
        assert Hints(tmp_path / "hints.json").now == HINTS[0]
    folder = tmp_path / "file"
    folder.write_text("no folder")
    hints = Hints(folder / "hints.json")
    hints.did("walk")
    assert hints.now == HINTS[1]


def test_hints_name_actions_that_there_are() -> None:
    known = {action.name for action in ACTIONS} | {PULL}
    assert {name for hint in HINTS for name in hint.actions} <= known
