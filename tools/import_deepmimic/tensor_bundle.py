"""Reads TensorFlow's checkpoint format ("tensor bundle", version 2) without TensorFlow.

A bundle is an index, an SSTable as LevelDB writes it (key = tensor name, value = BundleEntryProto), and data files with
the tensors' raw bytes. Formats: leveldb/doc/table_format.md and tensorflow/core/protobuf/tensor_bundle.proto.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

MAGIC = 0xDB4775248B80FB57
FOOTER = 48
FLOAT32 = 1
"""DataType.DT_FLOAT"""


class TensorBundleError(ValueError):
    """A checkpoint's files are not what they should be."""


def load(prefix: Path) -> dict[str, NDArray[np.float32]]:
    """Read all float32 tensors of the checkpoint PREFIX.index, PREFIX.data-*. Raises TensorBundleError."""
    try:
        index = prefix.with_name(prefix.name + ".index").read_bytes()
        data = prefix.with_name(prefix.name + ".data-00000-of-00001").read_bytes()
    except OSError as error:
        raise TensorBundleError(f"checkpoint {prefix.name}: {error.strerror}") from error
    tensors = {}
    for key, value in _table(index):
        if not key:
            continue  # the bundle's header
        entry = _entry(value)
        if entry.dtype != FLOAT32:
            continue
        raw = data[entry.offset : entry.offset + entry.size]
        if len(raw) != 4 * int(np.prod(entry.shape, dtype=np.int64)):
            raise TensorBundleError(f"{key.decode()}: {len(raw)} bytes for shape {entry.shape}")
        tensors[key.decode()] = np.frombuffer(raw, np.dtype("<f4")).reshape(entry.shape)
    return tensors


def _table(raw: bytes) -> Iterator[tuple[bytes, bytes]]:
    """All entries of an SSTable."""
    if len(raw) < FOOTER or struct.unpack("<Q", raw[-8:])[0] != MAGIC:
        raise TensorBundleError("the index is no SSTable")
    _, at = _varint(raw, len(raw) - FOOTER)  # the meta index block is not needed
    _, at = _varint(raw, at)
    offset, at = _varint(raw, at)
    size, _ = _varint(raw, at)
    for _, handle in _block(raw, offset, size):
        block_offset, at = _varint(handle, 0)
        block_size, _ = _varint(handle, at)
        yield from _block(raw, block_offset, block_size)


def _block(raw: bytes, offset: int, size: int) -> Iterator[tuple[bytes, bytes]]:
    """Entries of one block; keys share prefixes with the key before."""
    if raw[offset + size] != 0:
        raise TensorBundleError("the index is compressed")
    block = raw[offset : offset + size]
    end = size - 4 - 4 * struct.unpack("<I", block[-4:])[0]
    at, key = 0, b""
    while at < end:
        shared, at = _varint(block, at)
        unshared, at = _varint(block, at)
        length, at = _varint(block, at)
        key = key[:shared] + block[at : at + unshared]
        at += unshared
        yield key, block[at : at + length]
        at += length


class _TensorEntry(NamedTuple):
    dtype: int
    shape: tuple[int, ...]
    offset: int
    size: int


def _entry(raw: bytes) -> _TensorEntry:
    """A BundleEntryProto: dtype = 1, shape = 2, offset = 4, size = 5."""
    numbers = {1: 0, 4: 0, 5: 0}
    shape: tuple[int, ...] = ()
    for field, value in _fields(raw):
        if field == 2 and isinstance(value, bytes):
            # TensorShapeProto: dim = 2, whose size = 1
            dims = [dict(_fields(dim)) for number, dim in _fields(value) if number == 2 and isinstance(dim, bytes)]
            shape = tuple(int(dim.get(1, 0)) for dim in dims)
        elif isinstance(value, int):
            numbers[field] = value
    return _TensorEntry(numbers[1], shape, numbers[4], numbers[5])


def _fields(raw: bytes) -> Iterator[tuple[int, int | bytes]]:
    """The fields of a protocol buffer message: integers and bytes."""
    at = 0
    while at < len(raw):
        tag, at = _varint(raw, at)
        kind = tag & 7
        if kind == 0:
            value, at = _varint(raw, at)
            yield tag >> 3, value
        elif kind == 2:
            length, at = _varint(raw, at)
            yield tag >> 3, raw[at : at + length]
            at += length
        elif kind in (1, 5):
            at += 8 if kind == 1 else 4
        else:
            raise TensorBundleError(f"a message of wire type {kind}")


def _varint(raw: bytes, at: int) -> tuple[int, int]:
    """A little-endian base-128 number at an offset, and the offset behind it."""
    value = shift = 0
    while True:
        if at >= len(raw):
            raise TensorBundleError("the index is cut short")
        byte = raw[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at
