"""The camera's turns, its way, and bodies that jump: from corners and landmarks with known values."""

import math
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from game.sim import rotation
from tools.capture.camera_path import CameraPath, Corners, camera_path, key_frames, turned
from tools.capture.camera_travel import travelled
from tools.capture.camera_unit import camera_unit
from tools.capture.first_guess import Observations
from tools.capture.jumps import find_jumps
from tools.capture.pose import Square
from tools.capture.tracks import Tracks

Array = NDArray[np.float64]
RANDOM = np.random.default_rng(0)
GRID = RANDOM.uniform(-40.0, 40.0, (30, 2))
SIZE, FOCAL = np.array([960.0, 720.0]), 1000.0


def seen(points: Array, pos: Array, rot: Array) -> Array:
    """(P, 2) px of points (P, 3) for a camera at `pos` whose axes are the columns of `rot`."""
    local = (points - pos) @ rot
    return np.asarray(0.5 * SIZE - FOCAL * local[:, 1:] / local[:, :1])


def swing(yaw: float, pitch: float = 0.0) -> Array:
    q = rotation.multiply(rotation.from_heading(yaw), rotation.from_axis_angle((0.0, 1.0, 0.0), np.array(pitch)))
    return rotation.to_matrix(q)


def test_a_turn_and_a_zoom_are_found_among_corners_of_which_some_go_elsewhere() -> None:
    uv = RANDOM.uniform(-0.4, 0.4, (60, 2))
    turn = swing(0.2, -0.1)
    ahead = np.concatenate([np.ones((60, 1)), uv], axis=1) @ turn
    after = 1.25 * ahead[:, 1:] / ahead[:, :1]
    after[:15] += 0.08  # somebody who walks by
    found, zoom, miss = turned(uv, after)
    assert found == pytest.approx(turn, abs=2e-3)
    assert zoom == pytest.approx(1.25, abs=5e-3)
    assert miss < 1e-3


def test_key_frames_reach_back_as_far_as_corners_last() -> None:
    def corners(*numbers: int) -> Corners:
        return np.array(numbers), np.zeros((len(numbers), 2))

    first, later = range(20), range(10, 30)
    frames = [corners(*first), corners(*first), corners(*later), corners(*range(15, 35)), corners(*range(15, 35))]
    # 20 shared with frame 0, then 10, then 5: too few, so frame 2 is the next key
    assert key_frames(frames) == [0, 0, 0, 2, 2]


def test_the_way_of_a_walking_camera_is_found_up_to_its_unit() -> None:
    torch.set_num_threads(1)
    count = 30
    points = np.stack([RANDOM.uniform(4, 9, 80), RANDOM.uniform(-4, 6, 80), RANDOM.uniform(-1.2, 2, 80)], axis=1)
    steps = np.arange(count)
    pos = np.stack([0.2 * np.sin(0.2 * steps), 0.06 * steps, 0.03 * np.sin(0.8 * steps)], axis=1)
    rots = [swing(0.05 * math.sin(0.3 * k), 0.03 * math.sin(0.5 * k)) for k in steps]
    corners: list[Corners] = []
    for k in range(count):
        px = seen(points, pos[k], rots[k])
        inside = ((px > 0) & (px < SIZE)).all(axis=1)
        corners.append((np.flatnonzero(inside), px[inside] + RANDOM.normal(0.0, 0.2, (int(inside.sum()), 2))))
    found = travelled(CameraPath.standing(count), corners, SIZE, FOCAL)
    assert found.travels
    unit = float((found.pos * pos).sum() / (found.pos**2).sum())
    assert np.abs(unit * found.pos - pos).max() < 0.12  # of a way of 1.7 m
    angles = rotation.angle_between(rotation.from_matrix(found.rot), rotation.from_matrix(np.array(rots)))
    assert np.degrees(angles.max()) < 1.5


def test_the_unit_is_that_with_which_feet_stand_still() -> None:
    count, landmarks = 40, np.array([11, 12, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32])
    shape = RANDOM.uniform(-0.4, 0.4, (len(landmarks), 3))
    camera = np.stack([np.zeros(count), 0.02 * np.arange(count), np.zeros(count)], axis=1)
    # he stands 4 m ahead; the camera's places are in units of 2.5 m
    world = np.tile(shape, (count, 1, 1))
    place = np.array([4.0, 0.3, 0.0]) - 2.5 * camera
    local = place[:, None] + world
    both = Observations(
        30.0, local[..., 1:] / local[..., :1], world, np.ones(world.shape[:2]), landmarks,
        np.tile(np.eye(3), (count, 1, 1)), camera,
    )  # fmt: skip
    assert camera_unit(both) == pytest.approx(2.5, rel=0.05)
    assert camera_unit(cast(Observations, SimpleNamespace(travels=False))) == 0.0


def test_before_a_bare_wall_people_move_and_the_camera_does_not() -> None:
    count = 20
    tracks = Tracks(1.0)
    for k in range(count):  # thirty corners, all on somebody who walks to the right
        tracks.numbers.append(np.arange(30))
        tracks.points.append(GRID + np.array([100.0 + 8.0 * k, 300.0]))
    found: Any = SimpleNamespace(used=np.arange(count), size=(960, 720), tracks=tracks)
    person = [Square(100.0 + 8.0 * k, 300.0, 200.0, 0.0) for k in range(count)]
    assert camera_path(found, FOCAL, [person]).extent() == 0.0
    assert camera_path(found, FOCAL).extent() == pytest.approx(8.0 * 19 / 960)  # without the person it would have moved


def body(middle: Array) -> Array:
    """(F, 18, 2) a body whose limbs swing a little about its middle (F, 2), in body heights."""
    shape = RANDOM.uniform(-0.5, 0.5, (18, 2))
    sway = 0.05 * np.sin(0.4 * np.arange(len(middle)))[:, None, None] * np.sign(shape)
    return np.asarray(middle[:, None] + shape + sway)


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ("walks", []),
        ("jumps", [20]),
        ("changes", [20]),
        ("one wrong frame", []),
        ("six wrong frames", []),
        ("lands", []),
    ],
)
def test_bodies_that_jump_are_found(how: str, expected: list[int]) -> None:
    times = np.arange(40) / 30.0
    middle = np.stack([0.03 * np.arange(40), np.zeros(40)], axis=1)
    if how == "jumps":
        middle[20:] += 0.3
    if how == "one wrong frame":
        middle[20] += 0.5
    if how == "six wrong frames":
        middle[20:26] += 0.5
    if how == "lands":  # falls with 6 m/s, 3.5 heights a second, and stops within a frame
        middle[:, 1] = np.minimum(np.arange(40), 20) * 3.5 / 30.0
    places: Any = body(middle)
    if how == "changes":
        places[20:] = middle[20:, None] + RANDOM.uniform(-0.5, 0.5, (18, 2))
    assert find_jumps(places, times) == expected
