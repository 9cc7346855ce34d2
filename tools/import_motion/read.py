"""Any motion file -> a clip of our humanoid, and what was found out on the way."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from game.scene.json_text import MAX_BYTES
from game.scene.refusal import refused_as
from game.sim import rotation
from game.sim.motion import ClipError, MotionClip
from tools.clip_clinic.edit import cut, mirrored
from tools.clip_clinic.ground_contact import stand_on_floor
from tools.import_motion import amass, bvh, c3d, deepmimic, gltf, mapping, mimickit, retarget
from tools.import_motion.source import SourceMotion

ENDINGS = (".bvh", ".glb", ".gltf", ".vrm", ".vrma", ".txt", ".json", ".pkl", ".npz", ".c3d")
MAX_FPS = 60.0
"""Faster recordings are thinned to this: the control rate is 30 Hz."""


@dataclass(frozen=True)
class ImportOptions:
    """What is given beside the file because the file itself may lack it."""

    mapping: Path | None = None
    """JSON of role -> joint, see mapping.py"""
    up: str = ""
    """x, y, z, -x, -y or -z"""
    take: str = ""
    """name of the animation in a glTF file"""
    fps: float = 0.0
    """0: the file's own rate, at most MAX_FPS"""
    start: float = 0.0
    """s"""
    end: float = float("inf")
    """s"""
    scale: float = 0.0
    """factor from the file's lengths to ours; 0: by the legs"""
    ground: bool = True
    """lift what digs into the floor and hold feet that slip"""
    mirror: bool = False


@dataclass(frozen=True)
class Imported:
    clip: MotionClip
    remarks: tuple[str, ...]
    """What was detected, guessed and mended, a sentence each."""


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
    if not path.is_file():
        raise ClipError(f"there is no file {path}")
    ending = path.suffix.lower()
    if ending == ".fbx":
        raise ClipError(f"{path.name}: FBX is not read; open it in Blender and export glTF (.glb) or BVH")
    if ending not in ENDINGS:
        raise ClipError(f"{path.name}: no reader for {ending!r} files; there are {' '.join(ENDINGS)}")
    if options.start < 0.0 or not options.end > options.start:
        raise ClipError(f"from {options.start:g} to {options.end:g} s: the start must come before the end")
    if ending in (".txt", ".json") and path.stat().st_size > MAX_BYTES:
        raise ClipError(f"{path.name}: {path.stat().st_size >> 20} MiB, expected at most {MAX_BYTES >> 20}")
    remarks: tuple[str, ...]
    if ending in (".txt", ".json"):
        clip, remarks = cut(deepmimic.read(path), options.start, options.end), ()
    elif ending == ".pkl":
        clip, how = mimickit.read(path)
        clip, remarks = cut(clip, options.start, options.end), (how,)
    else:
        clip, remarks = _retargeted(_skeleton(path, ending, options), options)
    if options.mirror:
        clip = mirrored(clip)
    if options.ground and ending not in (".txt", ".json"):
        clip, mended = stand_on_floor(clip)
        remarks += mended
    return Imported(replace(clip, source=clip.source or path.name), remarks)


def _skeleton(path: Path, ending: str, options: ImportOptions) -> SourceMotion:
    if ending == ".bvh":
        return bvh.read(path)
    if ending == ".npz":
        return amass.read(path)
    if ending == ".c3d":
        return c3d.read(path)
    return gltf.read(path, options.take)


def _starts_in_rest_pose(motion: SourceMotion) -> bool:
    """Whether all of the body jumps after the first frame."""
    if motion.num_frames < 4:
        return False
    steps = rotation.angle_between(motion.rot[:3], motion.rot[1:4]).max(axis=-1)
    return bool(steps[0] > np.radians(25.0) and steps[0] > 4.0 * steps[1:].max())


def _retargeted(motion: SourceMotion, options: ImportOptions) -> tuple[MotionClip, tuple[str, ...]]:
    remarks = [f"{motion.num_frames} frames at {motion.fps:g} fps, {len(motion.joints)} joints", *motion.remarks]
    motion = motion.between(options.start, options.end)
    if options.start == 0.0 and _starts_in_rest_pose(motion):
        motion = replace(motion, pos=motion.pos[1:], rot=motion.rot[1:])
        remarks.append("left out the first frame: a pose that nothing leads on from, as CMU's files begin")
    if options.fps or motion.fps > MAX_FPS * 1.01:
        motion = motion.resampled(options.fps or MAX_FPS)
        remarks.append(f"resampled to {motion.fps:g} fps")
    roles = mapping.load(options.mapping, motion) if options.mapping else mapping.guess(motion)
    mapping.check(motion, roles)
    remarks.append("joints: " + ", ".join(f"{role} {joint}" for role, joint in roles.items()))
    motion, said = retarget.upright(motion, roles, options.up)
    remarks.append(said)
    scale, said = retarget.scale_to_ours(motion, roles)
    remarks.append(f"lengths times {options.scale:g} as given" if options.scale else said)
    return retarget.retarget(motion, roles, options.scale or scale), tuple(remarks)
