"""Numba's cache is another one as soon as any source has changed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from game import compiled_cache


@pytest.fixture
def sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two files, of which one is compiled, and no place chosen for numba."""
    monkeypatch.setenv("NUMBA_CACHE_DIR", "")
    monkeypatch.delenv("NUMBA_CACHE_DIR")
    (tmp_path / "part").mkdir()
    (tmp_path / "one.py").write_text("x = 1\n", "utf-8")
    (tmp_path / "part" / "two.py").write_text("import numba\n", "utf-8")
    return tmp_path


def test_the_cache_of_changed_sources_is_another_one(sources: Path) -> None:
    first = compiled_cache.use(sources)
    assert first is not None and first.is_dir()
    os.environ.pop("NUMBA_CACHE_DIR")
    assert compiled_cache.use(sources) == first
    os.environ.pop("NUMBA_CACHE_DIR")
    (sources / "part" / "two.py").write_text("import numba  # once more\n", "utf-8")
    second = compiled_cache.use(sources)
    assert second is not None and second != first and second.is_dir() and first.is_dir()
    assert os.environ.pop("NUMBA_CACHE_DIR") == str(second)
    os.utime(first, (0.0, 0.0))
    (sources / "one.py").write_text("x = 2  # nothing of it is compiled\n", "utf-8")
    assert compiled_cache.use(sources) == second
    assert second.is_dir() and not first.exists()


def test_a_place_that_was_chosen_is_kept(sources: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", "elsewhere")
    assert compiled_cache.use(sources) is None
    assert not (sources / compiled_cache.FOLDER).exists()
