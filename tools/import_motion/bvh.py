"""Biovision BVH: a hierarchy of offsets and channels, then one line of numbers a frame.

Format: M. Meredith, S. Maddock, "Motion capture file formats explained" (2001). Angles are degrees and are applied
in the order of the channels, the first one outermost.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from game.sim import rotation
from game.sim.motion import ClipError
from tools.import_motion.source import MAX_BYTES, MAX_JOINTS, SourceMotion, check_finite, check_size, pose

Array = NDArray[np.float64]

MAX_DEPTH = 200
_MAX_LINE = 1 << 20
_AXES = {"X": 0, "Y": 1, "Z": 2}


@dataclass
class _Hierarchy:
    """What is known after the HIERARCHY section. End sites are joints called NAME_end."""

    joints: list[str] = field(default_factory=list)
    parents: list[int] = field(default_factory=list)
    offsets: list[list[float]] = field(default_factory=list)
    channels: list[tuple[int, str]] = field(default_factory=list)
    """(joint, "Xposition" ...) per column"""

    def add(self, name: str, parent: int) -> int:
        """Names are made unique, as some exporters repeat them."""
        if len(self.joints) >= MAX_JOINTS:
            raise ClipError(f"over {MAX_JOINTS} joints")
        self.joints.append(name if name not in self.joints else f"{name}#{len(self.joints)}")
        self.parents.append(parent)
        self.offsets.append([0.0, 0.0, 0.0])
        return len(self.joints) - 1


def read(path: Path) -> SourceMotion:
    """Read a .bvh file. Raises ClipError."""
    if path.stat().st_size > MAX_BYTES:
        raise ClipError(f"{path.name}: {path.stat().st_size >> 20} MiB, expected at most {MAX_BYTES >> 20}")
    with path.open(encoding="utf-8", errors="replace") as file:
        # a longer line comes in pieces, and is refused for its count of numbers
        lines = enumerate(iter(lambda: file.readline(_MAX_LINE), ""), 1)
        number = 0
        try:
            tree = _hierarchy(lines)
            num_frames, frame_time = _motion_head(lines)
            check_size(path.name, len(tree.joints), num_frames)
            values = _values(lines, num_frames, len(tree.channels))
        except (ValueError, StopIteration) as error:
            if isinstance(error, ClipError):
                raise ClipError(f"{path.name}: {str(error).removeprefix(f'{path.name}: ')}") from error
            number = next(lines, (0, ""))[0]
            where = f"before line {number}" if number else "at its end: it is cut short"
            raise ClipError(f"{path.name}: not a BVH file ({error or 'more was expected'}) {where}") from error
    check_finite(path.name, "a channel", values)
    parents = np.array(tree.parents)
    offsets = np.array(tree.offsets)
    check_finite(path.name, "an OFFSET", offsets)
    still = np.broadcast_to(rotation.IDENTITY, (len(parents), 4))
    rest_pos, rest_rot = pose(parents, offsets, still)
    pos, rot = pose(parents, *_local(tree, offsets, values))
    return SourceMotion(
        path.stem, 1.0 / frame_time, tuple(tree.joints), parents, rest_pos, rest_rot, pos, rot, usual_up="y"
    )


def _hierarchy(lines: Iterator[tuple[int, str]]) -> _Hierarchy:
    """Read up to and including the line MOTION."""
    tree, stack, current = _Hierarchy(), list[int](), -1
    _, first = next(lines)
    if first.strip("\ufeff \t\r\n").upper() != "HIERARCHY":
        raise ClipError(f"not a BVH file: it starts with {first[:40].strip()!r}, expected HIERARCHY")
    for number, line in lines:
        words = line[:4096].split()
        if not words:
            continue
        key = words[0].upper()
        if key in ("ROOT", "JOINT"):
            current = tree.add(" ".join(words[1:]) or f"joint{len(tree.joints)}", stack[-1] if stack else -1)
        elif key == "END":
            current = tree.add(f"{tree.joints[stack[-1]]}_end" if stack else "end", stack[-1] if stack else -1)
        elif key == "{" and tree.joints:
            stack.append(current)
            if len(stack) > MAX_DEPTH:
                raise ClipError(f"line {number}: joints nested over {MAX_DEPTH} deep")
        elif key == "}":
            if not stack:
                raise ClipError(f"line {number}: a }} too many")
            stack.pop()
        elif key == "OFFSET" and stack:
            tree.offsets[stack[-1]] = _three(words[1:], number)
        elif key == "CHANNELS" and stack:
            tree.channels += [(stack[-1], _channel(word, number)) for word in words[2:]]
        elif key == "MOTION" and tree.joints:
            return tree
        else:
            raise ClipError(f"line {number}: {line[:40].strip()!r} was not expected here")
    raise ClipError("it is cut short: the line MOTION is missing")


def _three(words: list[str], number: int) -> list[float]:
    if len(words) != 3:
        raise ClipError(f"line {number}: OFFSET of {len(words)} numbers, expected 3")
    return [float(w) for w in words]


def _channel(word: str, number: int) -> str:
    name = word[:1].upper() + word[1:].lower()
    if name[:1] not in _AXES or name[1:] not in ("position", "rotation"):
        raise ClipError(f"line {number}: channel {word[:40]!r}, expected X, Y or Z with position or rotation")
    return name


def _motion_head(lines: Iterator[tuple[int, str]]) -> tuple[int, float]:
    """Number of frames and seconds of one."""
    found: list[float] = []
    for key in ("frames:", "frame time:"):
        line = next(text for _, text in lines if text.strip())
        if not line.strip().lower().startswith(key):
            raise ClipError(f"{line[:40].strip()!r}, expected {key!r}")
        found.append(float(line.strip()[len(key) :]))
    frames, seconds = found
    if not (np.isfinite(frames) and 1e-4 <= seconds <= 10.0):
        raise ClipError(f"{frames:g} frames of {seconds:g} s, expected 0.0001 to 10 s")
    return int(frames), seconds


def _values(lines: Iterator[tuple[int, str]], num_frames: int, width: int) -> Array:
    """The numbers, (F, width). The last line may be cut: what stands before it counts only if all is there."""
    if not width:
        raise ClipError("no joint has CHANNELS")
    rows = np.empty((num_frames, width))
    count = 0
    for number, line in lines:
        words = line.split()
        if not words:
            continue
        if count == num_frames:
            raise ClipError(f"line {number}: more than the {num_frames} frames that it announces")
        if len(words) != width:
            raise ClipError(f"line {number}: {len(words)} numbers, expected {width} (one per channel)")
        rows[count] = words
        count += 1
    if count < num_frames:
        raise ClipError(f"it is cut short: {count} of {num_frames} frames")
    return rows


def _local(tree: _Hierarchy, offsets: Array, values: Array) -> tuple[Array, Array]:
    """Position (F, S, 3) and rotation (F, S, 4) of each joint in its parent."""
    shape = (len(values), len(offsets))
    moved = np.array(np.broadcast_to(offsets, (*shape, 3)))
    turned = np.array(np.broadcast_to(rotation.IDENTITY, (*shape, 4)))
    for column, (joint, channel) in enumerate(tree.channels):
        axis = _AXES[channel[0]]
        if channel.endswith("position"):
            # a joint's position channels replace its offset
            moved[:, joint, axis] = values[:, column]
        else:
            turn = rotation.from_axis_angle(np.eye(3)[axis], np.radians(values[:, column]))
            turned[:, joint] = rotation.multiply(turned[:, joint], turn)
    return moved, turned
