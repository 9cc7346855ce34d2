"""InView: another camera, kept where it sees him: inside the room, with nothing in between, and turned towards him."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from game.camera.camera_pose import CameraPose
from game.camera.obstacles import Obstacles
from game.sim import rotation
from game.sim.snapshot import Snapshot

Array = NDArray[np.float64]

INNER = 0.62
"""share of the picture's half that he may be away from its middle before the camera turns after him"""
NEAREST = 0.9
"""m from him that it goes at most, to look past something"""
WIDEST = math.radians(74.0)
"""field of view up to which a crowd is framed whole"""
CROWD_MARGIN = math.radians(7.0)
"""beyond the outermost of a crowd"""
CROWD_REACH = 9.0
"""m from the subject: who is farther away does not belong to the picture"""
BACK_RATE = 1.5
"""1/s, how quickly it goes back when nothing is in the way any more; forward it goes at once"""
BODY_HEIGHT = 0.9
"""m above and below a middle, that a crowd's picture shows"""


class MovingCamera(Protocol):
    """Any camera of `game.camera.rigs`."""

    def update(self, snapshot: Snapshot, seconds: float, /) -> CameraPose: ...


class InView:
    """Keeps a character in view of another camera, and a crowd whole."""

    def __init__(self, camera: MovingCamera, obstacles: Obstacles, subject: int) -> None:
        self._camera, self._frame = camera, Framing(obstacles)
        self._subject = subject

    def update(self, snapshot: Snapshot, seconds: float) -> CameraPose:
        return self._frame.framed(self._camera.update(snapshot, seconds), snapshot, self._subject, seconds, crowd=True)


class Framing:
    """Moves and turns the poses of one camera so that they show somebody."""

    def __init__(self, obstacles: Obstacles) -> None:
        self._obstacles = obstacles
        self._step = 0.0
        """m that it stands nearer than its camera would"""

    def framed(
        self, pose: CameraPose, snapshot: Snapshot, subject: int, seconds: float, *, crowd: bool = False
    ) -> CameraPose:
        """The pose, from where the subject is seen.

        Args:
            pose: where the camera would be.
            snapshot: what there is to see.
            subject: the character that must be seen; if it is not there the pose stays.
            seconds: since the last one.
            crowd: whether the other characters near it shall be in the picture, too.
        """
        if subject >= snapshot.num_characters:
            return self._obstacles.clear(pose)
        weight = snapshot.model.mass / snapshot.model.mass.sum()
        middles = np.einsum("b,nbk->nk", weight, snapshot.body_pos)
        target = middles[subject]
        near = [m for m in middles if np.linalg.norm(m - target) < CROWD_REACH] if crowd else [target]
        if len(near) > 1:
            pose = frame_all(pose, np.array(near))
        pose = self._obstacles.clear(pose)
        pose = replace(pose, position=self._obstacles.inside(pose.position))
        pose = self._uncovered(pose, target, seconds)
        pose = self._obstacles.clear(pose, max(float(np.linalg.norm(target - pose.position)) - NEAREST, 0.0))
        return turned_to(pose, target) if len(near) == 1 else pose

    def _uncovered(self, pose: CameraPose, target: Array, seconds: float) -> CameraPose:
        """Goes towards him, past whatever stands in between."""
        way = target - pose.position
        far = float(np.linalg.norm(way))
        if far < NEAREST:
            return pose
        wanted = min(self._obstacles.covered(pose.position, target), far - NEAREST)
        back = self._step + (wanted - self._step) * -math.expm1(-BACK_RATE * seconds)
        self._step = max(wanted, min(back, far - NEAREST))
        if self._step < 1e-3:
            return pose
        forward = pose.forward
        along = forward if float(forward @ way) > 0.96 * far else way / far  # the middle of the picture stays there
        return replace(pose, position=pose.position + self._step * along)


def turned_to(pose: CameraPose, target: Array) -> CameraPose:
    """The pose, turned just so far that a target (3,) is not near the edge of its picture, or beyond."""
    way = target - pose.position
    far = float(np.linalg.norm(way))
    if far < 1e-6:
        return pose
    way, forward = way / far, pose.forward
    angle = math.acos(min(max(float(way @ forward), -1.0), 1.0))
    most = INNER * 0.5 * pose.fov
    if angle <= most:
        return pose
    axis = np.cross(forward, way)
    length = float(np.linalg.norm(axis))
    if length < 1e-9:  # straight behind it
        axis, length = pose.up, 1.0
    turn = rotation.from_axis_angle(axis / length, angle - most)
    return replace(pose, rotation=rotation.multiply(turn, pose.rotation))


def frame_all(pose: CameraPose, points: Array) -> CameraPose:
    """The pose, turned, widened and at last moved back so that it shows all points (N, 3) from head to foot."""
    up = np.array([0.0, 0.0, BODY_HEIGHT])
    points = np.concatenate([points + up, points - up])
    for _ in range(3):
        ways = points - pose.position
        ways /= np.maximum(np.linalg.norm(ways, axis=1, keepdims=True), 1e-6)
        middle = ways.mean(axis=0)
        middle /= max(float(np.linalg.norm(middle)), 1e-6)
        spread = math.acos(min(max(float((ways @ middle).min()), -1.0), 1.0))
        needed = 2.0 * (spread + CROWD_MARGIN)
        looking = CameraPose.look(pose.position, pose.position + middle, min(max(pose.fov, needed), WIDEST))
        if needed <= WIDEST:
            return looking
        # as far back as makes the same spread fit
        distance = float(np.linalg.norm(points - pose.position, axis=1).mean())
        back = distance * (math.tan(min(0.5 * needed, 1.4)) / math.tan(0.5 * WIDEST) - 1.0)
        pose = replace(looking, position=pose.position - min(back, 6.0) * middle)
    return pose
