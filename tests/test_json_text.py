"""JSON from anywhere: what is read, and what each kind of bad text is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from game.scene.json_text import JsonError, parse_json, parse_object, read_json, read_object


def test_json_is_read() -> None:
    assert parse_json('{"a": [1, -2.5, 1e3, true, null, "ü"]}', "x") == {"a": [1, -2.5, 1000.0, True, None, "ü"]}
    assert parse_json("18446744073709551615", "x") == 2**64 - 1
    # as a text editor on Windows saves it
    assert parse_json(b"\xef\xbb\xbf[1]", "x") == [1]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{\n1", r"^mine is not JSON, line 2: Expecting property name"),
        ("", r"^mine is not JSON, line 1: Expecting value"),
        (b"\xff", r"^mine is not a UTF-8 text"),
        ("[NaN]", r"^mine: NaN is not a JSON number"),
        ("[-Infinity]", r"^mine: -Infinity is not a JSON number"),
        ("[1e999]", r"^mine: the number 1e999 is too large"),
        ("18446744073709551616", r"^mine: the integer 18446744073709551616 is too large"),
        ("9" * 100_000, r"^mine: the integer 99999999999999999999\.\.\. is too large"),
        ("[" * 65 + "]" * 65, r"^mine: lists and objects lie more than 64 deep"),
        ('{"a":' * 100_000 + "1" + "}" * 100_000, r"^mine: lists and objects lie more than 64 deep"),
        ("[" * 100_000, r"^mine: lists and objects lie more than 64 deep"),
        (b"[" + b" " * 3_000_000 + b"]", r"^mine: 2\.86 MiB of JSON, expected at most 2$"),
    ],
)  # fmt: skip
def test_what_is_not_json_is_refused(text: str | bytes, message: str) -> None:
    with pytest.raises(JsonError, match=message):
        parse_json(text, "mine", max_bytes=2 << 20)


def test_the_deepest_that_is_read() -> None:
    value = parse_json("[" * 64 + "]" * 64, "x")
    for _ in range(63):
        (value,) = value
    assert value == []


def test_an_object_is_expected_at_the_top() -> None:
    assert parse_object("{}", "x") == {}
    with pytest.raises(JsonError, match=r"^x: expected an object \{\.\.\.\} at the top, found list"):
        parse_object("[]", "x")


def test_files(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    with pytest.raises(JsonError, match=r"a\.json cannot be read: No such file"):
        read_json(path)
    path.write_text('{"a": 1}')
    assert read_object(path) == read_json(path) == {"a": 1}
    with pytest.raises(JsonError, match=r"^a\.json: more than the"):
        read_json(path, max_bytes=7)
    assert read_json(path, max_bytes=8) == {"a": 1}
