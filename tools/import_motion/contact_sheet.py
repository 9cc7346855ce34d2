"""A picture of a file's own figure above the clip that was made from it, at a few moments."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from game.sim.roles import SIDES
from tools.import_motion.joint_figure import JointFigure

Array = NDArray[np.float64]

_COLORS = {"right": "#c0392b", "left": "#2471a3"}
_LIMBS = (("hip", "knee", "ankle", "toe"), ("shoulder", "elbow", "wrist"))


def save(path: Path, rows: Mapping[str, JointFigure], seconds: Array, columns: int = 8) -> None:
    """Write a .png (or .svg, .pdf).

    Args:
        path: of the picture.
        rows: name -> figure of F frames, m, z up, each seen from his right side and a little from the front.
        seconds: (F,) time of each frame.
        columns: how many moments are shown.

    Raises:
        OSError: it cannot be written.
        ValueError: its ending is none of a picture.
    """
    from matplotlib.figure import Figure as Sheet  # takes a second to load

    sheet = Sheet(figsize=(1.7 * columns, 2.1 * len(rows)), dpi=90)
    axes = sheet.subplots(len(rows), columns, squeeze=False)
    sheet.subplots_adjust(0.01, 0.01, 0.99, 0.94, 0.0, 0.1)
    right = -next(iter(rows.values())).across("hip")[0] * [1.0, 1.0, 0.0]
    ahead = np.array([-right[1], right[0], 0.0])
    across = (0.8 * ahead - 0.6 * right) / max(float(np.linalg.norm(right)), 1e-9)
    frames = np.unique(np.linspace(0, len(seconds) - 1, columns).round().astype(int))
    for line, (name, figure) in zip(axes, rows.items(), strict=True):
        middle = figure.middle("hip")
        height = 2.2 * figure.leg_length()
        for axis in line:
            axis.set_axis_off()
        for axis, frame in zip(line, frames, strict=False):
            _draw(axis, figure, int(frame), middle[frame], across)
            axis.set_aspect("equal")
            axis.set_xlim(-0.5 * height, 0.5 * height)
            axis.set_ylim(-0.55 * height, 0.5 * height)
            axis.text(0.5, 0.0, f"{seconds[frame]:.2f} s", transform=axis.transAxes, fontsize=7, ha="center")
        line[0].set_title(name, fontsize=8, loc="left")
    path.parent.mkdir(parents=True, exist_ok=True)
    sheet.savefig(path)


def _draw(axis: object, figure: JointFigure, frame: int, middle: Array, across: Array) -> None:
    """One figure, along the horizontal (3,) `across`: limbs in the colour of their side, the trunk in black."""

    def flat(place: Array) -> tuple[float, float]:
        way = place[frame] - middle
        return float(way @ across), float(way[2])

    def line(places: list[Array], color: str) -> None:
        x, y = zip(*(flat(p) for p in places), strict=True)
        axis.plot(x, y, color=color, lw=1.6, marker="o", ms=2)  # type: ignore[attr-defined]

    hips, shoulders = figure.middle("hip"), figure.middle("shoulder")
    line([hips, shoulders, *([figure["head"]] if "head" in figure else [])], "#222222")
    for side in SIDES:
        for limb in _LIMBS:
            line([figure[f"{side}_{joint}"] for joint in limb if f"{side}_{joint}" in figure], _COLORS[side])
    line([figure["right_hip"], figure["left_hip"]], "#222222")
    line([figure["right_shoulder"], figure["left_shoulder"]], "#222222")
