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
from tools.capture import ground_truth, physics, speed
from tools.capture.body_motion import BodyMotion, tensor
from tools.capture.first_guess import Observations, first_guess
from tools.capture.fit import FitConfig, fit
from tools.capture.landmark_skeleton import LandmarkSkeleton, Pose
from tools.capture.observe import facing
from tools.clip_clinic.checks import joint_rates

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
    still = np.tile(np.eye(3), (len(markers), 1, 1)), np.zeros((len(markers), 3))
    return Observations(
        fps, markers[..., 1:] / markers[..., :1], world, weight, skeleton.landmarks, *still
    ), camera.axes()


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
    assert float(knees.limits(knees.rotations()[1]).detach()) == pytest.approx(0.0, abs=0.05)


def test_a_first_guess_stands_where_the_body_is() -> None:
    clip, times = MotionClip.load("walk"), np.arange(20) / FPS
    seen, axes = seen_of(clip, times)
    state = clip.sample(times)
    guess = first_guess(seen)
    eye = np.array(ground_truth.camera_for(clip, 0.6).eye)
    assert guess.root_pos == pytest.approx((state.root_pos - eye) @ axes.T, abs=0.12)
    turn = axes @ rotation.to_matrix(state.root_rot)
    assert np.einsum("fij,fij->f", turn, guess.root_rot).min() > 1.0 + 2.0 * math.cos(0.35)


def jump(fall: float, length: int, *, before: int = 12, after: int = 12, lift: float = 0.3) -> tuple[Array, Array]:
    """Heights of the lowest point and of the centre of mass: standing, a parabola of `length` frames, standing."""
    time = np.arange(length) / FPS
    arc = 0.9 + 0.5 * fall * time * (time[-1] - time)
    height = np.concatenate([np.full(before, 0.9), arc, np.full(after, 0.9)])
    low = np.concatenate([np.zeros(before), np.full(length, lift), np.zeros(after)])
    return low, height


def test_a_parabola_is_a_flight_and_standing_on_a_box_is_none() -> None:
    low, height = jump(9.8, 18)
    found = physics.flights(low, height, FPS)
    assert found.flying.tolist() == (low > 0.0).tolist()
    assert found.fall == pytest.approx(9.8, rel=1e-3)
    time = np.arange(60) / FPS
    box = np.full(60, 1.9)
    box[25:45] = 1.9 + 2.94 * (time[25:45] - time[25]) - 4.9 * (time[25:45] - time[25]) ** 2
    box[45:] = box[44]
    flying = physics.flights(np.ones(60), box, FPS).flying
    assert flying[28:42].all()
    assert not flying[:20].any()
    assert not flying[50:].any()
    assert physics.flights(low, np.full(len(low), 0.9), FPS).fall is None


@pytest.mark.parametrize(("slower", "length"), [(2.0, 36), (4.0, 72), (0.5, 9)])
def test_slow_and_fast_falls_are_flights_at_usual_speeds(slower: float, length: int) -> None:
    # 0.6 s of life: it rises by 9.8 * 0.6 ** 2 / 8 = 0.44 m
    low, height = jump(9.8 / slower**2, length)
    found = physics.flights(low, height, FPS)
    assert found.flying.tolist() == (low > 0.0).tolist()
    assert found.fall == pytest.approx(9.8 / slower**2, rel=1e-3)
    assert found.doubtful is None


def test_slow_parabolas_without_evidence_are_no_flights() -> None:
    low, height = jump(2.45, 36)
    # the same without its beginning may be somebody who lies down
    assert not physics.flights(low[12:], height[12:], FPS).flying.any()
    # feet that stay within a hand's breadth of the floor: a squat, and a floor that is found a little too low
    squat = physics.flights(np.where(low > 0.0, 0.07, 0.0), height, FPS)
    assert not squat.flying.any()
    assert squat.doubtful is None
    # no highest point within: a fall, which starts at rest
    fall = np.concatenate([np.full(12, 1.7), 1.7 - 1.225 * (np.arange(33) / FPS) ** 2, np.full(12, 0.3)])
    down = np.concatenate([np.zeros(12), np.full(33, 0.3), np.zeros(12)])
    assert not physics.flights(down, fall, FPS).flying.any()
    # 4.79 times slower is no usual speed: not believed, but said
    low, height = jump(9.8 / 4.79**2, 86)
    strange = physics.flights(low, height, FPS)
    assert not strange.flying.any()
    assert strange.doubtful == pytest.approx(4.79, rel=1e-3)
    # nobody flies for 3 s of life
    low, height = jump(9.8, 90)
    assert not physics.flights(low, height, FPS).flying[30:60].all()


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
    assert made.eye[:, 2] == pytest.approx(1.1, abs=0.2)
    distance = np.linalg.norm(np.array(ground_truth.camera_for(clip, 0.6).eye) - clip.root_pos[0])
    assert np.linalg.norm(made.eye[0] - made.clip.root_pos[0]) == pytest.approx(distance, abs=0.2)


