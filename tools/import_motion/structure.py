"""Which joint is which where the names say nothing, by how the skeleton is put together.

Two legs hang on the pelvis and two arms on the chest, alike in length on both sides; a leg or an arm is two long bones
in a row. Toes point and knees bend forward, which tells left from right.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from tools.import_motion.joint_figure import unit
from tools.import_motion.source import SourceMotion

Array = NDArray[np.float64]

_ALIKE = 0.2
"""share by which the bones of two sides may differ in length"""
_SHORT = 0.45
"""a bone shorter than this share of its neighbour is none of the two long ones of a limb"""


@dataclass(frozen=True)
class _TwoBones:
    """Two long bones in a row: the joints at their start, between them and at their end, and what lies below."""

    start: int
    hinge: int
    end: int
    tip: int
    """the next joint, or -1"""
    length: float


def guess_by_structure(motion: SourceMotion) -> dict[str, str]:
    """Role -> joint; empty where no two legs and two arms are found."""
    tree = _Skeleton(motion)
    pairs = [(joint, pair) for joint in range(len(motion.joints)) for pair in tree.pairs(joint)]
    best: dict[str, str] = {}
    longest = 0.0
    for (pelvis, legs), (chest, arms) in ((a, b) for a in pairs for b in pairs):
        if chest == pelvis or pelvis not in tree.above(chest) or any(leg.start in tree.above(chest) for leg in legs):
            continue
        # legs are at least as long as arms in people; of nested choices the one with the longest limbs counts
        length = sum(limb.length for limb in (*legs, *arms))
        if legs[0].length > 0.9 * arms[0].length and length > longest * 1.001:
            longest = length
            best = tree.named(pelvis, chest, legs, arms)
    return best


class _Skeleton:
    """A skeleton's joints with the lengths of their bones."""

    def __init__(self, motion: SourceMotion) -> None:
        self._motion = motion
        self._parents = motion.parents
        step = max(1, motion.num_frames // 30)
        self._pos = motion.pos[::step]
        self._children: list[list[int]] = [[] for _ in motion.joints]
        for joint, parent in enumerate(motion.parents):
            if parent >= 0:
                self._children[parent].append(joint)
        above = np.where(motion.parents >= 0, motion.parents, 0)
        ways = np.linalg.norm(self._pos - self._pos[:, above], axis=-1)
        self._length = np.where(motion.parents >= 0, np.median(ways, axis=0), 0.0)
        self._reach = np.zeros(len(motion.joints))
        for joint in range(len(motion.joints) - 1, 0, -1):
            if (parent := int(motion.parents[joint])) >= 0:
                self._reach[parent] = max(self._reach[parent], self._reach[joint] + self._length[joint])

    def above(self, joint: int) -> list[int]:
        """From a joint's parent up to its root."""
        chain = []
        while (joint := int(self._parents[joint])) >= 0:
            chain.append(joint)
        return chain

    def pairs(self, joint: int) -> list[tuple[_TwoBones, _TwoBones]]:
        """Pairs of limbs of one length that begin at or under two children of a joint."""
        limbs = [limb for child in self._children[joint] if (limb := self._limb(child))]
        return [
            (a, b)
            for a, b in combinations(limbs, 2)
            if abs(a.length - b.length) < _ALIKE * max(a.length, b.length)
        ]  # fmt: skip

    def _limb(self, joint: int) -> _TwoBones | None:
        """The longest two bones in a row on the way from a joint to its farthest leaf, before the hand's bones."""
        chain = [joint]
        while self._children[chain[-1]]:
            chain.append(max(self._children[chain[-1]], key=lambda c: self._length[c] + self._reach[c]))
        # helper joints that lie on their parents are no bones
        total = float(sum(self._length[c] for c in chain[1:]))
        solid = [joint] + [c for c in chain[1:] if self._length[c] > 0.02 * total]
        best: _TwoBones | None = None
        for k in range(len(solid) - 2):
            upper, lower = self._length[solid[k + 1]], self._length[solid[k + 2]]
            if min(upper, lower) < _SHORT * max(upper, lower):
                continue
            tip = solid[k + 3] if k + 3 < len(solid) else -1
            if best is None or upper + lower > 1.1 * best.length:
                best = _TwoBones(solid[k], solid[k + 1], solid[k + 2], tip, float(upper + lower))
        return best

    def named(
        self, pelvis: int, chest: int, legs: tuple[_TwoBones, _TwoBones], arms: tuple[_TwoBones, _TwoBones]
    ) -> dict[str, str]:  # fmt: skip
        """Roles of what was found."""
        up = unit(self._pos[:, chest] - self._pos[:, [legs[0].start, legs[1].start]].mean(axis=1))
        ahead = np.zeros_like(up)
        for leg in legs:
            hip, knee, ankle = (self._pos[:, j] for j in (leg.start, leg.hinge, leg.end))
            ahead += (knee - 0.5 * (hip + ankle)) / leg.length
            if leg.tip >= 0:
                ahead += unit(self._pos[:, leg.tip] - ankle)
        left = np.cross(up, ahead)
        joints = self._motion.joints
        found = {"pelvis": joints[pelvis], "chest": joints[chest]}
        for limbs, roles in ((legs, ("hip", "knee", "ankle", "toe")), (arms, ("shoulder", "elbow", "wrist"))):
            across = self._pos[:, limbs[0].start] - self._pos[:, limbs[1].start]
            first = "left" if float((across * left).sum()) > 0.0 else "right"
            for side, limb in ((first, limbs[0]), ("left" if first == "right" else "right", limbs[1])):
                places = (limb.start, limb.hinge, limb.end, limb.tip)
                found |= {f"{side}_{r}": joints[j] for r, j in zip(roles, places, strict=False) if j >= 0}
        upper = [c for c in self._children[chest] if not any(c == a.start or c in self.above(a.start) for a in arms)]
        if upper:
            neck = max(upper, key=lambda c: self._reach[c])
            chain = [neck]
            while len(self._children[chain[-1]]) == 1 and self._children[self._children[chain[-1]][0]]:
                chain.append(self._children[chain[-1]][0])
            found["head"] = joints[chain[-1]]
            if len(chain) > 1:
                found["neck"] = joints[chain[0]]
        return found
