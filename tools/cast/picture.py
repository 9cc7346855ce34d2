"""The picture of a figure for the panel."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from game.camera.camera_pose import CameraPose
from game.scene.set_spec import GroundSpec, ItemSpec, PartSpec, SetSpec
from game.sim.motion import MotionClip
from game.view.figure import CastFigure
from game.view.quality import QUALITIES
from tools.footage.frames import FilmFrame
from tools.footage.png import write_png
from tools.footage.studio import Studio
from tools.view_clip import snapshot_at

SIZE = (264, 352)
OWN_HEIGHT = 1.62
"""m"""
STAND = "idle"
"""the clip whose first frame he stands in"""


def draw_picture(figure: Path | None, out: Path) -> None:
    """Write a PNG of a figure, standing; None: of our own. Raises StudioError, FigureError, ClipError, OSError."""
    wall = PartSpec("box", (0.1, 60.0, 30.0), (-9.0, 0.0, 0.0), color=(0.93, 0.84, 0.72))
    floor = GroundSpec(material="chalk", color=(0.93, 0.84, 0.72), size=(60.0, 60.0))
    spec = SetSpec("picture", ground=floor, items=(ItemSpec("wall", parts=(wall,), shadow=False),))
    tall = max(CastFigure.load(figure).height, 1.0) if figure is not None else OWN_HEIGHT
    snapshot = snapshot_at([MotionClip.load(STAND)], 0.0)
    x, y = snapshot.body_pos[0, 0, :2].tolist()
    target = np.array([x, y, 0.5 * tall])
    eye = target + 2.5 * tall * np.array([math.cos(0.42), math.sin(0.42), 0.12])
    with Studio(spec, SIZE, QUALITIES["std"], figure=figure) as studio:
        frame = FilmFrame(snapshot, {}, CameraPose.look(eye, target, 0.55), 0.0, np.zeros((0, 2), np.float32))
        studio.draw(frame)
        picture = studio.draw(frame)
    write_png(out, picture[:, :, 2::-1])
