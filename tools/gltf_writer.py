"""GltfWriter: a glTF 2.0 document that grows, and its one binary chunk. Khronos, "glTF 2.0 Specification" (2021)."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Node = dict[str, Any]

VERTICES, INDICES = 34962, 34963
"""What a buffer view holds, as OpenGL numbers it."""
_COMPONENT_TYPES = {"u1": 5121, "u2": 5123, "u4": 5125, "f4": 5126}
_MAGIC, _JSON, _BIN = 0x46546C67, 0x4E4F534A, 0x004E4942


def quaternion(turn: NDArray[Any]) -> list[float]:
    """A rotation (4,) as a node's: of length 1 and within -1 and 1, which rounding may exceed."""
    unit = np.asarray(turn, float) / np.linalg.norm(turn)
    return [float(value) for value in np.clip(unit, -1.0, 1.0)]


class GltfWriter:
    """Starts from the document and chunk of another file, or from nothing."""

    def __init__(self, generator: str, document: dict[str, Any] | None = None, chunk: bytes = b"") -> None:
        """`generator` is the program that the file names as its maker."""
        self.document = document or {"asset": {"version": "2.0"}}
        self.document["asset"] = {**self.document["asset"], "generator": generator}
        self._chunk = bytearray(chunk)
        self.animation: dict[str, Any] = {"name": "take", "channels": [], "samplers": []}

    def add(self, kind: str, item: dict[str, Any]) -> int:
        """Append to a top-level list such as "nodes"; returns its index."""
        items: list[dict[str, Any]] = self.document.setdefault(kind, [])
        items.append(item)
        return len(items) - 1

    def accessor(self, values: NDArray[Any], target: int = 0, *, normalized: bool = False) -> int:
        """Store an array; returns the accessor's index.

        Args:
            values: (count,) or (count, n) with n of 2, 3, 4 or 16. Bytes and 16-bit whole numbers stay as they are,
                others are written with 32 bits, and all else as 32-bit floats.
            target: VERTICES or INDICES, for those of a mesh.
            normalized: whole numbers stand for 0..1.
        """
        whole = values.dtype.kind in "iu"
        code = f"u{min(values.dtype.itemsize, 4)}" if values.dtype.kind == "u" else "u4" if whole else "f4"
        array = np.ascontiguousarray(values, f"<{code}")
        self._chunk += bytes(-len(self._chunk) % 4)
        view = {"buffer": 0, "byteOffset": len(self._chunk), "byteLength": array.nbytes}
        self._chunk += array.tobytes()
        width = 1 if array.ndim == 1 else array.shape[1]
        accessor: dict[str, Any] = {
            "bufferView": self.add("bufferViews", view | ({"target": target} if target else {})),
            "componentType": _COMPONENT_TYPES[code],
            "count": len(array),
            "type": {1: "SCALAR", 2: "VEC2", 3: "VEC3", 4: "VEC4", 16: "MAT4"}[width],
        }
        if normalized:
            accessor["normalized"] = True
        if width in (1, 3):
            rows = array.reshape(len(array), width)
            accessor |= {"min": rows.min(axis=0).tolist(), "max": rows.max(axis=0).tolist()}
        return self.add("accessors", accessor)

    def bytes_view(self, data: bytes) -> int:
        """Store bytes, such as a picture's file; returns the buffer view's index."""
        self._chunk += bytes(-len(self._chunk) % 4)
        view = {"buffer": 0, "byteOffset": len(self._chunk), "byteLength": len(data)}
        self._chunk += data
        return self.add("bufferViews", view)

    def append_chunk(self, chunk: bytes) -> int:
        """Store another file's binary chunk; returns the byte at which it begins."""
        self._chunk += bytes(-len(self._chunk) % 4)
        start = len(self._chunk)
        self._chunk += chunk
        return start

    def animate(self, node: int, path: str, times: int, values: NDArray[Any], *, stepped: bool = False) -> None:
        """Move a node over time.

        Args:
            node: its index.
            path: "translation", "rotation" or "scale".
            times: the accessor of the key times (K,).
            values: (K, 3), or (K, 4) for rotations.
            stepped: each key holds until the next one instead of gliding there.
        """
        sampler = {"input": times, "output": self.accessor(values), "interpolation": "STEP" if stepped else "LINEAR"}
        self.animation["samplers"].append(sampler)
        target = {"node": node, "path": path}
        self.animation["channels"].append({"sampler": len(self.animation["samplers"]) - 1, "target": target})

    def save(self, path: Path) -> None:
        """Write a .glb, atomically. Raises OSError."""
        if self.animation["channels"]:
            self.document["animations"] = [self.animation]
        self._chunk += bytes(-len(self._chunk) % 4)
        self.document["buffers"] = [{"byteLength": len(self._chunk)}]
        text = json.dumps(self.document, separators=(",", ":"), allow_nan=False).encode()
        text += b" " * (-len(text) % 4)
        parts = [
            struct.pack("<II", len(text), _JSON),
            text,
            struct.pack("<II", len(self._chunk), _BIN),
            bytes(self._chunk),
        ]
        size = 12 + sum(len(part) for part in parts)
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(path.name + ".part")
        temporary.write_bytes(struct.pack("<III", _MAGIC, 2, size) + b"".join(parts))
        temporary.replace(path)
