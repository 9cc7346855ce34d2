"""CharacterModel: one body as data, read from a URDF and a small JSON file beside it."""

from __future__ import annotations

import hashlib
import re
import xml.etree.ElementTree as ET
from dataclasses import dataclass, replace
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from game.scene.json_fields import SetError
from game.scene.json_text import JsonError, read_object
from game.scene.paths import models_dir, user_characters_dir
from game.scene.refusal import refused_as, shortened
from game.sim.roles import BodyRoles, load_roles

SCHEMA = 1
HUMANOID = "humanoid"
"""the body that comes with the game"""
ROLES, FIGURE = "roles.json", "figure.glb"
"""files beside a body's own: what its bodies are for, and what it is drawn as"""


class ModelError(ValueError):
    """A character's files are missing something or contradict each other."""


@dataclass(frozen=True)
class Shape:
    """A collision shape in its body's frame: `kind` is sphere, capsule (along z) or box.

    `size` is (radius,), (radius, length of the cylinder part) or the full edge lengths (x, y, z).
    """

    kind: str
    size: tuple[float, ...]
    center: tuple[float, float, float]

    @property
    def edges(self) -> tuple[float, ...]:
        """Of the box (x, y, z), flat where it is a sphere or a capsule, that the shape lies `radius` around."""
        return {"sphere": (0.0, 0.0, 0.0), "capsule": (0.0, 0.0, *self.size[1:]), "box": self.size}[self.kind]

    @property
    def radius(self) -> float:
        """m around that box; of a box itself none."""
        return 0.0 if self.kind == "box" else self.size[0]


@dataclass(frozen=True, eq=False)
class CharacterModel:
    """A tree of rigid bodies with spherical and hinge joints. B bodies, J driven joints."""

    name: str
    urdf: Path
    sha256: str
    """Of the JSON and the URDF, not of the roles: a policy trained on another body is refused by it."""
    control_hz: int
    physics_hz: int
    friction: float
    body_names: tuple[str, ...]
    joint_names: tuple[str, ...]
    body_parent: NDArray[np.int64]
    """(B,) index of the parent body, -1 for the root; parents come first."""
    body_joint: NDArray[np.int64]
    """(B,) index of the driven joint that carries the body, -1 for the root and for fixed bodies."""
    body_offset: NDArray[np.float64]
    """(B, 3) origin of the body's frame in its parent's frame."""
    mass: NDArray[np.float64]
    """(B,)"""
    com: NDArray[np.float64]
    """(B, 3) centre of mass in the body's frame."""
    inertia: NDArray[np.float64]
    """(B, 3) principal moments about the centre of mass, axes as the body's frame."""
    shapes: tuple[Shape, ...]
    joint_is_hinge: NDArray[np.bool_]
    """(J,) hinges turn about the y axis; the others are spherical."""
    joint_limits: NDArray[np.float64]
    """(J, 2) of the hinges, rad; -pi..pi for spherical joints."""
    kp: NDArray[np.float64]
    """(J,) N m/rad"""
    kd: NDArray[np.float64]
    """(J,) N m s/rad"""
    torque_limit: NDArray[np.float64]
    """(J,) N m, per axis"""
    feet: tuple[int, ...]
    """Bodies that may touch the ground without it being called a fall."""
    roles: BodyRoles
    """what the bodies and joints are for"""
    based_on: str = ""
    """the body of other lengths whose clips it can do; empty for none"""
    leg_scale: float = 1.0
    """length of its legs over that body's"""

    @property
    def num_bodies(self) -> int:
        return len(self.body_names)

    @property
    def num_joints(self) -> int:
        return len(self.joint_names)

    @cached_property
    def hinges(self) -> NDArray[np.int64]:
        """(H,) the joints that are hinges."""
        return np.flatnonzero(self.joint_is_hinge)

    @property
    def substeps(self) -> int:
        """Physics steps per control tick."""
        return self.physics_hz // self.control_hz

    @property
    def joint_body(self) -> NDArray[np.int64]:
        """(J,) the body that each driven joint carries."""
        return np.array([int(np.flatnonzero(self.body_joint == j)[0]) for j in range(self.num_joints)])

    def with_gains(self, kp_scale: float, kd_scale: float) -> CharacterModel:
        """The same body under a controller whose gains are scaled; its torque limits stay."""
        return replace(self, kp=self.kp * kp_scale, kd=self.kd * kd_scale)

    def body(self, name: str) -> int:
        """Index of a body. Raises ModelError, naming what there is."""
        return _index("body", name, self.body_names)

    def joint(self, name: str) -> int:
        """Index of a joint. Raises ModelError, naming what there is."""
        return _index("joint", name, self.joint_names)

    @property
    def neck(self) -> int:
        """The joint that carries the head."""
        return int(self.body_joint[self.roles.head])

    @property
    def legs(self) -> NDArray[np.int64]:
        """(2, 3) thigh, shin and foot of each leg, in the order of `feet`."""
        feet = np.array(self.feet)
        shins = self.body_parent[feet]
        return np.stack([self.body_parent[shins], shins, feet], axis=1)

    @property
    def figure(self) -> Path | None:
        """The figure that belongs to this body; None where it is drawn as any other."""
        path = self.urdf.parent / FIGURE
        return path if path.is_file() else None

    @staticmethod
    @cache
    def load(name: str = HUMANOID) -> CharacterModel:
        """Read NAME/NAME.json, its URDF and its roles.json, of models/ or the user's own bodies. Raises ModelError."""
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,60}", name):
            raise ModelError(f"no character is called {shortened(name)!r}: expected letters, digits, - and _")
        for folder in (models_dir(), user_characters_dir()):
            path = folder / name / f"{name}.json"
            if path.is_file():
                with refused_as(ModelError, path.name):
                    return read_model(path)
        raise ModelError(f"no character is called {name!r}; there are {', '.join(character_names())}")


