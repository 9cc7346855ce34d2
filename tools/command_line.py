"""The command lines of the tools: read by tyro, shown alike, and the kinds of options that several tools have.

A tool's options are a frozen dataclass with a docstring under each field, which is what --help says of it. Missing and
unknown arguments end the program with 2, as argparse has it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction
from typing import Annotated, TypeVar

import tyro
from tyro.constructors import PrimitiveConstructorSpec

Options = TypeVar("Options")


def parse(options: type[Options], tool: str, description: str | None, arguments: Sequence[str] | None) -> Options:
    """Read a command line; `--help` and what is wrong with it raise SystemExit.

    Args:
        options: a dataclass.
        tool: the module, such as "tools.record".
        description: what --help begins with.
        arguments: those of the program by default.
    """
    # --mute, not --mute | --no-mute; nobody types None
    config = (tyro.conf.FlagCreatePairsOff, tyro.conf.DisallowNone)
    return tyro.cli(options, prog=f"python -m {tool}", description=description, args=arguments, config=config)


def _size(arguments: list[str]) -> tuple[int, int]:
    width, _, height = arguments[0].partition("x")
    if not (width.isdecimal() and height.isdecimal() and min(int(width), int(height)) > 0):
        raise ValueError(f"expected WIDTHxHEIGHT such as 1280x720, found {arguments[0]!r}")
    return int(width), int(height)


def _is_size(value: object) -> bool:
    return isinstance(value, tuple) and len(value) == 2 and all(isinstance(side, int) for side in value)


Size = Annotated[
    tuple[int, int],
    PrimitiveConstructorSpec(
        nargs=1,
        metavar="WIDTHxHEIGHT",
        instance_from_str=_size,
        is_instance=_is_size,
        str_from_instance=lambda size: [f"{size[0]}x{size[1]}"],
    ),
]
"""Pixels, both over 0."""


MAX_FPS = 240


def frame_rate(words: str) -> int | Fraction:
    """Pictures a second of "30", "12.5", "30000/1001" or "29.97".

    Rates that are a thousandth under a whole number (23.976, 29.97, 59.94) stand for exactly 1000/1001 of it.

    Raises:
        ValueError: it is no such number, or not 1 to MAX_FPS.
    """
    expected = f"expected 1 to {MAX_FPS} pictures a second such as 30, 29.97 or 30000/1001, found {words[:40]!r}"
    if not re.fullmatch(r"\d{1,6}(\.\d{1,6}|/0*[1-9]\d{0,5})?", words, re.ASCII):
        raise ValueError(expected)
    rate = Fraction(words)
    if not 1 <= rate <= MAX_FPS:
        raise ValueError(expected)
    less = Fraction(1000 * round(rate * Fraction(1001, 1000)), 1001)
    if "." in words and rate.denominator > 1 and abs(rate - less) < Fraction(5, 1000):
        rate = less
    return rate.numerator if rate.denominator == 1 else rate


FrameRate = Annotated[
    int | Fraction,
    PrimitiveConstructorSpec(
        nargs=1,
        metavar="RATE",
        instance_from_str=lambda arguments: frame_rate(arguments[0]),
        is_instance=lambda value: isinstance(value, int | Fraction),
        str_from_instance=lambda rate: [str(rate)],
    ),
]
"""Pictures a second: 30, 29.97 or 30000/1001, within 1 and MAX_FPS."""


def _one_or_more(arguments: list[str]) -> tuple[str, ...]:
    if not arguments:
        raise ValueError("expected at least one")
    return tuple(arguments)


Clips = Annotated[
    tuple[str, ...],
    tyro.conf.Positional,
    PrimitiveConstructorSpec(
        nargs="*",
        metavar="CLIP [CLIP ...]",
        instance_from_str=_one_or_more,
        is_instance=lambda value: isinstance(value, tuple),
        str_from_instance=list,
    ),
]
"""One clip or more: a file, or a name in models/clips."""
