"""Keyboard: which keys are down, and which actions they begin, repeat and end. Knows no window."""

from __future__ import annotations

from collections.abc import Iterable

from game.input.bindings import Action, chord

REPEAT_DELAY = 0.4
"""s that a key is held before its action repeats"""
REPEAT_SECONDS = 0.04
"""from one repetition to the next"""


class Keyboard:
    """One keyboard. Keys are called by their position, see `KeyboardLayout`."""

    def __init__(self, actions: Iterable[Action]) -> None:
        self._by_chord = {key: (a, i if a.choice else 0) for a in actions for i, key in enumerate(a.keys)}
        self._modifiers: set[str] = set()
        self._down: dict[str, tuple[Action, int] | None] = {}
        """what each key that is down has begun"""
        self._repeating: dict[str, float] = {}
        """s until the next repetition, by key"""

    def press(self, key: str) -> tuple[str, int] | None:
        """A key goes down; returns the action and choice that begin. A key that is down already begins nothing."""
        if key in self._down:
            return None
        begun = self._by_chord.get(chord(self._modifiers, key))
        plain = self._by_chord.get(key)
        if begun is None and plain is not None and plain[0].held:
            begun = plain  # who runs with Shift walks on
        self._down[key] = begun
        if begun is None:
            return None
        action, choice = begun
        if action.repeats:
            self._repeating[key] = REPEAT_DELAY
        return action.name, choice

    def release(self, key: str) -> tuple[str, int] | None:
        """A key goes up; returns the held action that ends, and its choice."""
        self._repeating.pop(key, None)
        begun = self._down.pop(key, None)
        return (begun[0].name, begun[1]) if begun is not None and begun[0].held else None

    def set_modifier(self, name: str, down: bool) -> None:
        """Shift, control, alt or meta goes down or up; other names are ignored. A repetition ends with it."""
        self._repeating.clear()
        (self._modifiers.add if down else self._modifiers.discard)(name)

    def release_all(self) -> list[tuple[str, int]]:
        """The window hears no more of the keys; returns the held actions that end, with their choices."""
        self._modifiers.clear()
        ended = [self.release(key) for key in list(self._down)]
        return [held for held in ended if held is not None]

    def repeated(self, seconds: float) -> list[tuple[str, int]]:
        """The actions that happen again in the next `seconds`, once for each repetition, with their choices."""
        again: list[tuple[str, int]] = []
        for key in self._repeating:
            self._repeating[key] -= seconds
            begun = self._down[key]
            while self._repeating[key] <= 0.0 and begun is not None:
                self._repeating[key] += REPEAT_SECONDS
                again.append((begun[0].name, begun[1]))
        return again
