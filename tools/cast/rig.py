"""Rig: the node tree of a glTF file in the pose that its skins were bound in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from game.scene.gltf_file import GltfFile
from game.sim import rotation

Array = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class SkinBinding:
    """One skin of a file. K joints."""

    joints: Ints
    """(K,) nodes"""
    inverse: Array
    """(K, 4, 4) from the mesh's space to each joint's"""


@dataclass(frozen=True, eq=False)
class Rig:
    """N nodes, in the axes and the unit of the file."""

    names: tuple[str, ...]
    """one of its own for each node"""
    parents: Ints
    """(N,) -1 for roots"""
    order: tuple[int, ...]
    """the nodes, parents first"""
    rest: Array
    """(N, 4, 4) each node in the world, in the pose that the skins were bound in"""
    skins: tuple[SkinBinding, ...]

    @property
    def joints(self) -> Ints:
        """The nodes that move a skin, without doubles."""
        return np.unique(np.concatenate([s.joints for s in self.skins])) if self.skins else np.zeros(0, np.int64)

    def ancestors(self, node: int) -> list[int]:
        """From the node's parent up to its root."""
        chain = []
        while (node := int(self.parents[node])) >= 0:
            chain.append(node)
        return chain

    def children(self, node: int) -> list[int]:
        """The nodes directly below one."""
        return np.flatnonzero(self.parents == node).tolist()


def read_rig(file: GltfFile) -> Rig:
    """The rig of a file. Raises GltfError for a tree that is none, or matrices that do not fit."""
    nodes = file.items("nodes")
    parents = _parents(file, nodes)
    order = _ordered(file, parents)
    local = np.array([_local(file, node, i) for i, node in enumerate(nodes)]).reshape(-1, 4, 4)
    skins = tuple(_binding(file, skin, i) for i, skin in enumerate(file.items("skins")))
    return Rig(_names(nodes), parents, order, _rest(parents, order, local, skins), skins)


def _names(nodes: list[dict[str, Any]]) -> tuple[str, ...]:
    names: dict[str, None] = {}
    for i, node in enumerate(nodes):
        name = str(node.get("name") or f"node{i}")[:100]
        names[name if name not in names else f"{name}#{i}"] = None
    return tuple(names)


def _parents(file: GltfFile, nodes: list[dict[str, Any]]) -> Ints:
    parents = np.full(len(nodes), -1, np.int64)
    for i, node in enumerate(nodes):
        children = node.get("children", [])
        if not isinstance(children, list):
            raise file.error(f"nodes[{i}]: children is {str(children)[:20]!r}, expected a list")
        for child in children:
            file.item("nodes", child)
            if parents[child] >= 0:
                raise file.error(f"nodes[{child}] has two parents")
            parents[child] = i
    return parents


def _ordered(file: GltfFile, parents: Ints) -> tuple[int, ...]:
    """All nodes, parents first."""
    below: list[list[int]] = [[] for _ in parents]
    for node, parent in enumerate(parents):
        if parent >= 0:
            below[parent].append(node)
    order = [node for node, parent in enumerate(parents) if parent < 0]
    for node in order:  # grows while it is walked
        order += below[node]
    if len(order) != len(parents):
        raise file.error("its nodes hang on each other in a circle")
    return tuple(order)


def _local(file: GltfFile, node: dict[str, Any], index: int) -> Array:
    """(4, 4) of a node in its parent."""
    where = f"nodes[{index}]"
    if "matrix" in node:
        return file.numbers(node, "matrix", (0.0,) * 16, where).reshape(4, 4).T
    turn = file.numbers(node, "rotation", (0.0, 0.0, 0.0, 1.0), where)
    if np.linalg.norm(turn) < 1e-6:
        raise file.error(f"{where} has a rotation of length 0")
    matrix = np.eye(4)
    size = file.numbers(node, "scale", (1.0, 1.0, 1.0), where)
    matrix[:3, :3] = rotation.to_matrix(rotation.normalize(turn)) * size
    matrix[:3, 3] = file.numbers(node, "translation", (0.0, 0.0, 0.0), where)
    return matrix


def _binding(file: GltfFile, skin: dict[str, Any], index: int) -> SkinBinding:
    joints = skin.get("joints")
    if not isinstance(joints, list) or not joints:
        raise file.error(f"skins[{index}] has no list of joints")
    for node in joints:
        file.item("nodes", node)
    if "inverseBindMatrices" not in skin:
        return SkinBinding(np.array(joints, np.int64), np.tile(np.eye(4), (len(joints), 1, 1)))
    inverse = file.accessor(skin["inverseBindMatrices"], "MAT4").reshape(-1, 4, 4).transpose(0, 2, 1)
    if len(inverse) < len(joints) or (np.abs(np.linalg.det(inverse)) < 1e-18).any():
        raise file.error(
            f"skins[{index}]: {len(inverse)} bind matrices for {len(joints)} joints, expected an invertible one each"
        )
    return SkinBinding(np.array(joints, np.int64), np.array(inverse[: len(joints)]))


def _rest(parents: Ints, order: tuple[int, ...], local: Array, skins: tuple[SkinBinding, ...]) -> Array:
    """(N, 4, 4) in the world: joints as they were bound, the other nodes as they hang on those.

    A file's nodes may stand in another pose, such as an animation's first frame. Where the bind pose as a whole lies
    in the world is found from the first joint of each skin, or from one that an earlier skin has placed.
    """
    world = np.empty_like(local)
    for node in order:
        world[node] = local[node] if parents[node] < 0 else world[parents[node]] @ local[node]
    depth = {node: k for k, node in enumerate(order)}
    bound: dict[int, Array] = {}
    for skin in skins:
        known = [k for k, node in enumerate(skin.joints.tolist()) if node in bound]
        anchor = known[0] if known else min(range(len(skin.joints)), key=lambda k: depth[int(skin.joints[k])])
        node = int(skin.joints[anchor])
        place = bound.get(node, world[node]) @ skin.inverse[anchor]
        for joint, inverse in zip(skin.joints.tolist(), skin.inverse, strict=True):
            bound.setdefault(joint, place @ np.linalg.inv(inverse))
    rest = np.empty_like(local)
    for node in order:
        above = parents[node]
        rest[node] = bound[node] if node in bound else local[node] if above < 0 else rest[above] @ local[node]
    return rest
