"""The whole-clip fit: its body, its physics, and that it finds a movement back from what a camera sees of it."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from game.sim import rotation
from game.sim.kinematics import center_of_mass, lowest_point
from game.sim.model import CharacterModel
from game.sim.motion import MotionClip
from tools.capture import clip as clips
from tools.capture import ground_truth, physics
from tools.capture.body_motion import BodyMotion, tensor
from tools.capture.first_guess import Observations, first_guess
from tools.capture.fit import FitConfig, fit
from tools.capture.landmark_skeleton import LandmarkSkeleton, Pose
from tools.capture.observe import facing

Array = NDArray[np.float64]
MODEL = CharacterModel.load("humanoid")
FPS = 30.0


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


def posed(clip: MotionClip, times: Array) -> tuple[LandmarkSkeleton, Pose]:
    skeleton, state = LandmarkSkeleton(MODEL), clip.sample(times)
    matrices = [tensor(rotation.to_matrix(r)) for r in (state.root_rot, state.joint_rot)]
    return skeleton, skeleton.pose(tensor(state.root_pos), matrices[0], matrices[1], torch.zeros(8))


def seen_of(clip: MotionClip, times: Array, *, yaw: float = 0.6, fps: float = FPS) -> tuple[Observations, Array]:
    """What a perfect network would see of a clip; also the camera's axes."""
    camera = ground_truth.camera_for(clip, yaw)
    skeleton, pose = posed(clip, times)
    markers = (skeleton.markers(pose).numpy().astype(float) - np.array(camera.eye)) @ camera.axes().T
    weight = np.ones(markers.shape[:2])
    world = markers - 0.5 * (markers[:, 5:6] + markers[:, 6:7])
    return Observations(fps, markers[..., 1:] / markers[..., :1], world, weight, skeleton.landmarks), camera.axes()


def test_the_body_is_the_humanoid() -> None:
    clip, times = MotionClip.load("cartwheel"), np.linspace(0.0, 2.5, 9)
    skeleton, pose = posed(clip, times)
    expected = ground_truth.poses_at(clip, times)
    assert pose.pos.numpy() == pytest.approx(expected.pos, abs=1e-5)
    assert pose.rot.numpy() == pytest.approx(rotation.to_matrix(expected.rot), abs=1e-5)
    assert skeleton.center_of_mass(pose).numpy() == pytest.approx(center_of_mass(MODEL, expected), abs=1e-5)
    height = skeleton.skin_points(pose)[..., 2] - skeleton.skin.radius
    assert height.min(dim=1).values.numpy() == pytest.approx(lowest_point(MODEL, expected), abs=1e-5)


def test_longer_bones_move_what_hangs_on_them() -> None:
    skeleton = LandmarkSkeleton(MODEL)
    eye = torch.eye(3)
    scale = torch.zeros(8)
    scale[2] = math.log(1.1)  # thighs
    pose = skeleton.pose(torch.zeros(1, 3), eye[None], eye.expand(1, 12, 3, 3), scale)
    knee = pose.pos[0, MODEL.body("left_shin")]
    ankle = pose.pos[0, MODEL.body("left_foot")]
    assert float(knee[2]) == pytest.approx(-1.1 * 0.421546, abs=1e-5)
    assert float(knee[2] - ankle[2]) == pytest.approx(0.40987, abs=1e-5)
    assert float(pose.pos[0, MODEL.body("torso"), 2]) == pytest.approx(0.236151, abs=1e-5)


def test_hinges_bend_the_way_that_they_do() -> None:
    clip, times = MotionClip.load("run"), np.arange(20) / FPS
    seen, _ = seen_of(clip, times)
    guess = first_guess(seen)
    angles = 2.0 * np.arctan2(clip.sample(times).joint_rot[..., 1], clip.sample(times).joint_rot[..., 3])
    found = guess.hinge
    for column, name in enumerate(("right_knee", "right_elbow", "left_knee", "left_elbow")):
        expected = angles[:, MODEL.joint(name)]
        assert np.median(np.abs(found[:, column] - expected)) < 0.2
    knees = BodyMotion.of(guess)
    assert float(knees.limits().detach()) == pytest.approx(0.0, abs=0.05)


