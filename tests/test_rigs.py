"""Cameras look at him, from where they should, whatever the frame rate."""

import math
from dataclasses import replace

import numpy as np
import panda3d.core as p3d
import pytest

from game.camera.camera_pose import CameraPose, blend
from game.camera.rigs import NAMES, CameraError, camera, focus
from game.camera.shot import Keyframe, Shot, ShotError, shot_from_json, shot_to_json, shots_of
from game.camera.spring import Spring
from game.scene.set_spec import LightSpec, SetSpec, ViewSpec
from game.sim import rotation
from game.sim.contact import FLOOR, Contact
from game.view.camera_node import place
from tests.support.standing import moved, off_axis, standing

VIEW = ViewSpec((1.7, -3.9, 1.45), (0.1, 0.35, 0.92), math.radians(56))
FIELD = SetSpec("field", view=VIEW, light=LightSpec(outdoors=True))


@pytest.mark.parametrize("name", [n for n in NAMES if n != "eyes"])
def test_he_is_in_the_picture(name: str) -> None:
    look = camera(name, FIELD)
    pose = look.update(standing(), 0.0)
    for tick in range(1, 40):
        pose = look.update(standing(), 1 / 30)
        assert np.linalg.norm(pose.rotation) == pytest.approx(1.0)
        assert off_axis(pose, focus(standing(), 0)) < 0.5 * pose.fov, (name, tick)


@pytest.mark.parametrize("name", ["follow", "orbit", "side", "handheld", "ceiling"])
def test_he_stays_in_the_picture_when_he_runs(name: str) -> None:
    look = camera(name, FIELD)
    look.update(standing(), 0.0)
    for tick in range(1, 40):
        snapshot = moved(2.0 * tick / 30, 0.0, 0.4 * math.sin(tick / 5.0), tick)
        pose = look.update(snapshot, 1 / 30)
        assert off_axis(pose, focus(snapshot, 0)) < 0.5 * pose.fov, tick


@pytest.mark.parametrize("speed", [3.5, 7.0])
def test_the_ceiling_keeps_up_with_a_runner(speed: float) -> None:
    look = camera("ceiling", FIELD)
    look.update(standing(), 0.0)
    for tick in range(1, 60):
        snapshot = moved(speed * tick / 30, 0.0, 0.0, tick)
        pose = look.update(snapshot, 1 / 30)
        assert off_axis(pose, focus(snapshot, 0)) < 0.35 * pose.fov, tick


@pytest.mark.parametrize("name", NAMES)
def test_a_camera_needs_nobody(name: str) -> None:
    empty = replace(standing(), body_pos=np.zeros((0, 15, 3)), body_rot=np.zeros((0, 15, 4)))
    assert np.isfinite(camera(name, FIELD).update(empty, 0.0).position).all()


def test_side_on_is_square_to_him_and_on_the_sets_side() -> None:
    pose = camera("side", FIELD).update(standing(), 0.0)
    assert pose.forward == pytest.approx([0.0, 1.0, 0.0], abs=1e-6)


def test_the_ceiling_looks_down_with_x_up() -> None:
    pose = camera("ceiling", FIELD).update(standing(), 0.0)
    assert pose.forward == pytest.approx([0.0, 0.0, -1.0], abs=1e-9)
    assert pose.up == pytest.approx([1.0, 0.0, 0.0], abs=1e-9)


def test_eyes_turn_with_the_head() -> None:
    head = standing().model.body("head")
    turned = standing().body_rot.copy()
    turned[0, head] = rotation.from_heading(0.5 * math.pi)
    pose = camera("eyes", FIELD).update(replace(standing(), body_rot=turned), 0.0)
    assert pose.forward == pytest.approx([0.0, 1.0, 0.0], abs=1e-9)
    assert pose.position[1] > standing().body_pos[0, head, 1] + 0.1


@pytest.mark.parametrize("damping", [0.3, 1.0])
def test_a_spring_does_not_care_for_the_frame_rate(damping: float) -> None:
    coarse, fine, goal = Spring(6.0, damping), Spring(6.0, damping), np.array([0.4, 0.2, -0.1])
    for spring in (coarse, fine):
        spring.to(np.zeros(3), 0.0)
    for _ in range(3):
        at = coarse.to(goal, 0.1)
    for _ in range(30):
        finer = fine.to(goal, 0.01)
    assert at == pytest.approx(finer, abs=1e-9)


