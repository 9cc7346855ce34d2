"""Photographs on sets, really rendered: seen from where it was taken, the room is the photograph."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from game.scene.json_fields import SetError
from game.scene.photo_file import read_photo
from game.scene.set_file import load_set
from game.scene.set_spec import PhotoSpec, SetSpec, ViewSpec
from game.sim.bullet import open_world
from game.sim.model import CharacterModel
from game.sim.snapshot import PropPoses, Snapshot
from game.view.film_camera import FilmCamera
from game.view.pick_pipe import Output
from game.view.quality import QUALITIES, Tier
from game.view.slides import projection
from game.view.stage import Stage
from tools.room.marks import BoxMark, Marks
from tools.room.photograph import Photograph, save_picture
from tools.room.room_pipeline import Scale, photographed_room, write_room
from tools.room.vanishing import level_camera

SIZE = (480, 270)
Picture = NDArray[np.uint8]


@pytest.fixture(scope="module")
def standing() -> Snapshot:
    with open_world(CharacterModel.load()) as world:
        world.add_character()
        return world.snapshot()


def empty(snapshot: Snapshot) -> Snapshot:
    return replace(snapshot, body_pos=snapshot.body_pos[:0], body_rot=snapshot.body_rot[:0])


def drawn(output: Output, spec: SetSpec, snapshot: Snapshot, tier: Tier = "lite", size: tuple[int, int] = SIZE,
          moved: dict[str, tuple[float, float, float]] | None = None) -> Picture:  # fmt: skip
    """(height, width, 3) RGB of a set from its view; `moved`: items that are simulated, and where they are, m."""
    if not output.has_shaders:
        pytest.skip(f"{output.driver} runs no shaders: install libegl1 and libgl1-mesa-dri")
    items = {i: item for i, item in enumerate(spec.items) if moved and item.name in moved}
    if moved:
        where = np.array([moved[item.name] for item in items.values()])
        turns = np.array([item.quaternion for item in items.values()])
        snapshot = replace(snapshot, props=PropPoses(tuple(items), where, turns))
    stage = Stage(output.buffer, spec, QUALITIES[tier])
    camera = FilmCamera(output.buffer, stage.root, size)
    camera.node.set_mat(stage.root, stage.camera.get_mat(stage.root))
    camera.lens.set_near_far(0.05, 200.0)
    camera.lens.set_fov(math.degrees(spec.view.field_of_view))  # sets the aspect ratio, too
    camera.lens.set_aspect_ratio(size[0] / size[1])
    camera.lens.set_fov(math.degrees(spec.view.field_of_view))
    stage.show(snapshot, items, 0.0)
    output.engine.render_frame()
    picture = camera.frame()[..., 2::-1].copy()
    camera.close()
    stage.close()
    return picture


def difference(a: Picture, b: Picture) -> float:
    """Mean, of 255."""
    return float(np.abs(a.astype(int) - b).mean())


def striped(size: tuple[int, int]) -> Picture:
    """A picture in which every place looks different."""
    v, u = np.mgrid[0 : size[1], 0 : size[0]]
    return np.stack([u * 255 // size[0], v * 255 // size[1], 90 + 90 * ((u // 24 + v // 24) % 2)], -1).astype(np.uint8)


def made(folder: Path, picture: Picture, boxes: tuple[BoxMark, ...] = ()) -> SetSpec:
    """The set of a picture of a level camera, 1.5 m high, with a back wall 5 m away."""
    marks = Marks({"back_left": (40.0, 190.0), "back_right": (440.0, 190.0)}, boxes=list(boxes), sun=(180.0, 45.0))
    photo = Photograph(picture)
    room = photographed_room(photo, marks, Scale(), np.zeros((0, 4)))
    write_room(room, photo, marks, folder / "mine.json", "Mine")
    return load_set(folder / "mine.json")


def test_the_projection_of_a_point_computed_by_hand() -> None:
    # 90 degrees wide, twice as wide as high, from 1 m above the origin along y: at y = 2, x = 1 lies half-way to the
    # right edge (3/4 of the width), and 0.5 m up is half-way to the upper edge
    photo = PhotoSpec(Path("none"), None, ViewSpec((0.0, 0.0, 1.0), (0.0, 5.0, 1.0), math.radians(90.0)))
    u, v, _, w = projection(photo, 2.0) @ np.array([1.0, 2.0, 1.5, 1.0])
    assert (u / w, v / w, w) == pytest.approx((0.75, 0.75, 2.0))


@pytest.mark.parametrize("tier", ["lite", "std"])
def test_from_its_own_view_the_room_is_the_photograph(
    tier: Tier, output: Output, standing: Snapshot, tmp_path: Path
) -> None:
    picture = striped(SIZE)
    chest = BoxMark("chest", (200.0, 220.0), (260.0, 220.0), None, (230.0, 170.0), movable=True)
    spec = made(tmp_path, picture, (chest,))
    assert difference(drawn(output, spec, empty(standing), tier), picture) < 2.5
    # a simulated chest that has not moved is still the photograph's
    resting = {"chest": next(item.position for item in spec.items if item.name == "chest")}
    assert difference(drawn(output, spec, empty(standing), tier, moved=resting), picture) < 2.5
    # from a metre beside it is not
    x, y, z = spec.view.position
    beside = replace(spec, view=replace(spec.view, position=(x + 1.0, y, z)))
    assert difference(drawn(output, beside, empty(standing), tier), picture) > 5.0


def test_he_is_in_the_picture_and_shades_the_floor_away_from_the_light(
    output: Output, standing: Snapshot, tmp_path: Path
) -> None:
    picture = np.full((SIZE[1], SIZE[0], 3), 150, np.uint8)
    spec = made(tmp_path, picture)  # the light comes from the left
    change = drawn(output, spec, standing).astype(int) - picture
    focal = 0.5 * SIZE[0] / math.tan(0.5 * spec.view.field_of_view)
    camera = replace(level_camera(SIZE, focal), height=spec.view.position[2])
    right, left = (camera.project(np.array([x, 0.0, 0.0]) - [*spec.view.position[:2], 0.0]) for x in (0.8, -0.8))
    shades = [change[int(v) - 1 : int(v) + 2, int(u) - 2 : int(u) + 3].mean() for u, v in (right, left)]
    assert shades[0] < -15 and abs(shades[1]) < 2


def test_what_moves_takes_its_picture_along_and_leaves_the_wall_behind(
    output: Output, standing: Snapshot, tmp_path: Path
) -> None:
    picture = np.full((SIZE[1], SIZE[0], 3), (150, 150, 150), np.uint8)
    picture[170:220, 200:260] = (220, 30, 30)
    chest = BoxMark("chest", (200.0, 220.0), (260.0, 220.0), None, (230.0, 170.0), movable=True)
    spec = made(tmp_path, picture, (chest,))
    x, y, z = next(item.position for item in spec.items if item.name == "chest")
    shown = drawn(output, spec, empty(standing), moved={"chest": (x - 1.6, y, z)})
    assert shown[195, 230] == pytest.approx([150, 150, 150], abs=12)
    red = np.any(shown[..., 0].astype(int) - shown[..., 1] > 120, axis=0)
    assert np.any(red[:170]) and not np.any(red[190:])


def test_the_tool_finds_the_camera_of_the_game_s_own_living_room(
    output: Output, standing: Snapshot, tmp_path: Path
) -> None:
    size = (960, 540)
    known = load_set("living_room")
    picture = drawn(output, known, empty(standing), "lite", size)
    room = photographed_room(Photograph(picture), Marks(), Scale(camera_height=known.view.position[2]))
    truth = known.view
    assert math.degrees(room.camera.field_of_view) == pytest.approx(math.degrees(truth.field_of_view), abs=2.0)
    wanted = np.array(truth.target) - np.array(truth.position)
    wanted /= np.linalg.norm(wanted)
    assert math.degrees(math.acos(min(float(wanted @ room.camera.rotation[:, 0]), 1.0))) < 1.5
    assert room.shell.back == pytest.approx(2.6 - truth.position[1], rel=0.06)  # to the wall
    write_room(room, Photograph(picture), Marks(), tmp_path / "again.json", "Again")
    again = drawn(output, load_set(tmp_path / "again.json"), empty(standing), "lite", size)
    assert difference(again, picture) < 2.0


def test_pictures_that_cannot_be_are_refused(tmp_path: Path) -> None:
    made(tmp_path, striped(SIZE))
    data = json.loads((tmp_path / "mine.json").read_text())

    def refused(name: str, message: str) -> None:
        data["photo"]["file"] = name
        (tmp_path / "mine.json").write_text(json.dumps(data))
        with pytest.raises(SetError, match=message):
            load_set(tmp_path / "mine.json")

    whole = (tmp_path / "mine.jpg").read_bytes()
    (tmp_path / "cut.jpg").write_bytes(whole[:200])
    (tmp_path / "text.jpg").write_text("no picture")
    refused("../mine.jpg", "should be the name of a picture beside the set")
    refused("none.jpg", "photo: none.jpg: the picture cannot be read")
    refused("cut.jpg", "photo: cut.jpg: 0x0 pixels, expected 2")
    refused("text.jpg", "neither a JPEG nor a PNG")
    save_picture(striped(SIZE), tmp_path / "fine.jpg")
    assert read_photo(tmp_path / "fine.jpg").shape == (*SIZE[::-1], 3)
