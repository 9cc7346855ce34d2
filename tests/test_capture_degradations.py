"""Degraded footage keeps its ground truth in place."""

from pathlib import Path

import av
import numpy as np
import pytest

from game.sim.motion import MotionClip
from tools.capture.degradations import ALL, Degradation, Reel, film, moved, within


def reel(count: int = 4) -> Reel:
    """Dark pictures with a bright spot where all four points are."""
    images = [np.zeros((60, 80, 3), np.uint8) for _ in range(count)]
    for image in images:
        image[28:33, 38:43] = 255
    return Reel(images, np.full((count, 4, 2), (40.0, 30.0)), np.full(count, 20.0), np.ones(count, bool), 10.0)


def test_the_truth_moves_with_the_picture() -> None:
    ways = np.tile(np.array([[1.0, 0.0, 7.0], [0.0, 1.0, -5.0]]), (4, 1, 1))
    shifted = moved(reel(), ways)
    assert shifted.points[2, 1].tolist() == [47.0, 25.0]
    assert shifted.images[2][25, 47].tolist() == [255, 255, 255]
    assert shifted.images[2][30, 40].tolist() == [0, 0, 0]


def test_a_frame_counts_only_when_all_points_are_near() -> None:
    plain, times = reel(), np.arange(4) / 10.0
    found = plain.points.copy()
    found[1, 3] += (0.0, 3.1)  # an ankle 0.155 heights of 20 px away
    found[2, 0] += (2.9, 0.0)
    share, good = within(plain, times, found)
    assert good.tolist() == [True, False, True, True]
    assert share == 0.75
    # what was not captured is not right
    assert within(plain, times[1:], plain.points[1:])[0] == 0.75


@pytest.mark.parametrize("name", ["portrait", "screen recording"])
def test_films_have_the_size_and_number_of_frames(name: str, tmp_path: Path) -> None:
    how = next(h for h in ALL if h.name == name)
    small = Degradation(name, size=(how.size[0] // 6 * 2, how.size[1] // 6 * 2), after=how.after)
    made = film(MotionClip.load("run"), small, tmp_path / "a.mp4")
    assert len(made.images) == 24  # a little under 0.8 s
    assert made.flying.sum() > 2
    with av.open(str(tmp_path / "a.mp4")) as container:
        count = sum(1 for _ in container.decode(video=0))
        assert (container.streams.video[0].width, container.streams.video[0].height) == small.size
    # a screen recording shows pictures 2, 2, 1 and 3 times
    assert count == (24 if name == "portrait" else 6 * 8)
    first = made.points[0]
    assert first[0, 1] < first[1, 1] < first[2:, 1].min()  # the head above the hips, those above both ankles
