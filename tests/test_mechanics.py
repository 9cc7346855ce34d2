"""What the room does back: doors, things that come loose or break, belts, wind, slippery soles, and a tidy room."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from game.scene.item_limits import check_item
from game.scene.json_fields import SetError
from game.scene.mechanism import BreakSpec, HingeSpec, WindSpec
from game.scene.set_file import load_prop
from game.scene.set_spec import ItemSpec, PartSpec, Vec3
from game.sim import rotation
from game.sim.bullet import open_world
from game.sim.contents import WorldError
from game.sim.shards import shards_of
from game.sim.wind import wind_force
from game.sim.world import World
from tests.support.small_policy import MODEL

NOBODY = np.zeros((0, MODEL.num_joints, 4))


@pytest.fixture
def world() -> Iterator[World]:
    with open_world(MODEL) as made:
        yield made


def solid(size: Vec3, position: Vec3, **fields: object) -> ItemSpec:
    return replace(ItemSpec("thing", position=position, parts=(PartSpec("box", size),)), **fields)  # type: ignore[arg-type]


def ball(position: Vec3, mass: float = 3.0, restitution: float = 0.6) -> ItemSpec:
    return ItemSpec("ball", position=position, mass=mass, restitution=restitution, parts=(PartSpec("sphere", (0.12,)),))


def steps(world: World, ticks: int) -> None:
    for _ in range(ticks):
        world.step(NOBODY)


@pytest.mark.parametrize(("wall", "back"), [(0.0, 0.0), (0.5, 2.4), (0.8, 3.84), (1.0, 4.8)])
def test_a_wall_gives_back_its_share_times_the_balls(world: World, wall: float, back: float) -> None:
    world.set_gravity((0.0, 0.0, 0.0))
    world.spawn(solid((0.2, 4.0, 3.0), (1.5, 0.0, 1.5), restitution=wall))
    prop = world.spawn(ball((0.0, 0.0, 1.5)), (8.0, 0.0, 0.0))
    steps(world, 20)
    assert world.engine.prop_states([prop])[0, 7] == pytest.approx(-back, abs=0.45)  # 8 m/s * 0.6 * wall


@pytest.mark.parametrize(("share", "height"), [(1.0, 0.36), (0.5, 0.09)])
def test_the_floor_gives_back_its_share(world: World, share: float, height: float) -> None:
    world.set_floor_restitution(share)
    prop = world.spawn(ball((0.0, 0.0, 1.12)))
    steps(world, 14)
    heights = []
    for _ in range(20):
        steps(world, 1)
        heights.append(world.engine.prop_states([prop])[0, 2] - 0.12)
    assert max(heights) == pytest.approx(height, abs=0.06)  # a fall of 1 m comes back to (0.6 share)^2 m
    with pytest.raises(WorldError, match=r"expected 0..1.5"):
        world.set_floor_restitution(2.0)


def test_a_door_turns_about_its_hinge_within_its_limits(world: World) -> None:
    hinge = HingeSpec((-0.4, 0.0, 0.0), low=-0.3, high=1.2, friction=0.2, damping=0.3)
    door = world.spawn(solid((0.8, 0.04, 1.9), (2.0, 0.0, 1.0), mass=12.0, hinge=hinge))
    world.spawn(ball((2.25, -1.5, 1.0)), (0.0, 8.0, 0.0))
    steps(world, 45)
    pos, rot = world.engine.prop_states([door])[0, :3], world.engine.prop_states([door])[0, 3:7]
    angle = 2.0 * np.arctan2(rot[2], rot[3])
    assert 0.3 < angle < 1.25
    np.testing.assert_allclose(pos, [1.6 + 0.4 * np.cos(angle), 0.4 * np.sin(angle), 1.0], atol=2e-3)


def test_what_stands_fast_comes_off_when_it_is_hit_hard(world: World) -> None:
    shelf = world.spawn(solid((0.3, 1.0, 1.8), (2.0, 0.0, 0.9), mass=30.0, holds=15.0))
    world.spawn(ball((0.5, 0.0, 1.6), mass=0.5), (6.0, 0.0, 0.0))
    steps(world, 30)
    np.testing.assert_allclose(world.prop_poses.pos[shelf], [2.0, 0.0, 0.9], atol=1e-6)
    world.spawn(ball((0.5, 0.0, 1.6), mass=9.0), (8.0, 0.0, 0.0))
    steps(world, 45)
    assert world.prop_poses.pos[shelf, 2] < 0.5
    assert world.prop_poses.pos[shelf, 0] < 2.0  # back to where the blow came from: behind it there was a wall


def test_a_picture_hit_beside_its_nail_hangs_crooked(world: World) -> None:
    hinge = HingeSpec((0.0, 0.0, 0.25), axis=(0.0, 1.0, 0.0), low=-1.3, high=1.3, friction=0.9, damping=0.02)
    picture = world.spawn(solid((0.6, 0.09, 0.6), (0.0, 2.0, 1.8), mass=1.6, hinge=hinge))
    world.spawn(replace(load_prop("football"), position=(-0.2, 0.6, 1.85)), (0.0, 18.0, 0.0))
    steps(world, 60)
    x, y, z, w = world.engine.prop_states([picture])[0, 3:7]
    assert 0.03 < abs(2.0 * np.arctan2(y, w)) < 0.6
    assert abs(x) < 1e-3 and abs(z) < 1e-3


def test_a_vase_breaks_and_a_tidy_room_has_it_whole_again(world: World) -> None:
    vase = world.spawn(load_prop("vase").at((0.0, 0.0, 1.5)))
    table = world.spawn(solid((0.5, 0.5, 0.5), (2.0, 0.0, 0.25), mass=5.0))
    steps(world, 45)
    assert vase not in world.props
    pieces = world.mechanics.pieces
    assert len(pieces) >= 8 and pieces == set(world.props) - {table}
    assert sum(world.props[piece].mass for piece in pieces) == pytest.approx(load_prop("vase").mass)
    assert np.isfinite(world.prop_poses.pos).all() and world.prop_poses.pos[:, 2].min() > -0.05
    pull = world.forces.grab_prop(table, (0.0, 0.0, 0.2), (2.5, 1.0, 1.0))
    steps(world, 15)
    world.forces.release(pull)
    world.tidy()
    assert set(world.props) == {vase, table}
    poses = world.prop_poses
    np.testing.assert_allclose(poses.pos[poses.ids.index(vase)], [0.0, 0.0, 1.5])
    np.testing.assert_allclose(poses.pos[poses.ids.index(table)], [2.0, 0.0, 0.25])


def test_pieces_fill_what_they_are_pieces_of() -> None:
    item = solid((0.2, 0.2, 1.0), (0.0, 0.0, 0.0), mass=2.0, breaks=BreakSpec(1.0, 5))
    pieces = [piece for piece, _ in shards_of(item)]
    assert len(pieces) == 5
    heights = [piece.parts[0].size[2] for piece in pieces]
    assert sum(heights) == pytest.approx(0.97) and max(heights) > 1.5 * min(heights)
    for piece in pieces:
        check_item(piece, piece.name)


def test_a_belt_carries_what_lies_on_it_and_stays(world: World) -> None:
    belt = world.spawn(solid((3.0, 1.0, 0.2), (0.0, 0.0, 0.1), friction=1.0, belt=(-1.5, 0.0, 0.0)))
    box = world.spawn(solid((0.2, 0.2, 0.2), (0.5, 0.0, 0.31), mass=5.0, friction=1.0))
    steps(world, 30)
    states = world.engine.prop_states([belt, box])
    np.testing.assert_allclose(states[0, :3], [0.0, 0.0, 0.1])
    assert states[1, 7] == pytest.approx(-1.5, abs=0.05) and states[1, 0] < -0.5


def test_wind_is_strongest_in_the_middle_and_near(world: World) -> None:
    wind = WindSpec(20.0, 5.0, 0.5)
    places = np.array([[1.0, 0.0, 0.0], [3.0, 0.0, 0.0], [1.0, 0.5, 0.0], [-1.0, 0.0, 0.0], [6.0, 0.0, 0.0]])
    force = wind_force(
        wind, np.array([0.0, 0.0, 0.0, 1.0]), np.zeros(3), places, np.zeros((5, 3)), np.full(5, 0.1)
    )  # fmt: skip
    # 0.5 * 1.2 kg/m3 * 1.1 * 0.1 m2 * (20 m/s * (1 - 1/5))^2
    assert force[0] == pytest.approx([16.896, 0.0, 0.0])
    assert force[0, 0] > force[1, 0] > 0.0 and force[0, 0] > force[2, 0] > 0.0
    assert not force[3:].any()
    fan = solid((0.1, 0.1, 0.1), (-1.0, 0.0, 0.2), wind=WindSpec(30.0, 6.0, 0.5))
    box = world.spawn(load_prop("small_cardboard_box"))
    world.spawn(fan)
    steps(world, 30)
    assert world.prop_poses.pos[box, 0] > 0.3


def test_a_banana_skin_takes_the_foot_away_for_a_while_and_stays(world: World) -> None:
    world.add_character()
    state = world.standing((0.0, 0.0))
    foot = MODEL.feet[0]
    x, y, _ = world.body_poses.pos[0, foot]
    skin = load_prop("banana_skin")
    world.reset([0], replace(state, root_pos=state.root_pos + np.array([0.0, 0.0, 0.03]))[None])
    prop = world.spawn(skin.at((float(x) + 0.045, float(y), skin.position[2])))
    frictions: list[tuple[int, float]] = []
    original = world.engine.set_body_friction

    def note(character: int, body: int, friction: float) -> None:
        frictions.append((body, friction))
        original(character, body, friction)

    world.engine.set_body_friction = note  # type: ignore[method-assign]
    for _ in range(12):
        world.step(state.joint_rot[None])
    assert (foot, 0.02) in frictions
    away = replace(state, root_pos=state.root_pos + np.array([3.0, 0.0, 0.0]))
    for _ in range(40):
        world.reset([0], away[None])
        world.step(state.joint_rot[None])
    assert frictions[-1] == (foot, MODEL.friction)
    assert np.linalg.norm(world.prop_poses.pos[prop, :2] - [x + 0.045, y]) < 1.0


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"hinge": HingeSpec()}, "mass is 0"),
        ({"holds": 5.0}, "mass is 0"),
        ({"belt": (1.0, 0.0, 0.0), "mass": 2.0}, "stands fast"),
        ({"hinge": HingeSpec(low=0.1), "mass": 2.0}, "expected 0 in between"),
        ({"breaks": BreakSpec(1.0, 400)}, "between 2 and 16"),
    ],
)
def test_impossible_mechanisms_are_refused(fields: dict[str, object], words: str) -> None:
    with pytest.raises(SetError, match=words):
        check_item(solid((0.1, 0.1, 0.1), (0.0, 0.0, 0.0), **fields), "thing")


def test_a_rakes_handle_comes_up_when_its_teeth_are_stepped_on(world: World) -> None:
    world.add_character()
    state = world.standing((0.0, 0.0))
    foot = world.body_poses.pos[0, MODEL.feet[0]]
    item = load_prop("rake")
    teeth = item.parts[1].position[0]
    world.spawn(item.at((float(foot[0]) + 0.04 - teeth, float(foot[1]), item.position[2])))
    up = []
    for tick in range(30):
        # held over the teeth until he comes down on them
        world.reset(
            [0], replace(state, root_pos=state.root_pos + np.array([0.0, 0.0, max(0.0, 0.06 - 0.01 * tick)]))[None]
        )
        world.step(state.joint_rot[None])
        up.append(rotation.rotate(world.prop_poses.rot[0], np.array([1.0, 0.0, 0.0]))[2])
    assert up[0] == pytest.approx(0.0, abs=0.02)
    assert max(up) > 0.9
