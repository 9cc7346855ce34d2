"""Animations of glTF 2.0 files (.glb, .gltf, .vrm, .vrma): any rig, bones named as Mixamo, VRM and others do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from game.scene.gltf_file import GltfError, GltfFile
from game.sim import rotation
from game.sim.motion import ClipError
from tools.import_motion.source import MAX_JOINTS, MAX_VALUES, SourceMotion, check_size, listed, pose

Array = NDArray[np.float64]

_VRM = {"hips": "pelvis", "neck": "neck", "head": "head"} | {
    f"{side}{bone}": f"{side}_{role}"
    for side in ("left", "right")
    for bone, role in (("UpperLeg", "hip"), ("LowerLeg", "knee"), ("Foot", "ankle"), ("Toes", "toe"),
                       ("UpperArm", "shoulder"), ("LowerArm", "elbow"), ("Hand", "wrist"))
}  # fmt: skip
_MAX_SECONDS = 3600.0
DEFAULT_FPS = 30.0
_GRID = (14.0, 240.0)
"""Frame rates of motion: rarer keys are single poses to glide between."""


def read(path: Path, take: str = "") -> SourceMotion:
    """Read one animation: the one called `take`, else the one with most channels. Raises ClipError, OSError."""
    try:
        return _read(GltfFile.load(path), take)
    except GltfError as error:
        raise ClipError(str(error)) from error


def _read(file: GltfFile, take: str) -> SourceMotion:
    animation = _choose(file, take)
    nodes = file.items("nodes")
    parents = _parents(file, nodes)
    channels = [c for c in (_channel(file, animation, c) for c in animation["channels"]) if c[0] >= 0]
    if not channels:
        raise file.error("its animation moves no node")
    clocks = _clocks(file, channels)
    bones, remarks = _bones(file)
    skins = [j for skin in file.items("skins") for j in _joints(file, skin)]
    kept = _kept(file, parents, [*skins, *bones.values(), *(node for node, _ in channels)])
    check_size(file.path.name, len(kept), 2)
    at = {node: i for i, node in enumerate(kept)}
    names = _names(nodes, kept)
    tree = np.array([at.get(parents[node], -1) for node in kept])
    local = [_local(file, nodes[node]) for node in kept]
    times = np.unique(np.concatenate(list(clocks.values())))
    if times[-1] - times[0] > _MAX_SECONDS:
        raise file.error(f"lasts {times[-1] - times[0]:.0f} s, expected at most {_MAX_SECONDS:.0f}")
    fps = _rate(times)
    num_frames = int((times[-1] - times[0]) * fps + 1.001)
    check_size(file.path.name, len(kept), num_frames)
    even = times[0] + np.arange(num_frames) / fps
    offsets, turns, scales = (np.array([part[k] for part in local]) for k in range(3))
    rest = (offsets, turns)
    offsets = np.array(np.broadcast_to(offsets, (num_frames, *offsets.shape)))
    turns = np.array(np.broadcast_to(turns, (num_frames, *turns.shape)))
    for node, (what, sampler) in channels:
        if what in ("translation", "rotation"):
            (offsets if what == "translation" else turns)[:, at[node]] = _sample(
                file, sampler, what, clocks[sampler["input"]], even
            )
    size = _world_scales(tree, scales)
    rest_pos, rest_rot = pose(tree, rest[0] * size, rest[1])
    pos, rot = pose(tree, offsets * size, turns)
    rest_pos, rest_rot = _bind_pose(file, at, rest_pos, rest_rot)
    roles = {role: names[at[node]] for role, node in bones.items()}
    name = str(animation.get("name") or file.path.stem)
    return SourceMotion(
        name, fps, names, tree, rest_pos, rest_rot, pos, rot, up="y", metres=1.0, roles=roles, remarks=remarks
    )


def _joints(file: GltfFile, skin: dict[str, Any]) -> list[int]:
    """The nodes of a skin's joints."""
    joints = skin.get("joints", [])
    if not isinstance(joints, list):
        raise file.error("a skin's joints are not a list")
    for node in joints:
        file.item("nodes", node)
    return joints


