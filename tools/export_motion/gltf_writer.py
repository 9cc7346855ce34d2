"""GltfWriter: a glTF 2.0 document that grows, and its one binary chunk. Khronos, "glTF 2.0 Specification" (2021)."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Node = dict[str, Any]

FLOAT, UINT = 5126, 5125
VERTICES, INDICES = 34962, 34963
_MAGIC, _JSON, _BIN = 0x46546C67, 0x4E4F534A, 0x004E4942


class GltfWriter:
    """Starts from the document and chunk of another file, or from nothing."""

    def __init__(self, document: dict[str, Any] | None = None, chunk: bytes = b"") -> None:
        self.document = document or {"asset": {"version": "2.0"}}
        self.document["asset"]["generator"] = "pratfall tools.export_motion"
        self._chunk = bytearray(chunk)
        self.animation: dict[str, Any] = {"name": "take", "channels": [], "samplers": []}

    def add(self, kind: str, thing: dict[str, Any]) -> int:
        """Append to a top-level list such as "nodes"; returns its index."""
        things: list[dict[str, Any]] = self.document.setdefault(kind, [])
        things.append(thing)
        return len(things) - 1

    def accessor(self, values: NDArray[Any], target: int = 0) -> int:
        """Store (count,) or (count, n) as 32-bit floats, or as 32-bit whole numbers; returns the accessor."""
        whole = values.dtype.kind in "iu"
        array = np.ascontiguousarray(values, "<u4" if whole else "<f4")
        self._chunk += bytes(-len(self._chunk) % 4)
        view = {"buffer": 0, "byteOffset": len(self._chunk), "byteLength": array.nbytes}
        self._chunk += array.tobytes()
        width = 1 if array.ndim == 1 else array.shape[1]
        made: dict[str, Any] = {
            "bufferView": self.add("bufferViews", view | ({"target": target} if target else {})),
            "componentType": UINT if whole else FLOAT,
            "count": len(array),
            "type": {1: "SCALAR", 3: "VEC3", 4: "VEC4", 16: "MAT4"}[width],
        }
        if width in (1, 3):
            rows = array.reshape(len(array), width)
            made |= {"min": rows.min(axis=0).tolist(), "max": rows.max(axis=0).tolist()}
        return self.add("accessors", made)

    def animate(self, node: int, path: str, times: int, values: NDArray[Any], held: bool = False) -> None:
        """Move a node over time.

        Args:
            node: which.
            path: "translation", "rotation" or "scale".
            times: an accessor of key times (K,).
            values: (K, 3), or (K, 4) for rotations.
            held: jump from key to key instead of gliding.
        """
        sampler = {"input": times, "output": self.accessor(values), "interpolation": "STEP" if held else "LINEAR"}
        self.animation["samplers"].append(sampler)
        target = {"node": node, "path": path}
        self.animation["channels"].append({"sampler": len(self.animation["samplers"]) - 1, "target": target})

    def save(self, path: Path) -> None:
        """Write a .glb, atomically."""
        if self.animation["channels"]:
            self.document["animations"] = [self.animation]
        self._chunk += bytes(-len(self._chunk) % 4)
        self.document["buffers"] = [{"byteLength": len(self._chunk)}]
        text = json.dumps(self.document, separators=(",", ":")).encode()
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
