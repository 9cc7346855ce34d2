"""C3D files: labelled markers over time. The C3D File Format User Guide, Motion Lab Systems (2021).

Read here rather than by ezc3d, which crashes on damaged files. Intel and MIPS byte order; DEC's floats are refused.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from game.sim.motion import ClipError
from tools.import_motion.markers import Markers
from tools.import_motion.source import MAX_BYTES, check_size

Array = NDArray[np.float64]

_BLOCK = 512
_ORDERS = {84: "<", 86: ">"}
_SIZES = {-1: 1, 1: 1, 2: 2, 4: 4}


def read(path: Path) -> Markers:
    """Read the points of a .c3d file. Raises ClipError."""
    if path.stat().st_size > MAX_BYTES:
        raise ClipError(f"{path.name}: {path.stat().st_size >> 20} MiB, expected at most {MAX_BYTES >> 20}")
    data = path.read_bytes()
    if len(data) < 2 * _BLOCK or data[1] != 0x50:
        raise ClipError(f"{path.name}: not a C3D file")
    try:
        return _read(path.name, data)
    except (struct.error, IndexError, ValueError, KeyError, OverflowError) as error:
        if isinstance(error, ClipError):
            raise
        what = f"it lacks {error}" if isinstance(error, KeyError) else error
        raise ClipError(f"{path.name}: a broken C3D file ({what})") from error


def _read(name: str, data: bytes) -> Markers:
    start = _BLOCK * (data[0] - 1)
    order = _ORDERS.get(data[start + 3])
    if order is None:
        raise ClipError(f"{name}: byte order {data[start + 3]}, expected 84 (Intel) or 86 (MIPS)")
    parameters = _parameters(data, start, order)
    num_points, num_analog, first, last = struct.unpack_from(f"{order}4H", data, 2)
    scale = float(struct.unpack_from(f"{order}f", data, 12)[0])
    data_block = struct.unpack_from(f"{order}H", data, 16)[0]
    rate = float(struct.unpack_from(f"{order}f", data, 20)[0])
    # long recordings do not fit the header's 16 bits
    frames = max(
        last - first + 1, int(_number(parameters.get("POINT:FRAMES", 0))) & 0xFFFFFFFF if last == 0xFFFF else 0
    )
    if not 1.0 <= rate <= 2000.0 or scale == 0.0 or not np.isfinite(scale):
        raise ClipError(f"{name}: {rate:g} frames a second and scale {scale:g}, expected 1 to 2000 and not 0")
    check_size(name, num_points, frames)
    if num_points == 0:
        raise ClipError(f"{name}: it has no points")
    pos = _points(name, data[_BLOCK * (data_block - 1) :], order, frames, num_points, num_analog, scale)
    labels = [*parameters.get("POINT:LABELS", []), *parameters.get("POINT:LABELS2", [])]
    names = tuple(str(label).rpartition(":")[2].strip().upper() for label in labels[:num_points])
    units = parameters.get("POINT:UNITS", ["mm"])
    return Markers(names, pos[:, : len(names)], rate, str(units[0]).strip().lower() if units else "mm")


def _points(name: str, data: bytes, order: str, frames: int, num_points: int, num_analog: int, scale: float) -> Array:
    """(frames, num_points, 3). A negative scale says that numbers are floats, a positive one scales integers."""
    kind = np.dtype(f"{order}f4" if scale < 0.0 else f"{order}i2")
    width = 4 * num_points + num_analog
    if len(data) < frames * width * kind.itemsize:
        raise ClipError(
            f"{name}: cut short: {frames} frames need {frames * width * kind.itemsize} bytes, found {len(data)}"
        )
    rows = np.frombuffer(data, kind, frames * width).reshape(frames, width)[:, : 4 * num_points]
    values = rows.reshape(frames, num_points, 4).astype(float)
    pos = values[..., :3] * (1.0 if scale < 0.0 else scale)
    seen = (values[..., 3] >= 0.0) & np.isfinite(pos).all(axis=-1) & (np.abs(pos).max(axis=-1) < 1e9) & pos.any(axis=-1)
    return np.where(seen[..., None], pos, np.nan)


def _number(value: Any) -> float:
    return float(value[0]) if isinstance(value, list) else float(value)


def _parameters(data: bytes, start: int, order: str) -> dict[str, list[Any]]:
    """Values by "GROUP:NAME", of the parameter section at `start`."""
    groups: dict[int, str] = {}
    found: dict[int, list[tuple[str, list[Any]]]] = {}
    at, end = start + 4, min(len(data), start + _BLOCK * max(data[start + 2], 1))
    while at + 4 < end:
        length, group = struct.unpack_from("2b", data, at)
        if length == 0:
            break
        name = data[at + 2 : at + 2 + abs(length)].decode("latin1").upper()
        body = at + 2 + abs(length)
        step = struct.unpack_from(f"{order}H", data, body)[0]
        if group < 0:
            groups[-group] = name
        elif group > 0:
            found.setdefault(group, []).append((name, _values(data, body + 2, order)))
        if step == 0:
            break
        at = body + step
    return {f"{groups.get(g, '?')}:{name}": values for g, items in found.items() for name, values in items}


def _values(data: bytes, at: int, order: str) -> list[Any]:
    """The values of one parameter: texts for characters, else numbers."""
    kind, rank = struct.unpack_from("bB", data, at)
    shape = list(data[at + 2 : at + 2 + rank])
    count = int(np.prod(shape)) if rank else 1
    body = data[at + 2 + rank : at + 2 + rank + count * _SIZES[kind]]
    if len(body) < count * _SIZES[kind]:
        raise ValueError("a parameter is cut short")
    if kind == -1:
        width = shape[0] if rank else 1
        text = body.decode("latin1")
        return [text[i : i + width] for i in range(0, len(text), width)] if width else []
    return list(np.frombuffer(body, {1: "u1", 2: f"{order}u2", 4: f"{order}f4"}[kind]).astype(float))
