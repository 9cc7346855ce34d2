"""Acclaim ASF and AMC, as CMU's motion capture library has them: a skeleton, and frames of its joints' angles.

Format: J. Lander, "Working with Motion Capture File Formats" (1998). A bone turns by C R C^-1 in its parent: C its axis
frame, R its angles, of both the first one named is applied first. Rest pose: all angles 0.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from game.sim import rotation
from game.sim.motion import ClipError
from tools.import_motion.source import MAX_BYTES, MAX_JOINTS, SourceMotion, check_finite, check_size, pose

Array = NDArray[np.float64]

CMU_FPS = 120.0
_AXES = {"x": 0, "y": 1, "z": 2}


@dataclass
class _Bone:
    name: str
    direction: Array = field(default_factory=lambda: np.zeros(3))
    length: float = 0.0
    axis: Array = field(default_factory=lambda: np.array(rotation.IDENTITY))
    """(4,) C"""
    channels: list[str] = field(default_factory=list)
    """"rx", "tx" ..., in the order of the numbers"""
    parent: str = ""


def read(path: Path) -> SourceMotion:
    """Read a .amc with the .asf beside it: of its name, of its name up to "_", or the only one. Raises ClipError."""
    skeleton = _skeleton_of(path)
    bones, degrees = _bones(skeleton)
    order = _parents_first(skeleton.name, bones)
    frames, in_degrees = _frames(path, {name: len(bones[name].channels) for name in order})
    names, index = list(order), {name: k for k, name in enumerate(order)}
    check_size(path.name, len(names), len(frames["root"]))
    turns = np.array(np.broadcast_to(rotation.IDENTITY, (len(frames["root"]), len(order), 4)))
    moved = np.zeros((len(turns), 3))
    for name, bone in ((name, bones[name]) for name in order):
        if name not in frames:
            continue
        unit = np.pi / 180.0 if in_degrees or (in_degrees is None and degrees) else 1.0
        turn = np.array(np.broadcast_to(rotation.IDENTITY, (len(turns), 4)))
        for column, channel in enumerate(bone.channels):
            values = frames[name][:, column]
            if channel[0] == "r":
                around = rotation.from_axis_angle(np.eye(3)[_AXES[channel[1]]], unit * values)
                turn = rotation.multiply(around, turn)
            elif name == "root" and channel[0] == "t":
                moved[:, _AXES[channel[1]]] = values
        axis = np.broadcast_to(bone.axis, turn.shape)
        turns[:, index[name]] = rotation.multiply(rotation.multiply(axis, turn), rotation.conjugate(axis))
    # a joint lies where its bone begins, at the end of the bone above; the last bones end in joints of their own
    parents, offsets = [], []
    for name in order:
        above = bones[bones[name].parent] if bones[name].parent else None
        parents.append(index[above.name] if above else -1)
        offsets.append(above.length * above.direction if above else np.zeros(3))
    for name in order:
        if not any(bone.parent == name for bone in bones.values()):
            names.append(f"{name}_end")
            parents.append(index[name])
            offsets.append(bones[name].length * bones[name].direction)
    turns = np.concatenate(
        [turns, np.broadcast_to(rotation.IDENTITY, (len(turns), len(names) - len(order), 4))], axis=1
    )
    tree, still = np.array(parents), np.array(offsets)
    check_finite(skeleton.name, "a bone", still)
    moving = np.array(np.broadcast_to(still, (len(turns), *still.shape)))
    moving[:, 0] = moved
    rest_pos, rest_rot = pose(tree, still, np.array(np.broadcast_to(rotation.IDENTITY, (len(names), 4))))
    pos, rot = pose(tree, moving, turns)
    said = f"skeleton {skeleton.name}; AMC has no frame rate: CMU's {CMU_FPS:g} taken, --source-fps says another"
    return SourceMotion(
        path.stem, CMU_FPS, tuple(names), tree, rest_pos, rest_rot, pos, rot, usual_up="y", remarks=(said,)
    )  # fmt: skip


def _skeleton_of(path: Path) -> Path:
    beside = sorted(p for p in path.parent.iterdir() if p.suffix.lower() == ".asf")
    for stem in (path.stem, path.stem.rpartition("_")[0]):
        for candidate in beside:
            if candidate.stem.lower() == stem.lower():
                return candidate
    if len(beside) == 1:
        return beside[0]
    found = ", ".join(p.name for p in beside[:10]) or "none"
    raise ClipError(f"{path.name}: no skeleton; expected {path.stem.rpartition('_')[0] or path.stem}.asf beside it, "
                    f"found {found}")  # fmt: skip


def _lines(path: Path) -> Iterator[list[str]]:
    """The words of each line that has any."""
    if path.stat().st_size > MAX_BYTES:
        raise ClipError(f"{path.name}: {path.stat().st_size >> 20} MiB, expected at most {MAX_BYTES >> 20}")
    with path.open(encoding="utf-8", errors="replace") as file:
        for line in file:
            words = line[:4096].partition("#")[0].split()
            if words:
                yield words


def _euler(angles: Array, order: str) -> Array:
    """(4,) of angles, rad, each about a fixed axis, the first one first."""
    turn = np.array(rotation.IDENTITY)
    for angle, letter in zip(angles, order.lower(), strict=False):
        turn = rotation.multiply(rotation.from_axis_angle(np.eye(3)[_AXES[letter]], angle), turn)
    return turn


def _bones(path: Path) -> tuple[dict[str, _Bone], bool]:
    """Bones by name, the root among them, and whether angles are degrees."""
    bones = {"root": _Bone("root", channels=["tx", "ty", "tz", "rx", "ry", "rz"])}
    section, current, degrees = "", bones["root"], True
    root_order, root_angles = "xyz", np.zeros(3)
    try:
        for words in _lines(path):
            key = words[0].lower()
            if key.startswith(":"):
                section = key[1:]
            elif section == "units" and key == "angle":
                degrees = words[1].lower().startswith("deg")
            elif section == "root":
                if key == "order":
                    bones["root"].channels = [word.lower() for word in words[1:]]
                elif key == "axis":
                    root_order = words[1]
                elif key == "orientation":
                    root_angles = np.array(words[1:4], float)
            elif section == "bonedata":
                if key == "begin":
                    current = _Bone("")
                elif key == "name":
                    current.name = words[1]
                    bones[current.name] = current
                elif key == "direction":
                    way = np.array(words[1:4], float)
                    current.direction = way / max(float(np.linalg.norm(way)), 1e-12)
                elif key == "length":
                    current.length = float(words[1])
                elif key == "axis":
                    unit = np.pi / 180.0 if degrees else 1.0
                    current.axis = _euler(unit * np.array(words[1:4], float), words[4] if len(words) > 4 else "xyz")
                elif key == "dof":
                    current.channels = [word.lower() for word in words[1:]]
            elif section == "hierarchy" and key not in ("begin", "end"):
                for child in words[1:]:
                    bones[child].parent = words[0]
            if len(bones) > MAX_JOINTS:
                raise ClipError(f"{path.name}: over {MAX_JOINTS} bones")
        bones["root"].axis = _euler((np.pi / 180.0 if degrees else 1.0) * root_angles, root_order)
    except (ValueError, IndexError, KeyError) as error:
        raise ClipError(f"{path.name}: not an ASF skeleton ({type(error).__name__}: {error})") from error
    if any(re.fullmatch(r"[rt][xyz]|l", c) is None for bone in bones.values() for c in bone.channels):
        raise ClipError(f"{path.name}: a degree of freedom other than rx ry rz tx ty tz l")
    return bones, degrees


def _parents_first(name: str, bones: dict[str, _Bone]) -> list[str]:
    """The root and all that hangs on it."""
    children: dict[str, list[str]] = {}
    for bone in bones.values():
        children.setdefault(bone.parent, []).append(bone.name)
    order = ["root"]
    for above in order:
        order += children.get(above, [])
        if len(order) > len(bones):
            raise ClipError(f"{name}: its hierarchy has a circle")
    if len(order) < 2:
        raise ClipError(f"{name}: no bone hangs on the root")
    return order


def _frames(path: Path, widths: dict[str, int]) -> tuple[dict[str, Array], bool | None]:
    """Bone -> numbers (F, its channels), and whether the file says degrees."""
    rows: dict[str, list[list[float]]] = {}
    degrees: bool | None = None
    count = 0
    for words in _lines(path):
        if words[0].startswith(":"):
            if words[0].lower() in (":degrees", ":radians"):
                degrees = words[0].lower() == ":degrees"
        elif words[0].isdecimal() and len(words) == 1:
            count += 1
            check_size(path.name, len(widths), max(count, 2))
        elif words[0] in widths and count:
            if len(words) - 1 != widths[words[0]]:
                raise ClipError(f"{path.name}: frame {count}: {len(words) - 1} numbers for {words[0]}, expected "
                                f"{widths[words[0]]}: another skeleton's file")  # fmt: skip
            try:
                rows.setdefault(words[0], []).append([float(word) for word in words[1:]])
            except ValueError as error:
                raise ClipError(f"{path.name}: frame {count}: {error}") from error
        elif count:
            raise ClipError(f"{path.name}: frame {count}: the skeleton has no bone {words[0][:40]!r}")
    lengths = {len(values) for values in rows.values()}
    if "root" not in rows or len(lengths) != 1:
        raise ClipError(f"{path.name}: not an AMC file, or cut short: frames of {sorted(lengths)} bones' numbers")
    frames = {name: np.array(values) for name, values in rows.items()}
    for name, values in frames.items():
        check_finite(path.name, name, values)
    return frames, degrees
