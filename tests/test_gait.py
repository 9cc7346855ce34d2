"""The gait: it goes where it is steered, its feet stay where they stand, and it stops."""

from __future__ import annotations

import numpy as np
import pytest

from game.play.gait import MAX_DISTANCE, Gait, GaitClips
from game.play.gait_path import AHEAD, ANKLE, OMEGA, PHASE
from game.play.idle import CALM_TICKS
from game.sim import kinematics, rotation
from game.sim.model import CharacterModel
from game.sim.motion import MotionClip
from tests.support.followers import after

HZ = 30


@pytest.fixture(scope="module")
def clips() -> GaitClips:
    model = CharacterModel.load()
    return GaitClips(model, MotionClip.load("walk"), MotionClip.load("run_mended"), kinematics.standing_state(model))


@pytest.fixture(scope="module")
def alive(clips: GaitClips) -> GaitClips:
    """With an idle, too."""
    stand = kinematics.standing_state(clips.model)
    return GaitClips(
        clips.model, MotionClip.load("walk"), MotionClip.load("run_mended"), stand, MotionClip.load("idle")
    )


def begin(clips: GaitClips) -> Gait:
    state = kinematics.standing_state(clips.model)
    return Gait(clips, state)


def follow(gait: Gait, ticks: int) -> tuple[np.ndarray, np.ndarray]:
    """Root positions (T, 3) and feet (T, 2, 3) of a character who does just what the gait shows."""
    roots, feet = [], []
    for _ in range(ticks):
        pose = gait.poses(np.zeros(1))
        bodies = kinematics.body_poses(gait._clips.model, *pose).pos[0]
        roots.append(pose.root_pos[0])
        feet.append(bodies[list(gait._clips.model.feet)])
        gait.advance(after(gait, gait._clips.model))
    return np.array(roots), np.array(feet)


def test_unsteered_he_stands(clips: GaitClips) -> None:
    roots, _ = follow(begin(clips), 30)
    np.testing.assert_allclose(roots, np.repeat(roots[:1], 30, axis=0), atol=1e-9)


def test_who_stands_breathes_so_little_that_his_balance_is_not_disturbed(alive: GaitClips) -> None:
    gait, ahead = begin(alive), np.array([0.0, CALM_TICKS / HZ])
    moved, turned = [], []
    for _ in range(300):
        pose = gait.poses(ahead)
        moved.append(np.linalg.norm(pose.root_pos[1] - pose.root_pos[0]))
        turned.append(rotation.angle_between(pose.joint_rot[0], pose.joint_rot[1]).mean())
        gait.advance(after(gait, gait._clips.model))
    assert 0.001 < max(moved) < 0.04
    assert 0.015 < max(turned) < 0.0201


def test_who_goes_has_no_time_to_breathe(clips: GaitClips, alive: GaitClips) -> None:
    shown = []
    for which in (clips, alive):
        gait = begin(which)
        gait.steer(np.array([1.0, 0.0]))
        for _ in range(150):
            gait.advance(after(gait, gait._clips.model))
        shown.append(gait.poses(np.array([0.0, 0.1])))
    np.testing.assert_allclose(shown[0].joint_rot, shown[1].joint_rot, atol=1e-9)
    np.testing.assert_allclose(shown[0].root_pos, shown[1].root_pos, atol=0.02)


@pytest.mark.parametrize("speed", [0.4, 0.98, 1.8, 3.5])
def test_he_goes_as_fast_as_he_is_steered(clips: GaitClips, speed: float) -> None:
    gait = begin(clips)
    gait.steer(np.array([speed, 0.0]))
    roots, _ = follow(gait, 240)
    assert (roots[-1, 0] - roots[150, 0]) / (89 / HZ) == pytest.approx(speed, rel=0.05)
    assert abs(roots[-1, 1]) < 0.1


