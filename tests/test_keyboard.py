"""Keys go down and up: what begins, repeats and ends."""

import pytest

from game.input.bindings import Action
from game.input.keyboard import REPEAT_DELAY, REPEAT_SECONDS, Keyboard

ACTIONS = (
    Action("one", "Him", ("a",), ""),
    Action("hard", "Him", ("shift-a",), ""),
    Action("way", "Him", ("x", "y"), "", choice=True),
    Action("limp", "Him", ("space",), "", held=True),
    Action("down", "World", ("-",), "", repeats=True),
)


@pytest.fixture
def keyboard() -> Keyboard:
    return Keyboard(ACTIONS)


def test_keys_begin_actions_with_their_choice(keyboard: Keyboard) -> None:
    assert keyboard.press("a") == ("one", 0)
    assert keyboard.press("y") == ("way", 1)
    assert keyboard.press("q") is None


def test_what_the_system_repeats_begins_nothing(keyboard: Keyboard) -> None:
    assert keyboard.press("a") == ("one", 0)
    assert keyboard.press("a") is None
    assert keyboard.release("a") is None  # the action is not held
    assert keyboard.press("a") == ("one", 0)


def test_modifiers_make_another_key(keyboard: Keyboard) -> None:
    keyboard.set_modifier("shift", True)
    assert keyboard.press("a") == ("hard", 0)
    keyboard.release("a")
    keyboard.set_modifier("control", True)
    assert keyboard.press("a") is None  # control-shift-a is nothing, and neither is a with the system's own modifiers
    keyboard.release("a")
    for name in ("shift", "control"):
        keyboard.set_modifier(name, False)
    assert keyboard.press("a") == ("one", 0)


def test_a_held_action_ends_with_its_key(keyboard: Keyboard) -> None:
    assert keyboard.press("space") == ("limp", 0)
    keyboard.set_modifier("shift", True)
    assert keyboard.release("space") == ("limp", 0)  # whatever else is down by then
    assert keyboard.release("space") is None


def test_all_that_is_held_ends_when_the_window_hears_no_more(keyboard: Keyboard) -> None:
    keyboard.set_modifier("shift", True)
    assert keyboard.press("a") == ("hard", 0)
    keyboard.set_modifier("shift", False)
    keyboard.press("space")
    keyboard.press("-")
    assert keyboard.release_all() == [("limp", 0)]
    assert keyboard.repeated(10.0) == []
    assert keyboard.press("space") == ("limp", 0)


def test_a_key_repeats_after_a_while(keyboard: Keyboard) -> None:
    keyboard.press("a")
    assert keyboard.press("-") == ("down", 0)
    assert keyboard.repeated(0.9 * REPEAT_DELAY) == []
    assert keyboard.repeated(0.1 * REPEAT_DELAY + 2.5 * REPEAT_SECONDS) == [("down", 0)] * 3
    assert keyboard.repeated(0.4 * REPEAT_SECONDS) == []
    assert keyboard.repeated(0.2 * REPEAT_SECONDS) == [("down", 0)]
    keyboard.release("-")
    assert keyboard.repeated(10.0) == []


def test_a_held_key_does_the_same_whatever_modifier_is_down() -> None:
    walk = Action("walk", "Him", ("w", "s"), "", choice=True, held=True)
    run = Action("run", "Him", ("shift",), "", held=True)
    keyboard = Keyboard((walk, run))
    keyboard.set_modifier("shift", True)
    assert keyboard.press("shift") == ("run", 0)
    assert keyboard.press("s") == ("walk", 1)
    keyboard.set_modifier("shift", False)
    assert keyboard.release("shift") == ("run", 0)
    assert keyboard.release("s") == ("walk", 1)
