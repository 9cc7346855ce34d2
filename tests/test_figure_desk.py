"""Figures that come while the game goes on: dropped files, the folder, and what a game wears."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from game.app import figure_desk
from game.app.figure_desk import FigureDesk
from game.app.game import Game
from game.play.runtime import Runtime
from game.policy.library import PolicyLibrary
from game.session.opening import BARE
from game.session.session import Session
from game.sim.model import CharacterModel
from game.view.figure_folder import OWN, FigureFolder
from game.view.file_drop import files_of
from tests.support.box_figure import BoxFigure
from tests.support.fake_display import FakeDisplay
from tools.cast.casting import cast

ROOT = Path(__file__).resolve().parents[1]
CASTER = """
import pathlib, sys
source, name, out = sys.argv[1], sys.argv[3], sys.argv[5]
if "bad" in source:
    print("error: bad.glb: no humanoid", file=sys.stderr)
    sys.exit(1)
pathlib.Path(out).mkdir(parents=True, exist_ok=True)
(pathlib.Path(out) / f"{name}.glb").write_text(source)
"""


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FigureDesk:
    """Its caster copies the file's name."""
    (tmp_path / "caster.py").write_text(CASTER)
    monkeypatch.setattr(figure_desk, "CASTER", "caster")
    monkeypatch.setattr(figure_desk, "LOOK_SECONDS", 0.0)
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path)])
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return FigureDesk(FigureFolder(tmp_path / "figures"), lambda name: f"wears {name}")


def told(desk: FigureDesk, words: str) -> None:
    until = time.monotonic() + 30.0
    while not any(words in message for message in desk.poll()):
        assert time.monotonic() < until, words
        time.sleep(0.02)


def test_a_dropped_file_is_cast_and_worn(desk: FigureDesk, tmp_path: Path) -> None:
    assert "expected a file that ends in .glb" in desk.cast(tmp_path / "song.mp3")
    assert desk.cast(tmp_path / "My Friend.vrm") == "casting My Friend.vrm; play on"
    desk.cast(tmp_path / "bad.glb")
    assert desk.casting == ""
    desk.poll()
    assert desk.casting == "My Friend.vrm"
    told(desk, "wears My_Friend")
    assert (desk.folder.ready / "My_Friend.glb").is_file()
    told(desk, "bad.glb: no humanoid; the previous figure plays on")
    desk.close()


def test_a_file_in_the_folder_is_cast_once_it_no_longer_grows(desk: FigureDesk) -> None:
    assert desk.poll() == []
    desk.folder.folder.mkdir()
    (desk.folder.folder / "bad.glb").write_text("x")
    desk.poll()
    assert desk.casting == ""  # it may still be growing
    told(desk, "no humanoid")
    for _ in range(3):
        desk.poll()
        assert desk.casting == ""  # refused once, until it changes
    (desk.folder.folder / "good.glb").write_text("y")
    told(desk, "wears good")
    for _ in range(3):
        assert desk.poll() == [] and desk.casting == ""


def test_a_game_wears_figures_and_stays_what_it_was_where_one_is_none(tmp_path: Path) -> None:
    folder, display = FigureFolder(tmp_path / "figures"), FakeDisplay()
    folder.ready.mkdir(parents=True)
    raw = BoxFigure().save(tmp_path / "raw.glb")
    cast(raw, folder.target("me"), "me")
    library = PolicyLibrary(CharacterModel.load(), [])
    game = Game(Session(Runtime(library), None, BARE), display, out=tmp_path, figures=folder)
    try:
        assert game.wear("me") == "he is me now" and display.figure == folder.target("me")
        assert "no figure is called 'nobody'" in game.wear("nobody")
        folder.target("torn").write_bytes(folder.target("me").read_bytes()[:-5000])
        assert "he stays me" in game.wear("torn")
        assert (game.avatar, display.figure) == ("me", folder.target("me"))
        assert game.wear(str(raw)) == "casting raw.glb; play on"
        assert game.wear(OWN) == "our own figure" and display.figure is None
    finally:
        game.close()
        library.close()


def test_lists_of_dropped_files_are_read() -> None:
    uris = b"# comment\r\nfile:///home/me/My%20Friend.vrm\r\nhttps://example.org/x.glb\r\nfile:///srv/\xc3\xa9.glb\r\n"
    assert files_of(uris) == [Path("/home/me/My Friend.vrm"), Path("/srv/é.glb")]
    assert files_of(b"\xff\x00nonsense") == []


WINDOW = """
import sys, time
import panda3d.core as p3d
from game.view import pick_pipe
from game.view.file_drop import FileDrop
pick_pipe.configure()
pipe = pick_pipe.window_pipe()
engine = p3d.GraphicsEngine.get_global_ptr()
wanted = p3d.WindowProperties.size(200, 200)
window = engine.make_output(pipe, "drop", 0, p3d.FrameBufferProperties(), wanted, p3d.GraphicsPipe.BF_require_window)
for _ in range(3):
    engine.render_frame()
drop = FileDrop(window)
print(drop.trouble or window.window_handle.get_int_handle(), flush=True)
until = time.monotonic() + 30
while time.monotonic() < until:
    if found := drop.poll():
        print(*found, flush=True)
        break
    time.sleep(0.02)
drop.close()
"""


def test_a_file_can_be_dropped_on_a_window_of_x11(display: str, tmp_path: Path) -> None:
    environment = {**os.environ, "DISPLAY": display}
    with subprocess.Popen(
        [sys.executable, "-c", WINDOW], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    ) as window:
        assert window.stdout is not None
        handle = window.stdout.readline().strip()
        assert handle.isdecimal(), handle
        source = [sys.executable, "-m", "tests.support.xdnd_source", handle, str(tmp_path / "a b.glb")]
        done = subprocess.run(source, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout.strip()) == (0, ""), done.stdout + done.stderr
        assert window.stdout.readline().strip() == str(tmp_path / "a b.glb")
