"""Which axis of a file points up.

A format that says so is believed. BVH means y and AMASS z, though some files differ; markers mean y or z, the one
along which he holds himself up more. The usual axis is given up only
for one along which he stands through most of the clip, while he would lie all the time by the usual one. People do
lie, crawl and stand on their hands, so how he holds himself in a few frames says nothing.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from game.sim.motion import ClipError
from game.sim.roles import SIDES
from tools.clip_clinic.legs import shortest_arc
from tools.import_motion.joint_figure import JointFigure
from tools.import_motion.source import SourceMotion

Array = NDArray[np.float64]

_UP = np.array([0.0, 0.0, 1.0])
_STANDS = 1.2
"""Height of the torso's direction less that of the thighs', from -2 (on the hands) to 2, of somebody who stands."""
_HELD_UP = 0.6
"""The same of somebody who crawls, sits or stands; lying flat it is 0."""
_MOSTLY, _SOMETIMES = 0.5, 0.3
"""Shares of the frames."""


def upright(motion: SourceMotion, roles: Mapping[str, str], up: str = "") -> tuple[SourceMotion, str]:
    """Turn a motion to z up; its rest pose stays. `up` is "y", "-z" ... or "" to find it.

    Returns the motion and which axis it was, in words. Raises ClipError for an axis that does not exist.
    """
    named = up or motion.up
    if named:
        axis, how = _axis(named), "as given" if up else "by the format"
    else:
        axis, how = _found(motion, roles)
    return motion.turned(shortest_arc(axis, _UP)), f"{name_of(axis)} is up ({how})"


def name_of(axis: Array) -> str:
    """ "y" or "-z" for one of the six unit axes (3,)."""
    return ("-" if axis.sum() < 0 else "") + "xyz"[int(np.abs(axis).argmax())]


def _axis(name: str) -> Array:
    if name.lstrip("-") not in ("x", "y", "z"):
        raise ClipError(f"up {name!r}, expected x, y, z, -x, -y or -z")
    axis: Array = np.eye(3)["xyz".index(name[-1])]
    return -axis if name.startswith("-") else axis


def _found(motion: SourceMotion, roles: Mapping[str, str]) -> tuple[Array, str]:
    """The axis (3,), and how it was found."""
    figure = JointFigure.of_motion(motion, roles)
    usual = _axis(motion.usual_up or max("yz", key=lambda name: float(np.abs(_held(figure, _axis(name))).mean())))
    axes = [axis * sign for axis in np.eye(3) for sign in (1.0, -1.0)]
    stands = [float((_held(figure, axis) > _STANDS).mean()) for axis in axes]
    best = int(np.argmax(stands))
    other = axes[best]
    if (other == usual).all():
        return usual, "as he stands" if stands[best] >= _MOSTLY else "as is usual"
    if stands[best] < _MOSTLY or (_held(figure, usual) > _STANDS).mean() > _SOMETIMES:
        return usual, "as is usual"
    if _evidence(motion, roles, usual, other) <= 0:
        doubt = f"he lies through the whole clip; if he stands in truth, give --up {name_of(other)}"
        return usual, f"as is usual, though {doubt}"
    return other, "as he stands"


def _held(figure: JointFigure, axis: Array) -> Array:
    """(F,) how upright he is along an axis: the torso's height less the thighs', -2 to 2."""
    thighs = np.mean([figure.bone(side, "hip", "knee") for side in SIDES], axis=0)
    return np.asarray((figure.torso() - thighs) @ axis)


def _evidence(motion: SourceMotion, roles: Mapping[str, str], usual: Array, other: Array) -> int:
    """How many things speak for the other axis rather than for a person who lies all the time."""
    score = 0
    if motion.rest_in_file:
        rest = JointFigure.of_motion(motion, roles, motion.rest_pos[None])
        if float(rest.stretch()[0]) < 40.0:
            standing = rest.torso()[0]
            score += 2 * int(standing @ other > 0.9) - 2 * int(standing @ usual > 0.9)
    figure = JointFigure.of_motion(motion, roles)
    leg = figure.leg_length()
    lowest_u, lowest_o = ((figure.places() @ axis).min(axis=-1) / leg for axis in (usual, other))
    # what stands on a floor has its lowest joint at one height
    spread_u, spread_o = (float(np.ptp(np.percentile(low, (5, 95)))) for low in (lowest_u, lowest_o))
    score += int(spread_u > spread_o + 0.2) - int(spread_o > spread_u + 0.2)
    # in many files the floor is at height 0, and the lowest joint a little above it
    on_u, on_o = (-0.04 < float(np.median(low)) < 0.2 for low in (lowest_u, lowest_o))
    score += 3 * int(on_o and not on_u) - 3 * int(on_u and not on_o)
    # who lies is flat, and does not crawl
    height = np.ptp(figure.places() @ usual, axis=-1) / leg
    held = (np.abs(_held(figure, usual)) > _HELD_UP).mean()
    return score + int(np.median(height) > 0.6) - 2 * int(held > _MOSTLY)
