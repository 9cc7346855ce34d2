"""What is around the avatars in a GLB: props, the set, its sun and the camera."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from game.camera.camera_pose import CameraPose
from game.scene.gltf_axes import rotations_to_gltf, vectors_to_gltf
from game.scene.set_spec import ItemSpec, LightSpec, PartSpec
from game.sim import rotation
from game.view import patterns
from game.view.set_view import drawn
from tools.export_motion.recording import CameraTrack, PropTrack, Recording
from tools.gltf_writer import INDICES, VERTICES, GltfWriter, Node, quaternion

Array = NDArray[np.float64]

GONE = 1e-4
"""Scale of what is not there: Blender cannot turn a matrix of scale 0 round."""
ASPECT = 16.0 / 9.0
_FROM_X_AHEAD = rotation.from_axis_angle((0.0, 1.0, 0.0), np.pi)
"""Our forward is glTF's +z, a glTF camera's is -z."""
SUN_LUX = 683.0
"""Where a set's light is 1: Blender reads it as 1 W/m2."""


def add(writer: GltfWriter, recording: Recording, times: int) -> list[int]:
    """Add all of it; returns its top nodes. `times` is the accessor of the frames' times."""
    shapes: dict[ItemSpec, int] = {}
    nodes = []
    for prop in recording.props:
        nodes.append(_prop(writer, prop, times, shapes))
        appear(writer, nodes[-1], prop.present, recording.fps)
    if recording.set_spec is not None:
        ground = recording.set_spec.ground
        floor = PartSpec("plane", ground.size, (*ground.center, 0.0), color=ground.color, material=ground.material)
        moving = {prop.item.name for prop in recording.props}
        for item in (ItemSpec("ground", decor=(floor,)), *recording.set_spec.items):
            if item.name not in moving:
                still = PropTrack(item, np.ones(1, np.bool_), np.array([item.position]), np.array([item.quaternion]))
                nodes.append(_prop(writer, still, times, shapes))
        nodes.append(_sun(writer, recording.set_spec.light))
    # programs that do not ask look through the first camera
    tracks = sorted(recording.cameras, key=lambda track: track.name != recording.active_camera)
    return [*nodes, *(_camera(writer, track, times) for track in tracks)]


def camera_node(name: str) -> str:
    """What a camera's node is called."""
    return f"camera {name}"


def appear(writer: GltfWriter, node: int, present: NDArray[np.bool_], fps: float) -> None:
    """Shrink a node away while it is not there."""
    if present.all():
        return
    keys = np.flatnonzero(np.concatenate([[True], present[1:] != present[:-1]]))
    sizes = np.where(present[keys], 1.0, GONE)
    writer.animate(node, "scale", writer.accessor(keys / fps), np.tile(sizes[:, None], 3), stepped=True)


def _prop(writer: GltfWriter, prop: PropTrack, times: int, shapes: dict[ItemSpec, int]) -> int:
    """Add a prop; returns its node."""
    looks = prop.item
    if looks not in shapes:
        shapes[looks] = _mesh(writer, looks)
    node: Node = {"name": looks.name, "mesh": shapes[looks]}
    node["translation"] = vectors_to_gltf(prop.pos[0]).tolist()
    node["rotation"] = quaternion(rotations_to_gltf(prop.rot[0]))
    index = writer.add("nodes", node)
    if np.ptp(prop.pos, axis=0).max() > 1e-5 or np.ptp(prop.rot, axis=0).max() > 1e-5:
        writer.animate(index, "translation", times, vectors_to_gltf(prop.pos))
        writer.animate(index, "rotation", times, rotation.continuous(rotations_to_gltf(prop.rot)))
    return index


def _mesh(writer: GltfWriter, item: ItemSpec, detail: float = 0.75) -> int:
    """An item's parts as one mesh, a material each for all parts of one colour and finish."""
    primitives: list[dict[str, Any]] = []
    for part in (() if item.shell else item.parts) + item.decor:
        vertices = drawn(part, detail)
        linear = (np.asarray(part.color) * _mean_of_pattern(part)) ** 2.2
        shine = {"baseColorFactor": [*linear.tolist(), 1.0], "metallicFactor": 0.0,
                 "roughnessFactor": float(vertices.surface[0, 0])}  # fmt: skip
        material = {"name": f"{item.name} {part.material}", "pbrMetallicRoughness": shine}
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


def _sun(writer: GltfWriter, light: LightSpec) -> int:
    """Add the set's sun; returns its node."""
    color = np.asarray(light.sun) / max(light.sun)
    sun = {"name": "sun", "type": "directional", "color": color.tolist(), "intensity": SUN_LUX * max(light.sun)}
    writer.document.setdefault("extensions", {})["KHR_lights_punctual"] = {"lights": [sun]}
    used = writer.document.setdefault("extensionsUsed", [])
    used.append("KHR_lights_punctual")
    turn = _looking(CameraPose.look(light.sun_direction, (0.0, 0.0, 0.0), 1.0).rotation)
    extension = {"KHR_lights_punctual": {"light": 0}}
    return writer.add("nodes", {"name": "sun", "rotation": quaternion(turn), "extensions": extension})


def _looking(turn: Array) -> Array:
    """Rotations (..., 4) in glTF's axes of what looks along -z with y up, from ours along x with z up."""
    return rotation.multiply(rotations_to_gltf(turn), np.broadcast_to(_FROM_X_AHEAD, turn.shape))


def _camera(writer: GltfWriter, track: CameraTrack, times: int) -> int:
    """Add a camera; returns its node. Its first field of view holds, and how it zooms is in its `extras`, a frame each:
    glTF's cannot be animated."""
    lens = {"yfov": float(track.fov[0]), "aspectRatio": ASPECT, "znear": 0.05, "zfar": 200.0}
    card: dict[str, Any] = {"name": track.name, "type": "perspective", "perspective": lens}
    if np.ptp(track.fov) > 1e-6:
        card["extras"] = {"yfov": [round(float(fov), 5) for fov in track.fov]}
    camera = writer.add("cameras", card)
    node = writer.add("nodes", {"name": camera_node(track.name), "camera": camera})
    places, turns = vectors_to_gltf(track.pos), _looking(track.rot)
    writer.document["nodes"][node] |= {"translation": places[0].tolist(), "rotation": quaternion(turns[0])}
    writer.animate(node, "translation", times, places)
    writer.animate(node, "rotation", times, turns)
    return node
