"""The side-by-side film: the video with the fitted body drawn over it, beside a mannequin that moves as the clip."""

from __future__ import annotations

import math
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
FILM_RATES = (10, 40)
"""Pictures a second of the film, at least and at most; its pace is the video's whatever they are."""
LOWEST_EYE = 0.3
"""m over the floor, of the replay's camera: from below the floor nothing is seen"""
_INSIDE = 0.7
"""Part of the way from the picture's middle to its edge within which the replay's camera keeps the mannequin"""
STRIP = 5
"""Moments that the report's picture shows"""


def film(capture: Capture, path: Path, each: Callable[[], Any] = lambda: None) -> Image:
    """Write the film, at the video's own pace; returns STRIP moments of it beside each other, the video above."""
    found, made = capture.scan, capture.made
    first, end = capture.chosen.span
    times = found.used_times[first:end]
    number = {int(frame): k for k, frame in enumerate(found.used[first:end])}
    width, height = (2 * round(side * _HEIGHT / found.size[1] / 2) for side in found.size)
    poses = poses_at(made.clip, (times - times[0]) / made.slow_motion)
    shown = pixels(capture)
    rate = int(np.clip(round(found.fps), *FILM_RATES))
    moments = {round(k) for k in np.linspace(0, len(times) - 1, STRIP + 2)[1:-1]}
    strip: list[Image] = []
    written = 0
    studio = MannequinRoom((width, height))
    try:
        studio.look(replay_camera(capture, 0, poses.pos[0, 0], (width, height)))
        with FilmWriter(path, (2 * width, height), rate) as writer:
            for frame in found.section.frames():
                k = number.get(frame.index)
                if k is None:
                    continue
                at = min(round((times[k] - times[0]) * capture.fitted.video_fps), len(shown) - 1)
                picture = _drawn(frame.image, shown[at], capture, first + k)
                small = np.asarray(cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
                studio.aim(replay_camera(capture, at, poses.pos[k, 0], (width, height)))
                replayed = studio.draw(BodyPoses(poses.pos[k], poses.rot[k]))
                both = np.concatenate([small, replayed], axis=1)
                until = times[k + 1] if k + 1 < len(times) else times[k] + 1.0 / found.fps
                while written < round((until - times[0]) * rate):
                    writer.write(both)
                    written += 1
                if k in moments:
                    strip.append(np.concatenate([small, replayed], axis=0))
                each()
    finally:
        studio.close()
    return np.concatenate(strip, axis=1)


def pixels(capture: Capture) -> Array:
    """(G, M, 2) where the fitted landmarks lie in the decoded pictures."""
    first = capture.chosen.span[0]
    zoom = capture.camera.zoom[first : capture.chosen.span[1]]
    times = np.arange(len(capture.fitted.markers)) / capture.fitted.video_fps
    shots = capture.scan.used_times[first : first + len(zoom)] - capture.scan.used_times[first]
    focal = capture.focal * np.interp(times, shots, zoom)
    return np.asarray(-capture.fitted.tangents() * focal[:, None, None] + 0.5 * np.array(capture.scan.size))


def in_video(capture: Capture) -> tuple[Array, Array]:
    """Times (G,), s of the video, and where its frames show the fitted landmarks, (G, M, 2) px of the video."""
    times = capture.scan.used_times[capture.chosen.span[0]] + np.arange(len(capture.seen.uv)) / capture.fitted.video_fps
    return times, pixels(capture) / capture.scan.scale


def replay_camera(capture: Capture, frame: int, root: Array, size: tuple[int, int]) -> PinholeCamera:
    """The video's camera in the clip's world at a fitted frame, never under the floor, the mannequin in its picture."""
    made = capture.made
    away, left, up = (made.axes.T @ capture.fitted.camera_rot[frame]).T
    eye = made.eye[frame].copy()
    eye[2] = max(eye[2], LOWEST_EYE)
    half = np.array([capture.scan.size[0], capture.scan.size[1]]) * 0.5 / capture.focal
    to_root = root - eye
    ahead = max(float(to_root @ away), 0.5)
    aside = np.clip([to_root @ left, to_root @ up], -_INSIDE * half * ahead, _INSIDE * half * ahead)
    target = root - aside[0] * left - aside[1] * up
    x, y, z = (float(v) for v in eye)
    fov = 2.0 * math.atan(float(half[0]))
    return PinholeCamera((x, y, z), (float(target[0]), float(target[1]), float(target[2])), fov, size)


def _drawn(image: Image, fitted: Array, capture: Capture, used: int) -> Image:
    """A copy of a frame with what was read (dots) and what was fitted (lines)."""
    picture = image.copy()
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
