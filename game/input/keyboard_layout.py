"""KeyboardLayout: what is printed on the keys of this person's keyboard.

A key is called by its position, which is what a US keyboard prints there: in France the key at position `q` prints A.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

ROWS = ("`1234567890-=", "qwertyuiop[]", "asdfghjkl;'\\", "zxcvbnm,./")
"""positions of the keys that print something, from left to right"""
EXTRA = "<"
"""position beside the left Shift, on keyboards that have one key more than those of the USA"""
NAMED = (
    *(f"f{number}" for number in range(1, 17)),
    *(f"arrow_{way}" for way in ("up", "down", "left", "right")),
    "space", "tab", "enter", "escape", "backspace", "insert", "delete", "home", "end", "page_up", "page_down",
    "caps_lock", "num_lock", "scroll_lock", "print_screen", "pause", "menu", "help",
)  # fmt: skip
"""keys that are the same on every keyboard"""
_LAST_LETTER = "\u052f"
"""The end of Latin, Greek and Cyrillic: the font has no others; keyboards of other scripts print Latin letters, too"""


@dataclass(frozen=True)
class KeyboardLayout:
    """The labels of one keyboard."""

    printed: Mapping[str, str] = field(default_factory=dict, hash=False)
    """label by position, as the operating system names it; keys that only put an accent on the next letter (dead keys)
    are missing; empty: a US keyboard"""

    def label(self, position: str) -> str:
        """What a person calls the key at a position; empty for the keys in `NAMED`."""
        if position in NAMED:
            return ""
        if not self.printed or position.isdigit():  # where digits need Shift they are printed all the same
            return position.upper()
        printed = self.printed.get(position, "")
        if not printed:
            return self._beside(position)
        if len(printed) != 1 or not printed.isprintable() or printed > _LAST_LETTER:
            return position.upper()
        return printed.upper() if len(printed.upper()) == 1 else printed

    def position(self, name: str) -> str | None:
        """The key that prints a letter or sign without Shift, or that has a name of `NAMED`; None: there is none."""
        if name in NAMED:
            return name
        for position in "".join(ROWS) + EXTRA:
            names = {position} if not self.printed else {self.printed.get(position, ""), self.label(position)}
            if name.casefold() in {each.casefold() for each in names}:
                return position
        return None

    def _beside(self, position: str) -> str:
        """A dead key by its neighbour: nobody knows what to call it."""
        for row in ROWS:
            at = row.find(position)
            for step, words in ((1, "right of"), (-1, "left of")):
                neighbour = row[at - step : at - step + 1] if at >= 0 and at - step >= 0 else ""
                if neighbour and (neighbour.isdigit() or self.printed.get(neighbour)):
                    return f"{words} {self.label(neighbour)}"
        return position.upper()


US = KeyboardLayout()
