"""glTF 2.0 files as JSON and arrays, trusting no number in them. Khronos, "glTF 2.0 Specification" (2021)."""

from __future__ import annotations

import base64
import binascii
import json
import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from game.sim.motion import ClipError
from tools.import_motion.source import MAX_BYTES

_MAGIC, _JSON, _BIN = 0x46546C67, 0x4E4F534A, 0x004E4942
_MAX_JSON = 32 << 20
_DTYPES = {5120: "<i1", 5121: "<u1", 5122: "<i2", 5123: "<u2", 5125: "<u4", 5126: "<f4"}
_WIDTHS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT4": 16}


@dataclass(frozen=True)
class GltfFile:
    """The JSON of a file and its binary chunk."""

    path: Path
    json: dict[str, Any]
    chunk: bytes
    _checked: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def items(self, kind: str) -> list[dict[str, Any]]:
        """The objects of a top-level array such as "nodes"; empty where it is missing. Raises ClipError."""
        if kind not in self._checked:
            found = self.json.get(kind, [])
            if not isinstance(found, list) or not all(isinstance(x, dict) for x in found):
                raise self.wrong(f"{kind!r} is not a list of objects")
            self._checked[kind] = found
        return self._checked[kind]

    def item(self, kind: str, index: Any) -> dict[str, Any]:
        """Raises ClipError for an index that does not exist."""
        items = self.items(kind)
        if not isinstance(index, int) or isinstance(index, bool) or not 0 <= index < len(items):
            raise self.wrong(f"{kind}[{str(index)[:20]}] does not exist; there are {len(items)}")
        return items[index]

    def wrong(self, what: str) -> ClipError:
        return ClipError(f"{self.path.name}: {what}")

    def accessor(self, index: Any, kind: str) -> NDArray[np.float64]:
        """Numbers of an accessor, (count, width); whole numbers marked as normalized become -1..1. Raises ClipError."""
        accessor = self.item("accessors", index)
        if accessor.get("type") != kind:
            raise self.wrong(f"accessors[{index}] is {accessor.get('type')!r}, expected {kind}")
        if "sparse" in accessor or "bufferView" not in accessor:
            raise self.wrong(f"accessors[{index}] is sparse or empty; animations of that kind are not read")
        view = self.item("bufferViews", accessor["bufferView"])
        if view.get("extensions"):
            raise self.wrong(f"bufferViews[{accessor['bufferView']}] is compressed ({', '.join(view['extensions'])})")
        dtype = np.dtype(_DTYPES.get(accessor.get("componentType", 0), "V1"))
        if dtype.kind == "V":
            raise self.wrong(f"accessors[{index}]: componentType {accessor.get('componentType')!r} does not exist")
        width, count = _WIDTHS[kind], self._whole(accessor, "count", f"accessors[{index}]")
        step = self._whole(view, "byteStride", "a bufferView") or width * dtype.itemsize
        start = self._whole(view, "byteOffset", "a bufferView") + self._whole(accessor, "byteOffset", "an accessor")
        data = self._buffer(view.get("buffer", 0))
        end = start + (count - 1) * step + width * dtype.itemsize
        if count < 1 or end > len(data) or step < width * dtype.itemsize:
            raise self.wrong(f"accessors[{index}]: {count} values end at byte {end} of {len(data)}")
        raw = np.ndarray((count, width), dtype, data, start, (step, dtype.itemsize))
        values = raw.astype(float)
        if accessor.get("normalized") and dtype.kind in "iu":
            values = np.maximum(values / np.iinfo(dtype).max, -1.0)
        if not np.isfinite(values).all():
            bad = int(np.argwhere(~np.isfinite(values))[0][0])
            raise self.wrong(f"accessors[{index}] holds a value that is not a number at {bad}")
        return values

    def _whole(self, holder: dict[str, Any], key: str, where: str) -> int:
        value = holder.get(key, 0)
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise self.wrong(f"{where}: {key} is {str(value)[:20]!r}, expected a whole number")
        return value

    def _buffer(self, index: Any) -> bytes:
        uri = self.item("buffers", index).get("uri")
        if uri is None:
            return self.chunk
        if not isinstance(uri, str):
            raise self.wrong(f"buffers[{index}]: uri is no text")
        if uri.startswith("data:"):
            try:
                return base64.b64decode(uri.partition(",")[2], validate=True)
            except binascii.Error as error:
                raise self.wrong(f"buffers[{index}]: {error}") from error
        beside = self.path.parent / uri
        if "/" in uri or "\\" in uri or uri in ("", ".", "..") or not beside.is_file():
            raise self.wrong(f"buffers[{index}]: {uri[:60]!r} is no file beside it")
        if beside.stat().st_size > MAX_BYTES:
            raise self.wrong(f"{uri}: {beside.stat().st_size >> 20} MiB, expected at most {MAX_BYTES >> 20}")
        return beside.read_bytes()


def read(path: Path) -> GltfFile:
    """Read a .glb, .vrm, .vrma or .gltf file. Raises ClipError."""
    if path.stat().st_size > MAX_BYTES:
        raise ClipError(f"{path.name}: {path.stat().st_size >> 20} MiB, expected at most {MAX_BYTES >> 20}")
    data = path.read_bytes()
    text, chunk = _chunks(path.name, data) if path.suffix.lower() != ".gltf" else (data, b"")
    if len(text) > _MAX_JSON:
        raise ClipError(f"{path.name}: {len(text) >> 20} MiB of JSON, expected at most {_MAX_JSON >> 20}")
    try:
        card = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ClipError(f"{path.name}: its JSON does not read ({error})") from error
    if not isinstance(card, dict) or str(card.get("asset", {}).get("version", ""))[:2] != "2.":
        raise ClipError(f"{path.name}: not glTF 2")
    return GltfFile(path, card, chunk)


def _chunks(name: str, data: bytes) -> tuple[bytes, bytes]:
    """JSON and binary chunk of a GLB."""
    if len(data) < 20 or struct.unpack_from("<I", data)[0] != _MAGIC:
        raise ClipError(f"{name}: not a GLB file (it starts with {data[:4]!r}, expected b'glTF')")
    _, version, length = struct.unpack_from("<III", data)
    if version != 2 or length > len(data):
        raise ClipError(f"{name}: GLB version {version} of {length} bytes; found {len(data)}, expected version 2")
    found: dict[int, bytes] = {}
    at = 12
    while at + 8 <= length:
        size, kind = struct.unpack_from("<II", data, at)
        if at + 8 + size > length:
            raise ClipError(f"{name}: a chunk ends at byte {at + 8 + size} of {length}: it is cut short")
        found.setdefault(kind, data[at + 8 : at + 8 + size])
        at += 8 + size
    if _JSON not in found:
        raise ClipError(f"{name}: has no JSON chunk")
    return found[_JSON], found.get(_BIN, b"")