def test_handheld_is_late_and_goes_too_far() -> None:
    look = camera("handheld", FIELD)
    look.update(standing(), 0.0)
    errors = []
    for tick in range(1, 60):
        snapshot = moved(0.8, 0.0, tick=tick)
        pose = look.update(snapshot, 1 / 30)
        way = focus(snapshot, 0) - pose.position
        errors.append(float(np.cross(way, pose.forward)[2]))
    assert errors[0] * min(errors, key=lambda e: e * np.sign(errors[0])) < 0  # it overshoots
    assert abs(errors[0]) > 5 * abs(errors[-1])


def test_handheld_starts_at_a_thud() -> None:
    thud = Contact(0, 1, "floor", FLOOR, -1, (0.0, 0.0, 0.0), (0.0, 0.0, 1.0), 80.0, 5000.0)
    calm, startled = camera("handheld", FIELD), camera("handheld", FIELD)
    for look, contacts in ((calm, ()), (startled, (thud,))):
        look.update(moved(0, 0, tick=0), 0.0)
        look.update(replace(moved(0, 0, tick=1), contacts=contacts), 1 / 30)
    a, b = (look.update(moved(0, 0, tick=2), 1 / 60).forward for look in (calm, startled))
    assert 0.002 < np.linalg.norm(a - b) < 0.05


def test_who_is_put_elsewhere_is_cut_to() -> None:
    look = camera("follow", FIELD)
    look.update(standing(), 0.0)
    first = look.update(moved(5.0, 0.0), 1 / 60)
    assert off_axis(first, focus(moved(5.0, 0.0), 0)) < 0.1


def test_an_unknown_camera_is_named() -> None:
    mine = Shot((Keyframe(0.0, CameraPose.look((0, 0, 1), (1, 0, 1), 0.7)),))
    with pytest.raises(CameraError, match=r"'drone'; there are tripod, free, follow.*, mine"):
        camera("drone", FIELD, extra={"shots": {"mine": shot_to_json(mine)}})


def test_look_points_at_the_target_upright() -> None:
    pose = CameraPose.look((1, 2, 3), (4, -2, 1), 0.8)
    way = np.array([3.0, -4.0, -2.0])
    assert pose.forward == pytest.approx(way / np.linalg.norm(way))
    assert pose.left[2] == pytest.approx(0.0, abs=1e-12)
    assert pose.up[2] > 0
    assert CameraPose.look((1, 2, 3), (4, -2, 1), 0.8, roll=0.2).left[2] == pytest.approx(
        math.sin(0.2) * pose.up[2], abs=1e-9
    )


def keyframes() -> tuple[Keyframe, ...]:
    points = [(0, 0, 1), (1, 0.5, 1.2), (1.5, 2, 1.0), (3, 2, 2.0)]
    return tuple(
        Keyframe(t, CameraPose.look(p, (4, 4, 0.5), 0.6 + 0.1 * k))
        for k, (t, p) in enumerate(zip((0.0, 1.0, 1.5, 4.0), points, strict=True))
    )


def test_a_shot_goes_through_its_keyframes_and_stays_at_its_ends() -> None:
    shot = Shot(keyframes())
    for key in shot.keyframes:
        pose = shot.at(key.time)
        assert pose.position == pytest.approx(key.pose.position)
        assert float(rotation.angle_between(pose.rotation, key.pose.rotation)) < 1e-9
        assert pose.fov == pytest.approx(key.pose.fov)
    assert shot.at(-1.0) is shot.keyframes[0].pose
    assert shot.at(9.0) is shot.keyframes[-1].pose


def test_a_shot_has_no_corners() -> None:
    """Velocity and angular velocity before a keyframe are those after it; at the ends they are nil."""
    shot, h = Shot(keyframes()), 1e-4

    def rates(time: float) -> np.ndarray:
        a, b = shot.at(time - h / 2), shot.at(time + h / 2)
        spin = rotation.to_rotvec(rotation.multiply(b.rotation, rotation.conjugate(a.rotation))) / h
        return np.concatenate([(b.position - a.position) / h, spin])

    for time in (1.0, 1.5):
        assert rates(time - 2 * h) == pytest.approx(rates(time + 2 * h), abs=0.02)
        assert np.linalg.norm(rates(time)) > 0.3
    assert rates(h) == pytest.approx(np.zeros(6), abs=0.01)
    assert rates(4.0 - h) == pytest.approx(np.zeros(6), abs=0.01)


