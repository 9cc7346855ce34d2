"""Whether a file has left and right the wrong way round: then toes and knees point backward.

That is so in files whose axes were mirrored on the way, from or to a program with left-handed axes.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from game.sim.roles import SIDES
from tools.import_motion.joint_figure import JointFigure, unit
from tools.import_motion.source import SourceMotion

_BACKWARD = -0.25
"""Mean direction of the toes along the way that hips and torso face, or of a bent knee, from which they point back."""


def swapped(motion: SourceMotion, roles: Mapping[str, str]) -> bool:
    """Whether what is called left is the right side. The axes of the motion may lie anyhow."""
    figure = JointFigure.of_motion(motion, roles)
    ahead = unit(np.cross(figure.across("hip"), figure.torso()))
    toes = [float((figure.toes(side) * ahead).sum(axis=-1).mean()) for side in SIDES if f"{side}_toe" in figure]
    if toes and (max(toes) < _BACKWARD or min(toes) > -_BACKWARD):
        return max(toes) < 0.0
    # no toes, or ends of feet that point aside:
    # the knee of a bent leg lies before the line from hip to ankle
    bends = []
    for side in SIDES:
        hip, knee, ankle = (figure[f"{side}_{joint}"] for joint in ("hip", "knee", "ankle"))
        bends.append(((knee - 0.5 * (hip + ankle)) * ahead).sum(axis=-1) / figure.leg_length())
    bent = np.abs(np.stack(bends)) > 0.07
    return bool(bent.mean() > 0.05 and np.sign(np.stack(bends)[bent]).mean() < -0.8)


def other_side(roles: Mapping[str, str]) -> dict[str, str]:
    """The roles with left and right exchanged."""
    right, left = (f"{side}_" for side in SIDES)
    turned = {}
    for role, joint in roles.items():
        other = left + role.removeprefix(right) if role.startswith(right) else right + role.removeprefix(left)
        turned[other if role.startswith((right, left)) else role] = joint
    return turned
