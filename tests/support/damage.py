"""Damages files in the ways that files get damaged, from a seed: the same seed gives the same bytes."""

from __future__ import annotations

import copy
import io
import json
import random
import zipfile
from collections.abc import Callable
from typing import Any

ODD_VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2**31, 2**63, 10**40, 1e308, -1e308, 1e-308, 0.5, "", "x", "\u202e", "x" * 5000, [],
    {}, [[]], [0] * 2000, [None, 1], {"a": {"a": {}}}, "../../etc/passwd", "NaN",
)  # fmt: skip
ODD_TEXTS = (b"NaN", b"Infinity", b"1e999", b"9" * 400, b"[" * 500, b"{", b"\x00", b"\xff\xfe", b'"', b"null")


def damaged(data: bytes, rng: random.Random) -> bytes:
    """The bytes with one to four things wrong."""
    if rng.random() < 0.5 and (structured := _by_structure(data, rng)) is not None:
        return structured
    for _ in range(rng.randint(1, 4)):
        data = rng.choice(_WAYS)(data, rng)
    return data


def _flip(data: bytes, rng: random.Random) -> bytes:
    if not data:
        return data
    changed = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 8, 64))):
        changed[rng.randrange(len(changed))] = rng.randrange(256)
    return bytes(changed)


def _cut(data: bytes, rng: random.Random) -> bytes:
    return data[: rng.randrange(len(data) + 1)]


def _without(data: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(data) + 1)
    return data[:at] + data[at + rng.choice((1, 4, 100)) :]


def _again(data: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(data) + 1)
    part = data[at : at + rng.choice((1, 16, 256))]
    return data[:at] + part * rng.choice((2, 50)) + data[at:]


def _odd(data: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(data) + 1)
    return data[:at] + rng.choice(ODD_TEXTS) + data[at + rng.choice((0, 1, 8)) :]


def _number(data: bytes, rng: random.Random) -> bytes:
    """Four bytes that are a size or an index to somebody."""
    at = rng.randrange(len(data) + 1)
    value = rng.choice((0, 1, 0x7FFFFFFF, 0xFFFFFFFF, 1 << 16))
    return data[:at] + value.to_bytes(4, rng.choice(("little", "big"))) + data[at + 4 :]


_WAYS: tuple[Callable[[bytes, random.Random], bytes], ...] = (_flip, _flip, _cut, _without, _again, _odd, _number)


def _by_structure(data: bytes, rng: random.Random) -> bytes | None:
    """Other values in a JSON text, or another member in a zip; None for what is neither."""
    if data[:4] == b"PK\x03\x04":
        return _other_members(data, rng)
    if data[:4] == b"glTF":
        size = int.from_bytes(data[12:16], "little")
        text = _other_value(data[20 : 20 + size], rng)
        if text is None:
            return None
        text += b" " * (-len(text) % 4)
        whole = len(text) - size + len(data)
        return (
            data[:8]
            + whole.to_bytes(4, "little")
            + len(text).to_bytes(4, "little")
            + data[16:20]
            + text
            + data[20 + size :]
        )
    return _other_value(data, rng)


def _other_members(data: bytes, rng: random.Random) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        names = old.namelist()
        chosen = rng.choice(names)
        for name in names:
            content = old.read(name)
            new.writestr(name, damaged(content, rng) if name == chosen else content)
    return out.getvalue()


def _other_value(data: bytes, rng: random.Random) -> bytes | None:
    try:
        document = json.loads(data)
    except ValueError:
        return None
    for _ in range(rng.randint(1, 3)):
        places = _places(document)
        if not places:
            return json.dumps(_odd_value(rng)).encode()
        holder, key = rng.choice(places)
        if isinstance(holder, dict) and rng.random() < 0.2:
            del holder[key]
        elif rng.random() < 0.1:
            holder[key] = [copy.deepcopy(holder[key]) for _ in range(3)]
        else:
            holder[key] = _odd_value(rng)
    return json.dumps(document).encode()


def _odd_value(rng: random.Random) -> Any:
    return copy.deepcopy(rng.choice(ODD_VALUES))


def _places(document: Any) -> list[tuple[Any, Any]]:
    """Every place in a document that holds a value, of long lists the first few."""
    found: list[tuple[Any, Any]] = []
    open_ends = [document]
    while open_ends and len(found) < 3000:
        holder = open_ends.pop()
        keys: list[Any] = list(holder) if isinstance(holder, dict) else list(range(min(len(holder), 5)))
        for key in keys:
            found.append((holder, key))
            if isinstance(holder[key], dict | list):
                open_ends.append(holder[key])
    return found
