"""Sound follows the physics to the sample, and says nothing where nothing happens."""

from dataclasses import replace
from functools import cache
from itertools import pairwise

import numpy as np
import pytest

from game.camera.camera_pose import CameraPose
from game.scene.set_file import load_prop, load_set
from game.scene.set_spec import MATERIALS as WORDS
from game.scene.set_spec import GroundSpec, ItemSpec, LightSpec, PartSpec, SetSpec
from game.sim.bullet import open_world
from game.sim.contact import FLOOR, Contact
from game.sim.model import CharacterModel
from game.sim.roles import BodyPart
from game.sim.snapshot import PropPoses, Snapshot
from game.sound.air import FULL_SPEED, MIN_SPEED, levels
from game.sound.hits import HitFinder
from game.sound.materials import BODY_PARTS, MATERIALS, material_of
from game.sound.track import CEILING, HZ, SoundTrack, limited, loudness

Samples = np.ndarray[tuple[int, ...], np.dtype[np.float32]]
TICK = HZ // 30
MODEL = CharacterModel.load()
ROOM = SetSpec("room")
FIELD = SetSpec("field", ground=GroundSpec(material="grass"), light=LightSpec(outdoors=True))


@cache
def standing() -> Snapshot:
    with open_world(MODEL) as world:
        world.add_character()
        return world.snapshot()


def contact(body: str, impulse: float, kind: str = "floor", other: int = FLOOR) -> Contact:
    return Contact(0, MODEL.body(body), kind, other, -1, (0.0, 0.0, 0.0), (0.0, 0.0, 1.0), impulse, 60.0 * impulse)


def run(loads: list[dict[str, float]], spec: SetSpec = ROOM) -> Samples:
    """(M, 2) of a character whose bodies bear so many N s on the floor, tick by tick."""
    track = SoundTrack(spec, MODEL)
    blocks = []
    for tick, bodies in enumerate(loads):
        touching = tuple(contact(body, impulse) for body, impulse in bodies.items())
        blocks.append(track.add(replace(standing(), tick=tick, contacts=touching), {}))
    return np.concatenate(blocks)


