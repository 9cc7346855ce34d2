"""Hands a CameraPose to Panda3D."""

from __future__ import annotations

import math

import numpy as np
import panda3d.core as p3d

from game.camera.camera_pose import CameraPose


def place(pose: CameraPose, node: p3d.NodePath, lens: p3d.Lens | None = None) -> None:
    """Puts a camera below the scene's root where a pose is, and gives its lens the pose's field of view."""
    rows = np.eye(4)
    rows[:, :3] = -pose.left, pose.forward, pose.up, pose.position  # Panda3D looks along y, x to the right
    node.set_mat(p3d.LMatrix4(*rows.reshape(-1).tolist()))
    if lens is not None:
        lens.min_fov = math.degrees(pose.fov)