@pytest.mark.parametrize(("speed", "slide"), [(0.4, 0.08), (0.98, 0.05), (1.3, 0.05), (1.8, 0.18), (3.5, 0.15)])
def test_a_foot_on_the_floor_hardly_slides(clips: GaitClips, speed: float, slide: float) -> None:
    gait = begin(clips)
    gait.steer(np.array([speed, 0.0]))
    _, feet = follow(gait, 180)
    rates = np.linalg.norm(np.diff(feet[120:, :, :2], axis=0), axis=-1) * HZ
    low = feet[121:, :, 2] < feet[120:, :, 2].min(axis=0) + 0.02
    assert float(np.median(rates[low])) < slide


@pytest.mark.parametrize("degrees", [90.0, -135.0, 180.0])
def test_he_turns_to_where_he_is_steered(clips: GaitClips, degrees: float) -> None:
    gait = begin(clips)
    angle = np.radians(degrees)
    gait.steer(0.98 * np.array([np.cos(angle), np.sin(angle)]))
    follow(gait, 180)
    off = (gait.heading - angle + np.pi) % (2.0 * np.pi) - np.pi
    assert abs(off) < 0.03


@pytest.mark.parametrize(("speed", "rate", "slide"), [(0.98, 0.8, 0.15), (3.5, 0.8, 0.2)])
def test_a_foot_on_the_floor_hardly_slides_in_a_turn(clips: GaitClips, speed: float, rate: float, slide: float) -> None:
    gait, shown = begin(clips), []
    for tick in range(150):
        gait.steer(speed * np.array([np.cos(rate * tick / HZ), np.sin(rate * tick / HZ)]))
        shown.append(follow(gait, 1)[1][0])
    feet = np.array(shown)[60:]
    rates = np.linalg.norm(np.diff(feet[..., :2], axis=0), axis=-1) * HZ
    low = feet[1:, :, 2] < feet[..., 2].min(axis=0) + 0.02
    assert float(np.median(rates[low])) < slide


def test_the_legs_reach_their_feet_and_leave_the_clips_pose_as_it_is(clips: GaitClips) -> None:
    """At the walk's own pace, straight on, hardly anything has to be changed: the legs are nearly the clip's."""
    walk, gait = MotionClip.load("walk").placed(), begin(clips)
    gait.steer(np.array([clips.paces[0], 0.0]))
    follow(gait, 240)
    shown = gait.poses(np.zeros(1))
    bodies = kinematics.body_poses(clips.model, *shown).pos[0]
    phase = gait._path[PHASE]
    own = walk.sample(np.array([phase * walk.duration]))
    legs = clips.model.body_joint[clips.model.legs].ravel()
    assert rotation.angle_between(shown.joint_rot[0, legs], own.joint_rot[0, legs]).max() < 0.15
    want = kinematics.body_poses(clips.model, own.root_pos, own.root_rot, own.joint_rot).pos[0]
    feet = list(clips.model.feet)
    apart = (bodies[feet] - shown.root_pos[0]) - (want[feet] - own.root_pos[0])
    assert np.abs(apart[:, [0, 2]]).max() < 0.04
    # the foot that swings swings straight
    assert np.abs(apart[:, 1]).max() < 0.08


@pytest.mark.parametrize("ticks", [60, 66, 72, 78])
def test_let_go_he_stops_with_both_feet_beside_each_other(clips: GaitClips, ticks: int) -> None:
    gait = begin(clips)
    gait.steer(np.array([0.98, 0.0]))
    follow(gait, ticks)
    gait.steer(np.zeros(2))
    roots, feet = follow(gait, 110)
    way = np.linalg.norm(np.diff(roots, axis=0), axis=1)
    stopped = int(np.flatnonzero(way > 1e-6)[-1]) + 1
    assert 20 < stopped < 95
    assert abs(feet[stopped, 0, 0] - feet[stopped, 1, 0]) < 0.05
    np.testing.assert_allclose(roots[stopped + 1 :], np.repeat(roots[-1:], 109 - stopped, axis=0), atol=1e-9)


