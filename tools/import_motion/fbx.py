"""FBX by Blender's own Python (`pip install bpy`), if it is installed: turned into a GLB and read as one."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

from game.sim.motion import ClipError
from tools.import_motion import gltf
from tools.import_motion.source import MAX_BYTES, SourceMotion

_SECONDS = 300.0
_CONVERT = """
import sys
import bpy
source, target = sys.argv[-2:]
bpy.ops.wm.read_factory_settings(use_empty=True)
bpy.ops.import_scene.fbx(filepath=source)
bpy.ops.export_scene.gltf(filepath=target, export_format="GLB", export_animations=True, export_animation_mode="ACTIONS",
                          export_optimize_animation_size=False, export_materials="NONE", export_yup=True)
"""


def read(path: Path, take: str = "") -> SourceMotion:
    """Read one animation, see gltf.read. Raises ClipError, OSError."""
    with TemporaryDirectory() as folder:
        motion = gltf.read(_converted(path, Path(folder)), take)
    return replace(motion, name=path.stem if motion.name == "a" else motion.name,
                   remarks=("FBX by Blender's Python", *motion.remarks))  # fmt: skip


def animations(path: Path) -> list[str]:
    """A line about each animation, see gltf.animations. Raises ClipError, OSError."""
    with TemporaryDirectory() as folder:
        return gltf.animations(_converted(path, Path(folder)))


def _converted(path: Path, folder: Path) -> Path:
    """The same as a .glb, made by another process: Blender may end the one that it runs in."""
    if find_spec("bpy") is None:
        raise ClipError(
            f"{path.name}: FBX needs Blender's Python, which is not installed (pip install bpy); or open it in Blender "
            "and export glTF (.glb) or BVH"
        )
    if path.stat().st_size > MAX_BYTES:
        raise ClipError(f"{path.name}: {path.stat().st_size >> 20} MiB, expected at most {MAX_BYTES >> 20}")
    target = folder / "a.glb"
    command = [sys.executable, "-c", _CONVERT, str(path.resolve()), str(target)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False, cwd=folder)
    except subprocess.TimeoutExpired as error:
        raise ClipError(f"{path.name}: Blender did not finish within {_SECONDS:.0f} s") from error
    if not target.is_file():
        words = (done.stderr or done.stdout).strip().split("\n")[-1]
        raise ClipError(f"{path.name}: Blender cannot read it ({words[:200] or f'it ended with {done.returncode}'})")
    return target
