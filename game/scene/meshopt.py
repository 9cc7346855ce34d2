"""Decoder of vertex data in EXT_meshopt_compression, version 0, in which keys of glTF animations are often packed.

Khronos, "EXT_meshopt_compression" (2021), appendix A and B: bytes are stored one byte position after another, as
differences from element to element, 16 at a time with 0, 2, 4 or 8 bits each.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]

MAX_BYTES = 256 << 20
"""of what is unpacked"""
_HEADER = 0xA0
_GROUP = 16
_BITS = (0, 2, 4, 8)


class MeshoptError(ValueError):
    """The data are not what the format says."""


def decode(data: bytes, count: int, stride: int, filtered: str = "NONE") -> bytes:
    """The bytes of `count` elements of `stride` bytes. `filtered` is NONE, QUATERNION or EXPONENTIAL.

    Raises MeshoptError.
    """
    tail = max(32, stride)
    if not data or data[0] != _HEADER:
        raise MeshoptError(f"version {data[:1].hex() or 'none'}, expected a0")
    # the best packed data have two bits for sixteen bytes
    most = min(64 * len(data), MAX_BYTES) // max(stride, 1) + _GROUP
    if stride % 4 or not 4 <= stride <= 256 or not 1 <= count <= most:
        raise MeshoptError(f"{count} elements of {stride} bytes in {len(data)} bytes")
    if len(data) < 1 + tail:
        raise MeshoptError("it is cut short")
    source = np.frombuffer(data, np.uint8)
    last = source[-stride:].copy()
    result = np.empty((count, stride), np.uint8)
    most = min((8192 // stride) & ~(_GROUP - 1), 256)
    at = 1
    for first in range(0, count, most):
        size = min(most, count - first)
        for k in range(stride):
            deltas, at = _deltas(source, at, len(source) - tail, size)
            steps = (deltas >> 1) ^ (0 - (deltas & 1)).astype(np.uint8)
            result[first : first + size, k] = np.cumsum(np.concatenate([last[k : k + 1], steps]), dtype=np.uint8)[1:]
        last = result[first + size - 1]
    if at != len(source) - tail:
        raise MeshoptError(f"it ends at byte {at} of {len(source) - tail}")
    return _unfiltered(result, filtered).tobytes()


def _deltas(source: Bytes, at: int, end: int, size: int) -> tuple[Bytes, int]:
    """One byte position of a block: its differences (size,), zigzag-coded, and where the next one begins."""
    groups = -(-size // _GROUP)
    header = source[at : at + -(-groups // 4)]
    at += -(-groups // 4)
    found = np.zeros((groups, _GROUP), np.uint8)
    for group in range(groups):
        if at > end:
            raise MeshoptError("it is cut short")
        bits = _BITS[(int(header[group // 4]) >> (2 * (group % 4))) & 3]
        packed = source[at : at + 2 * bits]
        if len(packed) < 2 * bits:
            raise MeshoptError("it is cut short")
        at += 2 * bits
        if bits == 8:
            found[group] = packed
        elif bits:
            shifts = np.arange(8 - bits, -1, -bits)
            values = ((packed[:, None] >> shifts) & ((1 << bits) - 1)).reshape(-1).astype(np.uint8)
            # the largest value says that the byte itself follows
            large = np.flatnonzero(values == (1 << bits) - 1)
            extra = source[at : at + len(large)]
            if len(extra) < len(large):
                raise MeshoptError("it is cut short")
            values[large] = extra
            at += len(large)
            found[group] = values
    return found.reshape(-1)[:size], at


def _unfiltered(rows: Bytes, filtered: str) -> NDArray[np.generic]:
    """Undo what was done to the elements (count, stride) before they were packed."""
    if filtered == "NONE":
        return rows
    if filtered == "EXPONENTIAL":
        words = rows.reshape(len(rows), -1).view("<i4")
        mantissa = (words << 8) >> 8
        return np.asarray(np.ldexp(mantissa.astype(np.float64), words >> 24), "<f4")
    if filtered == "QUATERNION" and rows.shape[1] == 8:
        words = rows.view("<i2").astype(np.int32)
        largest = words[:, 3] & 3
        three = words[:, :3] * (np.sqrt(0.5) / (words[:, 3:] | 3))
        fourth = np.sqrt(np.maximum(0.0, 1.0 - (three**2).sum(axis=1)))
        result = np.empty((len(rows), 4), "<i2")
        lines = np.arange(len(rows))
        for k, values in enumerate((fourth, *three.T)):
            result[lines, (largest + k) & 3] = np.round(values * 32767.0)
        return result
    raise MeshoptError(f"filter {filtered[:20]!r} of {rows.shape[1]} bytes, expected NONE, QUATERNION or EXPONENTIAL")
