"""One character as BVH: y up, T pose at rest, joints named as most programs expect them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from game.scene.gltf_axes import rotations_to_gltf, vectors_to_gltf
from game.sim import rotation
from game.sim.kinematics import body_poses
from game.sim.model import CharacterModel
from game.sim.motion import ClipError
from game.sim.roles import BodyPart
from tools.export_motion.recording import Recording
from tools.import_motion.our_skeleton import bvh_name, raised_arms

Array = NDArray[np.float64]

CENTIMETRES = 100.0
"""Units per metre that other programs expect of a BVH."""
_ENDS = {BodyPart.HEAD: (0.0, 0.0, 0.22), BodyPart.FOOT: (0.13, 0.0, -0.04), BodyPart.HAND: (0.0, 0.0, -0.08)}
"""End sites in the body's frame, m."""


def text(recording: Recording, character: int = 0, units: float = CENTIMETRES) -> str:
    """The file. Channels are Z, X, Y turns, the outermost first.

    Args:
        recording: what moved.
        character: which of its characters.
        units: of the file, per metre.

    Raises:
        ClipError: there is no such character.
    """
    if not 0 <= character < recording.num_characters:
        raise ClipError(f"{recording.name}: no character {character}; there are {recording.num_characters}")
    model = recording.model
    raised = raised_arms(model)
    rest = body_poses(model, np.zeros(3), rotation.IDENTITY, _joints_of(model, raised))
    poses = recording.poses()
    # a joint's frame is glued to its body so that all of them are unturned in the T pose
    turned = rotation.multiply(poses.rot[:, character], rotation.conjugate(raised))
    rot, origin = rotations_to_gltf(turned), vectors_to_gltf(poses.pos[:, character, 0]) * units
    columns: list[Array] = [origin]
    lines = [
        "HIERARCHY",
        *_tree(model, vectors_to_gltf(rest.pos) * units, vectors_to_gltf(_end_sites(model, raised)) * units),
    ]
    for body in _order(model):
        parent = int(model.body_parent[body])
        local = rot[:, body] if parent < 0 else rotation.multiply(rotation.conjugate(rot[:, parent]), rot[:, body])
        columns.append(np.degrees(euler_zxy(local)))
    rows = np.concatenate(columns, axis=1)
    lines += ["MOTION", f"Frames: {len(rows)}", f"Frame Time: {1.0 / recording.fps:.9f}"]
    return "\n".join([*lines, *(" ".join(f"{value:.6f}" for value in row) for row in rows)]) + "\n"


def _joints_of(model: CharacterModel, turns: Array) -> Array:
    """(J, 4) joint rotations that put the bodies into rotations (B, 4) of an unturned root."""
    bodies = model.joint_body
    parents = model.body_parent[bodies]
    return rotation.multiply(rotation.conjugate(turns[parents]), turns[bodies])


def _end_sites(model: CharacterModel, raised: Array) -> Array:
    """(B, 3) of the last bodies' tips from their joints in the T pose; 0 elsewhere."""
    tips = np.array([_ENDS.get(part, (0.0, 0.0, 0.0)) for part in model.roles.part])
    return rotation.rotate(raised, tips)


def _order(model: CharacterModel, body: int = 0) -> Iterator[int]:
    """Bodies depth first, as BVH lists them."""
    yield body
    for child in np.flatnonzero(model.body_parent == body):
        yield from _order(model, int(child))


def _tree(model: CharacterModel, rest: Array, tips: Array, body: int = 0, depth: int = 0) -> Iterator[str]:
    """Lines of the hierarchy; rest (B, 3) and tips (B, 3) in the file's axes and units."""
    pad, parent = "\t" * depth, int(model.body_parent[body])
    offset = rest[body] - rest[parent] if parent >= 0 else np.zeros(3)
    yield f"{pad}{'JOINT' if depth else 'ROOT'} {bvh_name(model, body)}"
    yield f"{pad}{{"
    yield f"{pad}\tOFFSET {_numbers(offset)}"
    moves = "" if depth else "Xposition Yposition Zposition "
    yield f"{pad}\tCHANNELS {3 if depth else 6} {moves}Zrotation Xrotation Yrotation"
    children = np.flatnonzero(model.body_parent == body)
    for child in children:
        yield from _tree(model, rest, tips, int(child), depth + 1)
    if not len(children):
        yield from (f"{pad}\tEnd Site", f"{pad}\t{{", f"{pad}\t\tOFFSET {_numbers(tips[body])}", f"{pad}\t}}")
    yield f"{pad}}}"


def _numbers(values: Array) -> str:
    return " ".join(f"{value:.6f}" for value in values)


def euler_zxy(q: Array) -> Array:
    """Angles (..., 3) about z, then the turned x, then the turned y, of rotations (..., 4), rad."""
    m = rotation.to_matrix(q)
    across = np.hypot(m[..., 0, 1], m[..., 1, 1])
    x = np.arctan2(m[..., 2, 1], across)
    # looking straight along an axis, z and y turn about the same line: all of it is called z
    locked = across < 1e-9
    z = np.where(locked, np.arctan2(m[..., 1, 0], m[..., 0, 0]), np.arctan2(-m[..., 0, 1], m[..., 1, 1]))
    y = np.where(locked, 0.0, np.arctan2(-m[..., 2, 0], m[..., 2, 2]))
    return np.stack([z, x, y], axis=-1)