@pytest.mark.parametrize("k", [1, 7, 20])
def test_an_impact_is_heard_when_it_happens(k: int) -> None:
    loads = [{"torso": 60.0} if i == k else {} for i in range(k + 10)]
    sound = run(loads)
    assert sound.shape == (len(loads) * TICK, 2)
    assert not sound[: k * TICK].any()
    assert np.abs(sound[k * TICK : k * TICK + HZ // 200]).max() > 0.05


def test_nothing_is_heard_when_nothing_happens() -> None:
    assert not run([{}] * 20).any()


def test_who_lies_still_makes_no_noise() -> None:
    rest = [{"torso": 9.0, "pelvis": 6.0, "head": 0.6}] * 60
    assert not run(rest).any()  # nor does he when the track begins with him on the floor
    flicker = [{"torso": 9.0 if i % 2 else 11.0, "pelvis": 6.0} if i % 3 else {"pelvis": 6.0} for i in range(60)]
    assert not run([{}] * 2 + rest[:1] * 30 + flicker)[40 * TICK :].any()


def test_louder_when_harder() -> None:
    def energy(impulse: float) -> float:
        return float((run([{}, {"pelvis": impulse}, *[{}] * 8]) ** 2).sum())

    energies = [energy(j) for j in (3.0, 10.0, 30.0, 90.0)]
    assert all(b > 1.5 * a for a, b in pairwise(energies))


def test_it_never_clips() -> None:
    everything = dict.fromkeys(MODEL.body_names, 500.0)
    sound = run([{}, everything, {}, {}, {}, {}, everything, {}])
    assert 0.7 < np.abs(sound).max() < CEILING + 1e-6
    assert limited(np.array([0.3, -0.3, 5.0, -50.0])) == pytest.approx([0.3, -0.3, CEILING, -CEILING], abs=1e-6)


def test_the_same_run_sounds_the_same() -> None:
    loads = [{}, {"head": 20.0}, {}, {"left_foot": 12.0}, {}]
    assert np.array_equal(run(loads), run(loads))


def test_a_step_is_one_hit() -> None:
    """A load that comes over three ticks and flickers is heard once; the next step again."""
    finder, found = HitFinder(), []
    for tick, load in enumerate([0, 0, 9, 12, 14, 0, 13, 12, *[0] * 20, 14]):
        touching = (contact("left_foot", float(load)),) if load else ()
        found += [hit.tick for hit in finder.find(replace(standing(), tick=tick, contacts=touching))]
    assert found == [2, 28]


def test_from_the_floor_to_the_rug_is_no_hit() -> None:
    finder = HitFinder()
    for tick in range(5):
        kind, other = ("floor", FLOOR) if tick < 3 else ("prop", 2)
        touching = (contact("left_foot", 9.0, kind, other),)
        hits = finder.find(replace(standing(), tick=tick, contacts=touching))
        assert not hits


def test_who_is_put_down_does_not_strike() -> None:
    finder = HitFinder()
    finder.find(standing())
    elsewhere = replace(standing(), tick=1, body_pos=standing().body_pos + 3.0, contacts=(contact("left_foot", 20.0),))
    assert finder.find(elsewhere) == []


def test_slow_motion_is_longer_and_lower() -> None:
    def strike(num_samples: int) -> tuple[float, Samples]:
        track = SoundTrack(FIELD, MODEL)
        blocks = [track.add(replace(standing(), tick=i, contacts=(contact("head", 30.0),) if i == 1 else ()), {},
                            num_samples=num_samples)[:, 0] for i in range(9)]  # fmt: skip
        sound = np.concatenate(blocks)[num_samples:][: 6 * TICK]
        spectrum = np.abs(np.fft.rfft(sound)) ** 2
        return float((np.fft.rfftfreq(len(sound), 1 / HZ) * spectrum).sum() / spectrum.sum()), np.concatenate(blocks)

    (normal, short), (slow, long) = strike(TICK), strike(4 * TICK)
    assert len(long) == 4 * len(short)
    assert np.flatnonzero(long)[0] - 4 * TICK < HZ // 200
    assert 0.3 < slow / normal < 0.6


def test_any_number_of_samples_adds_up() -> None:
    """Blocks of uneven length join without a seam: the sound goes on from one into the next."""
    even, uneven = SoundTrack(FIELD, MODEL), SoundTrack(FIELD, MODEL)
    ticks = [replace(standing(), tick=i, contacts=(contact("torso", 40.0),) if i == 1 else ()) for i in range(6)]
    a = np.concatenate([even.add(s, {}) for s in ticks])
    b = np.concatenate([uneven.add(s, {}, num_samples=n) for s, n in zip(ticks, [1600, 1600, 400, 1, 1599, 0],
                                                                       strict=True)])  # fmt: skip
    assert len(b) == 5200
    assert a[:5200] == pytest.approx(b)
    assert len(uneven.end()) > 0


def test_fast_hands_are_heard_in_the_air() -> None:
    velocity = standing().body_vel.copy()
    velocity[0, MODEL.body("left_hand")] = [9.0, 0.0, 0.0]
    track = SoundTrack(FIELD, MODEL)
    flying = replace(standing(), body_vel=velocity, contacts=())
    first, second = track.add(standing(), {}), track.add(flying, {})
    assert not first.any()
    assert 0.001 < second[-400:].std() < 0.1
    assert levels(np.array([0.0, MIN_SPEED])) == pytest.approx(np.zeros((2, 3)))
    assert (levels(np.array(FULL_SPEED)) > levels(np.array(MIN_SPEED + 1.0))).any()


def test_soles_squeak_on_planks_and_not_on_grass() -> None:
    velocity = standing().body_vel.copy()
    velocity[0, MODEL.body("left_foot")] = [2.5, 0.0, 0.0]

    def slide(spec: SetSpec) -> Samples:
        track = SoundTrack(spec, MODEL)
        ticks = [replace(standing(), tick=i, body_vel=velocity, contacts=(contact("left_foot", 14.0),))
                 for i in range(4)]  # fmt: skip
        return np.concatenate([track.add(s, {}) for s in ticks])

    assert np.abs(slide(ROOM)).max() > 0.01
    assert not slide(FIELD).any()


def test_props_are_heard_by_their_material() -> None:
    """An anvil on planks rings higher and longer than a cushion."""

    def drop(item: ItemSpec, impulse: float) -> Samples:
        track = SoundTrack(ROOM, MODEL)
        props = PropPoses((5,), np.zeros((1, 3)), np.array([[0.0, 0.0, 0.0, 1.0]]))
        landed = Contact(-1, 5, "floor", FLOOR, -1, (0.0, 0.0, 0.0), (0.0, 0.0, 1.0), impulse, 9e3)
        ticks = [replace(standing(), tick=i, props=props, contacts=(landed,) if i == 1 else ()) for i in range(12)]
        return np.concatenate([track.add(s, {5: item}) for s in ticks])[TICK:, 0]

    cushion = ItemSpec("cushion", mass=0.8, parts=(PartSpec("box", (0.4, 0.4, 0.1), material="fabric"),))
    anvil = drop(load_prop("anvil"), 90.0)
    soft = drop(cushion, 2.0)
    assert material_of(load_prop("anvil")) == "metal"
    late = slice(round(0.15 * HZ), round(0.3 * HZ))
    assert anvil[late].std() > 8 * soft[late].std()
    assert 0 < np.abs(soft).max() < 0.3 * np.abs(anvil).max()


def test_left_is_left() -> None:
    track = SoundTrack(FIELD, MODEL)
    ear = CameraPose.look((0.0, -3.0, 1.0), (0.0, 0.0, 1.0), 0.7)  # looks along y: -x is to its left
    track.add(standing(), {}, ear=ear)
    there = contact("torso", 50.0)._replace(point=(-2.0, 0.0, 0.0))
    sound = track.add(replace(standing(), tick=1, contacts=(there,)), {}, ear=ear)
    assert (sound[:, 0] ** 2).sum() > 1.5 * (sound[:, 1] ** 2).sum()


def test_every_word_has_a_sound() -> None:
    assert set(MATERIALS) == set(WORDS)
    assert set(MODEL.roles.part) == set(BODY_PARTS) == set(BodyPart)


def test_loudness_goes_with_the_root_of_the_energy() -> None:
    assert loudness(34.0, 1.0) == pytest.approx(1.0)
    assert loudness(34.0, 4.0) == pytest.approx(0.5**0.9)
    assert loudness(1e9, 1.0) == 1.0


def test_an_odd_rate_is_refused() -> None:
    with pytest.raises(ValueError, match="11025 samples a second, expected a multiple of 30"):
        SoundTrack(ROOM, MODEL, hz=11025)


def test_a_furnished_room_at_rest_is_silent() -> None:
    """Real physics: the living room settles within a second; after that nothing is heard."""
    spec = load_set("living_room")
    track = SoundTrack(spec, MODEL)
    with open_world(MODEL) as world:
        items = {world.spawn(item): item for item in spec.items if item.parts}
        for tick in range(75):
            world.step(np.zeros((0, MODEL.num_joints, 4)))
            block = track.add(world.snapshot(), items)
            if tick >= 45:
                assert np.abs(block).max() < 0.01, tick
