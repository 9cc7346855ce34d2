"""Exact ground truth: films of a mannequin that moves as a known clip, and how far a capture is from it.

`python -m tools.capture.ground_truth backflip out/backflip.mp4 --cycles 2` makes such a film.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
import tyro
from numpy.typing import NDArray

from game.sim import rotation
from game.sim.kinematics import BodyPoses, body_poses
from game.sim.model import CharacterModel
from game.sim.motion import MotionClip
from game.view.film import FilmWriter
from tools.capture.mannequin_room import MannequinRoom, PinholeCamera
from tools.command_line import parse

Array = NDArray[np.float64]

SIZE = (960, 720)
FPS = 30
DISTANCE = 3.6
FOV = math.radians(50.0)


def camera_for(clip: MotionClip, yaw: float, size: tuple[int, int] = SIZE) -> PinholeCamera:
    """A camera at the character's right, walked around it by `yaw` rad towards its front."""
    center = clip.root_pos.mean(axis=0)
    side = np.array([math.sin(yaw), -math.cos(yaw)]) * DISTANCE
    eye = (float(center[0] + side[0]), float(center[1] + side[1]), 1.1)
    return PinholeCamera(eye, (float(center[0]), float(center[1]), 0.95), FOV, size)


def poses_at(clip: MotionClip, times: Array) -> BodyPoses:
    """The clip's bodies at times (F,): (F, B, 3) and (F, B, 4)."""
    state = clip.sample(times)
    return body_poses(CharacterModel.load(clip.character), state.root_pos, state.root_rot, state.joint_rot)


CameraMove = Callable[[PinholeCamera, float, Array], PinholeCamera]
"""The camera at a time, s, from the one that stands, and the mannequin's root (3,) then."""


def panning(camera: PinholeCamera, time: float, root: Array) -> PinholeCamera:
    """On a stand, swung after whom it films, with a delay that lets him wander in the picture."""
    target = np.array([0.85 * root[0] + 0.15 * camera.target[0], 0.85 * root[1] + 0.15 * camera.target[1], 0.95])
    return replace(camera, target=_point(target + np.array([0.15 * math.sin(2.0 * time), 0.0, 0.0])))


def tilting(camera: PinholeCamera, time: float, _root: Array) -> PinholeCamera:
    """On a stand, looking up and down by some degrees."""
    x, y, z = camera.target
    return replace(camera, target=(x, y, z + 0.35 * math.sin(1.7 * time)))


def walking(camera: PinholeCamera, time: float, root: Array) -> PinholeCamera:
    """In the hand of somebody who walks beside him, bobbing with each step."""
    shift = np.array([root[0] - camera.target[0], root[1] - camera.target[1], 0.0])
    bob = np.array([0.02 * math.sin(6.0 * time), 0.015 * math.sin(5.0 * time), 0.025 * math.sin(12.0 * time)])
    aim = np.array([0.06 * math.sin(3.1 * time), 0.0, 0.05 * math.sin(2.3 * time)])
    return replace(
        camera, eye=_point(np.array(camera.eye) + shift + bob), target=_point(np.array(camera.target) + shift + aim)
    )


CAMERA_MOVES: dict[str, CameraMove] = {"pan": panning, "tilt": tilting, "walk": walking}


def _point(values: Array) -> tuple[float, float, float]:
    x, y, z = (float(v) for v in values)
    return x, y, z


@dataclass(frozen=True)
class Errors:
    """Medians over all frames of how far a captured clip is from the true one, turned as a whole to fit best."""

    joints: float
    """m, of bodies against the pelvis"""
    world: float
    """m, of bodies in the world, shifted as a whole"""
    root_rotation: float
    """rad"""
    height: float
    """m, the root's, its own median taken off: the shape of its curve"""


def compare(captured: MotionClip, clip: MotionClip, start: float = 0.0) -> Errors:
    """Compare frame by frame at 30 frames a second; the captured clip begins at `start`, s, of the true one."""
    count = min(round(captured.duration * FPS), round((clip.duration - start) * FPS)) + 1
    found, true = poses_at(captured, np.arange(count) / FPS), poses_at(clip, start + np.arange(count) / FPS)
    ours, theirs = found.pos - found.pos[:, :1], true.pos - true.pos[:, :1]
    cross = (ours[..., 0] * theirs[..., 1] - ours[..., 1] * theirs[..., 0]).sum()
    turn = rotation.from_heading(np.arctan2(cross, (ours[..., :2] * theirs[..., :2]).sum()))
    way = rotation.rotate(turn, found.pos) - true.pos
    root_rot = rotation.multiply(np.broadcast_to(turn, (count, 4)), found.rot[:, 0])
    height = way[:, 0, 2]
    return Errors(
        joints=float(np.median(np.linalg.norm(rotation.rotate(turn, ours) - theirs, axis=-1)[:, 1:])),
        world=float(np.median(np.linalg.norm(way - np.median(way[:, 0], axis=0), axis=-1))),
        root_rotation=float(np.median(rotation.angle_between(root_rot, true.rot[:, 0]))),
        height=float(np.median(np.abs(height - np.median(height)))),
    )


def film(
    clip: MotionClip,
    path: Path,
    *,
    yaw: float = math.radians(30.0),
    size: tuple[int, int] = SIZE,
    cycles: float = 1.0,
    moves: CameraMove | None = None,
) -> PinholeCamera:
    """Film so many cycles of the clip at 30 frames a second; `moves` makes the camera move, in front of clutter."""
    camera = camera_for(clip, yaw, size)
    times = np.arange(round(cycles * clip.duration * FPS) + 1) / FPS
    poses = poses_at(clip, times)
    studio = MannequinRoom(size)
    studio.look(camera)
    if moves is not None:
        studio.clutter(camera)
    try:
        with FilmWriter(path, size, FPS) as writer:
            for time, pos, rot in zip(times, poses.pos, poses.rot, strict=True):
                if moves is not None:
                    studio.aim(moves(camera, float(time), pos[0]))
                writer.write(studio.draw(BodyPoses(pos, rot)))
    finally:
        studio.close()
    return camera


@dataclass(frozen=True)
class GroundTruthOptions:
    """The command line of tools.capture.ground_truth."""

    clip: tyro.conf.Positional[str]
    """a clip's file, or its name in models/clips"""
    film: tyro.conf.Positional[Path]
    """the film: .mp4"""
    yaw: float = 30.0
    """deg, of the camera: 0 from the right, 90 from the front"""
    cycles: float = 1.0
    """how often a looping clip is repeated"""
    moves: Literal["no", "pan", "tilt", "walk"] = "no"
    """how the camera moves"""


def main(arguments: list[str] | None = None) -> None:
    """Film one clip."""
    options = parse(GroundTruthOptions, "tools.capture.ground_truth", __doc__, arguments)
    options.film.parent.mkdir(parents=True, exist_ok=True)
    film(
        MotionClip.load(options.clip),
        options.film,
        yaw=math.radians(options.yaw),
        cycles=options.cycles,
        moves=CAMERA_MOVES.get(options.moves),
    )


if __name__ == "__main__":
    main()