def character_names() -> list[str]:
    """The names of all bodies: the one that comes with the game, and the user's own."""
    own = user_characters_dir()
    return [HUMANOID, *sorted(p.name for p in own.glob("*") if (p / f"{p.name}.json").is_file())]


def _index(kind: str, name: str, names: tuple[str, ...]) -> int:
    if name not in names:
        raise ModelError(f"no {kind} is called {name!r}; there are {', '.join(names)}")
    return names.index(name)


def read_model(path: Path) -> CharacterModel:
    """Read a body's JSON file, wherever it lies, with what is beside it. Raises ModelError."""
    if not path.is_file():
        raise ModelError(f"no character at {path}")
    try:
        card = read_object(path)
    except JsonError as error:
        raise ModelError(str(error)) from error
    if card.get("schema") != SCHEMA:
        raise ModelError(f"{path.name}: schema {card.get('schema')!r}, expected {SCHEMA}")
    if card["physics_hz"] % card["control_hz"]:
        raise ModelError(
            f"{path.name}: physics_hz {card['physics_hz']} is no multiple of control_hz {card['control_hz']}"
        )
    urdf = path.parent / card["urdf"]
    tree = _Tree(ET.fromstring(urdf.read_text("utf-8")))
    if tree.joint_names != tuple(card["joints"]):
        raise ModelError(f"{path.name} lists joints {tuple(card['joints'])}, {urdf.name} has {tree.joint_names}")
    gains = {key: np.array([j[key] for j in card["joints"].values()], float) for key in ("kp", "kd", "torque_limit")}
    arrays, described = tree.arrays(), path.parent / ROLES
    if not described.is_file():
        raise ModelError(f"{path.name} has no {described.name} beside it, which says what its bodies are for")
    try:
        roles = load_roles(described, tree.body_names, tree.joint_names, arrays["body_joint"])
    except SetError as error:
        raise ModelError(str(error)) from error
    return CharacterModel(
        name=card["name"],
        urdf=urdf,
        sha256=hashlib.sha256(_canonical(path) + _canonical(urdf)).hexdigest(),
        control_hz=card["control_hz"],
        physics_hz=card["physics_hz"],
        friction=card["friction"],
        feet=tuple(tree.body_names.index(foot) for foot in card["feet"]),
        kp=gains["kp"],
        kd=gains["kd"],
        torque_limit=gains["torque_limit"],
        roles=roles,
        based_on=str(card.get("based_on", "")),
        leg_scale=float(card.get("leg_scale", 1.0)),
        **arrays,
    )


