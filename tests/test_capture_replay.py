"""The replay camera: where the video camera was, above the floor, the mannequin in view; the words of the page."""

import math
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from game.sim import rotation
from tools.capture.report_page import sentence
from tools.capture.side_by_side import LOWEST_EYE, replay_camera
from tools.capture.speed import Speed
from tools.clip_clinic.checks import Check, ClipReport

SIZE = (960, 540)


def capture(eye: tuple[float, float, float], yaw: float = 0.0) -> Any:
    """A capture whose camera looks along x at first, and along x turned by `yaw` in its second frame."""
    turns = np.stack([np.eye(3), rotation.to_matrix(rotation.from_heading(yaw))])
    return SimpleNamespace(
        made=SimpleNamespace(axes=np.eye(3), eye=np.tile(eye, (2, 1)), slow_motion=1.0),
        fitted=SimpleNamespace(camera_rot=turns),
        scan=SimpleNamespace(size=SIZE),
        focal=960.0,
    )


def test_it_looks_as_the_video_did_while_he_is_in_the_picture() -> None:
    camera = replay_camera(capture((0.0, 0.0, 1.2)), 0, np.array([4.0, 0.5, 0.9]), SIZE)
    assert camera.eye == (0.0, 0.0, 1.2)
    assert np.array(camera.target) == pytest.approx([4.0, 0.0, 1.2])
    assert camera.fov == pytest.approx(2.0 * math.atan(0.5))


def test_it_follows_the_videos_camera() -> None:
    camera = replay_camera(capture((0.0, 0.0, 1.2), yaw=math.pi / 2), 1, np.array([0.2, 4.0, 0.9]), SIZE)
    assert np.array(camera.target) == pytest.approx([0.0, 4.0, 1.2])


def test_he_stays_in_its_picture() -> None:
    root = np.array([4.0, 3.0, 0.9])  # 37 degrees aside, of 27 that are seen
    camera = replay_camera(capture((0.0, 0.0, 1.2)), 0, root, SIZE)
    x, y = camera.project(root)
    assert 0.0 < x < SIZE[0] * 0.25
    assert 0.0 < y < SIZE[1]


def test_it_stays_above_the_floor() -> None:
    camera = replay_camera(capture((0.0, 0.0, -0.4)), 0, np.array([4.0, 0.0, 0.9]), SIZE)
    assert camera.eye[2] == LOWEST_EYE


@pytest.mark.parametrize(
    ("speed", "words"),
    [
        (Speed(1.0, True, ""), "of the video."),
        (Speed(4.0, True, ""), "of the video, 4 times slower than life."),
        (Speed(0.5, True, ""), "of the video, 2 times faster than life."),
        (Speed(1.0, False, ""), "of the video, at a speed that is not known."),
    ],
)
def test_the_report_begins_with_a_sentence(speed: Speed, words: str) -> None:
    clip = SimpleNamespace(num_frames=61, duration=2.0)
    found: Any = SimpleNamespace(
        made=SimpleNamespace(clip=clip), speed=speed, in_video=lambda frame: 1.0 + frame / 30.0 * speed.factor
    )
    good = ClipReport("x", (Check("a", 0.0, "", 1.0, 2.0),))
    end = 1.0 + 2.0 * speed.factor
    assert sentence(found, good) == f"This came out well: 2.0 s of movement from 1.0 to {end:.1f} s {words}"
    bad = ClipReport("x", (Check("a", 0.0, "", 1.0, 2.0), Check("foot slip", 3.0, "", 1.0, 2.0)))
    assert sentence(found, bad).startswith("This did not come out well enough to be learned: ")
    assert sentence(found, bad).endswith("; what is red: foot slip.")
