"""He is never lost: cameras look past furniture, turn after him, stay below the ceiling, and show a crowd whole."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from game.camera.camera_pose import CameraPose
from game.camera.framing import INNER, WIDEST, Framing, frame_all, turned_to
from game.camera.obstacles import WALL_CLEARANCE, Obstacles
from game.camera.rigs import FIXED, NAMES, camera, focus
from game.scene.set_file import load_set
from game.scene.set_spec import ItemSpec, LightSpec, PartSpec, SetSpec
from game.sim.bullet import open_world
from game.sim.snapshot import Snapshot
from tests.support.small_policy import MODEL

ROOM = load_set("living_room")
FIELD = SetSpec("field", light=LightSpec(outdoors=True), items=(
    ItemSpec("wall", (2.0, 0.0, 1.0), parts=(PartSpec("box", (0.2, 3.0, 2.0)),)),))  # fmt: skip


def crowd(count: int = 1) -> Snapshot:
    with open_world(MODEL) as world:
        for k in range(count):
            world.add_character((0.0, 1.4 * k))
        return world.snapshot()


def moved(snapshot: Snapshot, offset: tuple[float, float, float], tick: int) -> Snapshot:
    state = replace(snapshot.state, root_pos=snapshot.state.root_pos + offset)
    return replace(snapshot, tick=tick, body_pos=snapshot.body_pos + np.array(offset), state=state)


def off_axis(pose: CameraPose, point: np.ndarray) -> float:
    way = point - pose.position
    return math.acos(min(1.0, float(way @ pose.forward) / float(np.linalg.norm(way))))


@pytest.mark.parametrize("name", [name for name in NAMES if name not in FIXED])
@pytest.mark.parametrize("way", [(0.0, 0.0, 1.5), (3.0, 0.0, 0.8), (-2.6, 1.5, 0.0), (0.3, 2.0, 0.6), (1.5, -2.5, 1.2)])
def test_thrown_through_the_room_he_stays_in_the_picture(name: str, way: tuple[float, float, float]) -> None:
    look, start = camera(name, ROOM), crowd()
    look.update(start, 0.0)
    for tick in range(1, 25):
        part = min(tick / 10.0, 1.0)  # in a third of a second
        snapshot = moved(start, (way[0] * part, way[1] * part, way[2] * part), tick)
        pose = look.update(snapshot, 1 / 30)
        assert off_axis(pose, focus(snapshot, 0)) < 0.5 * pose.fov, tick
        assert pose.position[2] < 2.7 - WALL_CLEARANCE + 1e-9
        low, high = np.array([-3.6, -3.4]), np.array([3.8, 2.6])  # the walls
        assert (pose.position[:2] > low).all() and (pose.position[:2] < high).all()


def test_it_looks_past_a_wall_at_once_and_goes_back_slowly() -> None:
    framing, there = Framing(Obstacles(FIELD)), CameraPose.look((5.0, 0.0, 1.2), (0.0, 0.0, 0.95), 0.8)
    snapshot = crowd()
    pose = framing.framed(there, snapshot, 0, 1 / 30)
    assert 0.9 < pose.position[0] < 1.9  # the wall's near side is at 1.9
    free = moved(snapshot, (0.0, 6.0, 0.0), 1)
    beside = CameraPose.look((5.0, 6.0, 1.2), (0.0, 6.0, 0.95), 0.8)
    first = framing.framed(beside, free, 0, 1 / 30).position[0]
    later = [framing.framed(beside, free, 0, 1 / 30).position[0] for _ in range(150)]
    assert first < 2.2
    assert later[-1] > 4.9
    assert (np.diff(later) >= -1e-9).all()


def test_a_pose_turns_no_farther_than_it_must() -> None:
    pose = CameraPose.look((0.0, 0.0, 1.0), (5.0, 0.0, 1.0), 0.8)
    assert turned_to(pose, np.array([5.0, 0.5, 1.0])) is pose
    for target in ([0.0, 5.0, 1.0], [5.0, 0.0, 9.0], [-5.0, 0.0, 1.0]):
        turned = turned_to(pose, np.array(target))
        assert off_axis(turned, np.array(target)) == pytest.approx(INNER * 0.4, abs=1e-6)


def test_a_crowd_is_framed_whole() -> None:
    snapshot = crowd(6)
    for name in ("follow", "side", "handheld", "orbit"):
        field = SetSpec("field", light=LightSpec(outdoors=True))
        pose = camera(name, field).update(snapshot, 0.0)
        assert pose.fov <= WIDEST + 1e-9
        for person in range(6):
            assert off_axis(pose, focus(snapshot, person)) < 0.5 * pose.fov * 16 / 9, (name, person)


def test_frame_all_keeps_what_fits_already() -> None:
    pose = CameraPose.look((0.0, -9.0, 1.0), (0.0, 0.0, 1.0), 0.9)
    framed = frame_all(pose, np.array([[-0.5, 0.0, 1.0], [0.5, 0.0, 1.0]]))
    assert framed.position == pytest.approx(pose.position)
    assert framed.fov == 0.9
