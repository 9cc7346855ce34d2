"""Reads glTF 2.0 files as JSON and arrays, and checks every number in them: a file may come from anywhere.

Khronos, "glTF 2.0 Specification" (2021). Libraries for the format (pygltflib, trimesh) leave indices, sizes and offsets
unchecked, which is most of the work here.
"""

from __future__ import annotations

import base64
import binascii
import math
import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from game.scene import meshopt
from game.scene.json_text import JsonError, parse_object

Array = NDArray[np.float64]

MAX_BYTES = 256 << 20
"""of a file, or of a buffer beside it"""
UNPACK = "gltfpack (free) writes it without: gltfpack -noq -i FILE -o OTHER.glb"
_MAX_JSON = 32 << 20
_MAX_NUMBERS = 32 << 20
"""in an accessor"""
_MAGIC, _JSON, _BIN = 0x46546C67, 0x4E4F534A, 0x004E4942
_DTYPES = {5120: "<i1", 5121: "<u1", 5122: "<i2", 5123: "<u2", 5125: "<u4", 5126: "<f4"}
_WIDTHS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT4": 16}


class GltfError(ValueError):
    """A file is not glTF 2.0, or a number in it does not fit the rest; the message names file and place."""


@dataclass(frozen=True, eq=False)
class GltfFile:
    """The JSON of a file and its binary chunk. Every method raises GltfError for what the file has wrong."""

    path: Path
    json: dict[str, Any]
    chunk: bytes
    _lists: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    """the top-level lists that have been checked"""
    _buffers: dict[int, bytes] = field(default_factory=dict)
    _unpacked: dict[int, bytes] = field(default_factory=dict)
    """the buffers that have been read"""

    @staticmethod
    def load(path: Path) -> GltfFile:
        """Read a .glb, .vrm, .vrma or .gltf file. Raises GltfError, OSError."""
        if path.stat().st_size > MAX_BYTES:
            raise GltfError(f"{path.name}: {path.stat().st_size >> 20} MiB, expected at most {MAX_BYTES >> 20}")
        data = path.read_bytes()
        text, chunk = _chunks(path.name, data) if path.suffix.lower() != ".gltf" else (data, b"")
        try:
            document = parse_object(text, path.name, max_bytes=_MAX_JSON)
        except JsonError as error:
            raise GltfError(str(error)) from error
        asset = document.get("asset")
        if not isinstance(asset, dict) or str(asset.get("version", ""))[:2] != "2.":
            raise GltfError(f"{path.name}: not glTF 2")
        return GltfFile(path, document, chunk)

    def error(self, what: str) -> GltfError:
        """An error about this file, to be raised."""
        return GltfError(f"{self.path.name}: {what}")

    def items(self, kind: str) -> list[dict[str, Any]]:
        """The objects of a top-level list such as "nodes"; empty where it is missing."""
        if kind not in self._lists:
            self._lists[kind] = self.objects(self.json, kind, "the file")
        return self._lists[kind]

    def item(self, kind: str, index: Any) -> dict[str, Any]:
        """One object of a top-level list."""
        items = self.items(kind)
        if not isinstance(index, int) or isinstance(index, bool) or not 0 <= index < len(items):
            raise self.error(f"{kind}[{str(index)[:20]}] does not exist; there are {len(items)}")
        return items[index]

    def objects(self, holder: dict[str, Any], key: str, where: str) -> list[dict[str, Any]]:
        """The list of objects `holder[key]`; empty where it is missing. `where` names the holder in errors."""
        found = holder.get(key, [])
        if not isinstance(found, list) or not all(isinstance(x, dict) for x in found):
            raise self.error(f"{where}: {key!r} is not a list of objects")
        return found

    def object(self, holder: dict[str, Any], key: str, where: str) -> dict[str, Any]:
        """The object `holder[key]`; empty where it is missing."""
        found = holder.get(key, {})
        if not isinstance(found, dict):
            raise self.error(f"{where}: {key!r} is {str(found)[:20]!r}, expected an object")
        return found

    def numbers(self, holder: dict[str, Any], key: str, default: tuple[float, ...], where: str) -> Array:
        """The list of as many finite numbers as `default` has, (n,)."""
        found = holder.get(key, default)
        try:
            values = np.array(found, float).reshape(len(default))
        except (TypeError, ValueError, OverflowError) as error:
            raise self.error(f"{where}: {key}: {error}") from error
        if not np.isfinite(values).all():
            raise self.error(f"{where}: {key} has a value that is not a number")
        return values

    def number(self, holder: dict[str, Any], key: str, default: float, where: str) -> float:
        """A finite number."""
        found = holder.get(key, default)
        if isinstance(found, bool) or not isinstance(found, int | float) or not math.isfinite(found):
            raise self.error(f"{where}: {key} is {str(found)[:20]!r}, expected a number")
        return float(found)

    def accessor(self, index: Any, *kinds: str) -> Array:
        """The numbers of an accessor of one of these kinds, (count, width), finite.

        Whole numbers that are marked as normalized become -1..1. Interleaved and sparse accessors are read, and those
        that meshoptimizer has packed (EXT_meshopt_compression, vertex data); otherwise compressed ones are refused.
        """
        accessor, where = self.item("accessors", index), f"accessors[{index}]"
        if accessor.get("type") not in kinds:
            raise self.error(f"{where} is {str(accessor.get('type'))[:20]!r}, expected {' or '.join(kinds)}")
        width, count = _WIDTHS[accessor["type"]], self._whole(accessor, "count", where)
        dtype = self._dtype(accessor, where)
        if "bufferView" in accessor:
            values = self._view(accessor, dtype, count, width, where).astype(float)
        elif "sparse" in accessor and count * width <= _MAX_NUMBERS:
            values = np.zeros((count, width))
        else:
            raise self.error(f"{where} has neither a bufferView nor at most {_MAX_NUMBERS >> 20} Mi sparse values")
        if "sparse" in accessor:
            self._substitute(values, self.object(accessor, "sparse", where), dtype, f"{where}.sparse")
        if accessor.get("normalized") and dtype.kind in "iu":
            values = np.maximum(values / np.iinfo(dtype).max, -1.0)
        if not np.isfinite(values).all():
            bad = int(np.argwhere(~np.isfinite(values))[0][0])
            raise self.error(f"{where} holds a value that is not a number at {bad}")
        return values

    def indices(self, index: Any, below: int) -> NDArray[np.int64]:
        """The whole numbers of a SCALAR accessor, (count,), each 0 or more and less than `below`."""
        values = self.accessor(index, "SCALAR")[:, 0]
        if (values != np.floor(values)).any() or values.min() < 0 or values.max() >= below:
            raise self.error(
                f"accessors[{index}]: indices {values.min():g} to {values.max():g}, expected 0 to {below - 1}"
            )
        return values.astype(np.int64)

    def image(self, index: Any) -> bytes:
        """The file of an image, as it was packed: PNG, JPEG or whatever it says in its first bytes."""
        image, where = self.item("images", index), f"images[{index}]"
        if "bufferView" not in image:
            uri = image.get("uri")
            if not isinstance(uri, str):
                raise self.error(f"{where} has neither a bufferView nor a uri")
            return self._decoded(where, uri) if uri.startswith("data:") else self._beside(where, uri)
        view = self.item("bufferViews", image["bufferView"])
        start, size = self._whole(view, "byteOffset", where), self._whole(view, "byteLength", where)
        data = self._buffer(view.get("buffer", 0))
        if not 0 < size <= len(data) - start:
            raise self.error(f"{where} ends at byte {start + size} of {len(data)}")
        return data[start : start + size]

    def _substitute(self, values: Array, sparse: dict[str, Any], dtype: np.dtype[Any], where: str) -> None:
        """Replace rows of values (count, width) in place by those that a sparse accessor lists."""
        count = self._whole(sparse, "count", where)
        at, by = self.object(sparse, "indices", where), self.object(sparse, "values", where)
        index_type = self._dtype(at, f"{where}.indices")
        rows = self._view(at, index_type, count, 1, f"{where}.indices")[:, 0].astype(float)
        if rows.min() < 0 or rows.max() >= len(values):
            raise self.error(f"{where}: rows {rows.min():g} to {rows.max():g} of {len(values)}")
        values[rows.astype(np.int64)] = self._view(by, dtype, count, values.shape[1], f"{where}.values")

    def _dtype(self, holder: dict[str, Any], where: str) -> np.dtype[Any]:
        found = holder.get("componentType")
        if not isinstance(found, int) or found not in _DTYPES:
            raise self.error(f"{where}: componentType {str(found)[:20]} does not exist")
        return np.dtype(_DTYPES[found])

    def _view(self, holder: dict[str, Any], dtype: np.dtype[Any], count: int, width: int, where: str) -> NDArray[Any]:
        """(count, width) numbers that lie in the holder's bufferView."""
        view = self.item("bufferViews", holder.get("bufferView"))
        size = width * dtype.itemsize
        step = self._whole(view, "byteStride", "a bufferView") or size
        start = self._whole(holder, "byteOffset", where)
        if extensions := self.object(view, "extensions", "a bufferView"):
            data, step = self._decompressed(holder["bufferView"], extensions)
        else:
            start += self._whole(view, "byteOffset", "a bufferView")
            data = self._buffer(view.get("buffer", 0))
        end = start + (count - 1) * step + size
        if count < 1 or end > len(data) or step < size or count * width > _MAX_NUMBERS:
            raise self.error(f"{where}: {count} values end at byte {end} of {len(data)}")
        return np.ndarray((count, width), dtype, data, start, (step, dtype.itemsize))

    def _decompressed(self, index: int, extensions: dict[str, Any]) -> tuple[bytes, int]:
        """What a compressed bufferView holds, and its stride."""
        packed = self.object(extensions, "EXT_meshopt_compression", f"bufferViews[{index}]")
        names = ", ".join(extensions)[:80]
        if not packed or packed.get("mode") != "ATTRIBUTES":
            raise self.error(f"bufferViews[{index}] is compressed ({names}); {UNPACK}")
        stride = self._whole(packed, "byteStride", "a bufferView")
        if index not in self._unpacked:
            start, length, count = (
                self._whole(packed, key, "a bufferView") for key in ("byteOffset", "byteLength", "count")
            )
            data = self._buffer(packed.get("buffer", 0))
            if start + length > len(data):
                raise self.error(f"bufferViews[{index}]: it ends at byte {start + length} of {len(data)}")
            try:
                filtered = str(packed.get("filter", "NONE"))
                self._unpacked[index] = meshopt.decode(data[start : start + length], count, stride, filtered)
            except meshopt.MeshoptError as error:
                raise self.error(f"bufferViews[{index}] does not unpack ({names}): {error}; {UNPACK}") from error
        return self._unpacked[index], stride

    def _whole(self, holder: dict[str, Any], key: str, where: str) -> int:
        value = holder.get(key, 0)
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise self.error(f"{where}: {key} is {str(value)[:20]!r}, expected a whole number")
        return value

    def _buffer(self, index: Any) -> bytes:
        uri = self.item("buffers", index).get("uri")
        if uri is None:
            return self.chunk
        if not isinstance(uri, str):
            raise self.error(f"buffers[{index}]: uri is not a string")
        if index not in self._buffers:
            where = f"buffers[{index}]"
            self._buffers[index] = self._decoded(where, uri) if uri.startswith("data:") else self._beside(where, uri)
        return self._buffers[index]

    def _decoded(self, where: str, uri: str) -> bytes:
        try:
            return base64.b64decode(uri.partition(",")[2], validate=True)
        except (binascii.Error, ValueError) as error:
            raise self.error(f"{where}: {error}") from error

    def _beside(self, where: str, uri: str) -> bytes:
        """A file in the same folder; never one anywhere else."""
        path = self.path.parent / uri
        if "/" in uri or "\\" in uri or "\0" in uri or uri in ("", ".", "..") or not path.is_file():
            raise self.error(f"{where}: {uri[:60]!r} is no file beside it")
        if path.stat().st_size > MAX_BYTES:
            raise self.error(f"{uri}: {path.stat().st_size >> 20} MiB, expected at most {MAX_BYTES >> 20}")
        return path.read_bytes()


def _chunks(name: str, data: bytes) -> tuple[bytes, bytes]:
    """JSON and binary chunk of a GLB."""
    if len(data) < 20 or struct.unpack_from("<I", data)[0] != _MAGIC:
        raise GltfError(f"{name}: not a GLB file (it starts with {data[:4]!r}, expected b'glTF')")
    _, version, length = struct.unpack_from("<III", data)
    if version != 2 or length > len(data):
        raise GltfError(f"{name}: GLB version {version} of {length} bytes; found {len(data)}, expected version 2")
    found: dict[int, bytes] = {}
    at = 12
    while at + 8 <= length:
        size, kind = struct.unpack_from("<II", data, at)
        if at + 8 + size > length:
            raise GltfError(f"{name}: a chunk ends at byte {at + 8 + size} of {length}: it is cut short")
        found.setdefault(kind, data[at + 8 : at + 8 + size])
        at += 8 + size
    if _JSON not in found:
        raise GltfError(f"{name}: has no JSON chunk")
    return found[_JSON], found.get(_BIN, b"")