def _rate(times: Array) -> float:
    """Frame rate of key times (K,): their own where they lie on a grid of 14 to 240 a second, else 30.

    Programs leave out keys that say nothing, so keys may be many steps apart.
    """
    steps = np.diff(times)
    steps = steps[steps > 1e-4]
    if len(steps) < 2:
        return DEFAULT_FPS
    step = float(np.median(steps))
    if np.ptp(steps) > 0.1 * step:
        step = float(np.percentile(steps, 5))
        counts = np.round(steps / step)
        # the smallest step is a grid's if nearly all steps are whole numbers of it
        if (np.abs(steps / step - counts) > 0.1).mean() > 0.05:
            return DEFAULT_FPS
        step = float(steps.sum() / counts.sum())
    else:
        step = float(steps.mean())
    fps = 1.0 / step
    return fps if _GRID[0] <= fps <= _GRID[1] else DEFAULT_FPS


def animations(path: Path) -> list[str]:
    """A line about each animation: what --take calls it, and how long it is. Raises ClipError, OSError."""
    try:
        file = GltfFile.load(path)
        lines = []
        for index, animation in enumerate(file.items("animations")):
            samplers = file.objects(animation, "samplers", "an animation")
            clocks = {sampler.get("input") for sampler in samplers}
            ends = [file.accessor(clock, "SCALAR")[[0, -1], 0] for clock in clocks]
            seconds = max(float(end[1]) for end in ends) - min(float(end[0]) for end in ends) if ends else 0.0
            channels = file.objects(animation, "channels", "an animation")
            lines.append(f"{animation.get('name', index)}: {seconds:.2f} s, {len(channels)} channels")
        return lines
    except GltfError as error:
        raise ClipError(str(error)) from error


def _choose(file: GltfFile, take: str) -> dict[str, Any]:
    animations = [a for a in file.items("animations") if isinstance(a.get("channels"), list) and a["channels"]]
    if not animations:
        raise file.error("has no animation")
    names = tuple(str(a.get("name", i)) for i, a in enumerate(animations))
    if take and take not in names:
        raise file.error(f"no animation is called {take!r}; there are {listed(names)}")
    return animations[names.index(take)] if take else max(animations, key=lambda a: len(a["channels"]))


def _channel(file: GltfFile, animation: dict[str, Any], channel: Any) -> tuple[int, tuple[str, dict[str, Any]]]:
    """(node, (what, sampler)); node -1 for a channel without a target."""
    try:
        target = channel["target"]
        sampler = animation["samplers"][channel["sampler"]]
        node = target.get("node", -1)
        if node != -1:
            file.item("nodes", node)
        return node, (str(target["path"]), dict(sampler))
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        raise file.error(f"an animation channel is broken ({type(error).__name__}: {error})") from error


def _parents(file: GltfFile, nodes: list[dict[str, Any]]) -> NDArray[np.int64]:
    """(num_nodes,) -1 for roots."""
    parents = np.full(len(nodes), -1, np.int64)
    for i, node in enumerate(nodes):
        children = node.get("children", [])
        for child in children if isinstance(children, list) else [children]:
            file.item("nodes", child)
            if parents[child] >= 0:
                raise file.error(f"nodes[{child}] has two parents")
            parents[child] = i
    return parents


def _kept(file: GltfFile, parents: NDArray[np.int64], wanted: list[int]) -> list[int]:
    """The wanted nodes and all above them, parents first."""
    depth: dict[int, int] = {}
    for node in wanted:
        file.item("nodes", node)
        chain = [node]
        while (above := int(parents[chain[-1]])) >= 0 and above not in depth:
            chain.append(above)
            if len(chain) > len(parents):
                raise file.error(f"nodes[{node}] is its own ancestor")
        base = depth.get(int(parents[chain[-1]]), -1)
        for k, link in enumerate(reversed(chain)):
            depth.setdefault(link, base + 1 + k)
    return sorted(depth, key=lambda n: (depth[n], n))


