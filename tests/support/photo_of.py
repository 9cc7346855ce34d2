"""Photographs for the tests: our own renderer's pictures of a figure that stands before a wall."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from game.camera.camera_pose import CameraPose
from game.scene.set_spec import GroundSpec, ItemSpec, PartSpec, SetSpec
from game.sim.motion import MotionClip
from game.view.quality import QUALITIES
from tools.footage.frames import FilmFrame
from tools.footage.studio import Studio
from tools.view_clip import snapshot_at

WALL = (0.45, 0.62, 0.55)
EYE_HEIGHT, DISTANCE, FIELD_OF_VIEW = 0.85, 5.0, 0.42
"""m, m, rad"""


def photo_of(
    figure: Path | None,
    size: tuple[int, int] = (300, 500),
    clip: str = "idle",
    time: float = 0.0,
    height: float = EYE_HEIGHT,
    field_of_view: float = FIELD_OF_VIEW,
) -> NDArray[np.uint8]:
    """(height, width, 3) RGB of a figure (None: our own) at a clip's time, s, from the front.

    `height`: of what is in the picture's middle, m.
    """
    wall = PartSpec("box", (0.1, 60.0, 30.0), (-9.0, 0.0, 0.0), color=WALL)
    ground = GroundSpec(material="chalk", color=(0.6, 0.6, 0.58), size=(60.0, 60.0))
    spec = SetSpec("photo", ground=ground, items=(ItemSpec("wall", parts=(wall,), shadow=False),))
    snapshot = snapshot_at([MotionClip.load(clip)], time)
    target = np.array([*snapshot.body_pos[0, 0, :2], height])
    eye = target + DISTANCE * np.array([1.0, math.tan(0.02), 0.08])
    frame = FilmFrame(snapshot, {}, CameraPose.look(eye, target, field_of_view), 0.0, np.zeros((0, 2), np.float32))
    with Studio(spec, size, QUALITIES["std"], figure=figure) as studio:
        studio.draw(frame)
        return np.ascontiguousarray(studio.draw(frame)[:, :, 2::-1])
