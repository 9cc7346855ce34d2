"""Timing is arithmetic; frames are the take's own ticks; films and pictures come out as asked, with their sound."""

import json
import wave
from dataclasses import replace
from fractions import Fraction
from functools import cache
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest

from game.camera.camera_pose import CameraPose
from game.camera.rigs import CameraError
from game.camera.shot import Keyframe, Shot, shot_to_json
from game.play.events import Crowd, Event, Play, Push, Reset, Spawn, Strength
from game.play.runtime import Runtime
from game.policy.library import PolicyLibrary
from game.record.playback import Playback
from game.record.take import Take
from game.scene.set_file import load_prop
from game.session.opening import BARE
from game.sim.model import CharacterModel
from game.sound.track import CEILING, HZ
from tests.support.standing import standing
from tools.footage.film_take import with_stems
from tools.footage.frames import FilmFrame, frames
from tools.footage.png import write_png
from tools.footage.studio import NOTHING_MM, color_of, millimetres
from tools.footage.timing import TimePiece, Timing, slowed, steady
from tools.record import main

NUM_TICKS = 24


@cache
def fall() -> Take:
    """He goes limp at once, is pushed over backwards; a ball is dropped; at tick 18 he is put back on his feet."""
    library = PolicyLibrary(CharacterModel.load(), folders=[])
    runtime = Runtime(library)
    script: dict[int, list[Event]] = {
        0: [Strength(0.0), Push((-900.0, 0.0, 0.0), "torso"), Spawn(load_prop("ball").at((1.0, 0.5, 0.6)))],
        18: [Play(None, place=True), Reset()],
    }
    for tick in range(NUM_TICKS):
        runtime.tick(script.get(tick, ()), strict=True)
    return Take.of(runtime, title="fall")


def shown(timing: Timing, fps: int, camera: str = "follow", take: Take | None = None) -> list[FilmFrame]:
    return list(frames(take or fall(), BARE, timing, fps, camera))


def test_timing_of_slow_motion() -> None:
    """1 s as it was, 0.5 s four times slower, 1 s as it was: 4 s of film."""
    timing = Timing([TimePiece(2.0, 3.0, 1.0), TimePiece(3.0, 3.5, 0.25), TimePiece(3.5, 4.5, 1.0)])
    assert timing.duration == pytest.approx(4.0)
    for film, take in ((0.0, 2.0), (0.5, 2.5), (1.0, 3.0), (2.0, 3.25), (3.0, 3.5), (4.0, 4.5), (5.0, 5.5), (-1, 1.0)):
        assert timing.take_time(film) == pytest.approx(take)
        assert timing.film_time(take) == pytest.approx(film)
    assert timing.num_frames(24) == 96


def test_a_ramp_is_between_the_speeds() -> None:
    timing = slowed(0.0, 4.0, 1.0, 2.0, 0.25, ramp=0.2)
    speeds = [piece.speed for piece in timing.pieces]
    assert speeds[0] == speeds[-1] == 1.0
    assert min(speeds) == 0.25
    assert speeds == speeds[::-1]
    assert timing.begin == 0.0
    assert timing.end == pytest.approx(4.0)
    assert 4.0 + 3.0 < timing.duration < 4.0 + 3.0 + 0.4 * 3.0


def test_impossible_timings_are_refused() -> None:
    with pytest.raises(ValueError, match="expected at least one"):
        Timing([])
    with pytest.raises(ValueError, match="begins elsewhere"):
        Timing([TimePiece(0.0, 1.0, 1.0), TimePiece(1.5, 2.0, 1.0)])
    with pytest.raises(ValueError, match="end after its begin"):
        steady(1.0, 1.0)
    with pytest.raises(ValueError, match="expected within"):
        slowed(0.0, 1.0, 0.05, 0.5, 0.25)


def test_at_the_takes_own_rate_every_tick_is_shown_once() -> None:
    with Playback.of(fall()) as playback:
        ticks = [tick.snapshot.body_pos for tick in playback]
    found = shown(steady(1 / 30, NUM_TICKS / 30), 30)
    assert len(found) == NUM_TICKS - 1
    for frame, expected in zip(found, ticks, strict=False):
        assert frame.snapshot.body_pos == pytest.approx(expected)