def test_a_walk_is_found_back_by_a_camera_that_walks_along() -> None:
    clip, times = MotionClip.load("walk"), np.arange(36) / FPS
    still, _ = seen_of(clip, times)
    skeleton, pose = posed(clip, times)
    roots = pose.pos[:, 0].numpy().astype(float)
    cameras = [
        ground_truth.walking(ground_truth.camera_for(clip, 0.6), t, r) for t, r in zip(times, roots, strict=True)
    ]
    rot = np.array([cameras[0].axes() @ camera.axes().T for camera in cameras])
    eyes = np.array([camera.eye for camera in cameras])
    pos = (eyes - eyes[0]) @ cameras[0].axes().T
    markers = skeleton.markers(pose).numpy().astype(float)
    local = np.stack([(m - e) @ c.axes().T for m, e, c in zip(markers, eyes, cameras, strict=True)])
    world = local - 0.5 * (local[:, 5:6] + local[:, 6:7])
    seen = Observations(FPS, local[..., 1:] / local[..., :1], world, still.weight, still.landmarks, rot, pos / 2.5)
    found = clips.make(fit(seen, FitConfig(iterations=120)), "found", source="a test", licence="MIT").clip
    errors = ground_truth.compare(found, clip)
    assert errors.joints < 0.035
    assert errors.world < 0.06
    way = np.linalg.norm((found.root_pos[-1] - found.root_pos[0])[:2])
    assert way == pytest.approx(np.linalg.norm((roots[-1] - roots[0])[:2]), rel=0.1)
    assert np.linalg.norm(eyes[-1] - eyes[0]) > 0.9 * np.linalg.norm(roots[-1] - roots[0])  # so did the camera


@pytest.mark.parametrize(("slower", "fps"), [(2.0, 30.0), (0.5, 60.0)])
def test_the_speed_is_found_from_gravity_and_the_clip_is_in_real_time(slower: float, fps: float) -> None:
    clip = MotionClip.load("jump")
    times = np.arange(round(0.5 * fps * slower), round(1.7 * fps * slower)) / (slower * fps)
    seen, _ = seen_of(clip, times, fps=fps)
    fitted = fit(seen, FitConfig(iterations=200))
    assert not fitted.real_time
    assert fitted.gravity == pytest.approx(9.8 / slower**2, rel=0.35)
    found = speed.measured(fitted)
    assert (found.factor, found.known) == (slower, True)
    again = fit(seen.at_speed(found.factor), FitConfig(iterations=120), known=True)
    assert again.gravity == pytest.approx(9.8, rel=0.3)
    assert again.video_fps == fps
    made = clips.make(again, "slow", source="a test", licence="MIT")
    assert made.slow_motion == slower
    assert made.clip.duration == pytest.approx(times[-1] - times[0], abs=0.05)
    true = joint_rates(MotionClip.load("jump"))
    assert np.linalg.norm(joint_rates(made.clip), axis=-1).max() < 1.5 * np.linalg.norm(true, axis=-1).max()


@pytest.mark.parametrize(
    ("gravity", "factor", "known"),
    [(9.8 / 4.4**2, 4.0, True), (9.8 / 3.0**2, 1.0, False), (9.8 / 1.8**2, 2.0, True), (9.8 / 0.5**2, 0.5, True)],
)
def test_only_usual_speeds_are_believed(gravity: float, factor: float, known: bool) -> None:
    clip = MotionClip.load("walk")
    seen, _ = seen_of(clip, np.arange(20) / FPS)
    fitted = replace(fit(seen, FitConfig(iterations=1)), gravity=gravity, real_time=False, flying=np.arange(20) > 8)
    found = speed.measured(fitted)
    assert (found.factor, found.known) == (factor, known)
    if not known:
        assert "the speed is not known" in found.reason
        assert "--slow-motion 3" in found.reason
        assert found.doubt == pytest.approx(math.log2(3.0))


def test_without_a_flight_the_speed_is_not_known() -> None:
    clip = MotionClip.load("walk")
    seen, _ = seen_of(clip, np.arange(20) / FPS)
    fitted = replace(fit(seen, FitConfig(iterations=1)), flying=np.zeros(20, bool))
    found = speed.measured(fitted)
    assert (found.factor, found.known, found.doubt) == (1.0, False, 0.0)
    assert "real time is assumed" in found.reason
    assert "as if it were 2.8 times slower" in speed.measured(replace(fitted, doubtful=2.8)).reason


def test_many_frames_for_one_are_averaged() -> None:
    values = np.array([0.0, 3.0, 0.0, 3.0, 0.0])
    # one frame at both ends, three in between
    assert clips._smooth(values, 3).tolist() == [0.0, 1.0, 2.0, 1.0, 0.0]


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
