"""The pose network: the right files, an exact conversion, readings of a figure whose joints are known."""

import math
import zipfile
from pathlib import Path

import numpy as np
import pytest

from game.sim.kinematics import BodyPoses
from game.sim.motion import MotionClip
from tools.capture import CaptureError, ground_truth, pose_files, tflite, to_onnx
from tools.capture.mannequin_room import MannequinRoom, PinholeCamera
from tools.capture.pose import MIRRORED, BlazePose, Image, Square

POSE = Path(__file__).resolve().parents[1] / "models" / "pose"
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


def test_sparse_weights_are_made_dense() -> None:
    graph = tflite.read(pose_files.load(pose_files.DETECTOR))
    dense = [c for c in graph.constants.values() if c.ndim == 4 and (c == 0.0).mean() > 0.5]
    assert len(dense) > 20
    assert all(np.isfinite(c).all() for c in dense)


def test_a_file_that_is_no_network_is_refused() -> None:
    with pytest.raises(tflite.TfliteError, match="not a TensorFlow Lite file"):
        tflite.read(b"hello, this is text")


def test_only_what_leads_to_the_outputs_is_converted() -> None:
    graph = tflite.read(pose_files.load(pose_files.LANDMARKS))
    flag = next(t for t in graph.outputs if graph.shapes[t] == (1, 1))
    everything = to_onnx.convert(graph, graph.outputs)
    assert len(to_onnx.convert(graph, [flag])) < len(everything)


@pytest.mark.parametrize("suffix", [".task", ".whl"])
def test_models_come_from_archives(tmp_path: Path, suffix: str) -> None:
    names = {".task": ("pose_detector.tflite", "pose_landmarks_detector.tflite"),
             ".whl": ("m/pose_detection.tflite", "m/pose_landmark_full.tflite")}[suffix]  # fmt: skip
    archive = tmp_path / f"models{suffix}"
    with zipfile.ZipFile(archive, "w") as out:
        for inside, ours in zip(names, pose_files.SHA256, strict=True):
            out.write(POSE / ours, inside)
    folder = pose_files.get(archive, tmp_path / "placed")
    assert sorted(f.name for f in folder.iterdir()) == sorted(pose_files.SHA256)


def test_a_wrong_model_is_refused(tmp_path: Path) -> None:
    for name in pose_files.SHA256:
        (tmp_path / name).write_bytes(b"TFL3 but another")
    with pytest.raises(CaptureError, match=r"is not pose_detection.tflite: its SHA-256 is"):
        pose_files.get(tmp_path, tmp_path / "placed")
    assert not (tmp_path / "placed").exists()


def test_a_source_without_models_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CaptureError, match=r"holds no pose_detection.tflite and no pose_landmark_full.tflite"):
        pose_files.get(tmp_path, tmp_path / "placed")
    (tmp_path / "notes.txt").write_text("hello")
    with pytest.raises(CaptureError, match=r"neither a folder, a .task file nor a wheel"):
        pose_files.get(tmp_path / "notes.txt")
    with pytest.raises(CaptureError, match="there is no file"):
        pose_files.get(tmp_path / "missing.task")
