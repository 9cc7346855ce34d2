"""Reading videos: times, turns, duplicates, cuts, moving cameras, and files that are none."""

import struct
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image as Pillow

from tools.capture import CaptureError, video
from tools.capture.camera_path import camera_path
from tools.capture.scan import find_cuts, scan_video

Image = NDArray[np.uint8]
RANDOM = np.random.default_rng(0)
SCENE: Image = np.kron(RANDOM.integers(40, 220, (24, 40, 3)), np.ones((10, 10, 1))).astype(np.uint8)  # 240x400


def write(path: Path, frames: list[Image], times: list[int] | None = None, *, pix_fmt: str = "yuv420p") -> Path:
    """A film; `times` in ms."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=30)
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt = pix_fmt
        stream.options = {"crf": "12", "preset": "ultrafast"}
        stream.codec_context.time_base = Fraction(1, 1000)
        for k, picture in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts = times[k] if times else round(k * 1000 / 30)
            frame.time_base = Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def ball(x: float, y: float = 120.0) -> Image:
    """The scene with a bright disc."""
    rows, columns = np.mgrid[:240, :400]
    picture = SCENE.copy()
    picture[(columns - x) ** 2 + (rows - y) ** 2 < 400] = 255
    return picture


def look(path: Path, start: float | None = None, end: float | None = None) -> video.VideoSection:
    return video.open_section(path, start, end)


def test_frames_come_with_their_times_and_colours(tmp_path: Path) -> None:
    picture = np.zeros((240, 400, 3), np.uint8)
    picture[:120] = (250, 20, 20)
    path = write(tmp_path / "a.mp4", [picture] * 12, [0, 40, 80, 100, 180, 200, 240, 300, 340, 380, 400, 480])
    frames = list(look(path).frames())
    assert [round(f.time, 2) for f in frames] == [0, 0.04, 0.08, 0.1, 0.18, 0.2, 0.24, 0.3, 0.34, 0.38, 0.4, 0.48]
    assert frames[0].image.shape == (240, 400, 3)
    assert frames[5].image[20, 200] == pytest.approx([250, 20, 20], abs=12)
    assert frames[5].image[220, 200].max() < 12


def test_a_section_is_cut_out(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mp4", [ball(5 * k) for k in range(60)])
    times = [f.time for f in look(path, 0.5, 1.0).frames()]
    assert times[0] == pytest.approx(0.5, abs=0.02)
    assert times[-1] == pytest.approx(0.967, abs=0.02)
    assert len(times) == 15


def test_ten_bits_and_large_pictures(tmp_path: Path) -> None:
    large = np.repeat(np.repeat(ball(100.0), 6, axis=0), 6, axis=1)
    path = write(tmp_path / "a.mp4", [large] * 3, pix_fmt="yuv420p10le")
    frame = next(look(path).frames())
    assert frame.image.shape == (768, 1280, 3)
    assert frame.scale == pytest.approx(1280 / 2400)
    assert frame.image[384, 320].min() > 200  # the disc


def test_duplicates_are_left_out(tmp_path: Path) -> None:
    frames = [ball(20.0 + 6 * k) for k in range(40)]
    for k in (9, 19, 29):
        frames[k] = frames[k - 1]
    found = scan_video(look(write(tmp_path / "a.mp4", frames)))
    assert found.num_duplicates() == 3
    assert found.num_duplicates(12, 25) == 1  # frame 19 alone lies between the used ones 13 and 27
    assert not {9, 19, 29} & set(found.used.tolist())
    assert found.fps == pytest.approx(30.0, abs=0.1)
    assert found.cuts == ()
    assert camera_path(found, 440.0).extent() == 0.0


def test_a_fast_camera_is_thinned_out(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mp4", [ball(20.0 + k) for k in range(96)], [round(k * 1000 / 240) for k in range(96)])
    found = scan_video(look(path))
    assert found.fps == pytest.approx(40.0, abs=1.5)
    assert len(found.used) == 16


def test_a_cut_is_found_and_the_longest_shot_taken(tmp_path: Path) -> None:
    frames = [ball(20.0 + 3 * k) for k in range(15)] + [255 - ball(20.0 + 3 * k) for k in range(30)]
    found = scan_video(look(write(tmp_path / "a.mp4", frames)))
    assert list(found.cuts) == pytest.approx([0.5], abs=0.02)
    assert found.used[0] == 15
    assert found.used[-1] == 44


def test_a_moving_camera_is_measured(tmp_path: Path) -> None:
    wide = np.kron(RANDOM.integers(40, 220, (30, 60, 3)), np.ones((10, 10, 1))).astype(np.uint8)
    frames = [np.ascontiguousarray(wide[20:260, 2 * k : 2 * k + 400]) for k in range(30)]
    found = scan_video(look(write(tmp_path / "a.mp4", frames)))
    path = camera_path(found, 4000.0)  # so long a lens sees no perspective
    assert path.extent() == pytest.approx(58 / 400, rel=0.03)
    # what lies ahead at last lay 58 px to the right at first
    turn = path.rot[29] @ [1.0, 0.0, 0.0]
    assert turn[1] / turn[0] == pytest.approx(-58.0 / 4000.0, rel=0.03)
    assert path.zoom == pytest.approx(np.ones(30), abs=0.01)
    assert not path.travels


def test_a_slow_camera_is_measured_as_well(tmp_path: Path) -> None:
    # a fifth of a pixel a frame: less than what noise of one step is
    wide = cv2.GaussianBlur(
        np.kron(RANDOM.integers(40, 220, (30, 60)), np.ones((10, 10))).astype(np.uint8), (0, 0), 1.5
    )
    frames = []
    for k in range(60):
        shift = np.array([[1.0, 0.0, -0.6 * k - 10.0], [0.0, 1.0, -20.0]])
        grey = cv2.warpAffine(wide, shift, (400, 240), flags=cv2.INTER_CUBIC)
        frames.append(np.repeat(np.asarray(grey, np.uint8)[..., None], 3, axis=2))
    path = camera_path(scan_video(look(write(tmp_path / "a.mp4", frames))), 4000.0)
    assert path.extent() == pytest.approx(35.4 / 400, rel=0.05)


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"", "is no video that can be read"), (b"hello\n" * 500, "is no video that can be read")],
)
def test_what_is_no_video_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(content)
    with pytest.raises(CaptureError, match=message):
        look(path)


def test_too_short_and_too_long_videos_are_refused(tmp_path: Path) -> None:
    with pytest.raises(CaptureError, match=r"1 frame\(s\) to look at, expected at least 10"):
        scan_video(look(write(tmp_path / "one.mp4", [ball(50.0)])))
    tiny = np.zeros((32, 32, 3), np.uint8)
    hour = write(tmp_path / "hour.mp4", [tiny] * 61, [60_000 * k for k in range(61)])
    with pytest.raises(CaptureError, match=r"too long \(60 minutes\): choose at most 30 s of it with --start"):
        look(hour)
    assert look(hour, 120.0, 140.0).start == 120.0
    with pytest.raises(CaptureError, match=r"lies behind the end"):
        look(hour, 9999.0)
    with pytest.raises(CaptureError, match=r"--end 1 lies before --start 2"):
        look(hour, 2.0, 1.0)


def test_a_damaged_file_says_how_much_can_be_read(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mkv", [RANDOM.integers(0, 255, (240, 400, 3), dtype=np.uint8) for _ in range(60)])
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(CaptureError, match=r"is damaged: 0\.\d|1\.\d of 2\.0 s can be read"):
        scan_video(look(path))


def test_a_phone_held_upright_is_turned(tmp_path: Path) -> None:
    picture = np.zeros((240, 400, 3), np.uint8)
    picture[:, 300:] = (250, 20, 20)  # right in the file
    path = write(tmp_path / "a.mp4", [picture] * 3)
    data = path.read_bytes()
    matrix = data.index(b"tkhd") + 4 + 40  # of a version 0 track header
    quarter = struct.pack(">9i", 0, 1 << 16, 0, -(1 << 16), 0, 0, 240 << 16, 0, 1 << 30)
    path.write_bytes(data[:matrix] + quarter + data[matrix + 36 :])
    frame = next(look(path).frames())
    assert frame.image.shape == (400, 240, 3)
    assert frame.image[360, 120] == pytest.approx([250, 20, 20], abs=12)  # below, turned clockwise
    assert frame.image[40, 120].max() < 12


@pytest.mark.parametrize("kind", ["gif", "webp"])
def test_gif_and_animated_webp_are_videos(tmp_path: Path, kind: str) -> None:
    pictures = [Pillow.fromarray(ball(20.0 + 10 * k)) for k in range(12)]
    path = tmp_path / f"a.{kind}"
    pictures[0].save(path, save_all=True, append_images=pictures[1:], duration=[40, 80] * 6, loop=0)
    frames = list(look(path).frames())
    # 40 and 80 ms in turn
    assert [round(f.time, 2) for f in frames] == [0, 0.04, 0.12, 0.16, 0.24, 0.28, 0.36, 0.4, 0.48, 0.52, 0.6, 0.64]
    assert frames[3].image.shape == (240, 400, 3)
    assert frames[3].image[120, 50].min() > 200  # the disc
    assert [round(f.time, 2) for f in look(path, 0.1, 0.3).frames()] == [0.12, 0.16, 0.24, 0.28]
    assert len(scan_video(look(path)).used) == 12


def test_a_damaged_webp_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.webp"
    path.write_bytes(b"RIFF\x00\x01\x00\x00WEBP" + bytes(200))
    with pytest.raises(CaptureError, match=r"a\.webp is (damaged|no WebP picture that can be read)"):
        list(look(path).frames())


def test_pictures_are_turned_as_wanted(tmp_path: Path) -> None:
    picture = np.zeros((240, 400, 3), np.uint8)
    picture[:, 300:] = (250, 20, 20)  # right
    path = write(tmp_path / "a.mp4", [picture] * 3)
    frame = next(video.open_section(path, None, None, 90).frames())
    assert frame.image.shape == (400, 240, 3)
    assert frame.image[360, 120] == pytest.approx([250, 20, 20], abs=12)  # turned clockwise: what was right is below
    assert frame.image[40, 120].max() < 12
    assert video.open_section(path, None, None, 90).picture_size() == (240, 400)


def test_cuts_are_told_by_what_is_usual() -> None:
    quiet = np.full(60, 0.35)
    quiet[30] = 16.0
    everywhere, caption = np.full(60, 0.6), np.full(60, 0.05)
    assert find_cuts(quiet, everywhere) == [30]
    # a caption that appears changes little of the picture
    assert find_cuts(quiet, caption) == []
    # in a lively film the same is nothing
    assert find_cuts(np.where(quiet > 1.0, 16.0, 6.0), everywhere) == []
    # a start of fast movement stays fast
    moving = np.where(np.arange(60) < 30, 0.35, 8.0)
    assert find_cuts(moving, everywhere) == []
    # a screen recording, whose every second frame repeats the one before
    repeated = np.where(np.arange(60) % 2, 0.0, 1.0)
    repeated[30] = 16.0
    assert find_cuts(repeated, everywhere) == [30]
