"""The world against mechanics by hand, and the guard against implausible states."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from game.scene.set_file import load_prop
from game.scene.set_spec import ItemSpec, PartSpec
from game.sim import kinematics, rotation
from game.sim.bullet import open_world
from game.sim.contact import FLOOR
from game.sim.contents import WorldError
from game.sim.model import CharacterModel
from game.sim.motion import MotionClip
from game.sim.snapshot import interpolate
from game.sim.world import World

MODEL = CharacterModel.load()
HANG = np.tile(rotation.IDENTITY, (1, 12, 1))
TICK = 1.0 / MODEL.control_hz


@pytest.fixture
def world() -> World:
    world = open_world(MODEL)
    world.add_character()
    return world


def lift(world: World, height: float = 5.0) -> None:
    """Put the character into the air, at rest."""
    world.reset([0], world.standing((0.0, 0.0)).moved(np.array([0.0, 0.0, height]))[None])


def com(world: World) -> np.ndarray:
    return np.asarray(kinematics.center_of_mass(MODEL, world.body_poses)[0])


def box(mass: float = 2.0, **more: object) -> ItemSpec:
    return ItemSpec("box", position=(2.0, 0.0, 0.1), mass=mass, parts=(PartSpec("box", (0.2, 0.2, 0.2)),), **more)  # type: ignore[arg-type]


def test_it_falls_as_galileo_says(world: World) -> None:
    lift(world)
    start = com(world)
    for _ in range(15):
        world.step(HANG)
    n = 15 * MODEL.substeps
    # semi-implicit Euler: sum of k g dt^2 for k = 1..n
    drop = 9.8 * world.dt**2 * n * (n + 1) / 2
    np.testing.assert_allclose(com(world) - start, [0, 0, -drop], atol=1e-4)


def test_a_denser_body_gains_less_from_a_push_and_is_made_whole_again(world: World) -> None:
    def pushed(scale: float) -> tuple[float, np.ndarray]:
        world.set_mass_scale(0, scale)
        world.set_gravity((0.0, 0.0, 0.0))
        lift(world)
        world.forces.push(0, 0, (100.0, 0.0, 0.0), 3)
        for _ in range(3):
            world.step(HANG)
        speeds = world.body_velocities
        vel = speeds.vel[0] + np.cross(speeds.ang_vel[0], rotation.rotate(world.body_poses.rot[0], MODEL.com))
        return float(MODEL.mass @ vel[:, 0] / MODEL.mass.sum()), world.state.joint_rot.copy()

    before = pushed(1.0)
    assert before[0] == pytest.approx(100.0 * 0.1 / 45.0, rel=1e-3)
    assert pushed(1.25)[0] == pytest.approx(100.0 * 0.1 / (45.0 * 1.25), rel=1e-3)
    again = pushed(1.0)
    assert again[0] == before[0]
    np.testing.assert_array_equal(again[1], before[1])
    world.add_character((3.0, 0.0))
    assert world.mass_scale.tolist() == [1.0, 1.0]
    with pytest.raises(WorldError, match=r"mass scale 0\.0: expected 0\.1\.\.10"):
        world.set_mass_scale(0, 0.0)


def test_gravity_is_a_vector(world: World) -> None:
    world.set_gravity((3.0, 0.0, 0.0))
    lift(world)
    for _ in range(30):
        world.step(HANG)
    assert com(world)[0] == pytest.approx(1.5, rel=0.01)
    assert world.state.root_vel[0][2] == pytest.approx(0.0, abs=1e-6)


def test_a_push_is_force_times_time_over_mass(world: World) -> None:
    world.set_gravity((0.0, 0.0, 0.0))
    lift(world)
    before = com(world)
    world.forces.push(0, MODEL.body("pelvis"), (90.0, 0.0, 0.0), 6)  # 18 N s
    for _ in range(6):
        world.step(HANG)
    at_end = com(world)
    for _ in range(30):
        world.step(HANG)
    assert at_end[0] - before[0] == pytest.approx(90.0 / 45.0 * world.dt**2 * 48 * 49 / 2, rel=1e-3)
    assert com(world)[0] - at_end[0] == pytest.approx(18.0 / 45.0 * 1.0, rel=0.01)


def test_standing_presses_its_weight_into_the_floor(world: World) -> None:
    for _ in range(20):
        world.step(HANG)
    floor = [c for c in world.contacts if c.kind == "floor"]
    assert {MODEL.body_names[c.body] for c in floor} == {"right_foot", "left_foot"}
    assert all(c.other == FLOOR and c.normal[2] > 0.99 and abs(c.point[2]) < 0.01 for c in floor)
    assert sum(c.impulse for c in floor) == pytest.approx(45.0 * 9.8 * TICK, rel=0.25)
    assert not world.fallen[0]


def test_limp_he_collapses_and_touches_with_more_than_feet(world: World) -> None:
    world.strength[:] = 0.0
    for _ in range(60):
        world.step(HANG)
    assert world.state.root_pos[0, 2] < 0.4
    assert world.fallen[0]


def test_strength_is_per_joint(world: World) -> None:
    """An arm without strength stays down when it is told to rise; the other one rises."""
    world.set_gravity((0.0, 0.0, 0.0))
    lift(world)
    world.strength[0, MODEL.joint("left_shoulder")] = 0.0
    target = HANG.copy()
    for side in ("left", "right"):
        target[0, MODEL.joint(f"{side}_shoulder")] = rotation.from_axis_angle((0, 1, 0), -1.5)
    for _ in range(20):
        world.step(target)
    angle = rotation.angle_between(world.state.joint_rot[0], HANG[0])
    assert angle[MODEL.joint("right_shoulder")] > 1.2
    assert angle[MODEL.joint("left_shoulder")] < 0.5


def test_ice_lets_a_box_slide_and_friction_stops_it() -> None:
    travelled = []
    for friction in (0.0, 0.9):
        world = open_world(MODEL, floor_friction=friction)
        world.spawn(box(friction=0.8), velocity=(2.0, 0.0, 0.0))
        for _ in range(30):
            world.step(np.empty((0, 12, 4)))
        travelled.append(world.snapshot().props.pos[0, 0] - 2.0)
    # v^2 / (2 mu g) = 4 / (2 * 0.72 * 9.8) = 0.283
    assert travelled[0] == pytest.approx(2.0, rel=0.05)
    assert travelled[1] == pytest.approx(0.283, rel=0.15)


def test_a_ball_bounces_and_an_anvil_does_not() -> None:
    heights = {}
    for name in ("ball", "anvil"):
        world = open_world(MODEL)
        world.spawn(load_prop(name).at((0.0, 0.0, 1.5)))
        path = []
        for _ in range(60):
            world.step(np.empty((0, 12, 4)))
            path.append(float(world.snapshot().props.pos[0, 2]))
        low = int(np.argmin(path[:30]))
        heights[name] = max(path[low:]) - path[low]
    assert heights["ball"] > 0.5
    assert heights["anvil"] < 0.1


def test_a_grab_hangs_him_on_a_spring(world: World) -> None:
    lift(world, 1.0)
    grab = world.forces.grab(0, MODEL.body("torso"), (0.0, 0.0, 0.12), (0.0, 0.0, 2.6))
    for _ in range(150):
        world.step(HANG)
    hand = world.body_poses.pos[0, MODEL.body("torso")][2] + 0.12
    # 45 kg on 1500 N/m sag 0.294 m
    assert 2.6 - hand == pytest.approx(45 * 9.8 / 1500, abs=0.06)
    world.forces.release(grab)
    for _ in range(30):
        world.step(HANG)
    assert world.state.root_pos[0, 2] < 1.3


def test_props_can_be_grabbed_and_removed(world: World) -> None:
    prop = world.spawn(box())
    world.forces.grab_prop(prop, (0.0, 0.0, 0.0), (2.0, 0.0, 1.5))
    for _ in range(120):
        world.step(HANG)
    assert world.snapshot().props.pos[0, 2] == pytest.approx(1.5, abs=0.1)
    world.remove_prop(prop)
    assert world.snapshot().props.ids == ()
    assert not world.forces
    with pytest.raises(WorldError, match=r"no prop 0; there are \[\]"):
        world.remove_prop(prop)


def test_characters_meet_or_pass_through_as_asked() -> None:
    for collide in (True, False):
        world = open_world(MODEL, collide_characters=collide)
        for _ in range(2):
            world.add_character((0.0, 0.0))
        world.reset([1], world.standing((0.1, 0.0)).moved(np.array([0.0, 0.0, 2.0]))[None])
        seen = set()
        for _ in range(40):
            world.step(np.tile(HANG, (2, 1, 1)))
            seen |= {c.kind for c in world.contacts}
        assert ("character" in seen) is collide


def test_contacts_name_both_sides(world: World) -> None:
    prop = world.spawn(box().at((0.35, 0.0, 1.2)), velocity=(-5.0, 0.0, 0.0))
    hits = []
    for _ in range(10):
        world.step(HANG)
        hits += [c for c in world.contacts if c.kind == "prop"]
    assert hits
    assert hits[0].other == prop
    assert hits[0].normal[0] < -0.5  # towards the character
    assert hits[0].impulse > 1.0


@pytest.mark.parametrize("bad", [np.nan, 1e4])
def test_implausible_states_never_get_out(world: World, bad: float) -> None:
    state = world.state[0]
    world.reset([0], replace(state, root_vel=np.array([bad, 0.0, 0.0]))[None])
    world.step(HANG)
    assert world.faults == [0]
    assert np.isfinite(world.state.root_pos).all()
    assert world.state.root_pos[0, 2] == pytest.approx(0.88, abs=0.02)
    for _ in range(10):
        world.step(HANG)
        assert world.faults == []


def test_a_world_made_anew_repeats_bit_for_bit() -> None:
    def run() -> bytes:
        world = open_world(MODEL)
        world.add_character()
        clip = MotionClip.load("cartwheel")
        world.reset([0], clip.sample(np.zeros(1)))
        world.spawn(load_prop("ball").at((1.0, 0.0, 1.0)), velocity=(-5.0, 0.0, 0.0))
        for k in range(60):
            world.step(clip.sample(np.array([k / 30])).joint_rot)
        return world.state.joint_rot.tobytes() + world.state.root_pos.tobytes()

    assert run() == run()


def test_interpolation_keeps_limbs_whole(world: World) -> None:
    clip = MotionClip.load("backflip")
    world.reset([0], clip.sample(np.array([0.6])))
    a = world.snapshot()
    world.step(clip.sample(np.array([0.65])).joint_rot)
    b = world.snapshot()
    middle = interpolate(a, b, 0.5)
    thigh, shin = MODEL.body("left_thigh"), MODEL.body("left_shin")
    length = np.linalg.norm(middle.body_pos[0, shin] - middle.body_pos[0, thigh])
    assert length == pytest.approx(0.421546, abs=1e-6)
    np.testing.assert_allclose(middle.state.root_pos, 0.5 * (a.state.root_pos + b.state.root_pos))
    assert interpolate(a, b, 1.0) is b


def test_nonsense_is_refused_with_what_there_is(world: World) -> None:
    with pytest.raises(WorldError, match="gravity"):
        world.set_gravity((np.nan, 0, 0))
    with pytest.raises(WorldError, match=r"friction -1"):
        world.set_friction(-1)
    with pytest.raises(WorldError, match="no character 3; there are 1"):
        world.forces.push(3, 0, (1, 0, 0), 1)
    with pytest.raises(WorldError, match="no body 99; there are 15: pelvis"):
        world.forces.push(0, 99, (1, 0, 0), 1)
    with pytest.raises(WorldError, match=r"targets of shape \(2, 12, 4\), expected \(1, 12, 4\)"):
        world.step(np.zeros((2, 12, 4)))


def after_a_tick(target: np.ndarray, hinges: np.ndarray | None) -> np.ndarray:
    """The joints' rotations of a character that hangs in the air."""
    with open_world(MODEL) as world:
        world.add_character()
        lift(world)
        world.step(target, hinges)
        return np.asarray(world.state.joint_rot)


def test_a_hinge_may_be_told_its_angle() -> None:
    knee = MODEL.joint("right_knee")
    bent = HANG.copy()
    bent[0, knee] = rotation.from_axis_angle((0.0, 1.0, 0.0), 0.5)
    told = np.full((1, len(MODEL.hinges)), np.nan)
    told[0, MODEL.hinges.tolist().index(knee)] = 0.5
    by_rotation = after_a_tick(bent, None)
    np.testing.assert_allclose(after_a_tick(HANG, told), by_rotation, atol=1e-12)
    assert not np.allclose(by_rotation, after_a_tick(HANG, None))
    # a turn further is another target, though the same rotation
    assert not np.allclose(after_a_tick(bent, told + 2.0 * np.pi), by_rotation)
    with open_world(MODEL) as world, pytest.raises(WorldError, match=r"shape \(1, 12\), expected \(0, 4\)"):
        world.step(np.empty((0, 12, 4)), np.zeros((1, 12)))
