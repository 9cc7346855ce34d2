"""A take's files on disk, in a folder or in one .zip: read within bounds, and written without harm to anything else.

What is no take is never replaced or deleted, and links are never followed where files are deleted.
"""

from __future__ import annotations

import shutil
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from game.scene.refusal import refused_as
from game.scene.whole_file import written_whole
from game.scene.zip_files import ZipError, ZipLimits, read_members

CARD, TRACE, POLICIES, CLIPS = "take.json", "trace.json", "policies", "clips"
FOLDERS = {POLICIES: ".onnx", CLIPS: ".json"}
"""and how the names of their files end"""
MAX_CARD_VALUES = 5_000_000
"""of JSON in a card: ten for each of the events that there may be"""
LIMITS = ZipLimits(max_files=256, max_bytes=512 << 20, max_member_bytes=160 << 20)


class TakeError(ValueError):
    """A take cannot be read or written, or does not belong to this version."""


def is_take(path: Path) -> bool:
    """Whether a folder or a .zip holds a take's card."""
    if path.is_dir():
        return (path / CARD).is_file()
    try:
        with zipfile.ZipFile(path) as archive:
            return CARD in archive.namelist()
    except (OSError, ValueError, NotImplementedError, zipfile.BadZipFile):
        return False


def read_files(path: Path) -> dict[str, bytes]:
    """The files of a take, by their names in it. Raises TakeError."""
    with refused_as(TakeError, path.name):
        try:
            return _read_folder(path) if path.is_dir() else read_members(path, _wanted, LIMITS)
        except ZipError as error:
            raise TakeError(f"{path.name} cannot be read: {error}") from error


def write_files(path: Path, files: Mapping[str, bytes]) -> None:
    """Write a take to a folder, or to one file if the path ends in .zip: all or nothing.

    A take that is there is replaced; other files in its folder stay.

    Raises:
        TakeError: what is there is no take.
        OSError: it cannot be written; nothing is left of it.
    """
    if path.is_symlink():
        raise TakeError(f"{path} is a link; save into another place")
    if path.exists() and not is_take(path) and not _is_empty(path):
        raise TakeError(f"{path} is there already and is no take; save into another place")
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix.lower() == ".zip" and not path.is_dir():
        with written_whole(path) as temporary, zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in files.items():
                # a fixed date: the same take is the same file
                archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), data, zipfile.ZIP_DEFLATED)
        return
    staging = Path(tempfile.mkdtemp(prefix=f".{path.name[:40]}.", suffix=".part", dir=path.parent))
    try:
        for name, data in files.items():
            target = staging / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
        staging.chmod(0o755)
        _swap_in(staging, path)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def files_of(folder: Path) -> list[Path]:
    """The files of a take that lies in a folder; whatever else is there, and what a link leads to, is left out."""
    inner = [(folder / name, ending) for name, ending in FOLDERS.items() if not (folder / name).is_symlink()]
    kept = [file for place, ending in inner for file in sorted(place.glob(f"*{ending}"))]
    return [file for file in (folder / CARD, folder / TRACE, *kept) if file.is_file()]


def delete_files(folder: Path) -> None:
    """Delete a take in a folder, and the folder where nothing else is in it. Raises OSError."""
    if folder.is_symlink():
        folder.unlink()
        return
    for file in files_of(folder):
        file.unlink(missing_ok=True)
    for place in (*(folder / name for name in FOLDERS), folder):
        if place.is_dir() and not place.is_symlink() and not any(place.iterdir()):
            place.rmdir()


def _wanted(name: str) -> bool:
    """Whether a file belongs to takes; whatever else lies there is left alone."""
    parts = PurePosixPath(name).parts
    return name in (CARD, TRACE) or (len(parts) == 2 and parts[0] in FOLDERS and name.endswith(FOLDERS[parts[0]]))


def _read_folder(path: Path) -> dict[str, bytes]:
    found = files_of(path)
    sizes = [file.stat().st_size for file in found]
    if len(found) > LIMITS.max_files or sum(sizes) > LIMITS.max_bytes:
        raise TakeError(f"{path.name}: {len(found)} files of {sum(sizes) >> 20} MiB, expected at most "
                        f"{LIMITS.max_files} of {LIMITS.max_bytes >> 20} MiB")  # fmt: skip
    return {file.relative_to(path).as_posix(): file.read_bytes() for file in found}


def _is_empty(path: Path) -> bool:
    return path.is_dir() and not any(path.iterdir())


def _swap_in(staging: Path, path: Path) -> None:
    """Put a finished folder in place of a take; the old take goes only when the new one stands, other files stay."""
    if not path.exists() or _is_empty(path):
        staging.replace(path)
        return
    old = Path(tempfile.mkdtemp(prefix=f".{path.name[:40]}.", suffix=".old", dir=path.parent))
    path.replace(old)
    try:
        staging.replace(path)
    except OSError:
        old.replace(path)
        raise
    delete_files(old)
    if old.is_dir():
        for other in old.iterdir():
            if not (path / other.name).exists():
                other.replace(path / other.name)
            elif other.is_dir() and not other.is_symlink():
                for inner in other.iterdir():  # not of the take, in a folder of its
                    if not (path / other.name / inner.name).exists():
                        inner.replace(path / other.name / inner.name)
                if not any(other.iterdir()):
                    other.rmdir()
        if not any(old.iterdir()):
            old.rmdir()
