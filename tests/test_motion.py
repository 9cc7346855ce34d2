"""MotionClip: sampling, wrapping, and files that are broken."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from game.scene.paths import models_dir
from game.sim import rotation
from game.sim.motion import ClipError, MotionClip, cycle_of

NAMES = sorted(p.stem for p in (models_dir() / "clips").glob("*.json"))


def clip(loop: bool = True, turn: float = 0.0) -> MotionClip:
    """Three frames at 2 fps: 1 m forward a second, turning as it goes."""
    pos = np.array([[0.0, 0, 1], [0.5, 0, 1], [1.0, 0, 1]])
    rot = rotation.from_heading(np.array([0.0, 0.5 * turn, turn]))
    return MotionClip("test", 2.0, loop, pos, rot, np.tile(rotation.IDENTITY, (3, 12, 1)))


def test_the_clips_that_ship_are_sound() -> None:
    keyed = {path.stem for path in (models_dir() / "keyed").glob("*.json")}
    others = {name for name in NAMES if not name.startswith("captured_") and not name.endswith("_mended")}
    assert keyed < others
    assert len(others - keyed) == 15  # the mocap clips
    for name in NAMES:
        c = MotionClip.load(name)
        assert c.source
        assert c.licence
        np.testing.assert_allclose(c.root_pos[0, :2], 0.0, atol=1e-6)
        assert abs(rotation.heading(c.root_rot[0])) < 1e-3


def test_durations_are_the_published_ones() -> None:
    # DeepMimic, table 1 (the file of the backflip has 29 frames of 1/16 s)
    for name, seconds in {"backflip": 1.75, "walk": 1.26, "run": 0.8, "spinkick": 1.28, "cartwheel": 2.72}.items():
        assert MotionClip.load(name).duration == pytest.approx(seconds, abs=0.011)


def test_between_frames_it_is_linear() -> None:
    state = clip().sample(np.array([0.25, 0.75]))
    np.testing.assert_allclose(state.root_pos[:, 0], [0.25, 0.75])
    np.testing.assert_allclose(state.root_vel, [[1, 0, 0], [1, 0, 0]], atol=1e-12)


def test_a_loop_carries_its_way_along() -> None:
    np.testing.assert_allclose(clip().sample(2.5).root_pos, [2.5, 0, 1])
    np.testing.assert_allclose(clip().sample(-0.5).root_pos, [-0.5, 0, 1])


def test_a_turning_loop_goes_round() -> None:
    c = clip(turn=np.pi / 2)
    # each cycle walks 1 m and turns left: after four of them it is back
    np.testing.assert_allclose(c.sample(1.0 - 1e-9).root_pos, [1, 0, 1], atol=1e-6)
    np.testing.assert_allclose(c.sample(2.0 - 1e-9).root_pos, [1, 1, 1], atol=1e-6)
    np.testing.assert_allclose(c.sample(4.0).root_pos, [0, 0, 1], atol=1e-6)
    assert rotation.heading(c.sample(2.0).root_rot) == pytest.approx(np.pi)


def test_without_a_loop_the_last_frame_holds_still() -> None:
    state = clip(loop=False).sample(5.0)
    np.testing.assert_allclose(state.root_pos, [1, 0, 1])
    np.testing.assert_array_equal(state.root_vel, 0.0)


@pytest.mark.parametrize("name", ["backflip", "getup_faceup", "crawl"])
def test_velocities_are_the_derivative_of_poses(name: str) -> None:
    c = MotionClip.load(name)
    h = 1.0 / c.fps
    frames = np.arange(1, c.num_frames - 2) * h
    before, now, after = (c.sample(frames + d) for d in (-h, 0.0, h))
    np.testing.assert_allclose(now.root_vel, (after.root_pos - before.root_pos) / (2 * h), atol=1e-6)
    # rotations: the mean of the turns before and after a frame
    came = rotation.difference(before.joint_rot, now.joint_rot)
    goes = rotation.difference(now.joint_rot, after.joint_rot)
    mean = 0.5 * (came + goes) / h
    np.testing.assert_allclose(now.joint_vel, mean, atol=1e-5)


def test_saving_and_loading_keeps_it(tmp_path: Path) -> None:
    walk = MotionClip.load("walk")
    walk.save(tmp_path / "x.json")
    again = MotionClip.load(tmp_path / "x.json")
    np.testing.assert_allclose(again.joint_rot, walk.joint_rot, atol=1e-6)
    assert (again.name, again.loop, again.source) == (walk.name, walk.loop, walk.source)
    assert [p.name for p in tmp_path.iterdir()] == ["x.json"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"schema": 9}, "schema 1"),
        ({"fps": 0.0}, "fps 0.0"),
        ({"fps": "fast"}, "fast"),
        ({"root_pos": [[0, 0, 1]]}, "shape"),
        ({"root_pos": [[0, 0, float("nan")]] * 3}, "NaN is not a JSON number"),
        ({"root_rot": [[0, 0, 0, 2]] * 3}, "length 2.000"),
        ({"joint_rot": "none"}, "x.json"),
    ],
)
def test_broken_clips_say_why(tmp_path: Path, change: dict[str, object], reason: str) -> None:
    clip().save(tmp_path / "x.json")
    card = json.loads((tmp_path / "x.json").read_text())
    (tmp_path / "x.json").write_text(json.dumps({**card, **change}))
    with pytest.raises(ClipError, match=reason):
        MotionClip.load(tmp_path / "x.json")


def test_a_number_that_is_not_finite_is_refused() -> None:
    pos = clip().root_pos.copy()
    pos[1, 2] = np.inf
    with pytest.raises(ClipError, match="root_pos is not finite at frame 1"):
        replace(clip(), root_pos=pos)


def test_an_unknown_name_says_what_there_is() -> None:
    with pytest.raises(ClipError, match="no clip at moonwalk; there are backflip"):
        MotionClip.load("moonwalk")


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_no_bytes_crash_the_reader(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "x.json").write_bytes(data)
    with pytest.raises(ClipError):
        MotionClip.load(tmp_path / "x.json")


def test_a_cycle_begins_at_the_tick_that_it_falls_on() -> None:
    """0.7 s are 21 ticks of 1/30 s; 21 / 30 / 0.7 is just under or over 1 in floating point, and in float32."""
    ticks = np.array([0, 20, 21, 22, 41, 42, 6300])
    for kind in (np.float64, np.float32):
        times = (ticks / kind(30)).astype(kind)
        assert cycle_of(times, 0.7, loop=True).tolist() == [0, 0, 1, 1, 1, 2, 300]
    assert cycle_of(0.7 * (1 - 2e-4), 0.7, loop=True) == 0
    assert cycle_of(ticks, 0.7, loop=False).tolist() == [0] * 7