def _names(nodes: list[dict[str, Any]], kept: list[int]) -> tuple[str, ...]:
    """A name of its own for each."""
    names: dict[str, None] = {}
    for node in kept:
        name = str(nodes[node].get("name") or f"node{node}")[:100]
        names[name if name not in names else f"{name}#{node}"] = None
    return tuple(names)


def _local(file: GltfFile, node: dict[str, Any]) -> tuple[Array, Array, float]:
    """Translation (3,), rotation (4,) and (mean) scale of a node."""
    where = f"node {str(node.get('name'))[:40]!r}"
    if "matrix" in node:
        matrix = file.numbers(node, "matrix", (0.0,) * 16, where).reshape(4, 4).T
        size = np.linalg.norm(matrix[:3, :3], axis=0)
        place, turn = matrix[:3, 3], rotation.from_matrix(matrix[:3, :3] / np.maximum(size, 1e-12))
    else:
        place = file.numbers(node, "translation", (0.0, 0.0, 0.0), where)
        turn = file.numbers(node, "rotation", (0.0, 0.0, 0.0, 1.0), where)
        size = file.numbers(node, "scale", (1.0, 1.0, 1.0), where)
    if np.linalg.norm(turn) < 1e-6:
        raise file.error(f"{where} has a rotation of length 0")
    return place, rotation.normalize(turn), float(np.cbrt(np.abs(size).prod()))


def _world_scales(tree: NDArray[np.int64], scales: Array) -> Array:
    """(S, 1) scale of the space that each joint's translation is written in."""
    world = scales.astype(float)
    above = np.ones(len(tree))
    for i, parent in enumerate(tree):
        if parent >= 0:
            above[i] = world[parent]
            world[i] *= world[parent]
    return above[:, None]


def _clocks(file: GltfFile, channels: list[tuple[int, tuple[str, dict[str, Any]]]]) -> dict[Any, Array]:
    """Key times by accessor, each read once; a small file may name the same numbers a million times."""
    clocks: dict[Any, Array] = {}
    num_keys = 0
    for _, (_, sampler) in channels:
        index = sampler.get("input")
        file.item("accessors", index)
        if index not in clocks:
            clocks[index] = file.accessor(index, "SCALAR")[:, 0]
            if (np.diff(clocks[index]) <= 0.0).any():
                raise file.error("an animation's key times do not rise")
        num_keys += len(clocks[index])
        if num_keys > MAX_VALUES or len(channels) > 10 * MAX_JOINTS:
            raise file.error(
                f"{len(channels)} channels of over {num_keys - 1} keys, expected at most {MAX_VALUES} keys"
            )
    return clocks


def _sample(file: GltfFile, sampler: dict[str, Any], what: str, times: Array, at: Array) -> Array:
    """Values (F, 3 or 4) at times (F,) of keys at times (K,), by the sampler's own interpolation."""
    values = file.accessor(sampler.get("output"), "VEC4" if what == "rotation" else "VEC3")
    cubic = sampler.get("interpolation") == "CUBICSPLINE"
    if len(values) != len(times) * (3 if cubic else 1):
        raise file.error(f"an animation has {len(times)} times for {len(values)} values")
    first = np.clip(np.searchsorted(times, at, side="right") - 1, 0, max(len(times) - 2, 0))
    second = np.minimum(first + 1, len(times) - 1)
    length = np.maximum(times[second] - times[first], 1e-9)[:, None]
    part = np.clip((at - times[first])[:, None] / length, 0.0, 1.0)
    if cubic:
        keys = values.reshape(len(times), 3, -1)
        p, p_, m, m_ = keys[first, 1], keys[second, 1], length * keys[first, 2], length * keys[second, 0]
        s, s2, s3 = part, part**2, part**3
        result = (2 * s3 - 3 * s2 + 1) * p + (s3 - 2 * s2 + s) * m + (3 * s2 - 2 * s3) * p_ + (s3 - s2) * m_
    elif sampler.get("interpolation") == "STEP":
        result = values[np.where(part[:, 0] >= 1.0, second, first)]
    elif what == "rotation":
        nothing = np.abs(values).max(axis=1, keepdims=True) < 1e-9
        values = rotation.normalize(np.where(nothing, rotation.IDENTITY, values))
        result = rotation.slerp(values[first], values[second], part[:, 0])
    else:
        result = values[first] + part * (values[second] - values[first])
    return rotation.normalize(result) if what == "rotation" else np.asarray(result)


