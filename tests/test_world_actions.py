"""What a person asks for, as events: checked against a tiny stand-in for a run."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from game.camera.orbit_camera import OrbitCamera
from game.input.picking import Ray
from game.input.prop_placement import GAP
from game.input.throwing import ANVIL_ABOVE, BALLS, throw_velocity
from game.input.world_actions import GRAVITIES, MAX_BALLS, WorldActions, gravity_name
from game.play.events import Crowd, Event, Gravity, Play, Push, Remove, Reset, Spawn, Strength, Tidy
from game.play.nerves import PRESETS, preset_of
from game.scene.set_file import load_prop
from game.scene.set_spec import ItemSpec
from game.sim.bullet import open_world
from game.sim.model import CharacterModel
from game.sim.snapshot import Snapshot


class Run:
    """Two characters, three policies of which two are ages of one skill."""

    def __init__(self) -> None:
        world = open_world(CharacterModel.load())
        world.add_character()
        world.add_character((0.0, 2.0))
        self.snapshot: Snapshot = world.snapshot()
        self.items: Mapping[int, ItemSpec] = {}
        self.placed: Sequence[int] = ()
        self.policy_names: Sequence[str] = ("flip_old", "flip_young", "walk")
        self.playing: str | None = "flip_old"
        self.posted: list[Event] = []

    def policy_of(self, character: int) -> str | None:
        assert character in (0, 1)
        return self.playing

    def strength_of(self, character: int) -> NDArray[np.float64]:
        return np.asarray(self.snapshot.strength[character])

    def family_of(self, policy: str) -> Sequence[str]:
        return ("flip_young", "flip_old") if policy.startswith("flip") else (policy,)

    def do_skill(self, policy: str, character: int) -> None:
        self.post(Play(policy, character))

    def post(self, event: Event) -> None:
        self.posted.append(event)


@pytest.fixture
def run() -> Run:
    return Run()


@pytest.fixture
def world_actions(run: Run) -> WorldActions:
    camera = OrbitCamera(yaw=-np.pi / 2, pitch=0.1)  # looks along +y, right is +x
    return WorldActions(run, lambda: camera)


def test_policies_by_number_and_in_turn(run: Run, world_actions: WorldActions) -> None:
    assert world_actions.policy(2) == "walk"
    assert run.posted == [Play("walk", 0), Play("walk", 1)]
    assert world_actions.policy_next() == "walk"  # ages are for other keys
    assert world_actions.policy_previous() == "walk"  # round and round
    run.playing = "flip_young"
    assert world_actions.policy_next() == "walk"
    run.playing = None
    assert world_actions.policy_next() == "flip_old"
    assert world_actions.policy(7) == "there is no policy 8, only 3"


def test_tab_does_not_lose_a_skill_that_changed_while_it_was_played(run: Run, world_actions: WorldActions) -> None:
    run.family_of = lambda name: (name, f"{name}@1234")  # type: ignore[method-assign, assignment]
    assert world_actions.policy_next() == "flip_young"
    run.playing = "walk"
    assert world_actions.policy_next() == "flip_old"


def test_ages(run: Run, world_actions: WorldActions) -> None:
    assert world_actions.older() == "flip_old is the oldest"
    assert world_actions.younger() == "flip_young"
    run.playing = "walk"
    assert world_actions.younger() == "this skill has no ages"


@pytest.mark.parametrize(("choice", "direction"), [(0, (0, 1, 0)), (1, (0, -1, 0)), (2, (-1, 0, 0)), (3, (1, 0, 0))])
def test_shoves_are_the_viewers(
    run: Run, world_actions: WorldActions, choice: int, direction: tuple[int, int, int]
) -> None:
    world_actions.shove(choice)
    world_actions.shove_hard(choice)
    soft, hard = run.posted
    assert isinstance(soft, Push)
    assert isinstance(hard, Push)
    assert np.array(soft.force) / np.linalg.norm(soft.force) == pytest.approx(direction, abs=1e-9)
    assert np.linalg.norm(hard.force) == pytest.approx(3 * np.linalg.norm(soft.force))


def test_limp_while_held(run: Run, world_actions: WorldActions) -> None:
    world_actions.limp()
    world_actions.limp_end()
    assert run.posted == [
        Strength(0.0, character=0),
        Strength(0.0, character=1),
        Strength(1.0, character=0),
        Strength(1.0, character=1),
    ]


def test_limp_gives_back_the_strength_that_he_had(run: Run, world_actions: WorldActions) -> None:
    strength = np.ones((2, 12))
    strength[0] = 0.5
    strength[1, 3] = 0.2  # one joint of the second one: told joint by joint
    run.snapshot = replace(run.snapshot, strength=strength)
    world_actions.limp()
    world_actions.limp_end()
    back = run.posted[2:]
    assert back[0] == Strength(0.5, character=0)
    assert len(back) == 13
    assert Strength(0.2, run.snapshot.model.joint_names[3], 1) in back


def test_strength_in_quarters(run: Run, world_actions: WorldActions) -> None:
    assert world_actions.weaker() == "strength 75 %"
    assert run.posted == [Strength(0.75, character=0), Strength(0.75, character=1)]
    run.snapshot = replace(run.snapshot, strength=np.full((2, 12), 0.25))
    assert world_actions.weaker() == "strength 25 %"
    run.snapshot = replace(run.snapshot, strength=np.full((2, 12), 3.0))
    assert world_actions.stronger() == "strength 300 %"
    run.snapshot = replace(run.snapshot, strength=np.full((2, 12), 0.65))
    assert (world_actions.weaker(), world_actions.stronger()) == ("strength 50 %", "strength 75 %")


def test_nerves_go_round(run: Run, world_actions: WorldActions) -> None:
    said = [world_actions.nerves() for _ in PRESETS]
    assert [str(words).split(":")[0] for words in said] == [*list(PRESETS)[1:], "steady"]
    drunk = PRESETS["drunk"]
    assert run.posted[4:8] == [
        replace(drunk.nerves, character=0),
        replace(drunk.nerves, character=1),
        Strength(drunk.strength, character=0),
        Strength(drunk.strength, character=1),
    ]
    assert preset_of(replace(drunk.nerves, character=1), [0.9, 0.9]) == "drunk"
    assert preset_of(drunk.nerves, [0.9, 0.8]) is None


def test_things_are_chosen_placed_and_taken_away(run: Run, world_actions: WorldActions) -> None:
    assert world_actions.prop_next() == "click to place: anvil"
    world_actions.prop_placement.turn(6.0)  # a quarter turn
    look = Ray(np.array([2.0, -3.0, 2.0]), np.array([0.0, 0.0, -1.0]))
    spot = world_actions.prop_placement.spot(look, run.snapshot, run.items)
    assert spot is not None
    assert world_actions.place(spot) is None
    (spawn,) = run.posted
    assert isinstance(spawn, Spawn)
    file = load_prop("anvil")
    assert spawn.item.position == pytest.approx((2.0, -3.0, file.position[2] + GAP))
    assert spawn.item.quaternion == pytest.approx((0.0, 0.0, 0.5**0.5, 0.5**0.5))
    assert world_actions.prop_previous() == "no prop to place"
    assert world_actions.prop_placement.spot(look, run.snapshot, run.items) is None
    assert world_actions.prop_undo() == "nothing was placed"
    run.placed = (4, 9)
    world_actions.prop_undo()
    world_actions.props_clear()
    assert run.posted[1:] == [Remove(9), Remove(4), Remove(9)]


def test_a_stick_pushes_once_a_tick(run: Run, world_actions: WorldActions) -> None:
    world_actions.lean(0.5, 1.0)
    world_actions.lean(1.0, 1.0)
    (push,) = run.posted
    assert isinstance(push, Push)
    assert push.force == pytest.approx((125.0, 250.0, 0.0), abs=1e-9)  # right is +x, away is +y
    assert push.seconds == pytest.approx(1 / 30)


def test_gravity_steps_and_comes_back_as_it_was(run: Run, world_actions: WorldActions) -> None:
    run.snapshot = replace(run.snapshot, gravity=np.array([0.8, 0.0, 0.0]))
    world_actions.gravity_down()
    run.snapshot = replace(run.snapshot, gravity=np.zeros(3))
    world_actions.gravity_up()
    assert run.posted == [Gravity((0.0, 0.0, 0.0)), Gravity((1.0, 0.0, 0.0))]


def test_gravity_presets_go_round(run: Run, world_actions: WorldActions) -> None:
    seen = []
    for _ in GRAVITIES:
        world_actions.gravity_next()
        event = run.posted[-1]
        assert isinstance(event, Gravity)
        run.snapshot = replace(run.snapshot, gravity=np.array(event.vector))
        seen.append(gravity_name(run.snapshot.gravity))
    assert seen == [*list(GRAVITIES)[1:], "Earth"]
    assert gravity_name(np.array([0.0, 0.0, -5.0])) is None


@pytest.mark.parametrize("gravity", list(GRAVITIES.values()))
def test_a_thrown_ball_hits_what_moves(gravity: tuple[float, float, float]) -> None:
    """Flown by hand in small steps."""
    start, target, moving = np.array([3.0, -2.0, 1.5]), np.array([0.0, 0.5, 1.2]), np.array([1.0, 0.0, 0.5])
    position, velocity = start.copy(), throw_velocity(start, target, moving, np.array(gravity), 9.0)
    nearest, dt = np.inf, 1e-3
    for i in range(1000):
        velocity = velocity + np.array(gravity) * dt
        position = position + velocity * dt
        nearest = min(nearest, float(np.linalg.norm(position - (target + moving * (i + 1) * dt))))
    assert nearest < 0.02


def look_down(x: float, y: float) -> Ray:
    return Ray(np.array([x, y, 3.0]), np.array([0.0, 0.0, -1.0]))


def test_nothing_is_put_into_him(run: Run, world_actions: WorldActions) -> None:
    world_actions.prop_placement.choose("bin")
    beside = world_actions.prop_placement.spot(look_down(0.0, 0.0), run.snapshot, run.items)
    assert beside is not None and beside.in_the_way is None
    assert 0.1 < np.hypot(*beside.item.position[:2]) < 0.4  # shifted to where there is room
    world_actions.prop_placement.choose("mattress")
    inside = world_actions.prop_placement.spot(look_down(0.0, 0.0), run.snapshot, run.items)
    assert inside is not None and inside.in_the_way == "him"
    assert world_actions.place(inside) == "no room for it there: it would stand inside him"
    assert run.posted == []


def test_balls_come_from_the_camera_and_make_room(run: Run, world_actions: WorldActions) -> None:
    world_actions.throw_ball()
    (spawn,) = run.posted
    assert isinstance(spawn, Spawn)
    assert spawn.item.name == load_prop("medicine_ball").name
    assert spawn.item.position[1] < -2.5  # near the eye
    assert spawn.velocity[1] > 0
    assert world_actions.ball_next() == "football, 0.43 kg, hard (20 m/s)"
    assert world_actions.throw_speed() == "football, 0.43 kg, very hard (28 m/s)"
    run.items, run.placed = dict.fromkeys(range(MAX_BALLS), load_prop("football")), tuple(range(MAX_BALLS))
    world_actions.throw_ball()
    removed, thrown = run.posted[1:]
    assert removed == Remove(0)
    assert isinstance(thrown, Spawn)
    assert np.linalg.norm(thrown.velocity) == pytest.approx(BALLS["football"][2], rel=0.1)


def test_balls_go_where_the_mouse_points(run: Run, world_actions: WorldActions) -> None:
    aim = Ray(np.array([0.0, -4.0, 1.5]), np.array([0.6, 0.8, -0.2]) / np.linalg.norm([0.6, 0.8, -0.2]))
    world_actions.aim = lambda: aim
    world_actions.throw_speed()
    world_actions.throw_ball()
    (spawn,) = run.posted
    assert isinstance(spawn, Spawn)
    floor = aim.origin + aim.direction * (1.5 / -aim.direction[2])
    seconds = np.linalg.norm(floor - spawn.item.position) / 12.0
    fallen = np.array([0.0, 0.0, -4.9 * seconds**2])
    lands = np.add(spawn.item.position, np.multiply(spawn.velocity, seconds)) + fallen
    np.testing.assert_allclose(lands, floor, atol=1e-6)


def test_an_anvil_falls_where_he_will_be(run: Run, world_actions: WorldActions) -> None:
    state = replace(run.snapshot.state, root_vel=np.array([[1.5, 0.0, 0.0], [0.0, 0.0, 0.0]]))
    run.snapshot = replace(run.snapshot, state=state)
    assert getattr(world_actions, "anvil_mark") is None  # noqa: B009 - mypy would keep the None
    world_actions.anvil()
    seconds = np.sqrt(2.0 * ANVIL_ABOVE / 9.8)
    mark = world_actions.anvil_mark
    assert mark is not None
    head = run.snapshot.body_pos[0, run.snapshot.model.roles.head]
    np.testing.assert_allclose(mark, [head[0] + 1.5 * seconds, head[1], 0.0], atol=1e-6)
    world_actions.anvil_end()
    (spawn,) = run.posted
    assert isinstance(spawn, Spawn)
    np.testing.assert_allclose(spawn.item.position, [mark[0], mark[1], head[2] + ANVIL_ABOVE], atol=1e-6)
    assert world_actions.anvil_mark is not None  # until it is down
    run.snapshot = replace(run.snapshot, tick=30)
    assert world_actions.anvil_mark is None


def test_reset_takes_the_balls_and_tidies_the_room(run: Run, world_actions: WorldActions) -> None:
    run.items, run.placed = {3: load_prop("football"), 4: load_prop("bin")}, (3, 4)
    world_actions.reset()
    assert run.posted == [Reset(0), Reset(1), Remove(3), Tidy()]


def test_crowd(run: Run, world_actions: WorldActions) -> None:
    assert world_actions.crowd_more() == "3 of him"
    assert world_actions.crowd_less() == "1 of him"
    assert run.posted == [Crowd(3), Crowd(1)]


def test_restart(run: Run, world_actions: WorldActions) -> None:
    world_actions.restart()
    assert run.posted == [Play("flip_old", 0), Play("flip_old", 1)]
