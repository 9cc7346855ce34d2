"""Takes: the same run twice, bit for bit, and files that are broken in every way."""

from __future__ import annotations

import errno
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from game.play import events as ev
from game.play.runtime import Runtime
from game.policy.library import PolicyLibrary
from game.record.playback import verify
from game.record.take import CARD, TRACE, Divergence, Take, TakeError
from game.scene.set_file import load_prop
from game.sim.model import CharacterModel


@pytest.fixture(scope="module")
def library() -> PolicyLibrary:
    return PolicyLibrary(CharacterModel.load())


def script() -> dict[int, list[ev.Event]]:
    """Twenty eventful seconds: pushes, gravity, swaps, a crowd, a prop, a hand, nerves, a reset."""
    ball = load_prop("ball").at((1.0, 0.1, 1.2))
    return {
        0: [ev.Play("deepmimic_backflip", place=True)],
        20: [ev.Push((300.0, 40.0, 0.0), "torso")],
        45: [ev.Crowd(3)],
        60: [ev.Spawn(ball, velocity=(-6.0, 0.0, 1.0))],
        90: [ev.Play("deepmimic_walk", character=1), ev.Strength(0.3, "left_arm", character=2)],
        120: [ev.Gravity((0.0, 0.0, -3.7))],
        200: [ev.Grab((0.0, 0.0, 2.2), body="head"), ev.Friction(0.2)],
        230: [ev.Drag((0.5, 0.5, 2.0))],
        260: [ev.Release(), ev.Gravity((0.0, 0.0, -9.8)), ev.Nerves(delay=2, sense_noise=0.02, act_noise=0.02)],
        300: [ev.Reset(), ev.Play("deepmimic_jump", character=2, phase=0.3)],
        420: [ev.Crowd(2), ev.Remove(0)],
    }


def record(library: PolicyLibrary, events: dict[int, list[ev.Event]], ticks: int) -> Take:
    runtime = Runtime(library, seed=11)
    for tick in range(ticks):
        runtime.tick(events.get(tick, ()), strict=True)
    return Take.of(runtime, title="test")


@pytest.fixture(scope="module")
def short(library: PolicyLibrary) -> Take:
    return record(library, {0: [ev.Play("deepmimic_walk", place=True)], 5: [ev.Push((50.0, 0.0, 0.0))]}, 12)


