"""Which reader opens which file, and what to do with files that none opens."""

from __future__ import annotations

from pathlib import Path

from game.scene.json_text import MAX_BYTES
from game.scene.refusal import refused_as
from game.sim.motion import ClipError, MotionClip
from tools.import_motion import (
    amass,
    asf_amc,
    bvh,
    c3d_file,
    deepmimic,
    fbx,
    gltf,
    marker_joints,
    mimickit,
    poselib_motion,
    trc_file,
)
from tools.import_motion.source import SourceMotion

ENDINGS = (
    ".bvh", ".glb", ".gltf", ".vrm", ".vrma", ".fbx", ".amc", ".c3d", ".trc", ".npz", ".npy", ".pkl", ".txt", ".json",
)  # fmt: skip
_INSTEAD = {
    ".asf": "a skeleton without motion: give the .amc beside it",
    ".motion": "a ProtoMotions file is a torch pickle, a program, which is not run: give the .npy, .bvh or .npz that "
    "it was made from",
    ".pt": "a torch pickle is a program, which is not run: save its arrays as .npz",
    ".pth": "a torch pickle is a program, which is not run: save its arrays as .npz",
    ".vmd": "MikuMikuDance's motion needs its model: load both in Blender (MMD Tools) and export .bvh or .glb",
    ".blend": "open it in Blender and export .glb or .bvh",
    ".bip": "open it in 3ds Max and export .fbx or .bvh",
    ".usd": "open it in Blender and export .glb",
    ".usdz": "open it in Blender and export .glb",
    ".dae": "open it in Blender and export .glb",
    ".mot": "joint angles of an OpenSim model: give the .trc of its markers",
    ".zip": "unpack it and give the folder",
}


def open_motion(path: Path, take: str = "") -> SourceMotion | tuple[MotionClip, str]:
    """Read a file by its ending: a skeleton's motion, or a clip of our own humanoid and a remark on it.

    `take` names an animation of a glTF or FBX file. Raises ClipError, OSError.
    """
    if not path.is_file():
        raise ClipError(f"there is no file {path}")
    ending = path.suffix.lower()
    if ending not in ENDINGS:
        instead = f": {_INSTEAD[ending]}" if ending in _INSTEAD else ""
        raise ClipError(f"{path.name}: no reader for {ending!r} files{instead}; there are {' '.join(ENDINGS)}")
    if ending in (".txt", ".json"):
        if path.stat().st_size > MAX_BYTES:
            raise ClipError(f"{path.name}: {path.stat().st_size >> 20} MiB, expected at most {MAX_BYTES >> 20}")
        return deepmimic.read(path), ""
    if ending == ".pkl":
        return mimickit.read(path)
    if ending == ".c3d":
        return marker_joints.of_markers(path, c3d_file.read(path))
    if ending == ".trc":
        return marker_joints.of_markers(path, *trc_file.read(path))
    if ending == ".fbx":
        return fbx.read(path, take)
    readers = {".bvh": bvh.read, ".npz": amass.read, ".amc": asf_amc.read, ".npy": poselib_motion.read}
    return readers[ending](path) if ending in readers else gltf.read(path, take)


def animations(path: Path) -> list[str]:
    """A line about each animation in a file. Raises ClipError."""
    with refused_as(ClipError, path.name):
        return _animations(path)


def _animations(path: Path) -> list[str]:
    if path.suffix.lower() in (".glb", ".gltf", ".vrm", ".vrma"):
        return gltf.animations(path)
    if path.suffix.lower() == ".fbx":
        return fbx.animations(path)
    motion = open_motion(path)
    name, frames, fps = (
        (motion.name, motion.num_frames, motion.fps)
        if isinstance(motion, SourceMotion)
        else (motion[0].name, motion[0].num_frames, motion[0].fps)
    )
    return [f"{name}: {(frames - 1) / fps:.2f} s, {frames} frames at {fps:g} fps"]
