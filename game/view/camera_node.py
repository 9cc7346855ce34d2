"""Sets Panda3D's cameras to the poses of `game.camera`."""

from __future__ import annotations

import math

import numpy as np
import panda3d.core as p3d

from game.camera.camera_pose import CameraPose
from game.camera.orbit_camera import FOV

NEAR, FAR = 0.05, 200.0
"""m, near and far clipping distance"""


def place(pose: CameraPose, node: p3d.NodePath, lens: p3d.Lens | None = None) -> None:
    """Puts a camera, a child of the scene's root, at a pose, and gives its lens the pose's field of view."""
    rows = np.eye(4)
    rows[:, :3] = -pose.left, pose.forward, pose.up, pose.position  # Panda3D looks along y, x to the right
    node.set_mat(p3d.LMatrix4(*rows.reshape(-1).tolist()))
    if lens is not None:
        lens.min_fov = math.degrees(pose.fov)


def make_lens(lens: p3d.Lens) -> None:
    """Gives a lens the clipping distances of the game, and the free camera's field of view."""
    lens.min_fov = math.degrees(FOV)
    lens.set_near_far(NEAR, FAR)
