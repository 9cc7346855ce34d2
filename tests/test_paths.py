"""Where files lie."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from game.scene import paths


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have other folders")
def test_settings_lie_where_linux_keeps_them(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    assert paths.user_dir() == tmp_path / ".config" / "pratfall"
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "mine"))
    assert paths.user_dir() == tmp_path / "mine" / "pratfall"


def test_data_lies_beside_the_package() -> None:
    assert (paths.models_dir() / "sets").is_dir()
    assert list(paths.policies_dir().glob("*.onnx"))


def test_missing_data_says_where_it_was_looked_for(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(paths, "_PACKAGE", tmp_path / "game")
    with pytest.raises(FileNotFoundError, match="the game's models are missing: looked for"):
        paths.models_dir()
