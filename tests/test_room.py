"""tools.room: the camera from lines, walls, furniture and light, with rooms whose numbers are computed by hand."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from game.scene.json_fields import SetError
from game.scene.set_file import load_set, names
from tools.room.__main__ import main
from tools.room.daylight import find_daylight
from tools.room.furniture import box_of, covered
from tools.room.marking import BOX, Marking
from tools.room.marks import BoxMark, Marks, load_marks
from tools.room.painted_out import painted_out
from tools.room.photograph import Photograph, save_picture
from tools.room.room_camera import RoomCamera
from tools.room.room_pipeline import Scale, photographed_room
from tools.room.segments import find_segments
from tools.room.shell import BACK, FLOOR, Shell, find_shell, hits
from tools.room.vanishing import level_camera, solve, usual_focal

Array = NDArray[np.float64]
SIZE = (1200, 900)
FOCAL = 800.0


def turned(degrees: float) -> RoomCamera:
    """A level camera, 1.5 m high, turned to the right."""
    a = math.radians(degrees)
    forward, left = [math.sin(a), math.cos(a), 0.0], [-math.cos(a), math.sin(a), 0.0]
    return RoomCamera(SIZE, FOCAL, np.array([forward, left, [0.0, 0.0, 1.0]]).T, 1.5)


def toward(point: tuple[float, float], starts: list[tuple[float, float]], length: float = 120.0) -> list[list[float]]:
    """Segments on lines through a vanishing point."""
    found = []
    for u, v in starts:
        way = np.array(point) - [u, v]
        end = np.array([u, v]) + way / np.linalg.norm(way) * length
        found.append([u, v, *end.tolist()])
    return found


STARTS = [(100.0, 100.0), (300.0, 800.0), (700.0, 150.0), (900.0, 760.0), (500.0, 620.0), (1000.0, 300.0)]


def upright() -> list[list[float]]:
    return [[u, 200.0, u, 420.0] for u in (50.0, 260.0, 610.0, 880.0, 1100.0)]


def test_vanishing_points_computed_by_hand_give_the_camera_back() -> None:
    # turned by 30 degrees: y vanishes at 600 - 800 tan 30, x at 600 + 800 tan 60, both on the horizon, 450
    y, x = (138.12, 450.0), (1985.64, 450.0)
    segments = np.array(toward(y, STARTS) + toward(x, STARTS) + upright())
    solution = solve(segments, SIZE)
    assert solution.solved and solution.known == (True, True, True)
    assert solution.camera.focal == pytest.approx(FOCAL, rel=0.01)
    assert solution.camera.rotation[:, 0] == pytest.approx([0.5, math.sqrt(0.75), 0.0], abs=0.01)
    assert solution.axis.tolist() == [1] * 6 + [0] * 6 + [2] * 5
    assert solution.focal_error < 0.1


def test_lines_of_no_axis_do_not_matter() -> None:
    random = np.random.default_rng(4)
    astray = random.uniform([0, 0], SIZE, (12, 2))
    other = np.hstack([astray, astray + random.uniform(-90, 90, (12, 2))])
    segments = np.array(toward((138.12, 450.0), STARTS) + toward((1985.64, 450.0), STARTS) + upright())
    solution = solve(np.vstack([other, segments]), SIZE)
    assert solution.camera.focal == pytest.approx(FOCAL, rel=0.03)
    assert solution.camera.rotation[:, 0] == pytest.approx([0.5, math.sqrt(0.75), 0.0], abs=0.02)


def test_a_wall_seen_straight_on_does_not_tell_the_focal_length() -> None:
    level = [[u, v, u + 150.0, v] for u, v in STARTS]
    solution = solve(np.array(level + upright()), SIZE)
    assert solution.solved and solution.known == (True, False, True)
    assert solution.camera.focal == pytest.approx(usual_focal(SIZE), rel=0.02)
    assert solution.focal_error > 1.0
    assert solution.camera.rotation[:, 0] == pytest.approx([0.0, 1.0, 0.0], abs=0.02)
    assert solve(np.array(level + upright()), SIZE, focal=1000.0).camera.focal == pytest.approx(1000.0, rel=0.02)


def test_a_picture_without_lines_is_not_solved() -> None:
    for segments in (np.zeros((0, 4)), np.array([[1.0, 1.0, 80.0, 30.0]])):
        solution = solve(segments, SIZE)
        assert not solution.solved
        assert solution.camera.rotation[:, 0].tolist() == [0.0, 1.0, 0.0]


def test_pixels_and_places_of_a_level_camera() -> None:
    camera = level_camera(SIZE, FOCAL)
    camera = RoomCamera(SIZE, FOCAL, camera.rotation, 1.5)
    # 400 px below the horizon: 1.5 m * 800 / 400 away; 200 px to the right of the middle: 200 / 800 of that
    assert camera.on_floor([800.0, 850.0]) == pytest.approx([0.75, 3.0, 0.0])
    assert camera.project([0.75, 3.0, 0.0]) == pytest.approx([800.0, 850.0])
    assert np.isnan(camera.on_floor([600.0, 300.0])).all()
    assert np.isnan(camera.project([0.0, -1.0, 1.0])).all()
    face, place = hits(camera, Shell(4.0, -2.0, 2.0, 2.5).bounds(), np.array([[600.0, 850.0], [600.0, 450.0]]))
    assert face.tolist() == [FLOOR, BACK]
    assert place[1] == pytest.approx([0.0, 4.0, 1.5])


def box_edges(camera: RoomCamera, shell: Shell) -> tuple[Array, NDArray[np.int64]]:
    """The visible edges of a room in its picture, and their axes; each in pieces, as a detector finds them."""
    x0, x1, y, z = shell.left or 0.0, shell.right or 0.0, shell.back, shell.ceiling or 0.0
    edges = [((x0, y, 0), (x1, y, 0), 0), ((x0, y, z), (x1, y, z), 0)]
    for x in (x0, x1):
        edges += [((x, 1.2, 0), (x, y, 0), 1), ((x, 1.2, z), (x, y, z), 1), ((x, y, 0), (x, y, z), 2)]
    rows, axes = [], []
    for a, b, axis in edges:
        for k in range(4):
            ends = [np.array(a) + (np.array(b) - np.array(a)) * t for t in (k / 4, (k + 0.95) / 4)]
            rows.append(camera.project(np.array(ends)).reshape(-1))
            axes.append(axis)
    return np.array(rows), np.array(axes)


def test_the_walls_are_found_from_their_edges() -> None:
    camera, shell = turned(8.0), Shell(5.0, -2.4, 2.1, 2.6)
    found = find_shell(camera, *box_edges(camera, shell))
    assert found.back == pytest.approx(5.0, rel=0.03)
    assert found.left == pytest.approx(-2.4, rel=0.03)
    assert found.right == pytest.approx(2.1, rel=0.03)
    assert found.ceiling == pytest.approx(2.6, rel=0.03)
    assert set(found.found) == {"back", "left", "right", "ceiling"}


def test_marked_corners_alone_give_camera_and_walls() -> None:
    camera = turned(12.0)
    places = {"back_left": (-2.0, 5.0, 0.0), "back_right": (2.5, 5.0, 0.0), "top_left": (-2.0, 5.0, 2.5),
              "top_right": (2.5, 5.0, 2.5), "front_left": (-2.0, 2.5, 0.0), "front_right": (2.5, 2.0, 0.0)}  # fmt: skip
    marks = Marks(corners={name: tuple(camera.project(p).tolist()) for name, p in places.items()})
    picture = np.full((SIZE[1], SIZE[0], 3), 120, np.uint8)
    room = photographed_room(Photograph(picture), marks, Scale(ceiling=2.5), segments=np.zeros((0, 4)))
    assert room.camera.focal == pytest.approx(FOCAL, rel=0.02)
    assert room.camera.height == pytest.approx(1.5, rel=0.02)
    assert (room.shell.back, room.shell.left, room.shell.right) == pytest.approx((5.0, -2.0, 2.5), rel=0.03)
    assert 0.5 < room.spot[1] < 4.5 and -1.5 < room.spot[0] < 2.0


def test_furniture_stands_where_it_is_marked() -> None:
    camera = turned(0.0)
    feet = [tuple(camera.project(p).tolist()) for p in ((0.5, 3.0, 0.0), (1.5, 3.0, 0.0), (1.0, 3.6, 0.0))]
    top = tuple(camera.project((1.2, 3.0, 0.8)).tolist())
    box = box_of(BoxMark("chest", feet[0], feet[1], feet[2], top, movable=True), camera)
    assert box.center == pytest.approx([1.0, 3.3, 0.4]) and box.size == pytest.approx((1.0, 0.6, 0.8))
    assert box.mass == pytest.approx(60.0 * 0.48)
    shown = covered(box, camera)
    inside, outside = camera.project((1.0, 3.0, 0.4)), camera.project((0.4, 3.0, 0.4))
    assert shown[int(inside[1]), int(inside[0])] and not shown[int(outside[1]), int(outside[0])]
    with pytest.raises(SetError, match="'chest': its front's lower edge lies above the horizon"):
        box_of(BoxMark("chest", (500.0, 300.0), (700.0, 300.0), None, top), camera)
    with pytest.raises(SetError, match=r"m high, expected 0\.01 to 10"):
        box_of(BoxMark("chest", feet[0], feet[1], None, (feet[0][0], feet[0][1] + 40)), camera)


def test_paint_goes_from_floor_to_floor_and_from_wall_to_wall() -> None:
    picture = np.zeros((60, 80, 3), np.uint8)
    picture[:30], picture[30:] = (200, 30, 30), (20, 160, 20)
    face = np.where(np.arange(60)[:, None] < 30, BACK, FLOOR) * np.ones((1, 80), int)
    hidden = np.zeros((60, 80), bool)
    hidden[20:45, 30:50] = True
    damaged = picture.copy()
    damaged[hidden] = 255
    assert np.abs(painted_out(damaged, hidden, face).astype(int) - picture).max() <= 2


def test_light_comes_from_the_window_or_as_shadows_fall() -> None:
    camera, bounds = turned(0.0), Shell(4.0, -2.0, 2.0, 2.6).bounds()
    v, u = np.mgrid[0 : SIZE[1], 0 : SIZE[0]] + 0.5
    face, place = hits(camera, bounds, np.stack([u, v], -1).reshape(-1, 2))
    picture = np.full((*u.shape, 3), 110, np.uint8)
    window = (face == 3) & (place[:, 2] > 1.0) & (place[:, 2] < 2.2) & (place[:, 1] > 2.0)
    lit = picture.copy()
    lit.reshape(-1, 3)[window] = 250
    light = find_daylight(lit, camera, bounds, [], np.array([0.0, 2.5, 0.0]))
    assert light.direction[0] > 0.6 and "brightest" in light.source
    # a chest whose shadow falls to the left: the light is on the right
    feet = [tuple(camera.project(p).tolist()) for p in ((-0.3, 2.8, 0.0), (0.3, 2.8, 0.0), (0.0, 3.4, 0.0))]
    box = box_of(BoxMark("chest", feet[0], feet[1], feet[2], tuple(camera.project((0.0, 2.8, 0.7)).tolist())), camera)
    shaded = picture.copy()
    dark = (face == FLOOR) & (place[:, 0] > -1.0) & (place[:, 0] < -0.3) & (place[:, 1] > 2.8) & (place[:, 1] < 3.4)
    shaded.reshape(-1, 3)[dark] = 60
    light = find_daylight(shaded, camera, bounds, [box], np.array([0.0, 2.0, 0.0]))
    assert light.source == "furniture's shadows" and light.direction[0] > 0.5 and abs(light.direction[1]) < 0.2


@pytest.mark.parametrize("own", [False, True])
def test_the_edges_of_a_dark_square_are_found(own: bool) -> None:
    picture = np.full((240, 320, 3), 220, np.uint8)
    picture[60:180, 80:240] = 40
    found = find_segments(picture, own)
    for wanted in ([80, 60, 240, 60], [80, 180, 240, 180], [80, 60, 80, 180], [240, 60, 240, 180]):
        both = [np.abs(found - w).max(1).min() for w in (wanted, [*wanted[2:], *wanted[:2]])]
        assert min(both) < 5.0, wanted


def test_marks_come_back_from_their_file(tmp_path: Path) -> None:
    box = BoxMark("sofa", (1.0, 2.0), (3.0, 2.0), None, (2.0, 1.0), depth=0.9, movable=True, mass=40.0)
    marks = Marks({"back_left": (5.0, 6.0)}, [("z", (1.0, 1.0), (1.0, 9.0))], [box], (90.0, 45.0))
    marks.save(tmp_path / "room.marks")
    assert load_marks(tmp_path / "room.marks") == marks
    (tmp_path / "bad.marks").write_text('{"schema": 1, "corners": {"middle": [1, 2]}}')
    with pytest.raises(SetError, match="corners: there is no field 'middle'; there are back_left"):
        load_marks(tmp_path / "bad.marks")


def test_a_picture_of_nothing_gives_floor_and_backdrop_and_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    noise = np.random.default_rng(1).integers(90, 160, (120, 160, 3)).astype(np.uint8)
    save_picture(noise, tmp_path / "My fog.jpg")
    assert main([str(tmp_path / "My fog.jpg"), "--check", str(tmp_path / "check.jpg")]) == 0
    said = capsys.readouterr().out
    assert "no vanishing points" in said and "where the floor ends is a guess" in said
    assert "my_fog" in names("sets")
    spec = load_set("my_fog")
    assert spec.photo is not None and spec.ground.material == "backdrop"
    assert [item.name for item in spec.items] == ["walls"]
    assert (tmp_path / "check.jpg").is_file()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["missing.jpg"], "No such file"),
        (["words.jpg"], "no picture can be read"),
        (["small.jpg"], "10x10 pixels, expected at least 64"),
        (["good.jpg", "--corner", "middle=1,2"], "expected NAME=U,V"),
        (["good.jpg", "--ceiling", "900"], "--ceiling 900: expected 1 to 50 m"),
        (["good.jpg", "--name", "../up"], "expected letters"),
    ],
)
def test_what_is_wrong_is_one_line(
    arguments: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "words.jpg").write_text("words")
    save_picture(np.zeros((10, 10, 3), np.uint8), tmp_path / "small.jpg")
    save_picture(np.full((80, 80, 3), 90, np.uint8), tmp_path / "good.jpg")
    code = main([str(tmp_path / arguments[0]), "--out", str(tmp_path / "sets"), *arguments[1:]])
    said = capsys.readouterr().err
    assert code == 1 and message in said and said.count("\n") == 1


def test_clicks_become_corners_and_boxes_and_can_be_taken_back() -> None:
    camera = turned(0.0)
    marking = Marking(Photograph(np.full((SIZE[1], SIZE[0], 3), 120, np.uint8)), Marks(), Scale(camera_height=1.5))
    marking.click(*camera.project((-2.0, 5.0, 0.0)))
    assert marking.placing == "back_right" and "back" in marking.room.shell.found
    marking.place(BOX)
    for place in ((0.5, 3.0, 0.0), (1.5, 3.0, 0.0), (1.0, 3.6, 0.0)):
        marking.click(*camera.project(place))
    assert len(marking.pending) == 3 and not marking.marks.boxes
    marking.click(*camera.project((1.0, 3.0, 0.7)))
    assert [box.name for box in marking.marks.boxes] == ["box 1"] and len(marking.room.boxes) == 1
    for _ in range(4):  # a box in the air cannot be
        marking.click(600.0, 100.0)
    assert "above the horizon" in marking.message and len(marking.marks.boxes) == 1
    marking.undo()
    assert not marking.marks.boxes and set(marking.marks.corners) == {"back_left"}