@pytest.mark.parametrize(("degrees", "speed"), [(0.0, 0.0), (90.0, 0.98), (-90.0, 0.98)])
def test_the_body_is_moved_by_the_feet_and_not_at_once(clips: GaitClips, degrees: float, speed: float) -> None:
    """A body that leant as soon as it was to brake or to turn jumped by 0.6 m/s in a tenth of a second."""
    gait, model = begin(clips), clips.model
    gait.steer(np.array([0.98, 0.0]))
    follow(gait, 72)
    gait.steer(speed * np.array([np.cos(np.radians(degrees)), np.sin(np.radians(degrees))]))
    coms = []
    for _ in range(60):
        pose = gait.poses(np.zeros(1))
        coms.append(kinematics.center_of_mass(model, kinematics.body_poses(model, *pose))[0, :2])
        gait.advance(after(gait, gait._clips.model))
    velocity = np.diff(np.array(coms), axis=0) * HZ
    jump = np.linalg.norm(velocity[3:] - velocity[:-3], axis=1)
    assert jump.max() < 0.55


def test_who_brakes_puts_his_foot_ahead_of_himself(clips: GaitClips) -> None:
    """Whoever stands on a foot d ahead of its place is braked by OMEGA^2 d, give or take what his ankle does."""
    gait = begin(clips)
    gait.steer(np.array([0.98, 0.0]))
    follow(gait, 120)
    gait.steer(np.zeros(2))
    placed, speeds = [], []
    for _ in range(25):
        placed.append(gait._path[AHEAD : AHEAD + 2].max())
        speeds.append(gait.velocity[0])
        follow(gait, 1)
    braked = -np.diff(speeds) * HZ
    assert max(placed) > 0.1
    assert braked.max() == pytest.approx(OMEGA**2 * max(placed), abs=max(ANKLE))


@pytest.mark.parametrize("degrees", [0.0, 90.0, 180.0, -90.0])
def test_who_is_pushed_over_steps_where_it_catches_him(clips: GaitClips, degrees: float) -> None:
    """A pendulum that moves at v is caught by a foot at v / OMEGA, growing as exp(OMEGA t) until it is down."""
    toward = np.array([np.cos(np.radians(degrees)), np.sin(np.radians(degrees))])
    push = 0.5 * toward
    gait = Gait(clips, kinematics.standing_state(clips.model).nudged(np.array([*push, 0.0]), np.zeros(3)))
    stands = [gait.stands]
    roots, feet = follow(gait, 90)
    assert float((feet[-1, :, :2].mean(axis=0) - feet[0, :, :2].mean(axis=0)) @ toward) > 0.5 / OMEGA
    assert [*stands, gait.stands] == [False, True]
    assert np.abs(roots[-1, :2] - feet[-1, :, :2].mean(axis=0)).max() < 0.06


def test_the_walk_does_not_jump(clips: GaitClips) -> None:
    """The clip's own pelvis turns by 7 degrees within a frame as a foot lands."""
    rots = clips.walk.rots
    rates = rotation.angle_between(np.roll(rots, -1, axis=0), rots) * len(rots) / clips.walk.seconds
    assert rates[:, 0].max() < 3.0
    assert rates.max() < 10.0


def test_what_is_shown_ahead_comes_if_the_command_stays(clips: GaitClips) -> None:
    gait = begin(clips)
    gait.steer(np.array([0.6, 0.7]))
    follow(gait, 7)
    ahead = gait.poses(np.array([16.0, 8.0]) / HZ)
    roots, _ = follow(gait, 17)
    np.testing.assert_allclose(roots[[16, 8]], ahead.root_pos, atol=1e-9)


def test_the_path_waits_for_who_is_held_up(clips: GaitClips) -> None:
    gait = begin(clips)
    held = kinematics.standing_state(clips.model)
    gait.steer(np.array([0.98, 0.0]))
    for _ in range(300):
        gait.advance(held)
    away = gait.poses(np.zeros(1)).root_pos[0, :2]
    assert 0.2 < float(np.hypot(*away)) <= MAX_DISTANCE + 0.05
