"""Options of tools.capture are checked before anything runs, each in one line that names it."""

from pathlib import Path

import numpy as np
import pytest

from game.view.film import FilmWriter
from tools.capture import CaptureError
from tools.capture.__main__ import main
from tools.capture.capture_options import CaptureOptions, check_options, check_place


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--fov", "0"], "--fov 0: expected degrees from 5 to 170"),
        (["--fov", "nan"], "--fov nan: expected degrees"),
        (["--slow-motion", "0"], "--slow-motion 0: expected 0.1 to 64 times slower than life"),
        (["--slow-motion", "-2"], "--slow-motion -2: expected"),
        (["--slow-motion", "inf"], "--slow-motion inf: expected"),
        (["--start", "-1"], "--start -1: expected seconds from 0 on"),
        (["--end", "nan"], "--end nan: expected seconds"),
        (["--start", "2", "--end", "2"], "--end 2 lies before --start 2"),
        (["--person", "0"], "--person 0: people are counted from the left from 1"),
        (["--person", "1", "--at", "0.5", "0.5"], "give --person or --at, not both"),
        (["--at", "-5", "9"], "--at -5 9: expected pixels, or fractions from 0 to 1"),
        (["--at", "5", "nan"], "--at 5 nan: expected pixels"),
        (["--turn", "45"], "--turn 45 is no quarter turn: expected 0, 90, 180 or 270"),
    ],
)
def test_wrong_numbers_are_refused_before_the_file_is_opened(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["missing.mp4", *arguments]) == 1
    error = capsys.readouterr().err
    assert error.startswith(f"capture: {message}")
    assert error.count("\n") == 1


def test_folders_and_files_in_each_others_place_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    with pytest.raises(CaptureError, match="is a folder: give one video file of it"):
        check_options(CaptureOptions(tmp_path))
    with pytest.raises(CaptureError, match=r"--out .* is a folder: give the clip's file"):
        check_options(CaptureOptions(file, out=tmp_path))
    with pytest.raises(CaptureError, match=r"--out: .*file is a file, expected a folder"):
        check_options(CaptureOptions(file, out=file / "clips" / "x"))
    with pytest.raises(CaptureError, match=r"--report: .*file is a file, expected a folder"):
        check_options(CaptureOptions(file, report=file))
    check_options(CaptureOptions(file, out=tmp_path / "new" / "x", report=tmp_path / "new"))


def test_a_place_lies_within_the_picture(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    check_place((0.99, 1.0), (640, 480))
    check_place((639.0, 470.0), (640, 480))
    path = tmp_path / "a.mp4"
    with FilmWriter(path, (320, 240), 30) as film:
        for _ in range(12):
            film.write(np.zeros((240, 320, 3), np.uint8))
    assert main([str(path), "--at", "5", "900"]) == 1
    expected = "capture: --at 5 900 lies outside of the picture, which is 320 px wide and 240 high\n"
    assert capsys.readouterr().err == expected
