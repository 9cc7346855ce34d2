"""Any motion file -> a clip of our humanoid, and what was found out on the way."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from game.scene.refusal import refused_as
from game.sim import rotation
from game.sim.motion import ClipError, MotionClip
from tools.clip_clinic.checks import ClipReport
from tools.clip_clinic.edit import cut, mirrored, resampled
from tools.clip_clinic.ground_contact import stand_on_floor
from tools.import_motion import contact_sheet, fidelity, mapping, our_skeleton, retarget, standing_pose, up_axis
from tools.import_motion.body_frames import body_frames
from tools.import_motion.joint_figure import JointFigure
from tools.import_motion.readers import open_motion
from tools.import_motion.sides import other_side, swapped
from tools.import_motion.source import SourceMotion

MAX_FPS = 60.0
"""Faster recordings are thinned to this: the control rate is 30 Hz."""


OURS = "our own body, as tools.export_motion writes it: taken over joint by joint"


@dataclass(frozen=True)
class ImportOptions:
    """What is given beside the file because the file itself may lack it."""

    mapping: Path | None = None
    """JSON of {"right_hip": "a joint of the file", ...}"""
    up: str = ""
    """axis that points up, such as y or -z; found by default"""
    take: str = ""
    """name of the animation in a glTF file; the one with most channels by default"""
    source_fps: float = 0.0
    """the file's own frame rate where it is missing or wrong: the motion becomes faster or slower"""
    fps: float = 0.0
    """frame rate of the clip, at the same speed; 0: the file's, at most 60"""
    start: float = 0.0
    """s of the file, where the clip begins"""
    end: float = float("inf")
    """s of the file, where the clip ends"""
    scale: float = 0.0
    """factor to our lengths; 0: by the length of the legs"""
    mirror: bool = False
    """swap left and right"""
    ground: bool = True
    """leave feet that slip or dig in as they are"""
    picture: Path | None = None
    """write a .png of the file's figure above the clip's, to look at"""


@dataclass(frozen=True)
class Imported:
    clip: MotionClip
    remarks: tuple[str, ...]
    """What was detected, guessed and mended, a sentence each."""
    fidelity: ClipReport | None = None
    """How well the clip follows the file; none where the file holds our own body's joints."""


def read(path: Path, options: ImportOptions = ImportOptions()) -> Imported:
    """Read a file by its ending. Raises ClipError, with the file's name in it."""
    try:
        # what overflows or divides by zero becomes nan, which MotionClip refuses
        with refused_as(ClipError, path.name), np.errstate(over="ignore", divide="ignore", invalid="ignore"):
            return _read(path, options)
    except ClipError as error:
        if path.name in str(error):
            raise
        raise ClipError(f"{path.name}: {error}") from error


def _read(path: Path, options: ImportOptions) -> Imported:
    if options.start < 0.0 or not options.end > options.start:
        raise ClipError(f"from {options.start:g} to {options.end:g} s: the start must come before the end")
    if options.source_fps and not 1.0 <= options.source_fps <= 1000.0:
        raise ClipError(f"a frame rate of {options.source_fps:g} for the file, expected 1 to 1000")
    motion = open_motion(path, options.take)
    if isinstance(motion, SourceMotion):
        imported = _our_own(motion, options) or _retargeted(motion, options)
    else:
        imported = _of_our_body(*motion, options)
    clip, remarks = imported.clip, imported.remarks
    if options.mirror:
        clip = mirrored(clip)
    if options.ground and path.suffix.lower() not in (".txt", ".json") and OURS not in remarks:
        clip, mended = stand_on_floor(clip)
        remarks += mended
    return Imported(replace(clip, source=clip.source or path.name), remarks, imported.fidelity)


def _of_our_body(clip: MotionClip, remark: str, options: ImportOptions) -> Imported:
    """A clip of this very humanoid."""
    if options.source_fps:
        clip = replace(clip, fps=options.source_fps)
    if options.fps:
        clip = resampled(clip, options.fps)
    return Imported(cut(clip, options.start, options.end), (remark,) if remark else ())


def _our_own(motion: SourceMotion, options: ImportOptions) -> Imported | None:
    """What tools.export_motion wrote, exactly as it was; nothing where that is not so, or the options say otherwise."""
    if options.mapping or options.up or options.scale or not (clip := our_skeleton.ours(motion)):
        return None
    imported = _of_our_body(clip, OURS, options)
    return replace(imported, clip=imported.clip.placed(), remarks=imported.remarks + motion.remarks)


def _starts_in_rest_pose(motion: SourceMotion) -> bool:
    """Whether all of the body jumps after the first frame."""
    if motion.num_frames < 4:
        return False
    steps = rotation.angle_between(motion.rot[:3], motion.rot[1:4]).max(axis=-1)
    return bool(steps[0] > np.radians(25.0) and steps[0] > 4.0 * steps[1:].max())


def _retargeted(motion: SourceMotion, options: ImportOptions) -> Imported:
    remarks = []
    if options.source_fps:
        remarks.append(f"frame rate {options.source_fps:g} as given, where the file says {motion.fps:g}")
        motion = replace(motion, fps=options.source_fps)
    remarks += [f"{motion.num_frames} frames at {motion.fps:g} fps, {len(motion.joints)} joints", *motion.remarks]
    motion = motion.between(options.start, options.end)
    if options.start == 0.0 and _starts_in_rest_pose(motion):
        motion = replace(motion, pos=motion.pos[1:], rot=motion.rot[1:])
        remarks.append("left out the first frame: a pose that nothing leads on from, as CMU's files begin")
    if options.fps or motion.fps > MAX_FPS * 1.01:
        motion = motion.resampled(options.fps or MAX_FPS)
        remarks.append(f"resampled to {motion.fps:g} fps")
    roles, said = mapping.find(motion, options.mapping)
    remarks.append(said)
    if swapped(motion, roles):
        if not options.mapping:
            roles = other_side(roles)
        done = "they are as --mapping says" if options.mapping else "left is taken for right; see --mirror"
        remarks.append(f"toes or knees point backward: the file has left and right the wrong way round; {done}")
    motion, said = up_axis.upright(motion, roles, options.up)
    remarks.append(said)
    standing = standing_pose.find(motion, roles)
    frames, disagreed = body_frames(motion, roles, standing)
    remarks += [*([standing.remark] if standing.remark else []), *disagreed]
    scale, said = retarget.scale_to_ours(motion, roles)
    remarks.append(f"lengths times {options.scale:g} as given" if options.scale else said)
    clip = retarget.retarget(motion, roles, frames, options.scale or scale)
    if options.picture:
        figures = {
            motion.name: JointFigure.of_motion(motion, roles, scale * motion.pos),
            "the clip": JointFigure.of_clip(clip),
        }
        contact_sheet.save(options.picture, figures, np.arange(motion.num_frames) / motion.fps)
    report = fidelity.compare(clip, motion, roles, options.scale or scale)
    return Imported(clip.placed(), tuple(remarks), report)
