"""Capture from end to end: a film of a known movement becomes a clip; what cannot be captured is refused in a line."""

import http.server
import json
import math
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from game.sim.motion import MotionClip
from game.view.film import FilmWriter
from tools.capture import CaptureError, download, fit, ground_truth, report
from tools.capture.__main__ import main
from tools.capture.parts import Part
from tools.clip_clinic.checks import Check, ClipReport

Captured = tuple[Path, str]


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("video") / "backflip.mp4"
    ground_truth.film(MotionClip.load("backflip"), path)
    return path


@pytest.fixture(scope="module")
def captured(video: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a whole run: the clip below clips/, the rest below report/."""
    folder = tmp_path_factory.mktemp("capture")
    code = main([str(video), "--out", str(folder / "clips" / "flip"), "--report", str(folder / "report"),
                 "--licence", "MIT"])  # fmt: skip
    assert code == 0
    return folder


def run(*arguments: object) -> int:
    return main([str(a) for a in arguments])


@pytest.mark.timeout(400)
def test_a_backflip_is_captured_within_the_bars(captured: Path) -> None:
    clip = MotionClip.load(captured / "clips" / "flip.json")
    errors = ground_truth.compare(clip, MotionClip.load("backflip"))
    assert errors.joints < 0.065
    assert errors.root_rotation < math.radians(7.5)
    assert errors.height < 0.025
    assert clip.num_frames == 53
    assert (clip.fps, clip.loop, clip.licence) == (30.0, False, "MIT")
    assert clip.source == "captured from backflip.mp4"
    assert clip.notes["capture"]["verdict"] in ("green", "amber")
    assert sorted(p.name for p in (captured / "clips").iterdir()) == ["flip.json"]


def test_the_report_says_what_was_found(captured: Path) -> None:
    facts = json.loads((captured / "report" / "flip.report.json").read_text("utf-8"))
    assert facts["verdict"] in ("green", "amber")
    assert facts["video"]["frames"] == 53
    assert facts["video"]["people"] == 1
    assert facts["fit"]["flight_frames"] >= 12
    assert facts["fit"]["slow_motion"] == 1.0
    assert {check["name"] for check in facts["checks"]} >= {"missing frames", "beside the image", "foot slip"}
    page = (captured / "report" / "flip.html").read_text("utf-8")
    assert page.count("<svg") == 3
    # first a sentence and a picture, then the film, inside the page; physics below
    order = [
        page.index(mark) for mark in ("This came out", "data:image/jpeg;base64,", "data:video/mp4;base64,", "Checks")
    ]
    assert order == sorted(order)
    assert "http://" not in page.replace("http://www.w3.org/2000/svg", "")  # nothing is fetched


def test_the_film_shows_video_and_avatar_side_by_side(captured: Path) -> None:
    with av.open(str(captured / "report" / "flip.mp4")) as film:
        frames = [frame.to_ndarray(format="rgb24").astype(int) for frame in film.decode(video=0)]
    assert len(frames) == 53
    assert frames[0].shape == (540, 1440, 3)
    for frame in frames[::10]:
        left, right = frame[:, :720], frame[:, 720:]
        shirts = [
            np.argwhere((h[..., 0] > 120) & (h[..., 1] < 70) & (h[..., 2] < 70)).mean(axis=0) for h in (left, right)
        ]
        assert np.linalg.norm(shirts[0] - shirts[1]) < 25.0  # px: the avatar is where the person is


def test_a_red_verdict_writes_no_clip_unless_forced(
    video: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    quick = fit.FitConfig(iterations=8)
    monkeypatch.setattr(fit, "FitConfig", lambda: quick)
    monkeypatch.setattr("tools.capture.settle.ITERATIONS", 8)
    arguments = [video, "--start", 0.3, "--end", 0.8, "--out", tmp_path / "clips" / "x", "--report", tmp_path / "r",
                 "--no-film"]  # fmt: skip
    red = ClipReport("x", (Check("made red", 1.0, "", 0.0, 0.5),))
    monkeypatch.setattr("tools.capture.run.judge", lambda _capture: red)
    assert run(*arguments) == 2
    assert "red (red: made red); no clip was written, --force writes it all the same" in capsys.readouterr().err
    assert not (tmp_path / "clips").exists()
    assert sorted(p.name for p in (tmp_path / "r").iterdir()) == ["x.html", "x.report.json"]
    assert run(*arguments, "--force") == 0
    assert MotionClip.load(tmp_path / "clips" / "x.json").num_frames > 10


def test_auto_keeps_the_best_part_alone(
    video: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    quick = fit.FitConfig(iterations=8)
    monkeypatch.setattr(fit, "FitConfig", lambda: quick)
    monkeypatch.setattr("tools.capture.settle.ITERATIONS", 8)
    green, red = (ClipReport("x", (Check("made up", value, "", 0.0, 0.5),)) for value in (0.0, 1.0))
    verdicts = [red, green, red]
    monkeypatch.setattr("tools.capture.run.judge", lambda _capture: verdicts.pop(0))
    monkeypatch.setattr("tools.capture.run.best_part", lambda _capture, _whole: Part(3, 12, green))
    arguments = [video, "--start", 0.3, "--end", 0.8, "--out", tmp_path / "x", "--report", tmp_path / "r"]
    assert run(*arguments, "--auto") == 0
    assert "note: --auto takes the part that is green from 0.40 to 0.67 s" in capsys.readouterr().out
    assert MotionClip.load(tmp_path / "x.json").num_frames == 9
    facts = json.loads((tmp_path / "r" / "x.report.json").read_text("utf-8"))
    assert (facts["video"]["from"], facts["video"]["to"], facts["better"]) == (0.4, 0.667, None)
    with av.open(str(tmp_path / "r" / "x.mp4")) as film:
        assert sum(1 for _ in film.decode(video=0)) == 9
    # without --auto the part is only named, and a red whole writes no clip
    assert run(*arguments, "--no-film") == 2
    assert "better: green from 0.40 to 0.67 s: --start 0.40 --end 0.67, or --auto" in capsys.readouterr().out


def test_ctrl_c_leaves_nothing(
    video: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_arguments: object, **_options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    monkeypatch.setattr(fit, "fit", interrupted)
    assert run(video, "--end", 0.4, "--out", tmp_path / "clips" / "x", "--report", tmp_path / "r") == 130
    assert capsys.readouterr().err == "capture: stopped; nothing was written\n"
    assert list(tmp_path.iterdir()) == []


def write(path: Path, frames: Callable[[int], np.ndarray[Any, np.dtype[np.uint8]]], count: int = 20) -> Path:
    with FilmWriter(path, (320, 240), 30) as film:
        for k in range(count):
            film.write(frames(k))
    return path


def blocks(k: int) -> np.ndarray[Any, np.dtype[np.uint8]]:
    coarse = np.random.default_rng(k).integers(0, 255, (12, 16, 3))
    return np.kron(coarse, np.ones((20, 20, 1))).astype(np.uint8)


def test_what_cannot_be_captured_is_refused_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = tmp_path / "text.mp4"
    text.write_text("hello\n" * 100)
    nobody = write(tmp_path / "nobody.mp4", blocks)
    one = write(tmp_path / "one.mp4", blocks, 1)
    cases: list[tuple[list[object], str]] = [
        ([tmp_path / "missing.mp4"], "there is no file"),
        ([text], "text.mp4 is no video that can be read"),
        ([one], "one.mp4: 1 frame(s) to look at, expected at least 10"),
        ([nobody], "nobody.mp4: "),
        ([nobody, "--url", "http://localhost/"], "give either a video file or --url"),
        ([], "give either a video file or --url"),
        (["--url", "file:///etc/hostname"], "is no web address"),
    ]
    before = sorted(tmp_path.iterdir())
    for arguments, message in cases:
        extra = ["--out", tmp_path / "x", "--report", tmp_path / "r"]
        assert run(*arguments, *extra) == 1
        error = capsys.readouterr().err
        assert error.startswith("capture: ")
        assert message in error
        assert error.count("\n") == 1
    assert sorted(tmp_path.iterdir()) == before


def test_a_person_who_is_not_there_is_refused(video: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(video, "--end", 0.5, "--person", 3, "--out", tmp_path / "x") == 1
    assert "there is no person 3: 1 found, counted from the left from 1" in capsys.readouterr().err


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_arguments: object) -> None: ...


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """A web server on loopback and the folder that it serves."""
    folder = tmp_path / "served"
    folder.mkdir()
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder))) as web:
        thread = threading.Thread(target=web.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{web.server_address[1]}", folder
        web.shutdown()
        thread.join()


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
def test_a_video_comes_from_the_web(server: tuple[str, Path], tmp_path: Path) -> None:
    url, folder = server
    write(folder / "some clip.mp4", blocks)
    target = tmp_path / "target"
    target.mkdir()
    path = download.download(f"{url}/some%20clip.mp4", target)
    assert path.parent == target
    assert path.read_bytes() == (folder / "some clip.mp4").read_bytes()


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
def test_downloads_are_bounded(server: tuple[str, Path], tmp_path: Path) -> None:
    url, folder = server
    write(folder / "a.mp4", blocks, 60)
    target = tmp_path / "target"
    target.mkdir()
    with pytest.raises(CaptureError, match=r"larger than 0 MiB|gave no video of at most 0 MiB"):
        download.download(f"{url}/a.mp4", target, max_bytes=1000)
    with pytest.raises(CaptureError, match="took longer than 0 s"):
        download.download(f"{url}/a.mp4", target, max_seconds=0.0)
    with pytest.raises(CaptureError, match="cannot be fetched"):
        download.download(f"{url}/missing.mp4", target)


def test_plots_skip_what_is_missing() -> None:
    svg = report.plot([("a", np.array([1.0, np.nan, 3.0]))], 30.0, unit="m", shade=np.array([False, True, False]))
    assert svg.count("<rect") == 1
    points = svg.split('points="')[1].split('"')[0]
    assert len(points.split()) == 2
    assert "nan" not in svg
