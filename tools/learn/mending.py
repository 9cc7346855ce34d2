"""Stage 2, the clinic: what physics forbids is mended, he is leaned into balance, and it ends in a loop or a stand."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from game.sim import rotation
from game.sim.motion import ClipError, MotionClip
from tools.clip_clinic.balance import lean
from tools.clip_clinic.checks import examine
from tools.clip_clinic.endings import come_to_stand
from tools.clip_clinic.fixes import mend
from tools.clip_clinic.loops import looped
from tools.clip_clinic.standing import steadied
from tools.learn.journal import Result
from tools.learn.task import Task

MAX_GAP = np.radians(15.0)
"""rad, largest difference of a joint between both ends of a loop"""
MOST = 0.6
"""share of a clip that a loop must hold, unless the whole clip repeats it"""
LOOK_AHEAD = 0.6
"""s, a little more than a performer looks ahead: no loop is shorter"""
REPEATS = np.radians(25.0)
"""rad, mean over the clip of the joint that differs most from itself one cycle later, up to which it repeats"""


def mend_clip(task: Task) -> Result:
    """Mend the clip; what was done, and the verdicts before and after."""
    shown = MotionClip.load(task.shown)
    clip, said = with_loop(shown)
    before = examine(clip)
    clip, done = mend(clip)
    clip, ending = come_to_stand(clip)
    clip, leaned = lean(clip)
    clip, steady = steadied(clip)
    # leaning has moved the feet a little
    clip, again = mend(clip)
    after = examine(clip)
    replace(clip, name=task.name).save(task.clip)
    end = f"a loop of {clip.duration:.2f} s" if clip.loop else "no loop"
    return {
        "said": f"{before.verdict} before, {after.verdict} after; {end}",
        "before": before.verdict,
        "after": after.verdict,
        "loop": clip.loop,
        "seconds": clip.duration,
        "done": [*said, *done, *ending, *leaned, *steady, *again],
    }


def with_loop(clip: MotionClip) -> tuple[MotionClip, tuple[str, ...]]:
    """The clip as a loop, where most of it is one or all of it repeats one; else as it is."""
    if clip.loop and clip.duration < LOOK_AHEAD:
        cycles = math.ceil(LOOK_AHEAD / clip.duration)
        state = clip.sample(np.arange(cycles * (clip.num_frames - 1) + 1) / clip.fps)
        longer = replace(clip, root_pos=state.root_pos, root_rot=state.root_rot, joint_rot=state.joint_rot)
        return longer, (
            f"its cycle of {clip.duration:.2f} s is shorter than policies look ahead: {cycles} make the loop",
        )
    if clip.loop:
        return clip, ()
    # the most alike moments of all may lie within a pause: first what holds most of the clip
    for shortest in (max(LOOK_AHEAD, MOST * clip.duration), LOOK_AHEAD):
        try:
            part, seam = looped(clip, shortest)
        except ClipError:
            continue
        lag = seam.last - seam.first
        most = part.duration >= MOST * clip.duration - 1e-6
        repeats = clip.num_frames > 1.5 * lag and _differs(clip, lag) < REPEATS
        if seam.gap <= MAX_GAP and (most or repeats):
            first, last = seam.first / clip.fps, seam.last / clip.fps
            return part, (f"it repeats from {first:.2f} to {last:.2f} s: made a loop",)
    return clip, ()


def _differs(clip: MotionClip, lag: int) -> float:
    """rad: mean over frames of the largest angle between a joint and itself `lag` frames later."""
    angles = rotation.angle_between(clip.joint_rot[:-lag], clip.joint_rot[lag:])
    return float(angles.max(axis=-1).mean())