def test_a_fresh_process_repeats_twenty_seconds_bit_for_bit(library: PolicyLibrary, tmp_path: Path) -> None:
    take = record(library, script(), 600)
    assert len({digest for digest, _ in take.trace}) == 600
    take.save(tmp_path / "take.zip")
    code = (
        "import sys, pathlib; from game.record.playback import verify; from game.record.take import Take; "
        "print(verify(Take.load(pathlib.Path(sys.argv[1]))))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "take.zip")], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "None"


def test_verify_names_tick_and_distance(short: Take) -> None:
    digest, pos = short.trace[7]
    moved = [[pos[0][0] + 0.25, *pos[0][1:]]]
    bent = Take(**{**vars(short), "trace": (*short.trace[:7], ("0" * 16, moved), *short.trace[8:])})
    divergence = verify(bent)
    assert isinstance(divergence, Divergence)
    assert divergence.tick == 7
    assert divergence.distance == pytest.approx(0.25, abs=1e-9)
    assert digest != "0" * 16


@pytest.mark.parametrize("name", ["take", "take.zip"])
def test_saving_and_loading_keeps_everything(short: Take, tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    short.save(path)
    short.save(path)  # over itself
    loaded = Take.load(path)
    assert loaded.sha256 == short.sha256
    assert loaded.events == short.events
    assert loaded.policies == short.policies
    assert verify(loaded) is None
    assert sorted(p.name for p in tmp_path.iterdir()) == [name]


def rewrite(path: Path, **changes: object) -> None:
    card = json.loads((path / CARD).read_text())
    (path / CARD).write_text(json.dumps({**card, **changes}))


def test_a_newer_schema_says_so(short: Take, tmp_path: Path) -> None:
    short.save(tmp_path / "t")
    rewrite(tmp_path / "t", schema=99)
    with pytest.raises(TakeError, match="schema 99, newer than 3"):
        Take.load(tmp_path / "t")


def test_tampering_is_noticed(short: Take, tmp_path: Path) -> None:
    path = tmp_path / "t"
    short.save(path)
    rewrite(path, seed=12)
    with pytest.raises(TakeError, match="was changed after it was saved"):
        Take.load(path)
    short.save(path)
    policy = next((path / "policies").iterdir())
    policy.write_bytes(policy.read_bytes()[:-1])
    with pytest.raises(TakeError, match=r"deepmimic_walk\.onnx: it was changed or cut short"):
        Take.load(path)
    policy.unlink()
    with pytest.raises(TakeError, match="missing"):
        Take.load(path)


def test_what_is_no_take_is_refused(short: Take, tmp_path: Path) -> None:
    short.save(tmp_path / "t.zip")
    whole = (tmp_path / "t.zip").read_bytes()
    for k, data in enumerate([b"", b"hello", whole[: len(whole) // 2]]):
        broken = tmp_path / f"{k}.zip"
        broken.write_bytes(data)
        with pytest.raises(TakeError, match="cannot be read"):
            Take.load(broken)
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as archive:
        archive.writestr("a.txt", "x")
    with pytest.raises(TakeError, match=r"no take\.json"):
        Take.load(tmp_path / "other.zip")
    with pytest.raises(TakeError, match="cannot be read"):
        Take.load(tmp_path / "nowhere")


def test_an_unknown_event_is_named(short: Take, tmp_path: Path) -> None:
    short.save(tmp_path / "t")
    rewrite(tmp_path / "t", events=[{"tick": 3, "type": "sneeze"}])
    with pytest.raises(TakeError, match="'sneeze'; there are play, perform"):
        Take.load(tmp_path / "t")


def test_whole_numbers_of_a_script_survive_the_disk(library: PolicyLibrary, tmp_path: Path) -> None:
    events: dict[int, list[ev.Event]] = {0: [ev.Push((50, 0, 0)), ev.Gravity((0, 0, -9.8))]}
    take = record(library, events, 2)
    take.save(tmp_path / "take.zip")
    assert Take.load(tmp_path / "take.zip").sha256 == take.sha256


def test_what_is_no_take_is_never_replaced(short: Take, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "letter.txt").write_text("dear")
    (tmp_path / "film.zip").write_bytes(b"not a take")
    (tmp_path / "link").symlink_to(mine)
    for path, reason in ((mine, "is no take"), (tmp_path / "film.zip", "is no take"), (tmp_path / "link", "a link")):
        with pytest.raises(TakeError, match=reason):
            short.save(path)
    assert (mine / "letter.txt").read_text() == "dear"
    assert (tmp_path / "film.zip").read_bytes() == b"not a take"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["film.zip", "link", "mine"]
    (mine / "letter.txt").unlink()
    short.save(mine)  # an empty folder is nobody's


def test_a_take_is_replaced_and_its_neighbours_stay(short: Take, tmp_path: Path) -> None:
    path, old = tmp_path / "t", tmp_path / "t.old"
    old.mkdir()
    (old / "letter.txt").write_text("dear")
    short.save(path)
    (path / "notes.txt").write_text("mine")
    (path / "policies" / "notes.txt").write_text("too")
    Take(**{**vars(short), "title": "new", "policies": {}, "events": ()}).save(path)
    assert Take.load(path).title == "new"
    assert [(path / name).read_text() for name in ("notes.txt", "policies/notes.txt")] == ["mine", "too"]
    assert (old / "letter.txt").read_text() == "dear"
    assert sorted(p.name for p in path.rglob("*.onnx")) == []
    assert sorted(p.name for p in tmp_path.iterdir()) == ["t", "t.old"]


@pytest.mark.parametrize("name", ["take", "take.zip"])
def test_a_failed_save_leaves_nothing(short: Take, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    short.save(tmp_path / name)
    before = Take.load(tmp_path / name).sha256

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(zipfile.ZipFile, "writestr", full)
    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space left"):
        Take(**{**vars(short), "title": "new"}).save(tmp_path / name)
    monkeypatch.undo()
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert Take.load(tmp_path / name).sha256 == before


def bomb(path: Path, name: str, data: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(CARD, json.dumps({"schema": 2, "num_ticks": 1, "set": ""}))
        archive.writestr(name, data)
    return path


def test_what_expands_without_bound_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TakeError, match=r"trace\.json expands to 61 MiB, expected at most"):
        Take.load(bomb(tmp_path / "a.zip", TRACE, b"0" * 64_000_000))
    cards = [{"tick": 0, "type": "gravity", "vector": [0, 0, -1]}] * 500_010
    with pytest.raises(ev.EventError, match="500010 events, expected at most 500000"):
        ev.list_from_json(cards)


def test_a_very_long_run_of_a_crowd_is_thinned(monkeypatch: pytest.MonkeyPatch, short: Take, tmp_path: Path) -> None:
    monkeypatch.setattr("game.record.take.MAX_TRACE_VALUES", 7 * len(short.trace))
    short.save(tmp_path / "t.zip")
    rows = Take.load(tmp_path / "t.zip").trace
    assert [digest for digest, _ in rows] == [digest for digest, _ in short.trace]
    assert [bool(pos) for _, pos in rows[:4]] == [True, False, True, False]
    assert verify(Take.load(tmp_path / "t.zip")) is None
