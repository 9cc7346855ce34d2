"""A recording as GLB: skinned avatars on a skeleton of our links, props and camera, all moving."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from game.motion import ClipError
from game.sets import ItemSpec, PartSpec
from game.sim import rotation
from game.view import patterns
from game.view.avatar import skin_path
from game.view.set_view import drawn
from tools.export_motion.frames import turns_to_gltf, vectors_to_gltf
from tools.export_motion.gltf_writer import INDICES, VERTICES, GltfWriter, Node
from tools.export_motion.recording import PropTrack, Recording
from tools.import_motion import gltf_file
from tools.import_motion.gltf import from_matrix

Array = NDArray[np.float64]

GONE = 1e-4
"""Scale of what is not there: Blender cannot turn a matrix of scale 0 round."""
ASPECT = 16.0 / 9.0


def write(path: Path, recording: Recording, level: str = "mid") -> None:
    """Write a .glb. `level` is the avatar's detail: low, mid or high. Raises ClipError."""
    skin = skin_path("avatar", level)
    if not skin.is_file():
        raise ClipError(f"there is no avatar {skin.name}")
    template = gltf_file.read(skin)
    writer = GltfWriter(dict(template.json), template.chunk)
    names, binds = _bind_poses(template)
    body, mouth = (dict(node) for node in template.items("nodes")[1:3])
    writer.document["nodes"], writer.document["skins"] = [], []
    inverse = template.items("skins")[0]["inverseBindMatrices"]
    times = writer.accessor(np.arange(recording.num_frames) / recording.fps)
    scene = []
    for character in range(recording.num_characters):
        joints = _skeleton(writer, recording, names, binds)
        _move(writer, recording, character, names, joints, times)
        holder = f"avatar_{character + 1}" if recording.num_characters > 1 else "avatar"
        skinned = writer.add("skins", {"joints": joints, "inverseBindMatrices": inverse, "name": holder})
        meshes = [
            writer.add("nodes", {**mesh, "name": f"{holder}_{mesh['name']}", "skin": skinned}) for mesh in (body, mouth)
        ]
        scene.append(writer.add("nodes", {"name": holder, "children": [*meshes, joints[names.index("pelvis")]]}))
        _appear(writer, scene[-1], recording.present[:, character], recording.fps)
    shapes: dict[ItemSpec, int] = {}
    for prop in recording.props:
        scene.append(_prop(writer, prop, times, shapes))
        _appear(writer, scene[-1], prop.present, recording.fps)
    scene.append(_camera(writer, recording, times))
    writer.document |= {"scene": 0, "scenes": [{"name": recording.name, "nodes": scene}]}
    writer.animation["name"] = recording.name
    writer.save(path)


def _bind_poses(template: gltf_file.GltfFile) -> tuple[list[str], Array]:
    """Names of the avatar's joints and their matrices in the bind pose, (K, 4, 4)."""
    nodes, skin = template.items("nodes"), template.items("skins")[0]
    inverse = template.accessor(skin["inverseBindMatrices"], "MAT4").reshape(-1, 4, 4).transpose(0, 2, 1)
    return [str(nodes[j]["name"]) for j in skin["joints"]], np.asarray(np.linalg.inv(inverse), float)


def _parents(recording: Recording, names: list[str]) -> list[int]:
    """Of each joint among the joints, -1 for the pelvis: links as in the body, the face's on the head."""
    model = recording.model
    missing = [name for name in model.body_names if name not in names]
    if missing:
        raise ClipError(f"the avatar has no joint {', '.join(missing)}; there are {', '.join(names)}")
    parents = []
    for name in names:
        above = int(model.body_parent[model.body(name)]) if name in model.body_names else model.body("head")
        parents.append(names.index(model.body_names[above]) if above >= 0 else -1)
    return parents


def _skeleton(writer: GltfWriter, recording: Recording, names: list[str], binds: Array) -> list[int]:
    """Add one character's joints in the bind pose; returns their nodes."""
    parents = _parents(recording, names)
    nodes = [writer.add("nodes", {"name": name}) for name in names]
    for k, parent in enumerate(parents):
        local = binds[k] if parent < 0 else np.linalg.inv(binds[parent]) @ binds[k]
        node: Node = writer.document["nodes"][nodes[k]]
        node["translation"] = local[:3, 3].tolist()
        node["rotation"] = from_matrix(local[:3, :3]).tolist()
        if parent >= 0:
            writer.document["nodes"][nodes[parent]].setdefault("children", []).append(nodes[k])
    return nodes


