"""Damaged files: 2,000 here, from a fixed seed; `python -m tests.support.fuzz --count 20000` for more."""

import json
import random
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import fuzz
from tests.support.damage import damaged

ROOT = Path(__file__).resolve().parents[1]


def test_two_thousand_damaged_files_are_read_or_refused_in_one_line() -> None:
    """No traceback, no hang over 10 s, no more than 2 GiB; in a process of its own, whose memory is bounded."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.fuzz", "--count", "2000"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["files"] == 2000
    assert 1000 < found["refused"] < 2000
    assert found["slowest_s"] < fuzz.SECONDS
    assert found["peak_mib"] < 2048


def test_the_samples_are_good_and_the_damage_repeats(tmp_path: Path) -> None:
    """A reader that refused everything would pass the test above."""
    readers = fuzz.readers()
    for reader in readers:
        assert damaged(reader.sample, random.Random("a")) == damaged(reader.sample, random.Random("a"))
        if reader.name in ("marks.c3d", "clip.txt", "rig.bvh", "rig.glb", "clip.npz", "clip.pkl"):
            continue  # their own tests read good ones
        path = tmp_path / reader.name
        path.write_bytes(reader.sample)
        reader.read(path)
        path.unlink()


def test_what_goes_wrong_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader with every fault that is looked for."""

    def faulty(path: Path) -> None:
        number = path.stat().st_size % 3
        if number == 0:
            raise KeyError("a traceback")
        if number == 1:
            raise ValueError("two\nlines")
        while True:
            pass

    reader = fuzz.Reader("faulty.bin", b"", faulty, ValueError)
    sizes = iter((0, 1, 2))
    monkeypatch.setattr(fuzz, "readers", lambda: [reader])
    monkeypatch.setattr(fuzz, "damaged", lambda _data, _rng: bytes(next(sizes)))
    monkeypatch.setattr(fuzz, "SECONDS", 0.2)
    monkeypatch.setattr(resource, "setrlimit", lambda *_: None)
    first, second, third = fuzz.fuzz(3, 0)["wrong"]
    assert "KeyError" in first
    assert "a message of 9 letters" in second
    assert "TooSlowError" in third
