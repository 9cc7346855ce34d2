"""Films: right pictures at the right times, sound in sync, and playable after kill -9."""

import os
import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import pytest

from game.view.film import FilmError, FilmWriter, save_picture

SIZE = (160, 96)


def grey(level: int, size: tuple[int, int] = SIZE) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return np.full((size[1], size[0], 4), level, np.uint8)


def decode(path: Path) -> list[tuple[float, float]]:
    """(time in seconds, mean red level) of every picture."""
    with av.open(str(path)) as film:
        return [
            (float(f.time or 0.0), float(f.to_ndarray(format="rgb24")[..., 0].mean())) for f in film.decode(video=0)
        ]


def boxes(path: Path) -> list[bytes]:
    """Types of the file's top-level MP4 boxes."""
    data, at, found = path.read_bytes(), 0, []
    while at < len(data):
        found.append(data[at + 4 : at + 8])
        at += int.from_bytes(data[at : at + 4], "big")
    return found


def test_pictures_come_back_at_their_times(tmp_path: Path) -> None:
    path = tmp_path / "new" / "film.mp4"
    with FilmWriter(path, SIZE, 30) as film:
        for level in range(40, 200, 10):
            film.write(grey(level))
        assert film.seconds == pytest.approx(16 / 30)
    frames = decode(path)
    assert [t for t, _ in frames] == pytest.approx([i / 30 for i in range(16)], abs=1e-4)
    assert [v for _, v in frames] == pytest.approx(list(range(40, 200, 10)), abs=3)


