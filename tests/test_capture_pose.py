"""The pose networks: the right files, the numbers of MediaPipe's runtime, readings of a figure with known joints."""

import math
import shutil
from pathlib import Path

import numpy as np
import pytest

from game.scene.paths import models_dir
from game.sim.kinematics import BodyPoses
from game.sim.motion import MotionClip
from tools.capture import CaptureError, ground_truth
from tools.capture.mannequin_room import MannequinRoom, PinholeCamera
from tools.capture.pose import MIRRORED, BlazePose, Image, Square
from tools.capture.pose_networks import DETECTOR, LANDMARKS, SHA256, open_network

SIZE = (480, 360)
WRISTS = {15: 14, 16: 8}  # landmark -> body


@pytest.fixture(scope="module")
def network() -> BlazePose:
    return BlazePose()


@pytest.fixture(scope="module")
def standing() -> tuple[Image, np.ndarray[tuple[int, ...], np.dtype[np.float64]]]:
    """A picture of the mannequin, and where its bodies' frames are in it, (B, 2) px."""
    clip = MotionClip.load("walk")
    camera = ground_truth.camera_for(clip, math.radians(60.0), SIZE)
    poses = ground_truth.poses_at(clip, np.array([0.2]))
    studio = MannequinRoom(SIZE)
    studio.look(camera)
    picture = studio.draw(BodyPoses(poses.pos[0], poses.rot[0]))
    studio.close()
    return picture, camera.project(poses.pos[0])


def test_the_camera_projects_as_it_is_drawn() -> None:
    camera = PinholeCamera((-4.0, 0.0, 1.0), (0.0, 0.0, 1.0), math.radians(90.0), (200, 100))
    assert camera.project(np.array([0.0, 0.0, 1.0])) == pytest.approx([100.0, 50.0])
    assert camera.project(np.array([0.0, 1.0, 2.0])) == pytest.approx([75.0, 25.0])  # left is left, up is up


def test_a_figure_is_found_and_read(
    network: BlazePose, standing: tuple[Image, np.ndarray[tuple[int, ...], np.dtype[np.float64]]]
) -> None:
    picture, truth_px = standing
    (square,) = network.detect(picture)
    reading = network.read(picture, square, mirror=True)
    assert reading.quality > 0.7
    assert abs(reading.square.angle) < 0.3
    for landmark, body in WRISTS.items():
        assert np.linalg.norm(reading.xy[landmark] - truth_px[body]) < 0.05 * reading.height
    assert reading.world[27, 2] < reading.world[23, 2] < reading.world[11, 2]  # ankle, hip, shoulder: z is up


def test_a_turned_picture_reads_the_same(
    network: BlazePose, standing: tuple[Image, np.ndarray[tuple[int, ...], np.dtype[np.float64]]]
) -> None:
    picture, _ = standing
    turned = np.ascontiguousarray(picture[::-1, ::-1])
    upright = network.read(picture, network.detect(picture)[0], mirror=True)
    whole = Square(SIZE[0] / 2, SIZE[1] / 2, SIZE[0], math.pi)
    upside_down = network.read(turned, network.detect(turned, inside=whole)[0], mirror=True)
    back = np.array(SIZE) - upside_down.xy
    assert np.median(np.linalg.norm(back - upright.xy, axis=1)) < 0.02 * upright.height
    assert np.median(np.abs(upside_down.world[:, 1:] + upright.world[:, 1:])) < 0.03
    assert np.median(np.abs(upside_down.world[:, 0] - upright.world[:, 0])) < 0.05


def test_nobody_is_found_where_nobody_is(network: BlazePose) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (120, 160, 3), dtype=np.uint8)
    assert network.detect(noise) == []


def test_mirroring_swaps_left_and_right() -> None:
    assert sorted(MIRRORED) == list(range(33))
    assert MIRRORED[MIRRORED].tolist() == list(range(33))
    assert MIRRORED[11] == 12
    assert MIRRORED[0] == 0


# What LiteRT 2.3.0 gives for the original .tflite files on RAMP: output -> mean, standard deviation, first values.
LITERT = {
    DETECTOR: {
        "boxes": (3.38143, 69.04504, [-2.81741, -5.18029, 4.19995, -7.06736]),
        "scores": (-62.91619, 70.09611, [-78.69089, -6.35700, -104.58419, -7.63507]),
    },
    LANDMARKS: {
        "landmarks": (45.21201, 69.89583, [140.60107, 53.09650, -42.29201, -0.35444]),
        "presence": (0.0035665, 0.0, [0.0035665]),
        "heatmap": (-13.56446, 9.45662, [-29.62965, -29.32311, -28.24242, -25.41020]),
        "world": (-0.08288, 0.21103, [0.01495, -0.57902, -0.17588, 0.02205]),
    },
}


@pytest.mark.parametrize(("name", "size"), [(DETECTOR, 224), (LANDMARKS, 256)])
def test_the_networks_give_the_numbers_of_the_original_files(name: str, size: int) -> None:
    ramp = np.linspace(0.0, 1.0, size * size * 3, dtype=np.float32).reshape(1, size, size, 3)
    expected = LITERT[name]
    for output, found in zip(expected, open_network(name).run(list(expected), {"input": ramp}), strict=True):
        mean, deviation, first = expected[output]
        assert [found.mean(), found.std()] == pytest.approx([mean, deviation], abs=3e-4)
        assert found.ravel()[: len(first)].tolist() == pytest.approx(first, abs=2e-3)


def test_a_wrong_or_missing_network_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CaptureError, match=r"pose_detection.onnx is missing"):
        open_network(DETECTOR, tmp_path)
    shutil.copy(models_dir() / "pose" / LANDMARKS, tmp_path / DETECTOR)
    with pytest.raises(CaptureError, match=rf"is not pose_detection.onnx: its SHA-256 is {SHA256[LANDMARKS][:16]}"):
        open_network(DETECTOR, tmp_path)
