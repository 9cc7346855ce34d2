"""A recording as GLB: skinned avatars on a skeleton of our links, among what else was there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from game.scene.gltf_axes import rotations_to_gltf, vectors_to_gltf
from game.scene.gltf_file import GltfFile
from game.scene.json_fields import parse_color
from game.sim import rotation
from game.sim.motion import ClipError
from game.view.avatar import skin_path
from game.view.stage import LOOKS
from tools.export_motion import scenery
from tools.export_motion.figure_export import add_figure
from tools.export_motion.recording import Recording
from tools.gltf_writer import GltfWriter, Node, quaternion

Array = NDArray[np.float64]


def write(
    path: Path, recording: Recording, level: str = "mid", figure: Path | None = None, sound: str | None = None
) -> None:
    """Write a .glb. What glTF has no place for is in the scene's `extras`: rate, frames, active camera, impacts.

    Args:
        path: of the file.
        recording: what happened.
        level: of the avatar's detail: low, mid or high.
        figure: what the first character is drawn as; None: as our avatar.
        sound: name of the sound's file beside it.

    Raises:
        ClipError, FigureError, GltfError, OSError.
    """
    skin = skin_path("avatar", level)
    if not skin.is_file():
        raise ClipError(f"there is no avatar {skin.name}")
    template = GltfFile.load(skin)
    alone = figure is not None and recording.num_characters == 1
    writer = GltfWriter(
        "pratfall tools.export_motion", None if alone else dict(template.json), b"" if alone else template.chunk
    )
    names, binds = _bind_poses(template)
    body, mouth = (dict(node) for node in template.items("nodes")[1:3])
    writer.document["nodes"], writer.document["skins"] = [], []
    inverse = template.items("skins")[0]["inverseBindMatrices"]
    times = writer.accessor(np.arange(recording.num_frames) / recording.fps)
    scene: list[int] = []
    for character in range(recording.num_characters):
        if character == 0 and figure is not None:
            scene.append(add_figure(writer, figure, recording, character, times))
            scenery.appear(writer, scene[-1], recording.present[:, character], recording.fps)
            continue
        joints = _skeleton(writer, recording, names, binds)
        _move(writer, recording, character, names, joints, times)
        holder = f"avatar_{character + 1}" if recording.num_characters > 1 else "avatar"
        skinned = writer.add("skins", {"joints": joints, "inverseBindMatrices": inverse, "name": holder})
        dressed = _dressed(writer, (body["mesh"], mouth["mesh"]), character)
        meshes = [
            writer.add("nodes", {"name": f"{holder}_{part['name']}", "skin": skinned, "mesh": mesh})
            for part, mesh in zip((body, mouth), dressed, strict=True)
        ]
        root = joints[names.index(recording.model.body_names[0])]
        skeleton = writer.add("nodes", {"name": holder, "children": [root]})
        # a skin stands where its joints are: nodes above its mesh would not count
        scene += [skeleton, *meshes]
        scenery.appear(writer, skeleton, recording.present[:, character], recording.fps)
    scene += scenery.add(writer, recording, times)
    about: dict[str, Any] = {"fps": recording.fps, "frames": recording.num_frames}
    if recording.cameras:
        about["camera"] = scenery.camera_node(recording.active_camera)
    if sound is not None:
        about["sound"] = sound
    if recording.impacts:
        about["markers"] = [impact.card(recording.fps) for impact in recording.impacts]
    writer.document |= {"scene": 0, "scenes": [{"name": recording.name, "nodes": scene, "extras": about}]}
    writer.animation["name"] = recording.name
    writer.save(path)


def _dressed(writer: GltfWriter, meshes: tuple[int, int], character: int) -> list[int]:
    """The avatar's meshes in what this one of the crowd wears."""
    colors = LOOKS[character % len(LOOKS)].colors
    if not colors:
        return list(meshes)
    swapped: dict[int, int] = {}
    for index, material in enumerate(list(writer.document["materials"])):
        if material["name"] in colors:
            linear = np.asarray(parse_color(colors[material["name"]], material["name"])) ** 2.2
            shine = {**material["pbrMetallicRoughness"], "baseColorFactor": [*linear.tolist(), 1.0]}
            swapped[index] = writer.add("materials", {**material, "pbrMetallicRoughness": shine})
    dressed = []
    for mesh in meshes:
        old = writer.document["meshes"][mesh]
        primitives = [{**p, "material": swapped.get(p["material"], p["material"])} for p in old["primitives"]]
        dressed.append(writer.add("meshes", {**old, "primitives": primitives}))
    return dressed


def _bind_poses(template: GltfFile) -> tuple[list[str], Array]:
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
        above = int(model.body_parent[model.body(name)]) if name in model.body_names else model.roles.head
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
        node["rotation"] = quaternion(rotation.from_matrix(local[:3, :3]))
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
        writer.animate(node, "rotation", times, rotation.continuous(rotations_to_gltf(turn)))
