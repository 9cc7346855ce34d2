"""The fixes of clips, each a function of a clip. None of them makes up a motion."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from game.sim import rotation
from game.sim.model import CharacterModel
from game.sim.motion import MotionClip
from tools.clip_clinic.ballistics import mend_flights
from tools.clip_clinic.checks import COM_ACCELERATION, com_accelerations, hinge_angle, spikes
from tools.clip_clinic.edit import resampled
from tools.clip_clinic.flight import flights
from tools.clip_clinic.freezes import thaw
from tools.clip_clinic.ground_contact import hold_feet, set_down, stand_on_floor
from tools.clip_clinic.windows import bell, envelope, means

Array = NDArray[np.float64]

_FEW_FRAMES, _MANY_FRAMES = 30.0, 60.0
"""frames a second; a clip with fewer than the first gets the second: a step of a run lasts only 0.1 s"""
_ROOT_SMOOTH = 0.035
"""s, standard deviation of the window that smooths a pelvis that jerks"""


def mend(clip: MotionClip) -> tuple[MotionClip, tuple[str, ...]]:
    """Apply all fixes. Returns the clip and what was done, a sentence each."""
    done: tuple[str, ...] = ()
    for fix in _FIXES:
        clip, said = fix(clip)
        done += said
    # holding the feet has opened the seam a little
    clip, _ = close_seam(clip)
    clip, _ = hold_feet(clip, CharacterModel.load(clip.character), slips=False)
    # smoothing has moved its beginning
    return clip.placed(), done


def remove_spikes(clip: MotionClip) -> tuple[MotionClip, tuple[str, ...]]:
    """Replaces a joint's rotation in a frame with a spike by the middle of the frames before and after."""
    count = 0
    for _ in range(3):
        flags = spikes(clip)
        if not flags.any():
            break
        count += int(flags.any(axis=1).sum())
        middle = rotation.slerp(clip.joint_rot[:-2], clip.joint_rot[2:], np.full(clip.joint_rot[2:].shape[:2], 0.5))
        middle = np.concatenate([clip.joint_rot[:1], middle, clip.joint_rot[-1:]])
        clip = replace(clip, joint_rot=np.where(flags[..., None], middle, clip.joint_rot))
    return clip, (f"smoothed spikes in {count} frame(s)",) if count else ()


def add_frames(clip: MotionClip) -> tuple[MotionClip, tuple[str, ...]]:
    """Gives clips with few frames a second more of them, interpolated smoothly."""
    if clip.num_frames < 3 or clip.fps >= _FEW_FRAMES:
        return clip, ()
    more = resampled(clip, _MANY_FRAMES)
    return more, (f"laid it on {more.fps:.0f} frames a second, from {clip.fps:.0f}",)


def smooth_root(clip: MotionClip) -> tuple[MotionClip, tuple[str, ...]]:
    """Smooths the pelvis' path where the body accelerates more than the floor could push it."""
    window = bell(_ROOT_SMOOTH * clip.fps)
    reach = len(window) // 2
    if clip.num_frames <= max(2, reach):
        return clip, ()
    on_floor = np.ones(clip.num_frames, np.bool_)
    for flight in flights(clip):
        # flights are left to mend_flights
        on_floor[max(flight.first - 1, 0) : flight.past + 1] = False
    mended, count = clip, 0
    for _ in range(3):
        jerks = on_floor & (com_accelerations(mended) > COM_ACCELERATION)
        if not jerks.any():
            break
        count = max(count, int(jerks.sum()))
        mean = means(_padded_path(mended, reach), window)
        part = envelope(jerks.astype(float), reach, clip.loop)[:, None]
        mended = replace(mended, root_pos=mended.root_pos + part * (mean - mended.root_pos))
    if not count:
        return clip, ()
    off = float(np.linalg.norm(mended.root_pos - clip.root_pos, axis=-1).max())
    return mended, (f"smoothed the pelvis' way by up to {100 * off:.1f} cm, which jerked in {count} frame(s)",)


def _padded_path(clip: MotionClip, reach: int) -> Array:
    """The root's path (F + 2 reach, 3), continued into the cycles around; without a loop reflected at its ends."""
    if clip.loop:
        return clip.sample(np.arange(-reach, clip.num_frames + reach) / clip.fps).root_pos
    return np.pad(clip.root_pos, ((reach, reach), (0, 0)), mode="reflect", reflect_type="odd")


def limit_hinges(clip: MotionClip) -> tuple[MotionClip, tuple[str, ...]]:
    """Makes hinges turn about y only, within their limits."""
    model = CharacterModel.load(clip.character)
    joint_rot = clip.joint_rot.copy()
    for joint in np.flatnonzero(model.joint_is_hinge):
        angle = np.clip(hinge_angle(joint_rot[:, joint]), *model.joint_limits[joint])
        joint_rot[:, joint] = rotation.from_axis_angle((0.0, 1.0, 0.0), angle)
    off = float(rotation.angle_between(joint_rot, clip.joint_rot).max())
    if off < np.radians(0.1):
        return clip, ()
    return replace(clip, joint_rot=joint_rot), (f"turned hinges back by up to {np.degrees(off):.1f} degrees",)


def close_seam(clip: MotionClip) -> tuple[MotionClip, tuple[str, ...]]:
    """Blends the last frames of a loop to the pose and height of the first one."""
    if not clip.loop:
        return clip, ()
    count = max(2, min(clip.num_frames // 4, round(0.25 * clip.fps)))
    ramp = np.linspace(0.0, 1.0, count + 1)[1:]
    ramp = ramp**2 * (3.0 - 2.0 * ramp)
    turned = rotation.multiply(rotation.from_heading(clip.cycle_turn), clip.root_rot[0])
    goal = np.concatenate([turned[None], clip.joint_rot[0]])
    rot = clip.rotations
    gap = rotation.difference(rot[-1], goal)
    rise = float(clip.root_pos[0, 2] - clip.root_pos[-1, 2])
    if np.degrees(np.linalg.norm(gap, axis=-1).max()) < 0.5 and abs(rise) < 0.002:
        return clip, ()
    rot[-count:] = rotation.multiply(rot[-count:], rotation.from_rotvec(ramp[:, None, None] * gap))
    root_pos = clip.root_pos.copy()
    root_pos[-count:, 2] += ramp * rise
    off = np.degrees(np.linalg.norm(gap, axis=-1).max())
    said = f"closed the seam by up to {off:.1f} degrees and {100 * abs(rise):.1f} cm"
    return replace(clip, root_pos=root_pos, root_rot=rot[:, 0], joint_rot=rot[:, 1:]), (said,)


_FIXES = (
    thaw,
    add_frames,
    remove_spikes,
    limit_hinges,
    smooth_root,
    close_seam,
    stand_on_floor,
    set_down,
    mend_flights,
)
"""in an order in which no fix undoes another"""
