"""The one boundary between files from outside and the game: whatever goes wrong while one is read is its refusal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

LONGEST = 400
"""letters of a reason"""
LONGEST_MESSAGE = 2000
"""letters of a reader's own message, which may list what there is"""
_HTML = (b"<!doctype html", b"<html", b"<head", b"<?xml")
_LFS = b"version https://git-lfs.github.com/spec/"


@contextmanager
def refused_as(kind: type[ValueError], name: str) -> Iterator[None]:
    """Inside, whatever a file makes a reader raise becomes one `kind` in one line that names the file.

    A `kind` that the reader itself raises stays, in one line that is not too long.

    Args:
        kind: the error that callers of the reader expect.
        name: of the file, as the message shall call it.
    """
    try:
        yield
    except kind as error:
        if len(words := str(error)) <= LONGEST_MESSAGE and "\n" not in words:
            raise
        raise kind(shortened(" ".join(words.split()), LONGEST_MESSAGE)) from error
    except OSError as error:
        raise kind(f"{shortened(name)} cannot be read: {error.strerror or reason_of(error)}") from error
    except Exception as error:
        raise kind(f"{shortened(name)} is refused, because {reason_of(error)}") from error


def reason_of(error: BaseException) -> str:
    """What an exception says, in one line that has its beginning and its end."""
    words = shortened(" ".join(str(error).split()), LONGEST)
    if isinstance(error, MemoryError):
        return f"reading it takes too much memory{f' ({words})' if words else ''}"
    if isinstance(error, RecursionError):
        return "its parts lie too deep in each other"
    if isinstance(error, KeyError):
        return f"it lacks {words}"
    if isinstance(error, UnicodeDecodeError):
        return f"a text in it is not {error.encoding.upper()}"
    return words or f"reading it ends in a {type(error).__name__}"


def shortened(words: str, longest: int = 200) -> str:
    """Words without their middle where they are longer than `longest` letters."""
    if len(words) <= longest:
        return words
    half = (longest - 5) // 2
    return f"{words[:half]} ... {words[-half:]}"


def other_file(data: bytes) -> str:
    """What a file is that was meant to be another: a Git LFS pointer or a web page; empty where it is neither."""
    start = data[:200].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith(_LFS):
        return "a Git LFS pointer, not the file that it points to: fetch that with git lfs pull"
    if start.startswith(_HTML):
        return "a web page, not the file: download the file itself (on GitHub: Raw)"
    return ""