@pytest.mark.parametrize(("fps", "speed"), [(24, 1.0), (60, 0.25), (7, 1.0), (25, 2.0)])
def test_sound_is_as_long_as_the_film(fps: int, speed: float) -> None:
    timing = steady(0.1, 0.7, speed)
    found = shown(timing, fps)
    assert sum(len(frame.sound) for frame in found) == round(0.6 / speed * HZ)
    assert np.abs(np.concatenate([frame.sound for frame in found])).max() > 0.05  # he hits the floor in it


def test_a_film_is_the_same_film_at_any_rate() -> None:
    coarse, fine = (shown(steady(0.0, 0.55), fps, "handheld") for fps in (20, 60))
    for a, b in zip(coarse, fine[::3], strict=True):
        assert a.pose.position == pytest.approx(b.pose.position)
        assert a.snapshot.body_pos == pytest.approx(b.snapshot.body_pos)


def test_contacts_are_shown_when_they_are_heard() -> None:
    """Between two ticks the dust of the later one does not rise yet."""
    found = shown(steady(0.0, 0.6), 120)
    for frame, later in pairwise(found):
        assert later.snapshot.tick in (frame.snapshot.tick, frame.snapshot.tick + 1)
    assert [f.snapshot.tick for f in found[::4]] == [max(k, 1) for k in range(18)]


def test_who_is_put_elsewhere_does_not_fly_there() -> None:
    found = shown(steady(0.5, 0.8), 240)
    heights = np.array([frame.snapshot.state.root_pos[0, 2] for frame in found])
    jumps = np.abs(np.diff(heights))
    assert heights[-1] > 0.7 > 0.6 > heights[0]
    assert jumps.max() > 0.3  # at once


def test_a_shot_of_the_take_is_a_camera() -> None:
    marks = [Keyframe(t, CameraPose.look((3, -2 + t, 1), (0, 0, 1), 0.7)) for t in (0.0, 0.5)]
    take = replace(fall(), extra={"shots": {"crane": shot_to_json(Shot(tuple(marks)))}})
    found = shown(steady(0.0, 0.5), 40, "crane", take)
    assert [f.pose.position[1] for f in found[:1]] == pytest.approx([-2.0])
    assert found[10].pose.position[1] == pytest.approx(-1.75)
    with pytest.raises(CameraError, match="no camera is called 'drone'"):
        shown(steady(0.0, 0.5), 40, "drone", take)


def test_nothing_is_blended_across_a_cut() -> None:
    """Two cameras 0.4 m apart, which would pass for one that moves: every picture is from one or the other."""
    shots = {name: shot_to_json(Shot((Keyframe(0.0, CameraPose.look((3, y, 1), (0, 0, 1), 0.7)),)))
             for name, y in (("left", 0.0), ("right", 0.4))}  # fmt: skip
    take = replace(fall(), extra={"shots": shots, "cuts": [[0, "left"], [6, "right"], [9, "left"]]})
    found = [frame.pose.position[1] for frame in shown(steady(0.0, 0.5), 120, "cuts", take)]
    assert found[: 6 * 4 + 1] == pytest.approx([0.0] * 25)
    assert found[6 * 4 + 1 : 9 * 4 + 1] == pytest.approx([0.4] * 12)
    assert found[9 * 4 + 1 :] == pytest.approx([0.0] * 23)


def test_a_take_with_cuts_is_filmed_by_them(tmp_path: Path) -> None:
    """Unless another camera is wanted; broken ones are one line."""
    cuts = replace(fall(), extra={"cuts": [[0, "ceiling"]]})
    cuts.save(tmp_path / "a.zip")
    replace(fall(), extra={"cuts": [[0, "drone"]]}).save(tmp_path / "broken.zip")
    small = ["--size", "64x48", "--fps", "30", "--to", "0.1", "--mute", "--quality", "lite", "--format", "png"]
    for name, more in (("own", []), ("cuts", ["--camera", "cuts"]), ("side", ["--camera", "side"])):
        assert main([str(tmp_path / "a.zip"), *small, *more, "--out", str(tmp_path / name)]) == 0
    own, by_cuts, side = ((tmp_path / name / "picture_00002.png").read_bytes() for name in ("own", "cuts", "side"))
    assert own == by_cuts != side
    assert main([str(tmp_path / "broken.zip"), *small, "--out", str(tmp_path / "b")]) == 1


