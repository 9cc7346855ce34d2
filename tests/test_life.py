"""The quiet, and his voice: levels measured, cries counted in real falls."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from game.scene.set_spec import LightSpec, SetSpec
from game.sim import rotation
from game.sim.bullet import open_world
from game.sim.contact import FLOOR, Contact
from game.sim.snapshot import Snapshot
from game.sound.hits import HitFinder
from game.sound.life import Life
from game.sound.outcries import Outcries
from game.sound.throat import CRIES, cry
from game.sound.track import HZ, STEMS, SoundTrack
from tests.support.small_policy import MODEL

ROOM = SetSpec("room")


def decibels(samples: np.ndarray) -> float:
    return float(20.0 * np.log10(np.sqrt(np.mean(np.square(samples)))))


def still() -> Snapshot:
    with open_world(MODEL) as world:
        world.add_character()
        return world.snapshot()


def fall(seconds: float = 2.5) -> list[Snapshot]:
    """He is pushed over, limp, from standing."""
    with open_world(MODEL) as world:
        world.add_character()
        state = world.standing((0.0, 0.0))
        snapshots = []
        for tick in range(round(30 * seconds)):
            if tick == 10:
                world.strength[:] = 0.0
                world.forces.push(0, MODEL.roles.push_body, (700.0, 0.0, 0.0), 5)
            world.step(state.joint_rot[None])
            snapshots.append(world.snapshot())
        return snapshots


@pytest.mark.parametrize("spec", [ROOM, SetSpec("field", light=LightSpec(outdoors=True))])
def test_the_quiet_is_not_silence(spec: SetSpec) -> None:
    track = SoundTrack(spec, MODEL, life=Life(spec, HZ))
    here = still()
    sound = np.concatenate([track.add(replace(here, tick=tick), {}) for tick in range(60)])
    assert -60.0 < decibels(sound) < -46.0
    assert np.abs(np.diff(sound, axis=0)).max() < 0.02  # no click from tick to tick


def test_a_slam_is_far_louder_than_a_step() -> None:
    def peak(body: int, impulse: float) -> float:
        track = SoundTrack(ROOM, MODEL)
        touch = Contact(0, body, "floor", FLOOR, -1, (0.0, 0.0, 0.0), (0.0, 0.0, 1.0), impulse, 30.0 * impulse)
        blocks = [
            track.add(replace(still(), tick=t, contacts=(touch,) if t == 2 else ()), {}) for t in range(8)
        ]  # fmt: skip
        return float(np.abs(np.concatenate(blocks)).max())

    step, slam = peak(MODEL.feet[0], 14.0), peak(MODEL.roles.torso, 105.0)
    assert slam > 3.0 * step
    assert slam < 0.9


def test_who_falls_is_surprised_and_then_hurt() -> None:
    outcries, finder = Outcries(), HitFinder()
    names = [c.name for snapshot in fall() for c in outcries.find(snapshot, finder.find(snapshot))]
    assert names[0] == "surprise"
    assert {"pain", "grunt"} & set(names)
    assert len(names) < 8


def test_who_stands_again_is_relieved_once_and_who_stands_is_quiet() -> None:
    outcries, here = Outcries(), still()
    lying = replace(
        here, fallen=np.array([True]),
        body_rot=np.broadcast_to(rotation.from_axis_angle([0.0, 1.0, 0.0], 1.5), here.body_rot.shape).copy(),
    )  # fmt: skip
    assert not any(outcries.find(replace(here, tick=tick), []) for tick in range(60))
    for tick in range(60, 90):
        outcries.find(replace(lying, tick=tick), [])
    names = [c.name for tick in range(90, 200) for c in outcries.find(replace(here, tick=tick), [])]
    assert names == ["relief"]


@pytest.mark.parametrize("name", CRIES)
def test_cries_are_short_and_as_high_as_they_should_be(name: str) -> None:
    wave = cry(name, 1.0, HZ, 1.0, np.random.default_rng(1))
    made = CRIES[name]
    assert len(wave) / HZ == pytest.approx(made.seconds, rel=0.15)
    assert 0.05 < np.abs(wave).max() < 0.7
    assert wave[0] == 0.0 and abs(wave[-1]) < 1e-3
    middle = wave[len(wave) // 3 : 2 * len(wave) // 3]
    lags = np.correlate(middle, middle, "full")[len(middle) :]
    low, high = min(hz for _, hz in made.pitch) * 0.9, max(hz for _, hz in made.pitch) * 1.1
    period = int(lags[int(HZ / high) : int(HZ / low)].argmax()) + int(HZ / high)
    assert low <= HZ / period <= high


def test_slow_motion_is_lower_and_longer_in_the_throat_too() -> None:
    fast, slow = (cry("pain", 1.0, HZ, pitch, np.random.default_rng(1)) for pitch in (1.0, 0.5))
    assert len(slow) == pytest.approx(2 * len(fast), rel=0.01)


def test_stems_add_up_dry_and_the_voice_goes_off() -> None:
    field = SetSpec("field", light=LightSpec(outdoors=True))  # no echoes there
    snapshots = fall()
    loud = {}
    for voice in (True, False):
        track = SoundTrack(field, MODEL, life=Life(field, HZ, voice=voice), stems=True)
        kept: dict[str, list[np.ndarray]] = {name: [] for name in STEMS}
        for snapshot in snapshots:
            mix = track.add(snapshot, {})
            assert set(track.stems) == set(STEMS)
            if np.abs(mix).max() < 0.45:  # below the limiter's knee
                np.testing.assert_allclose(sum(track.stems.values()), mix, atol=1e-5)
            for name, samples in track.stems.items():
                kept[name].append(samples)
        loud[voice] = {name: float(np.abs(np.concatenate(blocks)).max()) for name, blocks in kept.items()}
    assert loud[True]["voice"] > 0.1 > loud[False]["voice"]
    assert loud[True]["body"] > loud[True]["feet"]
    assert loud[True]["things"] == 0.0
