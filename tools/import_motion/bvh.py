"""Biovision BVH: a hierarchy of offsets and channels, then one line of numbers a frame.

Format: M. Meredith, S. Maddock, "Motion capture file formats explained" (2001). Angles are degrees and are applied
in the order of the channels, the first one outermost.
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

MAX_DEPTH = 200
_MAX_LINE = 1 << 20
DEFAULT_FPS = 30.0
"""Where the file says none."""
_USUAL_RATES = (14.0, 500.0)
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
    said: list[str] = []
    with path.open(encoding=_encoding(path, said), errors="replace") as file:
        # a longer line comes in pieces, and is refused for its count of numbers
        lines = enumerate(iter(lambda: file.readline(_MAX_LINE), ""), 1)
        number = 0
        try:
            tree = _hierarchy(lines)
            announced, frame_time = _motion_head(lines, said)
            check_size(path.name, len(tree.joints), max(announced, 2))
            values = _values(lines, announced, len(tree.channels), len(tree.joints), said)
            check_size(path.name, len(tree.joints), len(values))
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
        path.stem, 1.0 / frame_time, tuple(tree.joints), parents, rest_pos, rest_rot, pos, rot, usual_up="y",
        remarks=tuple(said),
    )  # fmt: skip


def _encoding(path: Path, said: list[str]) -> str:
    """UTF-8 unless the file begins as UTF-16 does."""
    with path.open("rb") as file:
        start = file.read(64)
    for encoding, marks in (("utf-16-le", (b"\xff\xfe", b"H\0I\0E\0")), ("utf-16-be", (b"\xfe\xff", b"\0H\0I\0E"))):
        if start.startswith(marks):
            said.append("the file is UTF-16")
            return encoding
    return "utf-8-sig"


def _number(word: str) -> float:
    """A number, with a decimal point or a decimal comma. Raises ValueError."""
    return float(word.replace(",", ".")) if "," in word and "." not in word else float(word)


def _hierarchy(lines: Iterator[tuple[int, str]]) -> _Hierarchy:
    """Read up to and including the line MOTION."""
    tree, stack, current = _Hierarchy(), list[int](), -1
    _, first = next((number, line) for number, line in lines if line.strip("\ufeff \t\r\n"))
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
    return [_number(w) for w in words]


def _channel(word: str, number: int) -> str:
    name = word[:1].upper() + word[1:].lower()
    if name[:1] not in _AXES or name[1:] not in ("position", "rotation"):
        raise ClipError(f"line {number}: channel {word[:40]!r}, expected X, Y or Z with position or rotation")
    return name


def _motion_head(lines: Iterator[tuple[int, str]], said: list[str]) -> tuple[int, float]:
    """Number of frames and seconds of one."""
    found: list[float] = []
    for key, pattern in (("Frames:", r"frames"), ("Frame Time:", r"frame\s*time")):
        line = next(text for _, text in lines if text.strip())
        match = re.fullmatch(rf"\s*{pattern}\s*[:=]?\s*(\S*)\s*", line, re.IGNORECASE)
        if not match:
            raise ClipError(f"{line[:40].strip()!r}, expected {key!r}")
        found.append(_number(match[1] or "0"))
    frames, seconds = found
    if not (0.0 <= frames <= 1e9 and np.isfinite(seconds) and 0.0 <= seconds <= 10.0):
        raise ClipError(f"{frames:g} frames of {seconds:g} s, expected 0.0001 to 10 s")
    if seconds < 1e-4:
        said.append(f"no frame rate: {DEFAULT_FPS:g} a second taken, --source-fps says another")
        return int(frames), 1.0 / DEFAULT_FPS
    if not _USUAL_RATES[0] <= 1.0 / seconds <= _USUAL_RATES[1]:
        said.append(f"{1.0 / seconds:g} frames a second are unusual: if that is wrong, give --source-fps")
    return int(frames), seconds


def _values(lines: Iterator[tuple[int, str]], announced: int, width: int, joints: int, said: list[str]) -> Array:
    """The numbers, (F, width). The last line may be cut: what stands before it counts only if all is there."""
    if not width:
        raise ClipError("no joint has CHANNELS")
    rows: list[Array] = []
    for number, line in lines:
        words = line.split()
        if not words:
            continue
        if len(words) != width:
            if rows and next((text for _, text in lines if text.strip()), None) is None and len(words) < width:
                said.append(f"the file ends in the middle of frame {len(rows)}, which is left out")
                break
            raise ClipError(f"line {number}: {len(words)} numbers, expected {width} (one per channel)")
        if len(rows) % 1000 == 999:
            check_size("motion", joints, len(rows))
        try:
            rows.append(np.array(words, float))
        except ValueError:
            rows.append(np.array([_number(word) for word in words]))
            if len(rows) == 1:
                said.append("its numbers have decimal commas")
    if len(rows) != announced:
        said.append(f"it announces {announced} frames and has {len(rows)}: all {len(rows)} are taken")
    if len(rows) < 2:
        raise ClipError(f"it has {len(rows)} frame(s) of the {announced} that it announces, expected at least 2")
    return np.stack(rows)


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