def test_colours_and_rows_are_not_swapped(tmp_path: Path) -> None:
    picture = grey(0)
    picture[: SIZE[1] // 2] = (0, 0, 255, 255)  # BGRA: the upper half is red
    with FilmWriter(tmp_path / "a.mp4", SIZE, 30, crf=5) as film:
        film.write(picture)
    with av.open(str(tmp_path / "a.mp4")) as read:
        rgb = next(read.decode(video=0)).to_ndarray(format="rgb24")
    assert rgb[10, 10] == pytest.approx([255, 0, 0], abs=8)
    assert rgb[-10, 10] == pytest.approx([0, 0, 0], abs=8)


def test_a_closed_film_is_a_plain_mp4(tmp_path: Path) -> None:
    with FilmWriter(tmp_path / "a.mp4", SIZE, 30) as film:
        for _ in range(40):
            film.write(grey(99))
    found = boxes(tmp_path / "a.mp4")
    assert b"moof" not in found
    assert found.index(b"moov") < found.index(b"mdat")
    assert [f.name for f in tmp_path.iterdir()] == ["a.mp4"]


def test_skipped_numbers_leave_a_gap(tmp_path: Path) -> None:
    with FilmWriter(tmp_path / "a.mp4", SIZE, 30) as film:
        for number in (0, 1, 7, 8):
            film.write(grey(50), number)
        with pytest.raises(FilmError, match="frame 3 comes after frame 8"):
            film.write(grey(50), 3)
    assert [round(t * 30) for t, _ in decode(tmp_path / "a.mp4")] == [0, 1, 7, 8]


def test_sound_is_in_sync(tmp_path: Path) -> None:
    """A click at 1 s is heard at 1 s, whatever the sizes of the blocks."""
    path, hz = tmp_path / "a.mp4", 44100
    sound = np.zeros((2 * hz, 2), np.float32)
    sound[hz : hz + 200] = 0.9
    with FilmWriter(path, SIZE, 30, sound_hz=hz) as film:
        for i in range(60):
            film.write(grey(250 if i == 30 else 50))
            film.write_sound(sound[i * 1470 : i * 1470 + 1000])
            film.write_sound(sound[i * 1470 + 1000 : (i + 1) * 1470])
    with av.open(str(path)) as read:
        blocks = [(float(f.time or 0.0), f.to_ndarray()[0]) for f in read.decode(audio=0)]
    assert [t for t, level in decode(path) if level > 150] == pytest.approx([1.0], abs=1e-4)
    heard = [t + int(np.argmax(np.abs(b) > 0.4)) / hz for t, b in blocks if np.abs(b).max() > 0.4]
    assert heard[0] == pytest.approx(1.0, abs=0.004)
    assert blocks[-1][0] == pytest.approx(2.0, abs=0.05)


def test_refusals_say_what_was_expected(tmp_path: Path) -> None:
    with pytest.raises(FilmError, match="even and positive, found 161x96"):
        FilmWriter(tmp_path / "a.mp4", (161, 96), 30)
    with pytest.raises(FilmError, match="cannot film into"):
        FilmWriter(tmp_path, SIZE, 30)
    with FilmWriter(tmp_path / "a.mp4", SIZE, 30) as film:
        with pytest.raises(FilmError, match=r"expected .*\(96, 160, 4\), found \(160, 96, 4\)"):
            film.write(grey(1, (96, 160)))
        with pytest.raises(FilmError, match="without a sound track"):
            film.write_sound(np.zeros((10, 2), np.float32))
        film.write(grey(1))
    with pytest.raises(FilmError, match="is closed"):
        film.write(grey(1))


def test_a_picture_comes_back(tmp_path: Path) -> None:
    picture = np.random.default_rng(0).integers(0, 255, (48, 33, 4), np.uint8)
    save_picture(tmp_path / "a.png", picture)
    with av.open(str(tmp_path / "a.png")) as read:
        rgb = next(read.decode(video=0)).to_ndarray(format="rgb24")
    assert np.array_equal(rgb, picture[..., 2::-1])
    with pytest.raises(FilmError, match="cannot be written"):
        save_picture(tmp_path, picture)


KILLED = """
import sys, time
import numpy as np
from pathlib import Path
from game.view.film import FilmWriter
film = FilmWriter(Path(sys.argv[1]), (320, 180), 30, sound_hz=44100 if sys.argv[2] == "sound" else None)
rng = np.random.default_rng(0)
start = time.monotonic()
for i in range(1000):
    film.write(rng.integers(0, 255, (180, 320, 4), np.uint8))
    if sys.argv[2] == "sound":
        film.write_sound(np.zeros((1470, 2), np.float32))
    print(i, flush=True)
    time.sleep(max(0.0, start + (i + 1) / 30 - time.monotonic()))
"""


@pytest.mark.parametrize("sound", ["sound", "silent"])
def test_kill_9_loses_under_half_a_second(tmp_path: Path, sound: str) -> None:
    path = tmp_path / "a.mp4"
    child = subprocess.Popen([sys.executable, "-c", KILLED, str(path), sound], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    written = 0
    with child.stdout as lines:
        while written < 40 and (line := lines.readline()):
            written = int(line) + 1
        child.kill()
        written += len(lines.readlines())
    child.wait()
    assert written >= 40, "the child ended early"
    lost_seconds = (written - len(decode(path))) / 30
    assert 0.0 <= lost_seconds < 0.5


@pytest.mark.parametrize("sound", ["sound", "silent"])
def test_kill_9_in_the_first_half_second_leaves_a_film(tmp_path: Path, sound: str) -> None:
    path = tmp_path / "a.mp4"
    child = subprocess.Popen([sys.executable, "-c", KILLED, str(path), sound], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    with child.stdout as lines:
        while (line := lines.readline()) and int(line) < 11:
            pass
        child.kill()
    child.wait()
    assert 1 <= len(decode(path)) <= 15


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small disk")
def test_a_full_disk_leaves_the_frames_so_far(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=512k", "small", str(disk)], check=False).returncode:
        pytest.skip("this system lets nobody mount a small disk")
    rng = np.random.default_rng(0)
    written = 0
    try:
        film = FilmWriter(disk / "a.mp4", SIZE, 30)
        with pytest.raises(FilmError, match=r"No space left on device.*what came before is playable"):
            for _ in range(500):
                film.write(rng.integers(0, 255, (SIZE[1], SIZE[0], 4), np.uint8))
                written += 1
        with pytest.raises(FilmError, match="No space left"):
            film.close()
        assert 5 < len(decode(disk / "a.mp4")) < written
    finally:
        subprocess.run(["umount", str(disk)], check=True)
