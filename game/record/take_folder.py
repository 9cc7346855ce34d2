"""TakeFolder: lists the takes in a folder, renames and deletes them."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from game.camera.cuts import CUTS
from game.record.take_files import CARD, LIMITS, MAX_CARD_VALUES, TakeError, delete_files
from game.scene.json_text import parse_object
from game.scene.refusal import refused_as, shortened
from game.scene.zip_files import read_members

MAX_NAME_BYTES = 200
"""of a take's file"""


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
        known: dict[Path, tuple[int, SavedTake | None]] = {}
        try:
            paths = list(self.folder.iterdir())
        except OSError:
            return []  # there is no such folder, or it cannot be read
        for path in paths:
            card = path / CARD if path.is_dir() else path
            if path.suffix.lower() != ".zip" and card == path:
                continue
            try:
                stamp = card.stat().st_mtime_ns
            except OSError:
                continue  # no take, or gone between listing and looking
            before = self._known.get(path)
            known[path] = before if before is not None and before[0] == stamp else (stamp, _read(path, stamp))
        self._known = known
        return sorted((take for _, take in known.values() if take is not None), key=lambda take: -take.saved)

    def rename(self, path: Path, name: str) -> Path:
        """Gives a take's file another name, its ending stays; returns the new path. Raises TakeFolderError."""
        clean = "".join("_" if letter in '<>:"/\\|?*' or ord(letter) < 32 else letter for letter in name).strip(" .")
        if not clean:
            raise TakeFolderError(f"{name!r} is no name for a file")
        with refused_as(TakeFolderError, path.name):
            ending = path.suffix if path.is_file() else ""
            new = path.with_name(clean.removesuffix(ending) + ending)
            if new == path:
                return path
            if len(new.name.encode()) > MAX_NAME_BYTES:
                raise TakeFolderError(f"{shortened(clean, 40)!r} is too long for the name of a file")
            if new.exists():
                raise TakeFolderError(f"there is a {new.name} already")
            return path.rename(new)

    def delete(self, path: Path) -> None:
        """Deletes a take of this folder for good. Raises TakeFolderError."""
        if path not in self._known or self._known[path][1] is None:
            raise TakeFolderError(f"{path} is no take of {self.folder}")
        try:
            if path.is_dir():
                delete_files(path)
            else:
                path.unlink(missing_ok=True)
        except OSError as error:
            raise TakeFolderError(f"{path.name} cannot be deleted: {error}") from error


def _read(path: Path, stamp: int) -> SavedTake | None:
    """A take's card; None where it is no take."""
    try:
        with refused_as(TakeError, path.name):
            if path.is_dir():
                text = (path / CARD).read_bytes()
            else:
                text = read_members(path, lambda name: name == CARD, LIMITS)[CARD]
            card = parse_object(text, CARD, max_values=MAX_CARD_VALUES)
            has_cuts = bool(dict(card.get("extra", {})).get(CUTS))
            return SavedTake(path, int(card["num_ticks"]), str(card["set"]), stamp / 1e9, has_cuts)
    except TakeError:
        return None
