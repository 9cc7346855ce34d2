"""TakeFolder: lists the takes in a folder, renames and deletes them."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import NamedTuple

from game.camera.cuts import CUTS
from game.record.take import CARD, FOLDERS, files_of
from game.scene.json_text import parse_object

MAX_CARD_BYTES = 64 << 20


class TakeFolderError(ValueError):
    """A take cannot be renamed or deleted; the message says why."""


class SavedTake(NamedTuple):
    """A take on disk."""

    path: Path
    num_ticks: int
    set_name: str
    saved: float
    """s since 1970"""
    has_cuts: bool = False
    """whether it has cuts from camera to camera"""


class TakeFolder:
    """The takes of one folder. Listing it again reads only files that are new or have changed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._known: dict[Path, tuple[int, SavedTake | None]] = {}

    def takes(self) -> list[SavedTake]:
        """All takes of the folder, newest first; other files are left out."""
        if not self.folder.is_dir():
            return []
        known: dict[Path, tuple[int, SavedTake | None]] = {}
        for path in self.folder.iterdir():
            card = path / CARD if path.is_dir() else path
            if path.suffix.lower() != ".zip" and not card.is_file():
                continue
            try:
                stamp = card.stat().st_mtime_ns
            except OSError:
                continue  # gone between listing and looking
            before = self._known.get(path)
            known[path] = before if before is not None and before[0] == stamp else (stamp, _read(path, stamp))
        self._known = known
        return sorted((take for _, take in known.values() if take is not None), key=lambda take: -take.saved)

    def rename(self, path: Path, name: str) -> Path:
        """Gives a take's file another name, its ending stays; returns the new path. Raises TakeFolderError."""
        clean = "".join("_" if letter in '<>:"/\\|?*' or ord(letter) < 32 else letter for letter in name).strip(" .")
        if not clean:
            raise TakeFolderError(f"{name!r} is no name for a file")
        ending = path.suffix if path.is_file() else ""
        new = path.with_name(clean.removesuffix(ending) + ending)
        if new == path:
            return path
        if new.exists():
            raise TakeFolderError(f"there is a {new.name} already")
        try:
            return path.rename(new)
        except OSError as error:
            raise TakeFolderError(f"{path.name} cannot be renamed: {error}") from error

    def delete(self, path: Path) -> None:
        """Deletes a take of this folder for good. Raises TakeFolderError."""
        if path not in self._known or self._known[path][1] is None:
            raise TakeFolderError(f"{path} is no take of {self.folder}")
        try:
            for file in files_of(path) if path.is_dir() else (path,):
                file.unlink(missing_ok=True)
            for folder in (*(path / name for name in FOLDERS), path):
                if folder.is_dir() and not any(folder.iterdir()):  # what else lies there is left alone
                    folder.rmdir()
        except OSError as error:
            raise TakeFolderError(f"{path.name} cannot be deleted: {error}") from error


def _read(path: Path, stamp: int) -> SavedTake | None:
    """A take's card; None where it is no take."""
    try:
        if path.is_dir():
            text = (path / CARD).read_bytes()
        else:
            with zipfile.ZipFile(path) as archive:
                if archive.getinfo(CARD).file_size > MAX_CARD_BYTES:
                    return None
                text = archive.read(CARD)
        card = parse_object(text, CARD, max_bytes=MAX_CARD_BYTES)
        return SavedTake(
            path, int(card["num_ticks"]), str(card["set"]), stamp / 1e9, bool(dict(card.get("extra", {})).get(CUTS))
        )
    except (OSError, ValueError, KeyError, TypeError, OverflowError, zipfile.BadZipFile, NotImplementedError,
            RuntimeError, EOFError):  # fmt: skip
        return None