def test_a_first_guess_stands_where_the_body_is() -> None:
    clip, times = MotionClip.load("walk"), np.arange(20) / FPS
    seen, axes = seen_of(clip, times)
    state = clip.sample(times)
    guess = first_guess(seen)
    eye = np.array(ground_truth.camera_for(clip, 0.6).eye)
    assert guess.root_pos == pytest.approx((state.root_pos - eye) @ axes.T, abs=0.12)
    turn = axes @ rotation.to_matrix(state.root_rot)
    assert np.einsum("fij,fij->f", turn, guess.root_rot).min() > 1.0 + 2.0 * math.cos(0.35)


def test_a_parabola_is_a_flight_and_standing_on_a_box_is_none() -> None:
    time = np.arange(60) / FPS
    height = np.full(60, 0.9)
    height[20:38] = 0.9 + 2.94 * (time[20:38] - time[20]) - 4.9 * (time[20:38] - time[20]) ** 2
    clear = np.zeros(60, bool)
    clear[20:38] = True
    found, fall = physics.flights(clear, height, FPS)
    assert found.tolist() == clear.tolist()
    assert fall == pytest.approx(9.8, rel=1e-3)
    box = np.full(60, 1.9)
    box[25:45] = 1.9 + 2.94 * (time[25:45] - time[25]) - 4.9 * (time[25:45] - time[25]) ** 2
    box[45:] = box[44]
    found, _ = physics.flights(np.ones(60, bool), box, FPS)
    assert found[28:42].all()
    assert not found[:20].any()
    assert not found[50:].any()
    assert physics.flights(clear, np.full(60, 0.9), FPS)[1] is None


def test_slow_falls_are_flights_only_between_take_off_and_landing() -> None:
    # 1.2 s at 2.45 m/s2, which is half speed: it rises by 0.44 m
    time = np.arange(36) / FPS
    arc = 0.9 + 1.47 * time - 1.225 * time**2
    height = np.concatenate([np.full(12, 0.9), arc, np.full(12, arc[-1])])
    clear = np.zeros(60, bool)
    clear[12:48] = True
    found, fall = physics.flights(clear, height, FPS)
    assert found.tolist() == clear.tolist()
    assert fall == pytest.approx(2.45, rel=1e-3)
    # the same without its beginning may be somebody who lies down
    found, fall = physics.flights(clear[12:], height[12:], FPS)
    assert not found.any()
    assert fall is None


def test_free_fall_costs_nothing_and_hovering_does() -> None:
    time = torch.arange(12) / FPS
    up = torch.tensor([0.0, 0.0, 1.0])
    fall = torch.stack([time, 0 * time, 1.0 - 4.9 * time**2], dim=1)
    still = torch.stack([time, 0 * time, 0 * time], dim=1)
    arguments = up, torch.tensor(9.8), torch.ones(12), FPS, 1.0
    assert float(physics.flight_error(fall, *arguments)) < 1e-3
    assert float(physics.flight_error(still, *arguments)) == pytest.approx(0.1 * 9.8**2, rel=1e-3)


def test_contacts_are_low_and_slow() -> None:
    skeleton, pose = posed(MotionClip.load("walk"), np.arange(30) / FPS)
    points = skeleton.skin_points(pose)
    height = points[..., 2] - skeleton.skin.radius
    found = physics.phases(points, height, skeleton.center_of_mass(pose)[:, 2], FPS)
    legs = ("left_foot", "right_foot", "left_shin", "right_shin")  # a shin ends at the ankle
    feet = torch.isin(skeleton.skin.body, torch.tensor([MODEL.body(name) for name in legs]))
    assert found.num_flying == 0
    assert float(found.touch[:, feet].max(dim=1).values.min()) > 0.5  # somebody always stands
    assert float(found.touch[:, ~feet].max()) < 0.05


