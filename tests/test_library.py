"""The library: new files are playable at once, broken ones are refused while the old one plays on."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from game.policy.library import PolicyLibrary
from game.policy.policy import Policy, PolicyError
from game.sim.model import CharacterModel
from tests.support.small_policy import MODEL, write


def poll_until(library: PolicyLibrary, word: str, seconds: float = 5.0) -> str:
    """Poll as a game does until a message with a word comes."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for message in library.poll():
            if word in message:
                return message
        time.sleep(0.02)
    raise AssertionError(f"no message with {word!r}")


@pytest.fixture
def library(tmp_path: Path) -> PolicyLibrary:
    write(tmp_path / "old.onnx")
    return PolicyLibrary(MODEL, [tmp_path])


def test_a_new_file_becomes_playable(library: PolicyLibrary, tmp_path: Path) -> None:
    assert library.names == ("old",)
    write(tmp_path / "new.onnx")
    assert poll_until(library, "new") == "loaded new"
    assert library.get("new").spec.name == "keep"


def test_a_changed_file_is_taken_up(library: PolicyLibrary, tmp_path: Path) -> None:
    before = library.get("old").sha256
    write(tmp_path / "old.onnx", skill="changed")
    poll_until(library, "loaded old")
    assert library.get("old").sha256 != before
    assert library.get("old").spec.skill == "changed"


def test_a_broken_change_is_refused_and_the_old_one_stays(library: PolicyLibrary, tmp_path: Path) -> None:
    before = library.get("old")
    (tmp_path / "old.onnx").write_bytes(b"rubbish")
    assert "not an ONNX model" in poll_until(library, "refused")
    assert library.get("old") is before
    assert "not an ONNX model" in library.refused["old"]
    write(tmp_path / "old.onnx", skill="mended")
    poll_until(library, "loaded old")
    assert library.refused == {}


def test_an_unknown_name_says_what_there_is(library: PolicyLibrary, tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="no policy 'flip'; there are old"):
        library.get("flip")
    (tmp_path / "bad.onnx").write_bytes(b"rubbish")
    poll_until(library, "refused")
    with pytest.raises(PolicyError, match=r"no policy 'bad': .*not an ONNX model"):
        library.get("bad")


def test_ages_come_youngest_first(tmp_path: Path) -> None:
    for name, age in {"c": 1.0, "a": 0.0, "b": 0.4}.items():
        write(tmp_path / f"{name}.onnx", family="flip", age=age)
    write(tmp_path / "other.onnx")
    library = PolicyLibrary(MODEL, [tmp_path])
    assert library.family("b") == ("a", "b", "c")
    assert library.family("other") == ("other",)


def test_a_later_folder_hides_an_earlier_one(tmp_path: Path) -> None:
    for folder in ("shipped", "mine"):
        (tmp_path / folder).mkdir()
        write(tmp_path / folder / "walk.onnx", skill=folder)
    library = PolicyLibrary(MODEL, [tmp_path / "shipped", tmp_path / "mine"])
    assert library.get("walk").spec.skill == "mine"


def test_what_a_look_at_the_names_finds_is_still_told(library: PolicyLibrary, tmp_path: Path) -> None:
    (tmp_path / "bad.onnx").write_bytes(b"rubbish")
    messages: list[str] = []
    end = time.monotonic() + 5.0
    while "bad" not in library.refused and time.monotonic() < end:
        messages += library.poll()
        time.sleep(0.02)
        assert "old" in library.names
    messages += library.poll()
    assert [m for m in messages if "bad" in m] == ["refused bad.onnx: " + library.refused["bad"].partition(": ")[2]]


def test_a_file_that_takes_too_long_holds_nothing_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its neighbours are loaded, it is refused with the reason, and closing does not wait for it."""
    go_on = threading.Event()
    load = Policy.load

    def slow(path: Path, model: CharacterModel) -> Policy:
        if path.stem == "a_slow":
            go_on.wait(60.0)
        return load(path, model)

    monkeypatch.setattr(Policy, "load", slow)
    monkeypatch.setattr("game.policy.policy_loader.MAX_SECONDS", 0.3)
    monkeypatch.setattr("game.policy.policy_loader.CLOSING_SECONDS", 0.1)
    for name in ("a_slow", "b"):
        write(tmp_path / f"{name}.onnx")
    library = PolicyLibrary(MODEL, [tmp_path])
    assert library.get("b").spec.name == "keep"
    with pytest.raises(PolicyError, match=r"no policy 'a_slow': a_slow\.onnx: loading it takes more than 0\.3 s"):
        library.get("a_slow")
    assert library.names == ("b",)
    write(tmp_path / "a_slow.onnx", skill="again")
    poll_until(library, "refused")
    start = time.monotonic()
    library.close()
    assert time.monotonic() - start < 5.0
    go_on.set()
    assert "a_slow" not in library.names  # what comes too late stays refused


def test_a_family_does_not_wait_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    go_on = threading.Event()
    load = Policy.load
    monkeypatch.setattr("game.policy.library.FAMILY_SECONDS", 0.2)
    monkeypatch.setattr(
        Policy, "load", lambda path, model: load(path, model) if path.stem == "a" or go_on.wait(60.0) else None
    )
    for name in ("a", "b"):
        write(tmp_path / f"{name}.onnx", family="flip")
    library = PolicyLibrary(MODEL, [tmp_path])
    assert library.family("a") == ("a",)
    go_on.set()
