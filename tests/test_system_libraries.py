"""What a bare Linux lacks is named in one line, with one command that brings it, before anything fails for it."""

import sys
from dataclasses import replace

import pytest

from game.__main__ import NO_WINDOW, main
from game.view import pick_pipe, system_libraries
from game.view.pick_pipe import Output

BARE_DEBIAN = {"libX11.so.6", "libXext.so.6", "libGL.so.1", "libEGL.so.1"}


@pytest.fixture(autouse=True)
def linux(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")


def lacking(monkeypatch: pytest.MonkeyPatch, names: set[str]) -> None:
    """As on a system without these libraries."""
    monkeypatch.setattr(system_libraries, "_loads", lambda name: name not in names)


def test_the_loader_is_asked() -> None:
    nowhere = {"libm.so.6": "libc6", "libnowhere.so.1": "libnowhere1"}
    assert system_libraries.missing(nowhere) == {"libnowhere.so.1": "libnowhere1"}


def test_no_window_on_a_bare_system_says_all_at_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lacking(monkeypatch, BARE_DEBIAN)
    assert main([]) == NO_WINDOW == 3
    first = capsys.readouterr().err.splitlines()[0]
    assert first == (
        "no window can be opened: libEGL.so.1, libGL.so.1, libX11.so.6, libXext.so.6 missing. On Debian and Ubuntu: "
        "sudo apt-get install libegl1 libgl1 libgl1-mesa-dri libx11-6 libxext6"
    )


def test_the_film_alone_needs_no_warning_about_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    lacking(monkeypatch, {"libEGL.so.1"})
    assert system_libraries.window_trouble() == ""
    lacking(monkeypatch, {"libXext.so.6"})
    assert "libxext6" in system_libraries.window_trouble()
    assert "libegl1" not in system_libraries.window_trouble()


def test_other_systems_have_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    lacking(monkeypatch, BARE_DEBIAN)
    monkeypatch.setattr(sys, "platform", "darwin")
    assert system_libraries.window_trouble() == ""


def test_a_display_without_opengl_is_told_what_brings_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    with pytest.raises(pick_pipe.OutputError, match="sudo apt-get install libgl1 libgl1-mesa-dri libx11-6 libxext6"):
        pick_pipe.window_pipe()


def test_a_plain_picture_says_what_would_make_it_better(output: Output) -> None:
    assert output.has_shaders
    assert output.shortfall == ""
    shortfall = replace(output, has_shaders=False).shortfall
    assert "capsules" in shortfall
    assert "sudo apt-get install libegl1 libgl1 libgl1-mesa-dri" in shortfall
