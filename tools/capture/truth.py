"""Exact ground truth: films of a mannequin that moves as a known clip, and how far a capture is from it."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from game.motion import MotionClip
from game.sim.kinematics import BodyPoses, body_poses
from game.sim.model import CharacterModel
from game.view.film import FilmWriter
from tools.capture.mannequin import Camera, Studio

Array = NDArray[np.float64]

SIZE = (960, 720)
FPS = 30
DISTANCE = 3.6
FOV = math.radians(50.0)


def camera_for(clip: MotionClip, yaw: float, size: tuple[int, int] = SIZE) -> Camera:
    """A camera at the character's right, walked around it by `yaw` rad towards its front."""
    center = clip.root_pos.mean(axis=0)
    side = np.array([math.sin(yaw), -math.cos(yaw)]) * DISTANCE
    eye = (float(center[0] + side[0]), float(center[1] + side[1]), 1.1)
    return Camera(eye, (float(center[0]), float(center[1]), 0.95), FOV, size)


def poses_at(clip: MotionClip, times: Array) -> BodyPoses:
    """The clip's bodies at times (F,): (F, B, 3) and (F, B, 4)."""
    state = clip.sample(times)
    return body_poses(CharacterModel.load(clip.character), state.root_pos, state.root_rot, state.joint_rot)


def film(clip: MotionClip, path: Path, *, yaw: float = math.radians(30.0), size: tuple[int, int] = SIZE) -> Camera:
    """Film one cycle of the clip at 30 frames a second."""
    camera = camera_for(clip, yaw, size)
    poses = poses_at(clip, np.arange(round(clip.duration * FPS) + 1) / FPS)
    studio = Studio(size)
    studio.look(camera)
    try:
        with FilmWriter(path, size, FPS) as writer:
            for pos, rot in zip(poses.pos, poses.rot, strict=True):
                writer.write(studio.draw(BodyPoses(pos, rot)))
    finally:
        studio.close()
    return camera