def _bones(file: GltfFile) -> tuple[dict[str, int], tuple[str, ...]]:
    """Role -> node, where a VRM extension tells."""
    extensions = file.json.get("extensions", {})
    found: dict[str, int] = {}
    try:
        for key in ("VRM", "VRMC_vrm", "VRMC_vrm_animation"):
            bones = extensions.get(key, {}).get("humanoid", {}).get("humanBones", {})
            pairs = [(b["bone"], b["node"]) for b in bones] if isinstance(bones, list) else [
                (name, bone["node"]) for name, bone in bones.items()]  # fmt: skip
            named = dict(pairs)
            found |= {_VRM[name]: int(node) for name, node in named.items() if name in _VRM}
            chest = next((named[n] for n in ("upperChest", "chest", "spine") if n in named), None)
            if chest is not None:
                found["chest"] = int(chest)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise file.error(f"its VRM bones do not read ({type(error).__name__}: {error})") from error
    return found, ("bones named by VRM",) if found else ()


def _bind_pose(file: GltfFile, at: dict[int, int], rest_pos: Array, rest_rot: Array) -> tuple[Array, Array]:
    """The pose that the skin is bound in, where the nodes rest in another one (such as a first frame).

    Bind matrices are written in the skin's own space; a quarter-turned armature above it is found by snapping the
    first joint's turn to the nearest of the 24 axis-aligned ones.
    """
    for skin in file.items("skins"):
        joints = [at[j] for j in _joints(file, skin)]
        if "inverseBindMatrices" not in skin or not joints:
            continue
        inverse = file.accessor(skin["inverseBindMatrices"], "MAT4").reshape(-1, 4, 4).transpose(0, 2, 1)
        if len(inverse) < len(joints) or (np.abs(np.linalg.det(inverse)) < 1e-12).any():
            raise file.error("a skin's bind matrices do not fit its joints")
        bind = np.linalg.inv(inverse[: len(joints)])
        turns = rotation.from_matrix(bind[:, :3, :3] / np.linalg.norm(bind[:, :3, :3], axis=1, keepdims=True))
        change = rotation.multiply(rest_rot[joints], rotation.conjugate(turns))
        if rotation.angle_between(np.broadcast_to(change[0], change.shape), change).max() < np.radians(2.0):
            continue  # the nodes rest in the bind pose
        snapped = np.broadcast_to(_snap(change[0]), change.shape)
        rest_pos, rest_rot = rest_pos.copy(), rest_rot.copy()
        rest_pos[joints] = rotation.rotate(snapped, np.asarray(bind[:, :3, 3], float))
        rest_rot[joints] = rotation.multiply(snapped, turns)
    return rest_pos, rest_rot


def _snap(turn: Array) -> Array:
    """The nearest of the 24 turns (4,) that take axes to axes."""
    quarters = [rotation.from_axis_angle(axis, k * np.pi / 2) for axis in np.eye(3) for k in range(4)]
    group = np.array([rotation.multiply(a, b) for a in quarters for b in quarters])
    return np.asarray(group[int(np.abs(group @ turn).argmax())])
