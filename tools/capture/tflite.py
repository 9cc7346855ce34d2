"""Reads TensorFlow Lite files: the graph and its constants, without TensorFlow.

Only what the two BlazePose files hold: float32, float16 and int32 tensors, block-sparse weights. Field numbers are
those of TensorFlow's schema.fbs.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

OPERATORS = {
    0: "ADD",
    2: "CONCATENATION",
    3: "CONV_2D",
    4: "DEPTHWISE_CONV_2D",
    5: "DEPTH_TO_SPACE",
    6: "DEQUANTIZE",
    14: "LOGISTIC",
    17: "MAX_POOL_2D",
    22: "RESHAPE",
    23: "RESIZE_BILINEAR",
    34: "PAD",
    124: "DENSIFY",
}
_DTYPES: dict[int, np.dtype[Any]] = {0: np.dtype(np.float32), 1: np.dtype(np.float16), 2: np.dtype(np.int32)}
_INDEX_DTYPES: dict[int, np.dtype[Any]] = {1: np.dtype(np.int32), 2: np.dtype(np.uint16), 3: np.dtype(np.uint8)}


class TfliteError(ValueError):
    """The file is no TensorFlow Lite file, or holds what this reader does not know."""


@dataclass(frozen=True)
class FlatBufferFields:
    """A flatbuffers table, read by field number (https://flatbuffers.dev/internals)."""

    data: bytes
    position: int

    @staticmethod
    def root(data: bytes) -> FlatBufferFields:
        return FlatBufferFields(data, _unpack("<I", data, 0))

    def _at(self, field: int) -> int | None:
        """Where a field's value lies; None where the table leaves it out."""
        vtable = self.position - _unpack("<i", self.data, self.position)
        slot = 4 + 2 * field
        offset = _unpack("<H", self.data, vtable + slot) if slot < _unpack("<H", self.data, vtable) else 0
        return self.position + offset if offset else None

    def _vector(self, field: int) -> tuple[int, int]:
        """Start and length of a vector."""
        at = self._at(field)
        if at is None:
            return 0, 0
        start = at + _unpack("<I", self.data, at)
        return start + 4, _unpack("<I", self.data, start)

    def integer(self, field: int, default: int = 0, *, wide: bool = True) -> int:
        """An int32 (wide) or int8 field."""
        at = self._at(field)
        return default if at is None else _unpack("<i" if wide else "<b", self.data, at)

    def table(self, field: int) -> FlatBufferFields | None:
        """A table, or the member of a union."""
        at = self._at(field)
        return None if at is None else FlatBufferFields(self.data, at + _unpack("<I", self.data, at))

    def tables(self, field: int) -> list[FlatBufferFields]:
        start, length = self._vector(field)
        places = range(start, start + 4 * length, 4)
        return [FlatBufferFields(self.data, place + _unpack("<I", self.data, place)) for place in places]

    def array(self, field: int, dtype: np.dtype[Any]) -> NDArray[Any]:
        """A vector of numbers; empty where the field is missing."""
        start, length = self._vector(field)
        return np.frombuffer(self.data, dtype.newbyteorder("<"), length, start)


_NO_FIELDS = FlatBufferFields(struct.pack("<HHi", 4, 4, 4), 4)  # a table that leaves every field out


def _unpack(form: str, data: bytes, position: int) -> int:
    return int(struct.unpack_from(form, data, position)[0])


@dataclass(frozen=True, eq=False)
class Operator:
    kind: str
    inputs: tuple[int, ...]
    output: int
    options: FlatBufferFields


@dataclass(frozen=True, eq=False)
class Graph:
    """A network: tensors by number, channels last."""

    shapes: list[tuple[int, ...]]
    constants: dict[int, NDArray[Any]]
    operators: list[Operator]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]


def read(data: bytes) -> Graph:
    """Read a file's only subgraph; weights are made dense and float32. Raises TfliteError."""
    if data[4:8] != b"TFL3":
        raise TfliteError("not a TensorFlow Lite file")
    model = FlatBufferFields.root(data)
    (subgraph,) = model.tables(2)
    tensors, buffers = subgraph.tables(0), model.tables(4)
    codes = [max(c.integer(0, wide=False), c.integer(3)) for c in model.tables(1)]
    int32 = np.dtype(np.int32)
    shapes = [tuple(int(n) for n in t.array(0, int32)) for t in tensors]
    constants = {}
    for i, tensor in enumerate(tensors):
        raw = buffers[tensor.integer(2)].array(0, np.dtype(np.uint8))
        kind = tensor.integer(1, wide=False)
        if not len(raw):
            continue
        if kind not in _DTYPES:
            raise TfliteError(f"tensor {i} has type {kind}, expected one of {sorted(_DTYPES)}")
        values = np.frombuffer(raw.tobytes(), _DTYPES[kind])
        sparsity = tensor.table(6)
        constants[i] = values.reshape(shapes[i]) if sparsity is None else _dense(values, shapes[i], sparsity)
    operators = []
    for op in subgraph.tables(3):
        code = codes[op.integer(0)]
        if code not in OPERATORS:
            raise TfliteError(f"operator {code} is not known; known are {', '.join(OPERATORS.values())}")
        inputs = tuple(int(n) for n in op.array(1, int32))
        output = int(op.array(2, int32)[0])
        if OPERATORS[code] in ("DEQUANTIZE", "DENSIFY"):
            constants[output] = constants[inputs[0]].astype(np.float32)
            continue
        operators.append(Operator(OPERATORS[code], inputs, output, op.table(4) or _NO_FIELDS))
    inputs, outputs = (tuple(int(n) for n in subgraph.array(field, int32)) for field in (1, 2))
    return Graph(shapes, constants, operators, inputs, outputs)


def _dense(values: NDArray[Any], shape: tuple[int, ...], sparsity: FlatBufferFields) -> NDArray[Any]:
    """Expand block-sparse values: each level of the tree is dense, or lists the indices that it has (CSR)."""
    int32 = np.dtype(np.int32)
    order, blocks = sparsity.array(0, int32), sparsity.array(1, int32)
    coordinates = np.zeros((1, 0), np.int64)  # (nodes of this level, levels so far)
    sizes = []
    for level in sparsity.tables(2):
        if level.integer(0, wide=False) == 0:
            size = level.integer(1)
            parent = np.repeat(np.arange(len(coordinates)), size)
            index = np.tile(np.arange(size), len(coordinates))
        else:
            segments, index = (
                (level.table(f) or _NO_FIELDS)
                .array(0, _INDEX_DTYPES[level.integer(f - 1, wide=False)])
                .astype(np.int64)
                for f in (3, 5)
            )
            parent = np.repeat(np.arange(len(coordinates)), np.diff(segments))
            size = 0
        sizes.append(size)
        coordinates = np.concatenate([coordinates[parent], index[:, None]], axis=1)
    block_size = {int(axis): sizes[list(order).index(len(shape) + i)] for i, axis in enumerate(blocks)}
    place = np.zeros((len(shape), len(coordinates)), np.int64)
    for depth, axis in enumerate(order):
        if axis < len(shape):  # counts whole blocks where the axis is blocked
            place[axis] += coordinates[:, depth] * block_size.get(int(axis), 1)
        else:
            place[blocks[axis - len(shape)]] += coordinates[:, depth]
    full = np.zeros(shape, values.dtype)
    full[tuple(place)] = values
    return full
