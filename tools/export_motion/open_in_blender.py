"""Opens an exported .glb in Blender with what its importer leaves out: rate, frames, camera, zoom, sound and markers.

blender --python tools/export_motion/open_in_blender.py -- flip.glb

It runs inside Blender (4.4 or newer), so it needs nothing of this project.
"""

from __future__ import annotations

import json
import math
import struct
import sys
from pathlib import Path
from typing import Any

import bpy


def open_glb(path: Path) -> None:
    """Import a file of tools.export_motion into the present scene. Raises OSError, ValueError for another file."""
    about, document = read_about(path)
    scene = bpy.context.scene
    # keys are put onto frames while the file is read: the rate has to be there before
    scene.render.fps, scene.render.fps_base = round(about["fps"]), round(about["fps"]) / about["fps"]
    bpy.ops.import_scene.gltf(filepath=str(path))
    scene.frame_start, scene.frame_end = 0, about["frames"] - 1
    scene.frame_set(0)
    for card in document.get("cameras", ()):
        _zoom(f"camera {card['name']}", card)
    if "camera" in about:
        scene.camera = bpy.data.objects[about["camera"]]
    if "sound" in about:
        editor = scene.sequence_editor_create()
        editor.strips.new_sound("sound", str(path.resolve().with_name(about["sound"])), 1, 0)
        scene.sync_mode = "AUDIO_SYNC"
    for marker in about.get("markers", ()):
        scene.timeline_markers.new(f"{marker['name']}, {marker['impulse']:.0f} N s", frame=marker["frame"])


def read_about(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the scene says of itself (rate, frames, ...), and the whole document."""
    data = path.read_bytes()
    if data[:4] != b"glTF":
        raise ValueError(f"{path.name} is no .glb")
    size = struct.unpack_from("<I", data, 12)[0]
    document: dict[str, Any] = json.loads(data[20 : 20 + size])
    about: dict[str, Any] = document["scenes"][0].get("extras", {})
    if not {"fps", "frames"} <= about.keys():
        raise ValueError(f"{path.name} was not made by tools.export_motion: its scene names no rate and no frames")
    return about, document


def _zoom(name: str, card: dict[str, Any]) -> None:
    """Key a lens that zooms, at every frame."""
    lens = bpy.data.objects[name].data
    aspect = card["perspective"]["aspectRatio"]
    for frame, upright in enumerate(card.get("extras", {}).get("yfov", ())):
        lens.angle_x = 2.0 * math.atan(math.tan(0.5 * upright) * aspect)
        lens.keyframe_insert("lens", frame=frame)


if __name__ == "__main__":
    if "--" not in sys.argv or len(sys.argv) != sys.argv.index("--") + 2:
        sys.exit("usage: blender --python open_in_blender.py -- FILE.glb")
    open_glb(Path(sys.argv[-1]))
