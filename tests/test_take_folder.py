"""The shelf of takes: what lies there is told, renamed and deleted, and nothing else is touched."""

import json
import os
import zipfile
from pathlib import Path

import pytest

from game.record.take import CARD, POLICIES, TRACE
from game.record.take_folder import TakeFolder, TakeFolderError


def put(path: Path, ticks: int = 30) -> Path:
    """A take's file, as far as the shelf looks at it."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(CARD, json.dumps({"num_ticks": ticks, "set": "park"}))
    return path


def put_folder(path: Path) -> Path:
    (path / POLICIES).mkdir(parents=True)
    (path / CARD).write_text(json.dumps({"num_ticks": 7, "set": ""}))
    (path / TRACE).write_text("[]")
    (path / POLICIES / "walk.onnx").write_bytes(b"")
    return path


def test_what_is_no_take_is_left_out(tmp_path: Path) -> None:
    take = put(tmp_path / "a.zip")
    (tmp_path / "broken.zip").write_bytes(b"PK no")
    (tmp_path / "film.mp4").write_bytes(b"")
    (tmp_path / "pictures").mkdir()
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as archive:
        archive.writestr("readme", "no card")
    put(tmp_path / "wrong.zip", ticks="many")  # type: ignore[arg-type]
    [found] = TakeFolder(tmp_path).takes()
    assert (found.path, found.num_ticks, found.set_name) == (take, 30, "park")
    assert TakeFolder(tmp_path / "nowhere").takes() == []


def test_newest_first_and_read_again_when_changed(tmp_path: Path) -> None:
    shelf = TakeFolder(tmp_path)
    for i, name in enumerate(("old.zip", "new.zip")):
        os.utime(put(tmp_path / name), (1000 + i, 1000 + i))
    assert [take.path.name for take in shelf.takes()] == ["new.zip", "old.zip"]
    os.utime(put(tmp_path / "old.zip", ticks=99), (2000, 2000))
    assert [take.num_ticks for take in shelf.takes()] == [99, 30]


def test_renaming(tmp_path: Path) -> None:
    shelf = TakeFolder(tmp_path)
    take, folder = put(tmp_path / "a.zip"), put_folder(tmp_path / "b")
    assert shelf.rename(take, "The big one") == tmp_path / "The big one.zip"
    assert shelf.rename(folder, "c.d/e") == tmp_path / "c.d_e"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["The big one.zip", "c.d_e"]
    other = put(tmp_path / "other.zip")
    with pytest.raises(TakeFolderError, match=r"a The big one\.zip already"):
        shelf.rename(other, "The big one.zip")
    for name in ("", " .. "):
        with pytest.raises(TakeFolderError, match="no name"):
            shelf.rename(other, name)
    assert shelf.rename(other, "other") == other


def test_deleting_leaves_what_is_not_the_takes(tmp_path: Path) -> None:
    shelf = TakeFolder(tmp_path)
    take, folder, mixed = put(tmp_path / "a.zip"), put_folder(tmp_path / "b"), put_folder(tmp_path / "c")
    (mixed / "notes.txt").write_text("mine")
    stranger = tmp_path / "film.mp4"
    stranger.write_bytes(b"")
    shelf.takes()
    for path in (take, folder, mixed):
        shelf.delete(path)
    assert sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*")) == ["c", "c/notes.txt", "film.mp4"]
    with pytest.raises(TakeFolderError, match="no take"):
        shelf.delete(stranger)


def test_a_name_of_300_letters_is_refused(tmp_path: Path) -> None:
    shelf, take = TakeFolder(tmp_path), put(tmp_path / "a.zip")
    with pytest.raises(TakeFolderError, match="too long for the name of a file"):
        shelf.rename(take, "x" * 300)
    assert take.exists()


def test_a_damaged_zip_is_left_out(tmp_path: Path) -> None:
    """Its directory is whole, and the deflated bytes are not."""
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(CARD, json.dumps({"num_ticks": 30, "set": "park", "title": "x" * 2000}))
    data = bytearray((tmp_path / "a.zip").read_bytes())
    data[45:60] = bytes(255 - byte for byte in data[45:60])
    (tmp_path / "a.zip").write_bytes(data)
    assert TakeFolder(tmp_path).takes() == []


def test_deleting_does_not_follow_links(tmp_path: Path) -> None:
    outside = put_folder(tmp_path / "outside")
    takes = tmp_path / "takes"
    takes.mkdir()
    linked = put_folder(takes / "a")
    (linked / POLICIES / "walk.onnx").unlink()
    (linked / POLICIES).rmdir()
    (linked / POLICIES).symlink_to(outside / POLICIES)
    (takes / "b").symlink_to(outside)
    shelf = TakeFolder(takes)
    assert len(shelf.takes()) == 2
    for path in (linked, takes / "b"):
        shelf.delete(path)
    assert sorted(path.name for path in outside.rglob("*")) == [POLICIES, CARD, TRACE, "walk.onnx"]
