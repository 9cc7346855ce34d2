"""Freezes: moments in which a moving body stands still in every joint, as if frames were doubled or lost."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from game.sim import rotation
from game.sim.motion import MotionClip

MAX_SECONDS = 0.1
"""a longer standstill may be intended"""
_STILL = 0.2
"""share of the angular speed (summed over joints and root) in the frames before and after; less is a standstill"""
_MOVING = 10.0
"""rad/s, least angular speed before and after a freeze"""


def freezes(clip: MotionClip) -> list[tuple[int, int]]:
    """(first, last) frame of each freeze. A real stop brakes over several frames; a freeze does so within one."""
    rot = clip.rotations
    rate = rotation.angle_between(rot[:-1], rot[1:]).sum(axis=-1) * clip.fps
    # in a loop across its seam; in other clips rest at the beginning or end is no freeze
    before, after = (rate[-1], rate[0]) if clip.loop else (0.0, 0.0)
    around = np.concatenate([[before], rate, [after]])
    found: list[tuple[int, int]] = []
    for first in range(len(rate)):
        for last in range(first + 1, min(first + round(MAX_SECONDS * clip.fps), len(rate)) + 1):
            moving = min(around[first], around[last + 1])
            if moving >= _MOVING and rate[first:last].max() <= _STILL * moving:
                found.append((first, last))
                break
    return found


def thaw(clip: MotionClip) -> tuple[MotionClip, tuple[str, ...]]:
    """Spread the motion that follows a freeze, as long as the freeze itself, evenly over both."""
    rot = clip.rotations
    root_pos, found = clip.root_pos.copy(), freezes(clip)
    for first, last in found:
        past = min(2 * last - first, clip.num_frames - 1)
        part = np.linspace(0.0, 1.0, past - first + 1)[:, None]
        root_pos[first : past + 1] = (1.0 - part) * root_pos[first] + part * root_pos[past]
        shape = (len(part), rot.shape[1], 4)
        start, end = (np.broadcast_to(rot[k], shape) for k in (first, past))
        rot[first : past + 1] = rotation.slerp(start, end, np.broadcast_to(part, shape[:2]))
    if not found:
        return clip, ()
    count = sum(last - first for first, last in found)
    said = f"let go of {len(found)} freeze(s), {count} frame(s) long"
    return replace(clip, root_pos=root_pos, root_rot=rot[:, 0], joint_rot=rot[:, 1:]), (said,)
