"""What real footage does to a picture, done to films of the mannequin, whose pose is known."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from game.sim import rotation
from game.sim.kinematics import BodyPoses, lowest_point
from game.sim.model import CharacterModel
from game.sim.motion import MotionClip
from tools.capture import ground_truth
from tools.capture.mannequin_room import Image, MannequinRoom, PinholeCamera

Array = NDArray[np.float64]

AIRBORNE = 0.04
"""m that everything is off the floor in a frame in flight"""
_HEAD = np.array([0.012, 0.0, 0.175])
"""The skull's middle on the head's body."""


@dataclass(frozen=True, eq=False)
class Reel:
    """Pictures, and where the mannequin truly is in them. F frames."""

    images: list[Image]
    points: Array
    """(F, 4, 2) px: head, middle of the hips, right and left ankle"""
    height: Array
    """(F,) px that the body would measure upright, there"""
    flying: NDArray[np.bool_]
    """(F,)"""
    fps: float
    crf: int = 20
    repeats: tuple[int, ...] = ()
    """How often each picture is shown, over and over; once by default."""


@dataclass(frozen=True)
class Degradation:
    """One way in which footage is bad."""

    name: str
    size: tuple[int, int] = (960, 720)
    fps: float = 30.0
    slower: float = 1.0
    """Times slower than life"""
    distance: float = ground_truth.DISTANCE
    shutter: float = 0.0
    """Share of a frame's time that the shutter stays open"""
    company: bool = False
    """Somebody walks by behind."""
    clutter: bool = False
    after: tuple[Callable[[Reel], Reel], ...] = field(default=())


def film(clip: MotionClip, how: Degradation, path: Path, yaw: float = math.radians(30.0)) -> Reel:
    """Film one cycle of a clip degraded in one way."""
    reel = _shoot(clip, how, yaw)
    for change in how.after:
        reel = change(reel)
    _write(reel, path)
    return reel


def _shoot(clip: MotionClip, how: Degradation, yaw: float) -> Reel:
    camera = _camera(clip, how, yaw)
    studio = MannequinRoom(how.size)
    try:
        studio.look(camera)
        if how.clutter:
            studio.clutter(camera)
        count = int(clip.duration * how.slower * how.fps + 1e-6) + 1
        times = np.arange(count) / how.fps / how.slower
        parts = 9 if how.shutter else 1
        images = []
        for t in times:
            moments = t + np.linspace(-0.5, 0.5, parts) * how.shutter / how.fps / how.slower * (parts > 1)
            crowd = [ground_truth.poses_at(clip, moments)]
            if how.company:
                crowd.append(_passer_by(moments, camera))
            drawn = [studio.draw(*(BodyPoses(p.pos[k], p.rot[k]) for p in crowd)) for k in range(parts)]
            images.append(np.mean(drawn, axis=0).astype(np.uint8))
    finally:
        studio.close()
    poses = ground_truth.poses_at(clip, times)
    model = CharacterModel.load(clip.character)
    head, (right, left) = model.roles.head, model.feet
    skull = poses.pos[:, head] + rotation.rotate(poses.rot[:, head], _HEAD)
    points = np.stack([skull, poses.pos[:, 0], poses.pos[:, right], poses.pos[:, left]], axis=1)
    away = (poses.pos[:, 0] - np.array(camera.eye)) @ camera.axes()[0]
    flying = lowest_point(model, poses) > AIRBORNE
    return Reel(images, camera.project(points), camera.focal * 1.62 / away, flying, how.fps)


def _camera(clip: MotionClip, how: Degradation, yaw: float) -> PinholeCamera:
    usual = ground_truth.camera_for(clip, yaw, how.size)
    eye, target = np.array(usual.eye), np.array(usual.target)
    eye[:2] = target[:2] + (eye - target)[:2] * how.distance / ground_truth.DISTANCE
    # upright pictures: as wide across their longer side
    fov = ground_truth.FOV if how.size[0] >= how.size[1] else 2.0 * math.atan(
        math.tan(0.5 * ground_truth.FOV) * how.size[0] / how.size[1]
    )  # fmt: skip
    return PinholeCamera((float(eye[0]), float(eye[1]), float(eye[2])), usual.target, fov, how.size)


