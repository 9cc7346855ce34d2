"""Reads members of zip archives that may come from anywhere, within bounds on what they expand to."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from game.scene.refusal import refused_as

MAX_RATIO = 200
"""bytes that one byte of an archive may expand to, beyond FREE_BYTES"""
FREE_BYTES = 32 << 20
"""bytes that a member may have at any ratio"""
_BLOCK = 1 << 20


class ZipError(ValueError):
    """An archive is damaged, or expands to more than is read."""


class ZipLimits(NamedTuple):
    """Limits of what is read from one archive."""

    max_files: int
    max_bytes: int
    """in all"""
    max_member_bytes: int
    """of each"""


def read_members(path: Path, wanted: Callable[[str], bool], limits: ZipLimits) -> dict[str, bytes]:
    """The members of an archive whose names are wanted. What the archive says of sizes is not trusted.

    Raises:
        ZipError: it is no archive, damaged, encrypted, or beyond the limits.
    """
    with refused_as(ZipError, path.name):
        try:
            with zipfile.ZipFile(path) as archive:
                infos = [info for info in archive.infolist() if wanted(info.filename)]
                _check(len(infos), sum(info.file_size for info in infos), limits)
                files: dict[str, bytes] = {}
                for info in infos:
                    files[info.filename] = _read(archive, info, limits)
                return files
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
            raise ZipError(f"it is a damaged zip archive, or none: {error or 'it is cut short'}") from error


def _read(archive: zipfile.ZipFile, info: zipfile.ZipInfo, limits: ZipLimits) -> bytes:
    most = min(limits.max_member_bytes, FREE_BYTES + MAX_RATIO * info.compress_size)
    if info.file_size > most:
        raise ZipError(f"{info.filename} expands to {_mib(info.file_size)} MiB, expected at most {_mib(most)}")
    blocks, left = [], info.file_size + 1
    with archive.open(info) as stream:
        while left > 0 and (block := stream.read(min(left, _BLOCK))):
            blocks.append(block)
            left -= len(block)
    data = b"".join(blocks)
    if len(data) != info.file_size:
        raise ZipError(f"{info.filename} is not of the size that the archive says")
    return data


def _check(num_files: int, num_bytes: int, limits: ZipLimits) -> None:
    if num_files > limits.max_files or num_bytes > limits.max_bytes:
        raise ZipError(
            f"{num_files} files of {_mib(num_bytes)} MiB, expected at most {limits.max_files} files of "
            f"{_mib(limits.max_bytes)} MiB"
        )


def _mib(size: int) -> str:
    return f"{size / (1 << 20):.3g}"