def test_colours_of_things_differ() -> None:
    colors = [color_of(i) for i in range(4096)]
    assert len(set(colors)) == 4096
    assert min(min(c) for c in colors) >= 15
    assert max(max(c) for c in colors) <= 255


def test_depth_is_decoded() -> None:
    tenths = np.array([[0, 12345, 10, 700_000]])
    picture = np.stack([tenths & 255, (tenths >> 8) & 255, tenths >> 16, tenths * 0], axis=-1).astype(np.uint8)
    assert millimetres(picture).tolist() == [[NOTHING_MM, 1235, 1, NOTHING_MM]]


@pytest.mark.parametrize(("shape", "kind"), [((4, 6), "u1"), ((4, 6), "u2"), ((4, 6, 3), "u1"), ((4, 6, 4), "u1")])
def test_png_comes_back(tmp_path: Path, shape: tuple[int, ...], kind: str) -> None:
    pixels = np.random.default_rng(1).integers(0, np.iinfo(kind).max, shape).astype(kind)
    write_png(tmp_path / "a.png", pixels)
    with av.open(str(tmp_path / "a.png")) as source:
        assert np.array_equal(next(source.decode(video=0)).to_ndarray(), pixels)


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("takes") / "fall.zip"
    fall().save(path)
    return path


def test_record_makes_a_film(saved: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "a.mp4"
    assert main([str(saved), "--out", str(out), "--size", "96x64", "--fps", "24", "--quality", "lite", "--slow", "0.5",
                 "--from", "0.2", "--to", "0.7", "--vertical", "--camera", "side"]) == 0  # fmt: skip
    assert "24 pictures, 1.00 s" in capsys.readouterr().out
    with av.open(str(out)) as film:
        pictures = [frame.to_ndarray(format="gray") for frame in film.decode(video=0)]
    with av.open(str(out)) as film:
        sound = np.concatenate([frame.to_ndarray()[0] for frame in film.decode(audio=0)])
    assert len(pictures) == 24
    assert pictures[0].shape == (96, 64)
    assert len(sound) / HZ == pytest.approx(1.0, abs=0.05)
    assert sound.std() > 0.001
    assert np.abs(pictures[0].astype(int) - pictures[-1]).max() > 40


def test_record_makes_pictures_with_passes(saved: Path, tmp_path: Path) -> None:
    out = tmp_path / "pictures"
    assert main([str(saved), "--out", str(out), "--format", "png", "--passes", "alpha,depth,id", "--size", "160x90",
                 "--fps", "20", "--quality", "lite", "--from", "0.1", "--to", "0.2"]) == 0  # fmt: skip
    files = sorted(path.name for path in out.iterdir())
    assert files == ["depth_00000.png", "depth_00001.png", "id_00000.png", "id_00001.png", "ids.json",
                     "picture_00000.png", "picture_00001.png", "sound.wav"]  # fmt: skip

    def read(name: str) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
        with av.open(str(out / name)) as source:
            return next(source.decode(video=0)).to_ndarray().astype(np.int64)

    picture, depth, ids = read("picture_00000.png"), read("depth_00000.png"), read("id_00000.png")
    assert picture.shape == (90, 160, 4)
    color = json.loads((out / "ids.json").read_text())
    him = (ids == color["avatar"]).all(axis=-1)
    assert 200 < him.sum() < 4000
    inside = him & np.roll(him, 1, 0) & np.roll(him, -1, 0) & np.roll(him, 1, 1) & np.roll(him, -1, 1)
    assert picture[inside, 3].mean() > 250
    assert picture[~him, 3].mean() < 10
    assert {"avatar", "ground", "ball"} <= set(color)
    # the follow camera is 3.4 m away and 0.25 m above what it looks at
    assert 2.6 < np.median(depth[inside]) / 1000 < 4.0
    ground = (ids == color["ground"]).all(axis=-1)
    rows = np.median(np.where(ground, depth, np.nan)[50:], axis=1)
    assert (np.diff(rows[np.isfinite(rows)]) <= 0).all()  # farther down is nearer
    with wave.open(str(out / "sound.wav")) as file:
        assert (file.getframerate(), file.getnframes()) == (HZ, HZ // 10)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--camera", "drone"], "no camera is called 'drone'; there are tripod"),
        (["--size", "1x64"], "expected 2 to 8192 pixels"),
        (["--size", "97x64"], "width and height are even"),
        (["--subject", "1"], "--subject 1: the take has one character, 0"),
        (["--subject", "-1"], "--subject -1: the take has one character, 0"),
        (["--from", "5"], "the take is 0.8 s long"),
        (["--passes", "smell"], "there are alpha, depth, id"),
        (["--passes", "id"], "add --format png"),
        (["--slow", "0"], "expected 0.01..10"),
        (["--format", "png"], "a folder with --format png"),
    ],
)
def test_record_says_what_is_wrong(
    saved: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], more: list[str], words: str
) -> None:
    base = [str(saved), "--out", str(tmp_path / "a.mp4"), "--quality", "lite"]
    assert main([*base, *(["--size", "96x64"] if "--size" not in more else []), *more]) == 1
    assert words in capsys.readouterr().err


