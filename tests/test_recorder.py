"""Films made while a game runs: the time in them is the time that was seen."""

import time
from pathlib import Path

import av
import numpy as np
import panda3d.core as p3d
import pytest

from game.session.opening import BARE
from game.sim.bullet import open_world
from game.sim.model import CharacterModel
from game.sound.track import HZ
from game.view.camera_node import make_lens
from game.view.pick_pipe import Output
from game.view.recorder import Recorder, TickFilm


def times(path: Path) -> list[float]:
    with av.open(str(path)) as film:
        return [float(frame.time or 0.0) for frame in film.decode(video=0)]


def test_it_films_at_its_own_rate(output: Output, tmp_path: Path) -> None:
    """A game at 75 frames a second, then at 10, gives 30 a second at most, each at its time."""
    scene = p3d.NodePath("scene")
    lens = p3d.PerspectiveLens()
    make_lens(lens)
    camera = scene.attach_new_node(p3d.Camera("camera", lens))
    recorder = Recorder(output.buffer, scene, tmp_path / "a.mp4", (96, 64))
    frames = [1 / 75] * 75 + [1 / 10] * 10
    for seconds in frames:
        while recorder.is_behind:  # this game runs faster than time
            time.sleep(0.001)
        recorder.begin_frame(seconds, camera, lens)
        output.engine.render_frame()
        recorder.end_frame()
    assert recorder.seconds == pytest.approx(2.0)
    recorder.close()
    shown = times(tmp_path / "a.mp4")
    assert 36 <= len(shown) <= 41
    assert shown[-1] == pytest.approx(2.0, abs=0.04)
    assert np.diff(shown).max() == pytest.approx(0.1, abs=0.04)


def test_sound_keeps_up_with_the_picture(output: Output, tmp_path: Path) -> None:
    """Half a second that is heard, and as much in which the game makes no sound: both are in the film."""
    scene = p3d.NodePath("scene")
    lens = p3d.PerspectiveLens()
    make_lens(lens)
    camera = scene.attach_new_node(p3d.Camera("camera", lens))
    recorder = Recorder(output.buffer, scene, tmp_path / "a.mp4", (96, 64))
    tick = np.full((HZ // 30, 2), 0.5, np.float32)
    for frame in range(30):
        while recorder.is_behind:
            time.sleep(0.001)
        if frame < 15:
            recorder.add_sound(tick)
        recorder.begin_frame(1 / 30, camera, lens)
        output.engine.render_frame()
        recorder.end_frame()
    recorder.close()
    with av.open(str(tmp_path / "a.mp4")) as film:
        heard = np.concatenate([block.to_ndarray()[0] for block in film.decode(audio=0)])
    assert len(heard) / HZ == pytest.approx(1.0, abs=0.15)
    assert np.abs(heard[: HZ // 3]).mean() > 0.3
    assert np.abs(heard[-HZ // 5 :]).mean() < 0.01


def test_a_run_without_a_window(tmp_path: Path) -> None:
    world = open_world(CharacterModel.load())
    world.add_character()
    film = TickFilm(world.snapshot(), BARE, tmp_path / "a.mp4", size=(160, 96))
    limp = world.state.joint_rot.copy()
    for _ in range(15):
        world.step(limp)
        film.show(world.snapshot(), {})
    film.close()
    assert times(tmp_path / "a.mp4") == pytest.approx([i / 30 for i in range(15)], abs=1e-4)
    with av.open(str(tmp_path / "a.mp4")) as read:
        pictures = [frame.to_ndarray(format="gray").astype(int) for frame in read.decode(video=0)]
    assert np.abs(pictures[14] - pictures[0]).max() > 40  # he moves