def test_two_keyframes_make_a_slerp() -> None:
    a, b = (Keyframe(t, CameraPose(np.zeros(3), rotation.from_heading(t), 0.7)) for t in (0.0, 2.0))
    middle = Shot((a, b)).at(1.0)
    assert float(rotation.heading(middle.rotation)) == pytest.approx(1.0)
    assert float(rotation.heading(blend(a.pose, b.pose, 0.25).rotation)) == pytest.approx(0.5)


def test_shots_survive_a_take() -> None:
    shot = Shot(keyframes())
    again = shots_of({"shots": {"crane": shot_to_json(shot)}})["crane"]
    assert again.at(2.2).position == pytest.approx(shot.at(2.2).position)
    assert shots_of({}) == {}


def test_broken_shots_are_refused_with_a_reason() -> None:
    good = shot_to_json(Shot(keyframes()))
    with pytest.raises(ShotError, match="'a': a keyframe lacks 'fov'"):
        shot_from_json([{k: v for k, v in good[0].items() if k != "fov"}], "a")
    with pytest.raises(ShotError, match="unit quaternion"):
        shot_from_json([{**good[0], "rotation": [0, 0, 0, 2]}], "a")
    with pytest.raises(ShotError, match=r"at 0\.0 s follows one at 1\.0 s"):
        shot_from_json([good[1], good[0]], "a")
    with pytest.raises(ShotError, match="no keyframes"):
        shot_from_json([], "a")
    with pytest.raises(ShotError, match="an object of shots"):
        shots_of({"shots": [1]})


def test_panda3d_sees_what_a_pose_sees() -> None:
    node, lens = p3d.NodePath("camera"), p3d.PerspectiveLens()
    pose = CameraPose.look((1, 2, 3), (4, -2, 1), math.radians(50), roll=0.1)
    place(pose, node, lens)
    assert list(node.get_mat().xform_vec(p3d.Vec3(0, 1, 0))) == pytest.approx(pose.forward, abs=1e-6)
    assert list(node.get_mat().xform_vec(p3d.Vec3(0, 0, 1))) == pytest.approx(pose.up, abs=1e-6)
    assert list(node.get_pos()) == pytest.approx(pose.position, abs=1e-6)
    assert lens.min_fov == pytest.approx(50, abs=1e-3)


def test_a_tripod_pans_late_and_a_dolly_stays_on_its_rail() -> None:
    pan, dolly = camera("pan", FIELD), camera("dolly", FIELD)
    first = pan.update(standing(), 0.0)
    start = dolly.update(standing(), 0.0).position
    late = []
    for tick in range(1, 60):
        snapshot = moved(0.05 * min(tick, 30), 0.0, tick=tick)
        pose = pan.update(snapshot, 1 / 30)
        late.append(off_axis(pose, focus(snapshot, 0)))
        assert pose.position == pytest.approx(first.position)
        eye = dolly.update(snapshot, 1 / 30).position
    assert max(late[:30]) > 0.03 and late[-1] < max(late)
    assert np.linalg.norm(eye - start) > 0.5
    marks = [Keyframe(0.0, CameraPose.look((0.0, -4.0, 1.0), (0.0, 0.0, 1.0), 0.7)),
             Keyframe(5.0, CameraPose.look((2.0, -4.0, 1.0), (0.0, 0.0, 1.0), 0.7))]  # fmt: skip
    railed = camera("dolly", FIELD, extra={"shots": {"marked": shot_to_json(Shot(tuple(marks)))}})
    for tick in range(120):
        at = railed.update(moved(0.05 * tick, 0.0, tick=tick), 1 / 30 if tick else 0.0).position
        assert -1e-9 <= at[0] <= 2.0 + 1e-9 and at[1:] == pytest.approx([-4.0, 1.0])
    assert at[0] == pytest.approx(2.0, abs=0.05)
