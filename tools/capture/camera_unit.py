"""How long the unit is in which a travelling camera's places are known: that with which the feet stand still."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tools.capture.first_guess import Observations, sighted

Array = NDArray[np.float64]

_HEELS_TOES = ((29, 31), (30, 32))
UNITS = np.concatenate([[0.0], np.geomspace(0.3, 60.0, 160)])
"""m, tried"""
_STEP = 0.12
"""s over which a foot's way is measured: noise of a frame says little"""


def camera_unit(seen: Observations) -> float:
    """m; with it the slower foot of each moment moves least over the ground, on average. 0 where the camera stays."""
    if not seen.travels:
        return 0.0
    number = {int(k): i for i, k in enumerate(seen.landmarks)}
    local = sighted(seen)[:, None] + seen.world
    fixed = np.einsum("fij,fmj->fmi", seen.camera_rot, local)
    step = max(1, round(_STEP * seen.fps / seen.slow_motion))
    feet = np.stack([fixed[:, [number[k] for k in pair]].mean(axis=1) for pair in _HEELS_TOES], axis=1)
    moved = feet[step:] - feet[:-step]
    carried = (seen.camera_pos[step:] - seen.camera_pos[:-step])[:, None]
    slips = [_slip(moved + unit * carried) for unit in UNITS]
    return float(UNITS[int(np.argmin(slips))])


def _slip(way: Array) -> float:
    """Mean of the slower foot's ways (F, 2, 3), long ones, of flights and steps, cut short."""
    return float(np.minimum(np.linalg.norm(way, axis=-1).min(axis=1), 0.3).mean())
