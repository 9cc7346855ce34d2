"""No camera stands in a wall or in the furniture, the window's as little as the film's."""

import math

import numpy as np
import pytest

from game.camera.camera_pose import CameraPose
from game.camera.camera_rig import RING, CameraRig
from game.camera.keyframes import Keyframes
from game.camera.obstacles import FURNITURE_CLEARANCE, MOST_NEARER, Obstacles, distance_to_part, walls_of
from game.camera.orbit_camera import FARTHEST
from game.camera.rigs import FIXED, NAMES, camera, focus
from game.scene.set_file import load_set
from game.scene.set_spec import GroundSpec, ItemSpec, LightSpec, PartSpec, SetSpec, ViewSpec, quaternion_of
from game.session.opening import BARE
from tests.support.standing import moved, off_axis, standing

ROOM = load_set("living_room")
LOW_X, LOW_Y, HIGH_X, HIGH_Y = -3.48, -3.28, 3.68, 2.48
"""m, the living room's walls less the clearance"""


def inside(pose: CameraPose) -> bool:
    x, y, _ = pose.position
    return bool(LOW_X - 1e-9 <= x <= HIGH_X + 1e-9 and LOW_Y - 1e-9 <= y <= HIGH_Y + 1e-9)


def test_a_room_has_walls_a_park_and_a_bare_floor_have_none() -> None:
    walls = (ItemSpec("walls"),)
    room = SetSpec("room", ground=GroundSpec(size=(6.0, 4.0), center=(1.0, 0.0)), items=walls)
    assert walls_of(room) == pytest.approx((-1.88, -1.88, 3.88, 1.88))
    assert walls_of(ROOM) == pytest.approx((LOW_X, LOW_Y, HIGH_X, HIGH_Y))
    assert walls_of(SetSpec("park", light=LightSpec(outdoors=True), items=walls)) is None
    assert walls_of(BARE) is None


def test_a_live_camera_behind_a_wall_is_brought_inside_as_the_films_is() -> None:
    """The set's view stands 0.62 m too far back: both go forward on the line of sight until y is the wall's."""
    assert ROOM.view.position[1] == pytest.approx(-3.9)
    live = CameraRig(ROOM, Keyframes())
    pose = live.update(standing(), 0, 0.0, 0.0)
    assert pose.position[1] == pytest.approx(LOW_Y)
    film = camera("free", ROOM).update(standing(), 0.0)
    assert film.position == pytest.approx(pose.position, abs=1e-12)
    assert film.rotation == pytest.approx(pose.rotation, abs=1e-12)
    handheld = camera("handheld", ROOM).update(standing(), 0.0)
    assert handheld.position[1] == pytest.approx(LOW_Y)
    outside = live.orbit.pose
    assert off_axis(outside, pose.position) == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize("name", [name for name in RING if name != "free"])
def test_live_and_film_are_the_same_camera(name: str) -> None:
    live, film = CameraRig(ROOM, Keyframes()), camera(name, ROOM)
    live.choose(name)
    for tick in range(20):
        snapshot, seconds = moved(0.05 * tick, -0.1 * tick, tick=tick), 1 / 30 if tick else 0.0
        mine, theirs = live.update(snapshot, 0, seconds, tick / 30), film.update(snapshot, seconds)
        assert (mine.position == theirs.position).all() and (mine.rotation == theirs.rotation).all()


@pytest.mark.parametrize("name", [name for name in NAMES if name not in FIXED])
def test_cameras_stay_between_the_walls(name: str) -> None:
    """He runs up to the wall behind the camera; it stays inside, and he in the picture."""
    look = camera(name, ROOM)
    look.update(standing(), 0.0)
    for tick in range(1, 45):
        snapshot = moved(0.0, -1.5 * tick / 30, tick=tick)
        pose = look.update(snapshot, 1 / 30)
        assert inside(pose), tick
        assert off_axis(pose, focus(snapshot, 0)) < 0.5 * pose.fov


def test_turned_and_zoomed_all_round_the_free_camera_stays_in_the_room() -> None:
    live, obstacles = CameraRig(ROOM, Keyframes()), Obstacles(ROOM)
    for _ in range(20):
        live.zoom(-1)
    assert live.orbit.distance < 5.0  # out of the room it does not go
    for _ in range(48):
        live.drag(1 / 24, 0.0)
        live.orbit.distance = FARTHEST
        pose = live.update(standing(), 0, 1 / 30, 0.0)
        assert inside(pose)
        assert obstacles.distance(pose.position) > FURNITURE_CLEARANCE - 1e-9
        assert off_axis(pose, live.orbit.target) < 1e-6


def test_the_wheel_goes_on_from_where_a_wall_holds_the_camera() -> None:
    live = CameraRig(ROOM, Keyframes())
    live.orbit.distance = FARTHEST
    held = live.update(standing(), 0, 0.0, 0.0)
    away = float(np.linalg.norm(held.position - live.orbit.target))
    live.zoom(1)
    assert live.orbit.distance == pytest.approx(0.9 * away)


