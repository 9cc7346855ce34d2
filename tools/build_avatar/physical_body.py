"""Writes a body of other lengths: its links, masses, inertias, shapes and gains, scaled from those of another body.

Lengths follow a factor along each axis of a link, masses the volume. Torques follow weight times length, that is the
fourth power of the size, so that a larger body is as strong for its weight; it moves slower, as a longer pendulum does.
"""

from __future__ import annotations

import json
import math
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np

from game.scene.json_fields import SetError
from game.scene.json_text import read_object
from game.scene.paths import user_characters_dir
from game.sim.kinematics import BodyPoses, body_poses, lowest_point
from game.sim.model import ROLES, CharacterModel
from game.sim.rotation import IDENTITY
from tools.build_avatar.proportions import Proportions, stretched_skeleton
from tools.build_avatar.sdf import Array
from tools.cast.stand import shoulder_height

SMALLEST, LARGEST = 0.6, 1.6
"""bounds of the size, relative to the body as it comes"""


def straight(model: CharacterModel) -> BodyPoses:
    """The body upright, every joint at zero, its pelvis in the origin."""
    joints = np.tile(IDENTITY, (model.num_joints, 1))
    return body_poses(model, np.zeros(3), IDENTITY, joints)


def body_height(model: CharacterModel) -> float:
    """m from the soles to the top of the head."""
    poses, head = straight(model), model.shapes[model.roles.head]
    top = float(poses.pos[model.roles.head, 2]) + head.center[2] + 0.5 * head.edges[2] + head.radius
    return top - float(lowest_point(model, poses))


def size_for(proportions: Proportions, tall: float | None, base: CharacterModel) -> float:
    """Factor of all lengths: for a height in m, or so that the shoulders are as high as the base's.

    Raises SetError where it is out of bounds.
    """
    stretched = stretched_skeleton(base, proportions.body_scales(base))
    if tall is None:
        return shoulder_height(base) / shoulder_height(stretched)
    size = tall / body_height(stretched)
    if not SMALLEST <= size <= LARGEST:
        usual = body_height(base)
        raise SetError(f"--tall {tall:g}: expected {SMALLEST * usual:.2f} to {LARGEST * usual:.2f} m")
    return size


def write_body(name: str, proportions: Proportions, size: float, folder: Path | None = None) -> Path:
    """Write the body's files, but not its figure, into a folder of its name; returns that folder. Raises OSError."""
    base = CharacterModel.load()
    folder = (folder or user_characters_dir()) / name
    folder.mkdir(parents=True, exist_ok=True)
    scales = size * proportions.body_scales(base)
    tree = ET.parse(base.urdf)
    robot = tree.getroot()
    robot.set("name", name)
    for link in robot.findall("link"):
        if (found := link.get("name")) in base.body_names:
            _scale_link(link, scales[base.body_names.index(str(found))])
    for joint in robot.findall("joint"):
        parent, origin = joint.find("parent"), joint.find("origin")
        found = None if parent is None else parent.get("link")
        if origin is not None and found in base.body_names:
            _multiply(origin, "xyz", scales[base.body_names.index(str(found))])
    tree.write(folder / f"{name}.urdf", encoding="utf-8", xml_declaration=True)
    _write_card(folder, name, base, scales)
    _write_roles(folder, base, scales)
    return folder


def _write_card(folder: Path, name: str, base: CharacterModel, scales: Array) -> None:
    legs = base.legs
    parts = base.body_offset[legs[:, 1:]] * scales[legs[:, :2]]
    longer = float(np.abs(parts[..., 2]).sum() / np.abs(base.body_offset[legs[:, 1:]][..., 2]).sum())
    size = float(np.prod(scales, axis=1).mean()) ** (1.0 / 3.0)
    card = read_object(base.urdf.parent / f"{base.name}.json")
    for gains in card["joints"].values():
        gains["kp"] = round(gains["kp"] * size**4, 4)
        gains["kd"] = round(gains["kd"] * size**4.5, 4)
        gains["torque_limit"] = round(gains["torque_limit"] * size**4, 4)
    card |= {"name": name, "urdf": f"{name}.urdf", "based_on": base.name, "leg_scale": round(longer, 6)}
    (folder / f"{name}.json").write_text(json.dumps(card, indent=2) + "\n", "utf-8")


def _write_roles(folder: Path, base: CharacterModel, scales: Array) -> None:
    roles = read_object(base.urdf.parent / ROLES)
    for sphere in roles["shading_spheres"]:
        factors = scales[base.body_names.index(sphere["body"])]
        sphere["center"] = np.round(np.array(sphere["center"]) * factors, 5).tolist()
        sphere["radius"] = round(sphere["radius"] * float(np.prod(factors)) ** (1.0 / 3.0), 5)
    (folder / ROLES).write_text(json.dumps(roles, indent=2) + "\n", "utf-8")


def _scale_link(link: ET.Element, scale: Array) -> None:
    for origin in link.iter("origin"):
        _multiply(origin, "xyz", scale)
    heavier = float(np.prod(scale))
    for mass in link.iter("mass"):
        _multiply(mass, "value", np.array([heavier]))
    for inertia in link.iter("inertia"):
        moments = scaled_inertia(np.array([float(inertia.get(k, "0")) for k in ("ixx", "iyy", "izz")]), scale)
        for key, value in zip(("ixx", "iyy", "izz"), moments, strict=True):
            inertia.set(key, f"{value:.9g}")
    for sphere in link.iter("sphere"):
        _multiply(sphere, "radius", np.array([heavier ** (1.0 / 3.0)]))
    for capsule in link.iter("capsule"):
        _multiply(capsule, "radius", np.array([math.sqrt(scale[0] * scale[1])]))
        _multiply(capsule, "length", scale[2:])
    for box in link.iter("box"):
        _multiply(box, "size", scale)


def scaled_inertia(moments: Array, scale: Array) -> Array:
    """(3,) principal moments of a link that is stretched by (3,) factors and has as much more mass as volume."""
    # the integral of x^2 over the mass is half of what the other two axes' moments have more than its own
    spread = 0.5 * (moments.sum() - 2.0 * moments) * scale**2 * np.prod(scale)
    return np.asarray(spread.sum() - spread)


def _multiply(element: ET.Element, key: str, factors: Array) -> None:
    values = np.array([float(word) for word in str(element.get(key)).split()]) * factors
    element.set(key, " ".join(f"{v:.9g}" for v in values))
