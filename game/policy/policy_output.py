"""PolicyOutput: the outputs of a policy for a tick, and the checks of them before they are used."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from game.policy.policy_spec import PolicyError
from game.sim.model import CharacterModel

Array = NDArray[np.float64]

TARGET = "joint_target"
HINGES = "hinge_target"
REFERENCE = ("reference_root_pos", "reference_root_rot", "reference_joint_rot")
_ROTATIONS = {TARGET, "reference_root_rot", "reference_joint_rot"}
UNIT_TOLERANCE = 1e-2
"""how far from 1 the length of a target quaternion may be when a policy is loaded"""
MAX_DRIFT = 0.1
"""the same for the outputs of every tick in the game"""
MAX_HINGE, MAX_DISTANCE = 1e4, 1e5
"""rad of a hinge's target; m of a reference's root"""


class PolicyReference(NamedTuple):
    """The clip's pose at that time, for M characters, in the anchor frame."""

    root_pos: Array
    """(M, 3)"""
    root_rot: Array
    """(M, 4)"""
    joint_rot: Array
    """(M, J, 4)"""


@dataclass(frozen=True, eq=False)
class PolicyOutput:
    """The joint targets of M characters, and the pose of the clip where the policy outputs it."""

    joint_target: Array
    """(M, J, 4) child in parent"""
    hinge_target: Array | None = None
    """(M, H) rad about y, of the hinges in the joints' order, in place of joint_target's turns"""
    reference: PolicyReference | None = None


def output_shapes(model: CharacterModel) -> dict[str, tuple[int, ...]]:
    """Of all outputs that a policy may have, without the batch dimension."""
    j, h = model.num_joints, len(model.hinges)
    return dict(zip((TARGET, HINGES, *REFERENCE), ((j, 4), (h,), (3,), (4,), (j, 4)), strict=True))


def checked_output(names: Sequence[str], values: Sequence[Array]) -> PolicyOutput:
    """The values of a policy's outputs, TARGET first, then HINGES if it has that, then REFERENCE's, if any.

    Raises:
        PolicyError: a value is not finite or absurd, or a quaternion has no length.
    """
    for name, value in zip(names, values, strict=True):
        if name in _ROTATIONS:
            check_lengths(name, value, MAX_DRIFT)
            continue
        largest = float(np.abs(value).max(initial=0.0))
        most = MAX_HINGE if name == HINGES else MAX_DISTANCE
        if not largest <= most:
            found = f"reaches {largest:.3g}, expected at most {most:g}" if np.isfinite(largest) else "is not finite"
            raise PolicyError(f"output {name} {found}")
    target, *others = values
    hinges = others.pop(0) if HINGES in names else None
    return PolicyOutput(target, hinges, PolicyReference(*others) if others else None)


def check_lengths(name: str, rotations: Array, tolerance: float) -> None:
    """Raise PolicyError unless quaternions (..., 4) are finite and of length 1, give or take the tolerance."""
    shortest, longest = _lengths(rotations.reshape(-1, 4))
    if 1.0 - tolerance <= shortest and longest <= 1.0 + tolerance:  # false for nan
        return
    if not np.isfinite(rotations).all():
        raise PolicyError(f"output {name} is not finite")
    worst = shortest if 1.0 - shortest > longest - 1.0 else longest
    raise PolicyError(f"output {name} has a quaternion of length {worst:.3f}, expected 1")


@njit(cache=True)
def _lengths(rotations):  # type: ignore[no-untyped-def]
    """The shortest and the longest of quaternions (N, 4), and 1: nan where there is a nan."""
    least, most = 1.0, 1.0
    for n in range(len(rotations)):
        square = 0.0
        for k in range(4):
            square += rotations[n, k] * rotations[n, k]
        if np.isnan(square):
            return np.nan, np.nan
        least, most = min(least, square), max(most, square)
    return np.sqrt(least), np.sqrt(most)