def _passer_by(times: Array, camera: PinholeCamera) -> BodyPoses:
    """Somebody who walks from left to right, 1.5 m behind, poses (F, B)."""
    walk = MotionClip.load("walk")
    poses = ground_truth.poses_at(walk, times + 10.0 * walk.duration)
    away, left, _ = camera.axes()
    turn = rotation.from_heading(math.atan2(-left[1], -left[0]))
    start = np.array(camera.target) * [1.0, 1.0, 0.0] + 1.5 * away * [1.0, 1.0, 0.0] + 1.2 * left
    origin = np.append(ground_truth.poses_at(walk, np.array([10.0 * walk.duration])).pos[0, 0, :2], 0.0)
    pos = rotation.rotate(turn, poses.pos - origin) + start
    return BodyPoses(pos, rotation.multiply(np.broadcast_to(turn, poses.rot.shape), poses.rot))


def _write(reel: Reel, path: Path) -> None:
    """H.264; repeated pictures have times of their own, as in a screen recording."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rate = Fraction(reel.fps).limit_denominator(1001)
    repeats = reel.repeats or (1,)
    if reel.repeats:
        rate *= 2
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=rate, options={"crf": str(reel.crf), "preset": "veryfast"})
        height, width = reel.images[0].shape[:2]
        stream.width, stream.height, stream.pix_fmt = width - width % 2, height - height % 2, "yuv420p"
        for k, image in enumerate(reel.images):
            for _ in range(repeats[k % len(repeats)]):
                frame = av.VideoFrame.from_ndarray(image[: stream.height, : stream.width], format="rgb24")
                container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def moved(reel: Reel, ways: Array) -> Reel:
    """Pictures warped by (F, 2, 3) matrices, as a camera in a hand or on a swivel moves them."""
    height, width = reel.images[0].shape[:2]
    images = [
        cv2.warpAffine(image, way, (width, height), borderMode=cv2.BORDER_REFLECT)
        for image, way in zip(reel.images, ways, strict=True)
    ]
    points = np.einsum("fij,fkj->fki", ways[:, :, :2], reel.points) + ways[:, None, :, 2]
    return replace(reel, images=[np.asarray(i, np.uint8) for i in images], points=points)


def shaken(reel: Reel) -> Reel:
    """A hand that trembles by 1 % of the width and turns by a degree."""
    height, width = reel.images[0].shape[:2]
    time, random = np.arange(len(reel.images)) / reel.fps, np.random.default_rng(3)
    phases = random.uniform(0.0, 6.28, (3, 3))
    swing = np.sum([np.sin(6.28 * f * time + phases[:, [n]]) for n, f in enumerate((0.7, 2.3, 5.1))], axis=0)
    return moved(reel, np.array([_way(0.006 * width * x, 0.006 * width * y, math.radians(0.5) * r, 1.0, width, height)
                                 for x, y, r in swing.T]))  # fmt: skip


def panned(reel: Reel) -> Reel:
    """A swivel by a quarter of the picture's width, with a slow zoom."""
    height, width = reel.images[0].shape[:2]
    part = np.linspace(-0.5, 0.5, len(reel.images))
    return moved(reel, np.array([_way(0.25 * width * p, 0.0, 0.0, 1.0 + 0.2 * p, width, height) for p in part]))


def _way(x: float, y: float, turn: float, zoom: float, width: int, height: int) -> Array:
    cos, sin = zoom * math.cos(turn), zoom * math.sin(turn)
    center = np.array([0.5 * width, 0.5 * height])
    linear = np.array([[cos, -sin], [sin, cos]])
    return np.concatenate([linear, (center - linear @ center + [x, y])[:, None]], axis=1)


def flickering(reel: Reel) -> Reel:
    """Exposure that swings between a third and twice, with noise."""
    random = np.random.default_rng(4)
    gain = np.exp(0.9 * np.sin(np.arange(len(reel.images)) / reel.fps * 4.0) - 0.2)
    return replace(reel, images=[
        np.clip(g * i.astype(float) + random.normal(0.0, 10.0, i.shape), 0, 255).astype(np.uint8)
        for g, i in zip(gain, reel.images, strict=True)
    ])  # fmt: skip


