"""JsonFields: reads a JSON object field by field and says exactly which one is wrong."""

from __future__ import annotations

import math
from typing import Any

from game.scene.refusal import shortened

Vec3 = tuple[float, float, float]

MAX_SECTIONS = 1000
"""objects, or pairs, in a list"""


class SetError(ValueError):
    """A set or a prop is not what it should be; the message names file and field."""


class JsonFields:
    """One JSON object. Each method reads a field; `done` refuses fields that no method has read."""

    def __init__(self, data: dict[str, Any], where: str, ignored: tuple[str, ...] = ()) -> None:
        """`where` names the object in errors, e.g. "park.json: items[2]". "comment" is always allowed."""
        self._left = {k: v for k, v in data.items() if k not in ("comment", *ignored)}
        self._known: list[str] = []
        self.where = where

    def _take(self, key: str, default: Any) -> Any:
        self._known.append(key)
        value = self._left.pop(key, default)
        if value is None:
            raise SetError(f"{self.where}: {key!r} is missing")
        return value

    def _wrong(self, key: str, expected: str, found: Any) -> SetError:
        return SetError(f"{self.where}: {key!r} should be {expected}, found {shortened(repr(found))}")

    @property
    def left(self) -> tuple[str, ...]:
        """The names of the fields that no method has read yet, in the file's order."""
        return tuple(self._left)

    def schema(self, expected: int) -> None:
        """Raises SetError unless the file was written for this version."""
        found = self._take("schema", None)
        if found != expected:
            raise self._wrong("schema", str(expected), found)

    def text(self, key: str, default: str | None = None) -> str:
        value = self._take(key, default)
        if not isinstance(value, str):
            raise self._wrong(key, "a text", value)
        return value

    def flag(self, key: str, default: bool) -> bool:
        value = self._take(key, default)
        if not isinstance(value, bool):
            raise self._wrong(key, "true or false", value)
        return value

    def choice(self, key: str, among: tuple[str, ...], default: str | None = None) -> str:
        """One of some words."""
        value = self._take(key, default)
        if value not in among:
            raise self._wrong(key, f"one of {', '.join(among)}", value)
        return str(value)

    def names(self, key: str, among: tuple[str, ...]) -> tuple[str, ...]:
        """A list of names, each one of those."""
        value = self._take(key, None)
        if not isinstance(value, list):
            raise self._wrong(key, "a list of names", value)
        for i, name in enumerate(value):
            if name not in among:
                raise self._wrong(f"{key}[{i}]", f"one of {', '.join(among)}", name)
        return tuple(value)

    def number(self, key: str, default: float | None, *, low: float = -math.inf, high: float = math.inf) -> float:
        return self._number(key, self._take(key, default), low, high)

    def optional(self, key: str, *, low: float) -> float | None:
        """A number that may be left out."""
        self._known.append(key)
        return self._number(key, self._left.pop(key), low, math.inf) if key in self._left else None

    def _number(self, key: str, value: Any, low: float, high: float) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise self._wrong(key, "a number", value)
        if not low <= value <= high:
            bounds = f"at least {low:g}" if high == math.inf else f"between {low:g} and {high:g}"
            raise self._wrong(key, bounds, value)
        return float(value)

    def numbers(
        self, key: str, count: int, default: tuple[float, ...] | None = None, *, low: float = -math.inf
    ) -> tuple[float, ...]:
        value = self._take(key, default)
        if not isinstance(value, list | tuple) or len(value) != count:
            raise self._wrong(key, f"a list of {count} number{'s' * (count > 1)}", value)
        return tuple(self._number(f"{key}[{i}]", x, low, math.inf) for i, x in enumerate(value))

    def vector(self, key: str, default: Vec3) -> Vec3:
        x, y, z = self.numbers(key, 3, default)
        return x, y, z

    def pairs(self, key: str) -> list[tuple[float, ...]]:
        """At least two [a, b] pairs."""
        value = self._take(key, None)
        if not isinstance(value, list) or not 2 <= len(value) <= MAX_SECTIONS:
            raise self._wrong(key, f"a list of 2 to {MAX_SECTIONS} [a, b] pairs", value)
        rows = JsonFields({f"{key}[{i}]": row for i, row in enumerate(value)}, self.where)
        return [rows.numbers(f"{key}[{i}]", 2) for i in range(len(value))]

    def color(self, key: str, default: Vec3) -> Vec3:
        """sRGB 0..1 of "#rrggbb"."""
        value = self._take(key, default)
        return value if value is default else parse_color(value, f"{self.where}: {key!r}")

    def section(self, key: str) -> JsonFields:
        """An object inside; empty when it is left out."""
        value = self._take(key, {})
        if not isinstance(value, dict):
            raise self._wrong(key, "an object {...}", value)
        return JsonFields(value, f"{self.where}: {key}")

    def optional_section(self, key: str) -> JsonFields | None:
        """An object inside; None when it is left out."""
        self._known.append(key)
        return self.section(key) if key in self._left else None

    def sections(self, key: str, most: int = MAX_SECTIONS) -> list[JsonFields]:
        """A list of at most so many objects; empty when it is left out."""
        value = self._take(key, [])
        if not isinstance(value, list) or not all(isinstance(v, dict) for v in value):
            raise self._wrong(key, "a list of objects [{...}, ...]", value)
        if len(value) > most:
            raise self._wrong(key, f"at most {most} objects", f"{len(value)} of them")
        return [
            JsonFields(
                v,
                f"{self.where}: {key}[{i}]" + (f" ({shortened(v['name'])})" if isinstance(v.get("name"), str) else ""),
            )
            for i, v in enumerate(value)
        ]

    def done(self) -> None:
        """Raises SetError for a field that does not exist."""
        for key in self._left:
            known = ", ".join(sorted(self._known))
            raise SetError(f"{self.where}: there is no field {shortened(repr(key))}; there are {known}")


def parse_color(value: Any, where: str) -> Vec3:
    """sRGB 0..1 of "#rrggbb". Raises SetError."""
    wrong = SetError(f'{where} should be a colour "#rrggbb", found {shortened(repr(value))}')
    if not isinstance(value, str) or len(value) != 7 or value[0] != "#":
        raise wrong
    try:
        r, g, b = (int(value[i : i + 2], 16) / 255.0 for i in (1, 3, 5))
    except ValueError as error:
        raise wrong from error
    return r, g, b