def test_record_at_a_rate_of_television(saved: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """0.5 s at 30000/1001 pictures a second are 15 of them, 33.3667 ms apart."""
    out = tmp_path / "a.mp4"
    assert main([str(saved), "--out", str(out), "--size", "96x64", "--fps", "29.97", "--quality", "lite",
                 "--from", "0.2", "--to", "0.7"]) == 0  # fmt: skip
    assert "15 pictures, 0.50 s" in capsys.readouterr().out
    with av.open(str(out)) as film:
        assert film.streams.video[0].average_rate == Fraction(30000, 1001)
        times = [float(frame.time or 0.0) for frame in film.decode(video=0)]
    assert times == pytest.approx([k * 1.001 / 30.0 for k in range(15)], abs=1e-4)
    loop = tmp_path / "a.webp"
    assert main([str(saved), "--out", str(loop), "--size", "96x64", "--fps", "23.976", "--quality", "lite",
                 "--from", "0.2", "--to", "0.3"]) == 0  # fmt: skip
    assert loop.read_bytes().count(b"ANMF") == 3


def test_the_subject_is_one_of_the_crowd(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    runtime = Runtime(PolicyLibrary(CharacterModel.load(), folders=[]))
    for tick in range(8):
        runtime.tick({0: [Crowd(3)], 4: [Crowd(2)]}.get(tick, ()), strict=True)
    Take.of(runtime).save(tmp_path / "a.zip")
    line = [str(tmp_path / "a.zip"), "--out", str(tmp_path / "a.mp4"), "--size", "32x32", "--fps", "30", "--quality",
            "lite", "--to", "0.1"]  # fmt: skip
    assert main([*line, "--subject", "2"]) == 0
    assert main([*line, "--subject", "3"]) == 1
    assert "--subject 3: the take has 3 characters, 0 to 2" in capsys.readouterr().err


def test_record_makes_a_loop_that_is_slow_in_the_middle(saved: Path, tmp_path: Path) -> None:
    out = tmp_path / "a.webp"
    assert main([str(saved), "--out", str(out), "--size", "96x54", "--fps", "10", "--quality", "lite", "--from", "0.1",
                 "--to", "0.8", "--slow", "0.5", "--slow-between", "0.3", "0.6"]) == 0  # fmt: skip
    data = out.read_bytes()
    assert data[:4] == b"RIFF"
    assert data[8:12] == b"WEBP"
    # 0.16 s as it was, 0.3 s at half the speed, two ramps of 0.12 s, 1 / ln 2 times as long: 1.106 s
    assert data.count(b"ANMF") == 12


@pytest.mark.parametrize(("loudest", "gain"), [(2.0, CEILING / 2.0), (0.4, 1.0)])
def test_stems_that_would_clip_are_all_lowered_alike(loudest: float, gain: float, tmp_path: Path) -> None:
    pose, silence = CameraPose.look((4.0, 0.0, 1.0), (0.0, 0.0, 1.0), 0.6), np.zeros((0, 2), np.float32)
    shown = [
        FilmFrame(standing(), {}, pose, 0.0, silence, stems={name: np.full((10, 2), level, np.float32)})
        for name, level in (("feet", loudest), ("voice", 0.2))
    ]
    assert list(with_stems(iter(shown), tmp_path / "film.mp4")) == shown
    for name, level in (("feet", loudest), ("voice", 0.2)):
        with wave.open(str(tmp_path / f"film.{name}.wav")) as file:
            samples = np.frombuffer(file.readframes(file.getnframes()), "<i2") / 32767.0
        assert samples == pytest.approx(np.full(20, gain * level), abs=1e-4)
