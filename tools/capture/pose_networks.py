"""Opens BlazePose's two networks in models/pose, and only the very files that are meant."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import onnxruntime as ort

from game.scene.paths import models_dir
from tools.capture import CaptureError

DETECTOR = "pose_detection.onnx"
LANDMARKS = "pose_landmark_full.onnx"
SHA256 = {
    DETECTOR: "add37fc714c3a666e2517ac6005fc503aab6c3ae2e8e0886d7c3cecf7693541c",
    LANDMARKS: "e7bc674eba97463194ea8861ab421634dfdcbfa0c0e95bbf22564d837bdff4e6",
}


def open_network(name: str, folder: Path | None = None) -> Any:
    """An onnxruntime session of DETECTOR or LANDMARKS in `folder` (default: models/pose).

    It runs on one thread: 5 ms a picture, and the same numbers whatever else the machine does.

    Raises:
        CaptureError: the file is missing or has another content.
    """
    path = (folder or models_dir() / "pose") / name
    if not path.is_file():
        raise CaptureError(f"the pose network {path} is missing; it is a part of the repository")
    data = path.read_bytes()
    found = hashlib.sha256(data).hexdigest()
    if found != SHA256[name]:
        raise CaptureError(f"{path} is not {name}: its SHA-256 is {found[:16]}..., expected {SHA256[name][:16]}...")
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    return ort.InferenceSession(data, options, providers=["CPUExecutionProvider"])