def test_a_camera_leaves_furniture_by_the_front() -> None:
    """A box of 1 m about x = 2: seen along -x from inside, its front face is at x = 1.5."""
    box = ItemSpec("box", (2.0, 0.0, 1.0), parts=(PartSpec("box", (1.0, 1.0, 1.0)),))
    spec = SetSpec("field", light=LightSpec(outdoors=True), items=(box,))
    pose = CameraPose.look((2.2, 0.0, 1.0), (0.0, 0.0, 1.0), 0.7)
    cleared = Obstacles(spec).clear(pose)
    assert cleared.position == pytest.approx([1.5 - FURNITURE_CLEARANCE, 0.0, 1.0], abs=0.021)
    assert cleared.position[0] <= 1.5 - FURNITURE_CLEARANCE + 1e-9
    behind = CameraPose.look((3.0, 0.0, 1.0), (0.0, 0.0, 1.0), 0.7)
    assert Obstacles(spec).clear(behind).position == pytest.approx(behind.position)
    assert Obstacles(spec).clear(pose, most=0.3).position == pytest.approx([1.9, 0.0, 1.0])


def test_a_thing_that_can_be_pushed_is_no_obstacle() -> None:
    ball = ItemSpec("ball", (2.0, 0.0, 1.0), mass=1.0, parts=(PartSpec("sphere", (0.5,)),))
    spec = SetSpec("field", light=LightSpec(outdoors=True), items=(ball,))
    assert Obstacles(spec).distance(np.array([2.0, 0.0, 1.0])) == math.inf


def test_the_bookshelf_is_left_although_it_stands_aside() -> None:
    """An item that is turned and parts that are moved within it."""
    shelf = ItemSpec("shelf", (0.0, 3.0, 0.0), quaternion_of((0.0, 0.0, math.pi / 2)),
                     parts=(PartSpec("box", (2.0, 0.4, 2.0), (0.5, 0.0, 1.0)),))  # fmt: skip
    obstacles = Obstacles(SetSpec("field", light=LightSpec(outdoors=True), items=(shelf,)))
    # turned by a quarter its length lies along y, from 2.5 to 4.5 m
    assert obstacles.distance(np.array([0.0, 4.4, 1.0])) == pytest.approx(-0.1)
    assert obstacles.distance(np.array([0.25, 3.5, 1.0])) == pytest.approx(0.05)


@pytest.mark.parametrize("name", FIXED)
def test_what_is_put_somewhere_stays_there(name: str) -> None:
    narrow = SetSpec("narrow", ground=GroundSpec(size=(0.4, 0.4), center=(9.0, 9.0)), items=(ItemSpec("walls"),),
                     view=ViewSpec((1.7, -3.9, 1.45)))  # fmt: skip
    wide = SetSpec("wide", light=LightSpec(outdoors=True), view=narrow.view)
    a, b = (camera(name, spec).update(standing(), 0.0) for spec in (narrow, wide))
    assert (a.position == b.position).all()


def test_no_wall_brings_a_camera_nearer_than_it_may() -> None:
    pose = CameraPose.look((0.0, -9.0, 1.0), (0.0, 0.0, 1.0), 0.7)
    assert Obstacles(ROOM).clear(pose).position[1] == pytest.approx(-9.0 + MOST_NEARER)


@pytest.mark.parametrize(
    ("part", "point", "expected"),
    [
        (PartSpec("sphere", (0.5,), (1.0, 0.0, 0.0)), (3.0, 0.0, 0.0), 1.5),
        (PartSpec("box", (2.0, 2.0, 2.0)), (2.0, 0.0, 0.0), 1.0),
        (PartSpec("box", (2.0, 2.0, 2.0)), (4.0, 5.0, 1.0), 5.0),
        (PartSpec("box", (2.0, 2.0, 2.0)), (0.0, 0.0, 0.25), -0.75),
        (PartSpec("box", (4.0, 1.0, 1.0), quaternion=quaternion_of((0.0, 0.0, math.pi / 2))), (0.0, 3.0, 0.0), 1.0),
        (PartSpec("capsule", (0.5, 2.0)), (0.0, 0.0, 3.0), 1.5),
        (PartSpec("capsule", (0.5, 2.0)), (2.0, 0.0, 0.5), 1.5),
        (PartSpec("cylinder", (1.0, 2.0)), (4.0, 0.0, 5.0), 5.0),
        (PartSpec("cylinder", (1.0, 2.0)), (0.0, 0.5, 0.0), -0.5),
    ],
)
def test_distances_by_hand(part: PartSpec, point: tuple[float, float, float], expected: float) -> None:
    assert distance_to_part(np.array(point), part) == pytest.approx(expected)