def test_a_walk_is_found_back() -> None:
    clip, times = MotionClip.load("walk"), np.arange(30) / FPS
    seen, _ = seen_of(clip, times)
    fitted = fit(seen, FitConfig(iterations=200))
    assert np.median(fitted.image_error) < 0.01
    made = clips.make(fitted, "found", source="a test", licence="MIT")
    assert made.clip.fps == FPS
    assert made.slow_motion == 1.0
    errors = ground_truth.compare(made.clip, clip)
    assert errors.joints < 0.03
    # nothing tells how the pelvis pitches under the chest but what is usual, and this walk is straighter
    assert errors.root_rotation < math.radians(5.5)
    assert errors.height < 0.01
    assert lowest_point(MODEL, ground_truth.poses_at(made.clip, times)).min() > -0.01
    # the camera stands where it stood, as the clip sees it: a little over its root, 3.99 m away
    assert made.eye[2] == pytest.approx(1.1, abs=0.2)
    distance = np.linalg.norm(np.array(ground_truth.camera_for(clip, 0.6).eye) - clip.root_pos[0])
    assert np.linalg.norm(made.eye - made.clip.root_pos[0]) == pytest.approx(distance, abs=0.2)


def test_slow_motion_is_found_from_gravity() -> None:
    clip = MotionClip.load("jump")
    times = np.arange(30, 100) / (2.0 * FPS)  # plays at half speed
    seen, _ = seen_of(clip, times)
    fitted = fit(seen, FitConfig(iterations=200))
    assert fitted.flying.sum() > 15
    assert not fitted.real_time
    assert fitted.gravity == pytest.approx(9.8 / 4.0, rel=0.3)
    made = clips.make(fitted, "slow", source="a test", licence="MIT")
    assert made.slow_motion == 2.0
    assert made.clip.duration == pytest.approx(69.0 / FPS / made.slow_motion, abs=0.05)


@pytest.mark.parametrize(("gravity", "slower"), [(9.8 / 4.4**2, 4.0), (9.8 / 3.0**2, 3.0), (9.8 / 1.8**2, 2.0)])
def test_slow_motion_is_what_cameras_do_where_gravity_comes_near_it(gravity: float, slower: float) -> None:
    clip = MotionClip.load("walk")
    seen, _ = seen_of(clip, np.arange(20) / FPS)
    fitted = replace(fit(seen, FitConfig(iterations=1)), gravity=gravity, real_time=False, flying=np.arange(20) > 8)
    assert clips.slow_motion_of(fitted) == pytest.approx(slower)


def test_a_camera_that_looks_aside_is_turned_ahead() -> None:
    # 45 degrees to the left: what lies ahead of it lies to the left, what is left of it lies behind, up stays up
    turn = facing(np.array([[1.0, 0.0], [0.0, 0.0], [0.0, 1.0]]))
    half = math.sqrt(0.5)
    np.testing.assert_allclose(turn[0], np.array([[half, -half, 0.0], [half, half, 0.0], [0.0, 0.0, 1.0]]), atol=1e-12)
    np.testing.assert_allclose(turn[1], np.eye(3), atol=1e-12)
    np.testing.assert_allclose(turn[2] @ [1.0, 0.0, 0.0], [half, 0.0, half], atol=1e-12)


def test_quaternions_of_matrices_turn_alike() -> None:
    random = np.random.default_rng(1)
    q = rotation.normalize(random.normal(size=(50, 4)))
    back = rotation.from_matrix(rotation.to_matrix(q))
    assert rotation.angle_between(q, back) == pytest.approx(np.zeros(50), abs=1e-6)
    half_turn = np.array([[1.0, 0.0, 0.0, 0.0], [0.0, 0.6, 0.8, 0.0]])
    assert rotation.angle_between(half_turn, rotation.from_matrix(rotation.to_matrix(half_turn))) == pytest.approx(
        [0.0, 0.0], abs=1e-6
    )