def _canonical(path: Path) -> bytes:
    """A file's bytes whatever line ends a checkout gave it."""
    return path.read_bytes().replace(b"\r\n", b"\n")


class _Tree:
    """A URDF's links below its massless base, in file order."""

    def __init__(self, robot: ET.Element) -> None:
        joints = {_attr(_child(j, "child"), "link"): j for j in robot.findall("joint")}
        self.links = [link for link in robot.findall("link") if _attr(link, "name") in joints]
        self.joints = [joints[_attr(link, "name")] for link in self.links]
        self.body_names = tuple(_attr(link, "name") for link in self.links)
        self.driven = [j for j in self.joints if _attr(j, "type") != "fixed"]
        self.joint_names = tuple(_attr(j, "name") for j in self.driven)

    def arrays(self) -> dict[str, Any]:
        """The fields of CharacterModel that the URDF holds."""
        parents = [_attr(_child(j, "parent"), "link") for j in self.joints]
        inertials = [_child(link, "inertial") for link in self.links]
        tensors = [_child(i, "inertia") for i in inertials]
        return {
            "body_names": self.body_names,
            "joint_names": self.joint_names,
            "body_parent": np.array([self.body_names.index(p) if p in self.body_names else -1 for p in parents]),
            "body_joint": np.array([self.driven.index(j) if j in self.driven else -1 for j in self.joints]),
            "body_offset": np.array([_origin(j) for j in self.joints]),
            "mass": np.array([float(_attr(_child(i, "mass"), "value")) for i in inertials]),
            "com": np.array([_origin(i) for i in inertials]),
            "inertia": np.array([[float(_attr(t, k)) for k in ("ixx", "iyy", "izz")] for t in tensors]),
            "shapes": tuple(_shape(_child(link, "collision")) for link in self.links),
            "joint_is_hinge": np.array([_is_hinge(j) for j in self.driven]),
            "joint_limits": np.array([_limits(j) for j in self.driven]),
        }


def _child(element: ET.Element, tag: str) -> ET.Element:
    child = element.find(tag)
    if child is None:
        raise ModelError(f"<{element.tag} name={element.get('name')!r}> has no <{tag}>")
    return child


def _attr(element: ET.Element, key: str) -> str:
    value = element.get(key)
    if value is None:
        raise ModelError(f"<{element.tag}> has no attribute {key!r}")
    return value


def _floats(text: str) -> tuple[float, ...]:
    return tuple(float(word) for word in text.split())


def _origin(element: ET.Element) -> tuple[float, ...]:
    origin = element.find("origin")
    if origin is None:
        return (0.0, 0.0, 0.0)
    if any(_floats(origin.get("rpy", "0 0 0"))):
        raise ModelError(f"<{element.tag} name={element.get('name')!r}> is turned (rpy); frames must be aligned")
    return _floats(_attr(origin, "xyz"))


def _is_hinge(joint: ET.Element) -> bool:
    kind = _attr(joint, "type")
    if kind == "spherical":
        return False
    if kind != "revolute" or _floats(_attr(_child(joint, "axis"), "xyz")) != (0.0, 1.0, 0.0):
        raise ModelError(f"joint {joint.get('name')!r}: expected spherical, or revolute about y; found {kind}")
    return True


def _limits(joint: ET.Element) -> tuple[float, float]:
    limit = joint.find("limit")
    if limit is None:
        return (-np.pi, np.pi)
    return (float(_attr(limit, "lower")), float(_attr(limit, "upper")))


def _shape(collision: ET.Element) -> Shape:
    x, y, z = _origin(collision)
    for geometry in _child(collision, "geometry"):
        if geometry.tag == "sphere":
            return Shape("sphere", (float(_attr(geometry, "radius")),), (x, y, z))
        if geometry.tag == "capsule":
            return Shape("capsule", (float(_attr(geometry, "radius")), float(_attr(geometry, "length"))), (x, y, z))
        if geometry.tag == "box":
            return Shape("box", _floats(_attr(geometry, "size")), (x, y, z))
        raise ModelError(f"shape {geometry.tag!r}; expected sphere, capsule or box")
    raise ModelError("a <geometry> is empty")
