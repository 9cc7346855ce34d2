"""Reads JSON that may come from anywhere: every file and metadata text of the game goes through here.

Python's own reader accepts what is not JSON (NaN, Infinity), turns 1e999 into infinity, and fails on deep nesting with
a RecursionError; none of that gets past `parse_json`.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any, NoReturn

from game.scene.refusal import other_file, refused_as

MAX_BYTES = 64 << 20
MAX_DEPTH = 64
"""lists and objects inside each other"""
MAX_VALUES = 10_000_000
"""numbers, texts, lists and objects in all: each takes up to 100 bytes of memory, and a few bytes of a file"""
MAX_INTEGER = 2**64


class JsonError(ValueError):
    """A text is not JSON, or is beyond a limit; the message names the file, and the line where it knows one."""


def parse_json(text: bytes | str, name: str, *, max_bytes: int = MAX_BYTES, max_values: int = MAX_VALUES) -> Any:
    """The value of a JSON text. All numbers are finite, integers are below 2**64 and nothing is nested too deep.

    Args:
        text: bytes are UTF-8, with or without a byte order mark.
        name: of the file or whatever the text is from, for messages.
        max_bytes: the longest text that is read.
        max_values: the most values that are read; they are counted, roughly, before memory is taken for them.

    Raises:
        JsonError: it is not JSON in UTF-8, too long, nested too deep, or holds a number that is out of range.
    """
    if len(text) > max_bytes:
        raise JsonError(f"{name}: {_mib(len(text))} MiB of JSON, expected at most {_mib(max_bytes)}")
    if (count := _count_values(text)) > max_values:
        raise JsonError(f"{name}: about {count} values of JSON, expected at most {max_values}")
    if isinstance(text, bytes) and (other := other_file(text)):
        raise JsonError(f"{name} is {other}")
    try:
        words = text.decode("utf-8-sig") if isinstance(text, bytes) else text
        value = json.loads(words, parse_float=_float, parse_int=_integer, parse_constant=_constant)
    except json.JSONDecodeError as error:
        raise JsonError(f"{name} is not JSON, line {error.lineno}: {error.msg}") from error
    except UnicodeDecodeError as error:
        raise JsonError(f"{name} is not a UTF-8 text: {error.reason}") from error
    except RecursionError:
        raise JsonError(f"{name}: lists and objects lie more than {MAX_DEPTH} deep in each other") from None
    except ValueError as error:
        raise JsonError(f"{name}: {error}") from error
    _check_depth(value, name)
    return value


def parse_object(
    text: bytes | str, name: str, *, max_bytes: int = MAX_BYTES, max_values: int = MAX_VALUES
) -> dict[str, Any]:
    """As `parse_json`, of a text that is one JSON object. Raises JsonError."""
    return _object(parse_json(text, name, max_bytes=max_bytes, max_values=max_values), name)


def read_json(path: Path, *, max_bytes: int = MAX_BYTES) -> Any:
    """The value of a JSON file, see `parse_json`. Raises JsonError, also where the file cannot be read."""
    with refused_as(JsonError, str(path)), path.open("rb") as file:
        text = file.read(max_bytes + 1)
    if len(text) > max_bytes:
        raise JsonError(f"{path.name}: more than the {_mib(max_bytes)} MiB of JSON that are expected at most")
    return parse_json(text, path.name, max_bytes=max_bytes)


def read_object(path: Path, *, max_bytes: int = MAX_BYTES) -> dict[str, Any]:
    """As `read_json`, of a file that is one JSON object. Raises JsonError."""
    return _object(read_json(path, max_bytes=max_bytes), path.name)


def _count_values(text: bytes | str) -> int:
    """At least as many as there are: each but the first of a list or object comes after a comma."""
    if isinstance(text, bytes):
        return sum(text.count(mark) for mark in (b",", b"[", b"{"))
    return sum(text.count(mark) for mark in ",[{")


def _object(value: Any, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise JsonError(f"{name}: expected an object {{...}} at the top, found {type(value).__name__}")
    return value


def _mib(size: int) -> str:
    return f"{size / (1 << 20):.3g}"


def _float(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise ValueError(f"the number {text[:20]} is too large")
    return value


def _integer(text: str) -> int:
    # the length first: reading a million digits takes long
    if len(text) > 21 or abs(value := int(text)) >= MAX_INTEGER:
        raise ValueError(f"the integer {text[:20]}{'...' * (len(text) > 20)} is too large")
    return value


def _constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is not a JSON number")


def _check_depth(value: Any, name: str) -> None:
    level = [value] if isinstance(value, dict | list) else []
    for _ in range(MAX_DEPTH):
        inner = (v.values() if isinstance(v, dict) else v for v in level)
        level = [x for v in inner for x in v if type(x) is list or type(x) is dict]
        if not level:
            return
    raise JsonError(f"{name}: lists and objects lie more than {MAX_DEPTH} deep in each other")
