"""URDF text for an item on an axle: a fixed base and one link, which Bullet limits and holds back by its joint."""

from __future__ import annotations

import math

import numpy as np

from game.scene.mechanism import HingeSpec
from game.scene.set_spec import PartSpec, Quat, Vec3
from game.sim import rotation


def hinged_urdf(parts: tuple[PartSpec, ...], mass: float, hinge: HingeSpec) -> str:
    """A body whose base lies in the item's frame and whose link's frame lies at the hinge, parallel to it.

    The link's inertia is left to Bullet, which computes it from the shapes when it is asked to.
    """
    x, y, z = hinge.point
    turns = hinge.high - hinge.low < math.tau - 1e-6
    limit = f'<limit lower="{hinge.low!r}" upper="{hinge.high!r}" effort="1000" velocity="1000"/>' if turns else ""
    shapes = "".join(_collision(part, hinge.point) for part in parts)
    return (
        '<robot name="hinged"><link name="base"/><link name="item">'
        f'<inertial><origin xyz="{-x!r} {-y!r} {-z!r}"/><mass value="{mass!r}"/>'
        '<inertia ixx="1" ixy="0" ixz="0" iyy="1" iyz="0" izz="1"/></inertial>'
        f'{shapes}</link><joint name="hinge" type="{"revolute" if turns else "continuous"}">'
        f'<parent link="base"/><child link="item"/><origin xyz="{x!r} {y!r} {z!r}"/>'
        f'<axis xyz="{" ".join(map(repr, hinge.axis))}"/>{limit}</joint></robot>'
    )


def _collision(part: PartSpec, point: Vec3) -> str:
    at = " ".join(repr(a - b) for a, b in zip(part.position, point, strict=True))
    turn = " ".join(map(repr, _roll_pitch_yaw(part.quaternion)))
    if part.shape == "box":
        geometry = f'<box size="{" ".join(map(repr, part.size))}"/>'
    elif part.shape == "sphere":
        geometry = f'<sphere radius="{part.size[0]!r}"/>'
    else:
        geometry = f'<{part.shape} radius="{part.size[0]!r}" length="{part.size[1]!r}"/>'
    return f'<collision><origin xyz="{at}" rpy="{turn}"/><geometry>{geometry}</geometry></collision>'


def _roll_pitch_yaw(quaternion: Quat) -> Vec3:
    """rad about the fixed axes x, y, z, in this order."""
    m = rotation.to_matrix(rotation.normalize(np.array(quaternion)))
    pitch = math.asin(min(max(-float(m[2, 0]), -1.0), 1.0))
    if abs(m[2, 0]) > 1.0 - 1e-9:  # roll and yaw are about the same axis
        return (0.0, pitch, math.atan2(-float(m[0, 1]), float(m[1, 1])))
    return (math.atan2(float(m[2, 1]), float(m[2, 2])), pitch, math.atan2(float(m[1, 0]), float(m[0, 0])))