def _move(
    writer: GltfWriter, recording: Recording, character: int, names: list[str], nodes: list[int], times: int
) -> None:
    """Animate the joints of one character: the pelvis through the world, the others by their joints' turns."""
    model = recording.model
    for body, name in enumerate(model.body_names):
        node, joint = nodes[names.index(name)], int(model.body_joint[body])
        if model.body_parent[body] < 0:
            writer.animate(node, "translation", times, vectors_to_gltf(recording.root_pos[:, character]))
            turn = recording.root_rot[:, character]
        elif joint >= 0:
            turn = recording.joint_rot[:, character, joint]
        else:
            turn = np.broadcast_to(rotation.IDENTITY, (recording.num_frames, 4))
        writer.animate(node, "rotation", times, rotation.continuous(turns_to_gltf(turn)))


def _appear(writer: GltfWriter, node: int, present: NDArray[np.bool_], fps: float) -> None:
    """Shrink a node away while it is not there."""
    if present.all():
        return
    keys = np.flatnonzero(np.concatenate([[True], present[1:] != present[:-1]]))
    sizes = np.where(present[keys], 1.0, GONE)
    writer.animate(node, "scale", writer.accessor(keys / fps), np.tile(sizes[:, None], 3), held=True)


def _prop(writer: GltfWriter, prop: PropTrack, times: int, shapes: dict[ItemSpec, int]) -> int:
    """Add a prop; returns its node."""
    looks = prop.item
    if looks not in shapes:
        shapes[looks] = _mesh(writer, looks)
    node: Node = {"name": looks.name, "mesh": shapes[looks]}
    node["translation"] = vectors_to_gltf(prop.pos[0]).tolist()
    node["rotation"] = turns_to_gltf(prop.rot[0]).tolist()
    index = writer.add("nodes", node)
    if np.ptp(prop.pos, axis=0).max() > 1e-5 or np.ptp(prop.rot, axis=0).max() > 1e-5:
        writer.animate(index, "translation", times, vectors_to_gltf(prop.pos))
        writer.animate(index, "rotation", times, rotation.continuous(turns_to_gltf(prop.rot)))
    return index


def _mesh(writer: GltfWriter, item: ItemSpec, detail: float = 0.75) -> int:
    """An item's parts as one mesh, a material each for all parts of one colour and finish."""
    primitives: list[dict[str, Any]] = []
    for part in (() if item.shell else item.parts) + item.decor:
        vertices = drawn(part, detail)
        linear = (np.asarray(part.color) * _mean_of_pattern(part)) ** 2.2
        shine = {"baseColorFactor": [*linear.tolist(), 1.0], "metallicFactor": 0.0,
                 "roughnessFactor": float(vertices.surface[0, 0])}  # fmt: skip
        material = {"name": f"{item.name} {part.material}", "pbrMetallicRoughness": shine, "doubleSided": True}
        known = writer.document.setdefault("materials", [])
        index = known.index(material) if material in known else writer.add("materials", material)
        attributes = {"POSITION": writer.accessor(vectors_to_gltf(vertices.position), VERTICES),
                      "NORMAL": writer.accessor(vectors_to_gltf(vertices.normal), VERTICES)}  # fmt: skip
        corners = writer.accessor(vertices.triangles.reshape(-1), INDICES)
        primitives.append({"attributes": attributes, "indices": corners, "material": index})
    return writer.add("meshes", {"name": item.name, "primitives": primitives})


def _mean_of_pattern(part: PartSpec) -> Array:
    """(3,) what a part's pattern does to its colour on the whole, sRGB; patterns themselves are not exported."""
    if not patterns.has_pattern(part.material):
        return np.ones(3)
    image = patterns.texture(part.material, 64, 1, part.seed).get_ram_image_as("RGB")
    return np.asarray(np.frombuffer(bytes(image), np.uint8).reshape(-1, 3).mean(axis=0) / 255.0)


def _camera(writer: GltfWriter, recording: Recording, times: int) -> int:
    """Add the camera, which looks along -z with y up; returns its node."""
    track = recording.camera
    back = track.eye - track.target
    back /= np.linalg.norm(back, axis=-1, keepdims=True)
    right = np.cross([0.0, 0.0, 1.0], back)
    right /= np.linalg.norm(right, axis=-1, keepdims=True)
    axes = np.stack([vectors_to_gltf(v) for v in (right, np.cross(back, right), back)], axis=-1)
    lens = {"yfov": track.fov, "aspectRatio": ASPECT, "znear": 0.05, "zfar": 200.0}
    camera = writer.add("cameras", {"name": "camera", "type": "perspective", "perspective": lens})
    node = writer.add("nodes", {"name": "camera", "camera": camera})
    turns = rotation.continuous(from_matrix(axes))
    writer.document["nodes"][node] |= {
        "translation": vectors_to_gltf(track.eye[0]).tolist(),
        "rotation": turns[0].tolist(),
    }
    writer.animate(node, "translation", times, vectors_to_gltf(track.eye))
    writer.animate(node, "rotation", times, turns)
    return node
