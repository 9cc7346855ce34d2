"""The side-by-side film: the video with the fitted body drawn over it, beside a mannequin that moves as the clip."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from game.sim.kinematics import BodyPoses
from game.view.film import FilmWriter
from tools.capture.ground_truth import poses_at
from tools.capture.mannequin_room import MannequinRoom, PinholeCamera
from tools.capture.pose import Image
from tools.capture.verdict import Capture

Array = NDArray[np.float64]

_HEIGHT = 540
_BONES = (
    (11, 12), (11, 13), (13, 15), (12, 14), (14, 16), (11, 23), (12, 24), (23, 24), (23, 25), (25, 27), (24, 26),
    (26, 28), (27, 29), (29, 31), (27, 31), (28, 30), (30, 32), (28, 32), (0, 7), (0, 8),
)  # fmt: skip
_LEFT, _RIGHT, _MIDDLE, _SEEN = (255, 70, 60), (60, 140, 255), (255, 230, 60), (255, 255, 255)


def film(capture: Capture, path: Path, each: Callable[[], Any] = lambda: None) -> None:
    """Write the film at the video's own pace."""
    found, fitted = capture.scan, capture.fitted
    first, end = capture.chosen.span
    times = found.used_times[first:end]
    number = {int(frame): k for k, frame in enumerate(found.used[first:end])}
    width, height = (2 * round(side * _HEIGHT / found.size[1] / 2) for side in found.size)
    poses = poses_at(capture.made.clip, (times - times[0]) / capture.made.slow_motion)
    markers = -fitted.markers[..., 1:] / fitted.markers[..., :1] * capture.focal + 0.5 * np.array(found.size)
    studio = MannequinRoom((width, height))
    try:
        studio.look(_camera(capture, (width, height)))
        with FilmWriter(path, (2 * width, height), max(1, round(found.fps))) as writer:
            for frame in found.section.frames():
                k = number.get(frame.index)
                if k is None:
                    continue
                at = min(round((times[k] - times[0]) * fitted.fps), len(markers) - 1)
                picture = _drawn(frame.image, markers[at], found.camera[frame.index], capture, first + k)
                small = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)
                replayed = studio.draw(BodyPoses(poses.pos[k], poses.rot[k]))
                writer.write(np.concatenate([np.asarray(small, np.uint8), replayed], axis=1))
                each()
    finally:
        studio.close()


def _camera(capture: Capture, size: tuple[int, int]) -> PinholeCamera:
    """The video's camera in the clip's world."""
    made = capture.made
    away, eye = made.axes[0], made.eye
    fov = 2.0 * np.arctan(0.5 * capture.scan.size[0] / capture.focal)
    ahead = eye + away * max(float(np.median((made.clip.root_pos - eye) @ away)), 0.5)
    x, y, z = (float(v) for v in eye)
    return PinholeCamera((x, y, z), (float(ahead[0]), float(ahead[1]), float(ahead[2])), float(fov), size)


def in_video(capture: Capture) -> tuple[Array, Array]:
    """Times (G,), s of the video, and where its frames show the fitted landmarks, (G, M, 2) px of the video."""
    found, fitted = capture.scan, capture.fitted
    times = found.used_times[capture.chosen.span[0]] + np.arange(len(fitted.markers)) / fitted.fps
    flat = -fitted.markers[..., 1:] / fitted.markers[..., :1] * capture.focal + 0.5 * np.array(found.size)
    frame = np.clip(np.searchsorted(found.times, times - 0.5 / fitted.fps), 0, len(found.times) - 1)
    camera = found.camera[frame]
    back = np.linalg.inv(camera[:, :, :2])
    points = np.einsum("fij,fmj->fmi", back, flat - camera[:, None, :, 2])
    return times, points / found.scale


def _drawn(image: Image, fitted: Array, camera: Array, capture: Capture, used: int) -> Image:
    """A copy of a frame with what was read (dots) and what was fitted (lines)."""
    picture = image.copy()
    moved = camera[:, :2]
    fitted = (fitted - camera[:, 2]) @ np.linalg.inv(moved).T
    place = {int(k): fitted[i] for i, k in enumerate(capture.seen.landmarks)}
    thick = max(2, round(max(image.shape) / 400))
    for a, b in _BONES:
        colour = _LEFT if a % 2 and b % 2 else _RIGHT if not (a % 2 or b % 2) else _MIDDLE
        cv2.line(picture, _pixel(place[a]), _pixel(place[b]), colour, thick, cv2.LINE_AA)
    reading = capture.chosen.readings[used]
    if reading is not None:
        for k in place:
            cv2.circle(picture, _pixel(reading.xy[k]), thick, _SEEN, -1, cv2.LINE_AA)
    return picture


def _pixel(point: Array) -> tuple[int, int]:
    x, y = np.clip(point, -1e4, 1e4)
    return round(float(x)), round(float(y))