def flared(reel: Reel) -> Reel:
    """The sun in the lens: a bright haze over the upper half."""
    height, width = reel.images[0].shape[:2]
    y, x = np.mgrid[:height, :width]
    haze = np.exp(-(((x - 0.55 * width) / (0.35 * width)) ** 2 + ((y - 0.25 * height) / (0.4 * height)) ** 2))
    light = 0.75 * haze[..., None]
    return replace(reel, images=[((1.0 - light) * i + light * 255.0).astype(np.uint8) for i in reel.images])


def compressed(reel: Reel) -> Reel:
    """Few bits."""
    return replace(reel, crf=42)


def repeated(reel: Reel) -> Reel:
    """Shown at twice the rate, some pictures once, some three times."""
    return replace(reel, repeats=(2, 2, 1, 3))


def captioned(reel: Reel) -> Reel:
    """A agent's bar, a title, and a subscribe button that comes and goes."""
    images = []
    for k, image in enumerate(reel.images):
        height, width = image.shape[:2]
        image, font = image.copy(), cv2.FONT_HERSHEY_SIMPLEX
        size, thick = height / 500, max(1, height // 300)
        cv2.rectangle(image, (0, int(0.93 * height)), (width, height), (20, 20, 20), -1)
        done = int((0.1 + 0.5 * k / len(reel.images)) * width)
        cv2.rectangle(image, (0, int(0.93 * height)), (done, int(0.94 * height)), (255, 0, 0), -1)
        cv2.putText(image, "How to BACKFLIP", (width // 12, height // 9), font, size, (255, 255, 255), thick)
        if k % 40 < 25:
            cv2.rectangle(image, (int(0.72 * width), int(0.78 * height)), (width, int(0.9 * height)), (220, 0, 0), -1)
        images.append(np.asarray(image, np.uint8))
    return replace(reel, images=images)


def within(reel: Reel, times: Array, found: Array, reach: float = 0.15) -> tuple[float, NDArray[np.bool_]]:
    """Share of the frames in flight in which all of `found` (G, 4, 2) px at `times` s lie near enough, and which."""
    shown = np.arange(len(reel.images)) / reel.fps
    columns = np.asarray(found).reshape(len(found), -1).T
    at = np.stack([np.interp(shown, times, column) for column in columns], axis=1).reshape(-1, 4, 2)
    off = np.linalg.norm(at - reel.points, axis=-1) / reel.height[:, None]
    good = (off < reach).all(axis=1) & (shown > times[0] - 0.5 / reel.fps) & (shown < times[-1] + 0.5 / reel.fps)
    return float(good[reel.flying].mean()), good


ALL = (
    Degradation("plain"),
    Degradation("motion blur, 180 degrees", shutter=0.5),
    Degradation("motion blur, 320 degrees", shutter=0.9),
    Degradation("320x240", size=(320, 240)),
    Degradation("small, far away", size=(1280, 720), distance=13.0),
    Degradation("portrait", size=(540, 960), distance=4.5),
    Degradation("24 a second", fps=24.0),
    Degradation("60 a second", fps=60.0),
    Degradation("four times slower", slower=4.0),
    Degradation("clutter", clutter=True),
    Degradation("somebody passes", company=True),
    Degradation("hand-held", after=(shaken,)),
    Degradation("pan and zoom", after=(panned,)),
    Degradation("exposure, noise", after=(flickering,)),
    Degradation("sun flare", after=(flared,)),
    Degradation("few bits", after=(compressed,)),
    Degradation("screen recording", after=(repeated, captioned)),
    Degradation("a bad phone", size=(640, 360), shutter=0.4, fps=25.0, clutter=True,
             after=(shaken, flickering, compressed)),
    Degradation("all of it", size=(480, 360), distance=4.5, shutter=0.7, fps=25.0, clutter=True, company=True,
             after=(shaken, flared, compressed)),
)  # fmt: skip
